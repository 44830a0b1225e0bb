"""Retention: each rule removes what is due and nothing else, and what is gone cannot be found."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.db.vault import vault_of
from app.extensions import Model
from app.people.models import Officer
from app.people.services.officers import sealed
from app.privacy.models import RetentionPeriod, RetentionRun
from app.privacy.queries.periods import dry_run, periods_in_force
from app.privacy.rules import NEVER, RULES
from app.privacy.services.anonymous import KEPT, anonymise, nothing
from app.privacy.services.retention import apply_periods, apply_rule
from app.scoping.guard import enter_scope
from app.scoping.scope import system_actor, system_scope
from tests.factories import world

JOB = system_scope("task:privacy.retention")
LONG_AGO = "2011-01-01T00:00:00+03:00"
GROWING = (
    "event",
    "mark_history",
    "register_move",
    "profile_move",
    "application_move",
    "unmasking",
)


@pytest.fixture(autouse=True)
def _as_the_job(session: Session) -> None:
    enter_scope(session, JOB)


def run(session: Session, code: str, **given: Any) -> int:
    kept = next(one for one in periods_in_force(session, clock.today()) if one.rule.code == code)
    return apply_rule(session, kept, **given)


def due(session: Session, code: str) -> int:
    return next(one.rows for one in dry_run(session) if one.kept.rule.code == code)


def count(session: Session, table: str, where: str = "true", **facts: Any) -> int:
    return int(
        session.execute(text(f"SELECT count(*) FROM {table} WHERE {where}"), facts).scalar_one()
    )


def spare_officer(session: Session, **changes: Any) -> Officer:
    """An officer with every kind of personal value, who never worked."""
    vault = vault_of(session)
    values = {
        "full_name": "Canary Zawadi Mwamba",
        "mobile": "254799112233",
        "email": "canary@example.org",
        "year_of_birth": 1985,
        "gender": "female",
        "state": "verified",
        "tsc_number": "7654321",
        "workstation": "Canary Girls",
        "sub_county_id": session.scalar(text("SELECT min(id) FROM sub_county")),
        "kin_name": "Canary Kin",
        "kin_telephone": "254799445566",
        "bank_name": "Canary Bank",
        "account_cipher": vault.seal("0123456789", context="officer.account"),
        "account_last": "789",
        "mpesa_name": "CANARY ZAWADI",
        "remark": "Canary remark",
        **sealed(vault, "87654321", "A087654321Z"),
    } | changes
    officer = Officer(**values)
    session.add(officer)
    session.flush()
    session.execute(
        text("UPDATE officer SET created_at = :at WHERE id = :id"),
        {"at": LONG_AGO, "id": officer.id},
    )
    return officer


def whole_database(session: Session) -> str:
    """Every text, number and JSON value of every table, as a dump would hold it."""
    rows = []
    for table in session.scalars(
        text(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace ORDER BY 1"
        )
    ).all():
        rows += session.scalars(text(f'SELECT "{table}"::text FROM "{table}"')).all()
    return "\n".join(rows)


# Periods


def test_every_rule_has_a_period_and_every_period_a_rule(session: Session) -> None:
    stored = set(session.scalars(select(RetentionPeriod.rule)))
    assert stored == set(RULES)


def test_every_rule_is_about_a_table_there_is_and_none_that_only_grows(session: Session) -> None:
    tables = set(Model.metadata.tables)
    assert {rule.table for rule in RULES.values()} <= tables
    assert {name for name, _ in NEVER} <= tables
    touched = {rule.table for rule in RULES.values()} | {
        table for rule in RULES.values() for table, _ in rule.first
    }
    assert touched & set(GROWING) == set()


def test_two_periods_of_one_rule_cannot_hold_on_one_day(session: Session) -> None:
    session.add(
        RetentionPeriod(rule="messages", keep_days=3, legal_basis="x", effective_from=world.TODAY)
    )
    with pytest.raises(DBAPIError, match="one_at_a_time"):
        session.flush()


def test_rule_without_a_period_removes_nothing(session: Session) -> None:
    spare_officer(session)
    session.execute(text("DELETE FROM retention_period"))
    assert apply_periods(session) == {}
    assert [one.rows for one in dry_run(session) if one.rows] == []
    assert count(session, "officer", "full_name LIKE 'Canary%'") == 1


def test_dry_run_counts_what_the_run_then_removes_and_removes_nothing(session: Session) -> None:
    spare_officer(session)
    said = {one.kept.rule.code: one.rows for one in dry_run(session)}
    again = {one.kept.rule.code: one.rows for one in dry_run(session)}
    assert said == again
    assert said["next-of-kin"] == said["bank-details"] == said["inactive-officers"] == 1
    assert run(session, "next-of-kin") == 1
    assert run(session, "bank-details") == 1
    assert run(session, "inactive-officers") == 1
    assert run(session, "inactive-officers") == 0


def test_run_is_written_down_with_its_count_and_stays(session: Session) -> None:
    spare_officer(session)
    run(session, "next-of-kin")
    row = session.scalars(select(RetentionRun).order_by(RetentionRun.id.desc())).first()
    assert row is not None
    assert (row.rule, row.rows, row.keep_days) == ("next-of-kin", 1, 365)
    assert count(session, "event", "action = 'retention.applied'") == 1
    with pytest.raises(DBAPIError, match="only grows"):
        session.execute(text("UPDATE retention_run SET rows = 0"))


# One rule at a time: what is due goes, what is a day younger stays


CASES = {
    "sign-in-counters": (
        "INSERT INTO sign_in_counter (key, window_start, tries) VALUES ('a', :old, 1), ('b', :new, 1)",
        "SELECT count(*) FROM sign_in_counter WHERE key IN ('a', 'b')",
    ),
    "sign-in-sessions": (
        "INSERT INTO sign_in_session (id, user_id, epoch, device, expires_at)"
        " SELECT v.id, (SELECT min(id) FROM ab_user), 0, 'canary', v.at::timestamptz"
        " FROM (VALUES ('a', :old), ('b', :new)) v(id, at)",
        "SELECT count(*) FROM sign_in_session WHERE device = 'canary'",
    ),
    "messages-received": (
        "INSERT INTO sms_inbound (gateway_id, number, short_code, body, state, received_at) VALUES"
        " ('canary-1', '254700', '22262', 'x', 'answered', :old),"
        " ('canary-2', '254700', '22262', 'x', 'answered', :new)",
        "SELECT count(*) FROM sms_inbound WHERE gateway_id LIKE 'canary-%'",
    ),
    "result-questions": (
        "INSERT INTO result_question (release_id, channel, once, asker, shown, asked_at)"
        " SELECT (SELECT min(id) FROM result_release), 'sms', v.once, 'x', true, v.at::timestamptz"
        " FROM (VALUES ('canary-1', :old), ('canary-2', :new)) v(once, at)",
        "SELECT count(*) FROM result_question WHERE once LIKE 'canary-%'",
    ),
    "message-texts": (
        "INSERT INTO message (number, prefix, kind, locale, body, segments, state, attempts,"
        " estimated_cents, created_at, expires_at) VALUES"
        " ('254711999001', '25471199', 'notice', 'en', 'x', 1, 'sent', 1, 80, :old, :old),"
        " ('254711999001', '25471199', 'notice', 'en', 'x', 1, 'sent', 1, 80, :new, :new)",
        "SELECT count(*) FROM message WHERE number = '254711999001' AND body IS NOT NULL",
    ),
    "messages": (
        "INSERT INTO message (number, prefix, kind, locale, segments, state, attempts,"
        " estimated_cents, created_at, expires_at) VALUES"
        " ('254711999001', '25471199', 'notice', 'en', 1, 'sent', 1, 80, :old, :old),"
        " ('254711999001', '25471199', 'notice', 'en', 1, 'sent', 1, 80, :new, :new)",
        "SELECT count(*) FROM message WHERE number = '254711999001'",
    ),
    "one-time-codes": (
        "INSERT INTO one_time_code (id, subject, user_id, code_hash, expires_at) VALUES"
        " ('canary-1', 'canary', NULL, 'x', :old), ('canary-2', 'canary', NULL, 'x', :new)",
        "SELECT count(*) FROM one_time_code WHERE subject = 'canary'",
    ),
    "data-requests": (
        "INSERT INTO data_request (officer_id, kind, words, state, asked_at, due_on, answered_at,"
        " answer) SELECT (SELECT min(id) FROM officer), 'erasure', 'canary words', 'done',"
        " v.at::timestamptz, '2020-01-01', v.at::timestamptz, 'x'"
        " FROM (VALUES (:old), (:new)) v(at)",
        "SELECT count(*) FROM data_request WHERE words = 'canary words'",
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_rule_removes_what_is_older_than_its_period_alone(session: Session, code: str) -> None:
    arrange, left = CASES[code]
    days = session.scalar(select(RetentionPeriod.keep_days).where(RetentionPeriod.rule == code))
    assert days is not None
    at = clock.real_now() - dt.timedelta(days=days)
    hour = dt.timedelta(hours=1)
    facts = {"old": (at - hour).isoformat(), "new": (at + hour).isoformat()}
    session.execute(text(arrange), facts)
    assert session.scalar(text(left)) == 2
    assert due(session, code) >= 1
    run(session, code)
    assert session.scalar(text(left)) == 1
    assert due(session, code) == 0


def test_batches_go_on_until_nothing_is_due(session: Session) -> None:
    for number in range(7):
        session.execute(
            text("INSERT INTO sign_in_counter (key, window_start, tries) VALUES (:k, :at, 1)"),
            {"k": f"canary-{number}", "at": LONG_AGO},
        )
    assert run(session, "sign-in-counters", batch=3) >= 7
    assert count(session, "sign_in_counter", "key LIKE 'canary-%'") == 0


def test_applications_that_came_to_nothing_lose_their_words(session: Session) -> None:
    found = session.execute(
        text(
            "SELECT id FROM application WHERE state NOT IN ('withdrawn', 'selected')"
            " ORDER BY id LIMIT 1"
        )
    ).scalar_one()
    session.execute(text("UPDATE application SET note = 'canary' WHERE id = :id"), {"id": found})
    session.execute(
        text("UPDATE application SET state = 'not_selected', moved_at = :at WHERE id = :id"),
        {"at": LONG_AGO, "id": found},
    )
    assert run(session, "unsuccessful-applications") == 1
    assert (
        count(session, "application", "id = :id AND note IS NULL AND reason IS NULL", id=found) == 1
    )


def test_lists_that_were_brought_lose_their_rows(session: Session) -> None:
    found = session.execute(text("SELECT min(id) FROM list_import")).scalar_one()
    session.execute(
        text(
            "UPDATE list_import SET added_at = :at, asked_at = NULL, finished_at = NULL,"
            " wiped_at = NULL WHERE id = :id"
        ),
        {"at": LONG_AGO, "id": found},
    )
    assert run(session, "import-files") >= 1
    for table in ("import_piece", "import_line", "import_fault"):
        assert count(session, table, "import_id = :id", id=found) == 0
    assert count(session, "list_import", "id = :id AND wiped_at IS NOT NULL", id=found) == 1


# People


def test_next_of_kin_and_bank_of_who_works_now_stay(session: Session) -> None:
    working = session.scalar(
        text("SELECT min(officer_id) FROM deployment WHERE status = 'accepted'")
    )
    session.execute(
        text("UPDATE officer SET created_at = :at, kin_name = 'K', bank_name = 'B' WHERE id = :id"),
        {"at": LONG_AGO, "id": working},
    )
    assert (run(session, "next-of-kin"), run(session, "bank-details")) == (0, 0)
    assert run(session, "inactive-officers") == 0
    assert count(session, "officer", "id = :id AND kin_name = 'K'", id=working) == 1


def test_next_of_kin_go_after_the_last_season_and_the_rest_stays(session: Session) -> None:
    officer = spare_officer(session)
    assert run(session, "next-of-kin") == 1
    session.refresh(officer)
    assert (officer.kin_name, officer.kin_telephone) == (None, None)
    assert officer.full_name == "Canary Zawadi Mwamba"
    assert officer.bank_name == "Canary Bank"


def test_who_signed_in_lately_is_not_inactive(session: Session) -> None:
    officer = spare_officer(session)
    session.execute(
        text(
            "INSERT INTO ab_user (first_name, last_name, username, active, officer_id,"
            " session_epoch, must_change_password) VALUES ('a', 'b', 'canary', true, :id, 0, false)"
        ),
        {"id": officer.id},
    )
    session.execute(
        text(
            "INSERT INTO sign_in_session (id, user_id, epoch, device, expires_at) SELECT 'x', id, 0,"
            " 'd', clock_timestamp() FROM ab_user WHERE username = 'canary'"
        )
    )
    assert run(session, "inactive-officers") == 0


def test_unfinished_profile_goes_after_its_year(session: Session) -> None:
    officer = spare_officer(session, state="draft", sub_county_id=None, full_name="Canary Draft")
    assert run(session, "unfinished-profiles") == 1
    session.refresh(officer)
    assert (officer.full_name, officer.mobile) == (f"Officer {officer.id}", f"{officer.id:012d}")


def test_anonymous_officer_is_found_nowhere(session: Session) -> None:
    officer = spare_officer(session)
    facts = {"id": officer.id, "at": LONG_AGO}
    for statement in (
        "INSERT INTO ab_user (first_name, last_name, username, email, active, officer_id,"
        " session_epoch, must_change_password) VALUES ('Canary', 'Zawadi', '254799112233',"
        " 'canary@example.org', true, :id, 0, false)",
        "INSERT INTO number_change (officer_id, old_mobile, new_mobile, in_person, state,"
        " decided_at) VALUES (:id, '254799112200', '254799112233', false, 'made', :at)",
        "INSERT INTO message (number, prefix, kind, locale, segments, state, attempts,"
        " estimated_cents, created_at, expires_at, intent) VALUES ('254799112233', '25479911',"
        " 'notice', 'en', 1, 'sent', 1, 80, :at, :at, 'notice:1:254799112233')",
        "INSERT INTO data_request (officer_id, kind, words, asked_at, due_on) VALUES"
        " (:id, 'erasure', 'Canary words', :at, '2020-01-01')",
    ):
        session.execute(text(statement), {k: v for k, v in facts.items() if f":{k}" in statement})
    before = whole_database(session)
    traces = (
        "Canary",
        "CANARY",
        "canary@",
        "254799112233",
        "254799112200",
        "254799445566",
        "7654321",
    )
    assert [one for one in traces if one not in before] == []
    anonymise(session, system_actor("test"), officer.id, reason="test")
    session.flush()
    after = whole_database(session)
    assert [one for one in traces if one in after] == []


def test_marks_and_money_of_an_anonymous_officer_stay(session: Session) -> None:
    officer_id = session.scalar(
        text("SELECT officer_id FROM mark WHERE status = 'present' ORDER BY id LIMIT 1")
    )
    sql = "SELECT count(*), sum(coalesce(minutes_late, 0)) FROM mark WHERE officer_id = :id"
    before = session.execute(text(sql), {"id": officer_id}).one()
    deployments = count(session, "deployment", "officer_id = :id", id=officer_id)
    history = count(session, "mark_history", "officer_id = :id", id=officer_id)
    anonymise(session, system_actor("test"), int(officer_id or 0), reason="test")
    session.flush()
    assert session.execute(text(sql), {"id": officer_id}).one() == before
    assert count(session, "deployment", "officer_id = :id", id=officer_id) == deployments
    assert count(session, "mark_history", "officer_id = :id", id=officer_id) == history
    assert count(session, "ab_user", "officer_id = :id AND active", id=officer_id) == 0


def test_every_column_of_an_officer_is_wiped_or_kept_with_intent(session: Session) -> None:
    """A new column that may be empty is wiped by itself; one that may not must be thought of."""
    columns = {column.name for column in Officer.__table__.columns}
    assert columns - KEPT - set(nothing(1)) == set()
    assert columns >= KEPT


def test_histories_are_left_as_they_were(session: Session) -> None:
    officer = spare_officer(session)
    before = {table: count(session, table) for table in GROWING}
    anonymise(session, system_actor("test"), officer.id, reason="test")
    session.flush()
    after = {table: count(session, table) for table in GROWING}
    assert after == before | {"event": before["event"] + 1}


def test_the_worker_applies_the_periods_every_night_and_sends_notices() -> None:
    import views
    from app import worker

    known = worker.known([views]).by_name
    assert known["privacy.retention"].cron == "30 22 * * *"  # 01:30 in Nairobi
    assert known["notices.send"].retries > 0


def test_what_the_task_does_is_every_rule(session: Session) -> None:
    from app.tasks import apply_retention

    spare_officer(session)
    apply_retention()
    assert count(session, "officer", "full_name LIKE 'Canary%'") == 0
    written = session.scalars(select(RetentionRun.rule).where(RetentionRun.run_on == world.TODAY))
    assert set(written) == set(RULES)
