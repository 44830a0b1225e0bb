"""The demonstration in a database: loaded where it may be, sound by every invariant, ready to use."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import argon2
import psycopg
import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app import demo
from app.attendance.queries.rosters import roster_sizes
from app.audit.services import broken_links
from app.db.vault import vault_from
from app.demo.proofs import INVARIANTS, violations
from app.demo.registers import RETURN_REASONS
from app.demo.world import world
from app.deployments.models import Deployment
from app.deployments.queries import bars_of_deployments
from app.errors import RuleBroken
from app.exams.models import Series
from app.people.matching import REVIEW_FROM
from app.people.services import KRA_PIN, NATIONAL_ID
from app.scoping.guard import enter_scope
from app.scoping.scope import system_scope

VAULT = vault_from("field", "index")


@dataclass
class Loaded:
    url: str
    summary: demo.Summary
    schema_before: list[Any]
    steps: list[tuple[str, int, int]]

    def connect(self) -> AbstractContextManager[psycopg.Connection]:
        return psycopg.connect(plain(self.url))

    def all(self, statement: str, *values: Any) -> list[Any]:
        with self.connect() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def one(self, statement: str, *values: Any) -> Any:
        return self.all(statement, *values)[0][0]


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def schema_of(connection: psycopg.Connection) -> list[Any]:
    """Every constraint, index and trigger with its state."""
    found: list[Any] = []
    for statement in (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
    ):
        found += connection.execute(statement.encode()).fetchall()
    return sorted(found, key=repr)


@pytest.fixture(scope="module")
def loaded(clone_database: Any) -> Iterator[Loaded]:
    """The small scale in a database that was marked as a demonstration."""
    with clone_database("demo") as urls:
        with psycopg.connect(plain(urls.owner)) as owner:
            owner.execute("INSERT INTO installation_fact VALUES ('demo', '{\"scale\": \"old\"}')")
            before = schema_of(owner)
        steps: list[tuple[str, int, int]] = []
        summary = demo.load(
            urls.owner, "small", vault=VAULT, progress=lambda *step: steps.append(step)
        )
        yield Loaded(urls.owner, summary, before, steps)


def test_data_that_is_not_the_demonstrations_is_refused_and_stays(own_database: Any) -> None:
    with psycopg.connect(plain(own_database.owner)) as owner:
        before = owner.execute("SELECT count(*), max(id) FROM mark").fetchone()
    with pytest.raises(RuleBroken) as refused:
        demo.load(own_database.owner, "small", vault=VAULT, progress=lambda *_: None)
    assert refused.value.code == "not-a-demo"
    with psycopg.connect(plain(own_database.owner)) as owner:
        assert owner.execute("SELECT count(*), max(id) FROM mark").fetchone() == before


@pytest.mark.parametrize("name", INVARIANTS)
def test_invariant_holds(loaded: Loaded, name: str) -> None:
    with loaded.connect() as connection:
        assert violations(connection, name) == 0


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("a mark outside its published deployment", "UPDATE mark SET day = day + 300 WHERE id = 1"),
        ("an own mark that is not flagged", "UPDATE mark SET self_marked = NOT self_marked"),
        ("a summary that differs from its marks", "DELETE FROM mark WHERE status = 'late'"),
        ("a mark that its history does not end with", "DELETE FROM mark_history"),
        (
            "a deployment beyond the posts required",
            "ALTER TABLE post DISABLE TRIGGER USER; UPDATE post SET required = 0",
        ),
        ("a gap or a broken link in a chain of events", "DELETE FROM event WHERE position = 2"),
        (
            "an officer deployed at their own workstation",
            "UPDATE officer o SET workstation_school_id = c.school_id FROM deployment d"
            " JOIN centre c ON c.id = d.centre_id WHERE d.officer_id = o.id",
        ),
        ("somebody left out of a submitted register", "UPDATE centre_day SET state = 'locked'"),
    ],
)
def test_invariant_sees_harm(loaded: Loaded, name: str, harm: str) -> None:
    with loaded.connect() as connection:
        for table in ("mark", "mark_history", "event", "deployment"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute("ALTER TABLE mark DROP CONSTRAINT fk_mark_register")
        connection.execute(harm.encode())
        assert violations(connection, name) > 0
        connection.rollback()


def test_constraints_indexes_and_triggers_are_as_before(loaded: Loaded) -> None:
    with loaded.connect() as connection:
        assert schema_of(connection) == loaded.schema_before


def test_the_test_worlds_rows_are_gone(loaded: Loaded) -> None:
    assert loaded.one("SELECT count(*) FROM school WHERE moe_code = 'M238'") == 0
    assert loaded.one("SELECT count(*) FROM centre") == len(world("small").staff.centres)


def test_the_database_is_marked_and_office_time_shifted(loaded: Loaded) -> None:
    facts = dict(loaded.all("SELECT name, value FROM installation_fact"))
    assert facts["demo"]["scale"] == "small"
    assert facts["demo"]["seed"] == 2026
    shown = loaded.one(
        "SELECT (clock_timestamp() + %s * interval '1 second') AT TIME ZONE 'Africa/Nairobi'",
        facts["office_offset_seconds"],
    )
    assert (shown.date().isoformat(), shown.hour) == ("2026-11-11", 7)


def test_every_examination_is_a_row_and_a_kpsea_series_was_marked(loaded: Loaded) -> None:
    examinations = loaded.all("SELECT code, historic FROM examination ORDER BY code")
    assert examinations == [("KCPE", True), ("KCSE", False), ("KJSEA", False), ("KPSEA", False)]
    marked = dict(
        loaded.all(
            "SELECT s.code, count(*) FROM mark m JOIN register r ON r.id = m.register_id"
            " JOIN series s ON s.id = r.series_id GROUP BY s.code"
        )
    )
    assert set(marked) == {"KCSE-2024", "KCSE-2025", "KCSE-2026", "KPSEA-2026", "KJSEA-2026"}


def test_summaries_expect_the_people_whom_the_register_lists(loaded: Loaded) -> None:
    engine = create_engine(loaded.url)
    with Session(engine) as session:
        for (day,) in loaded.all("SELECT DISTINCT day FROM register ORDER BY day"):
            listed = dict(session.execute(roster_sizes(day)).tuples().all())
            expected = dict(
                loaded.all(
                    "SELECT centre_id, sum(expected)::int FROM centre_day WHERE day = %s"
                    " GROUP BY centre_id",
                    day,
                )
            )
            assert expected
            assert {centre: listed[centre] for centre in expected} == expected
    engine.dispose()


def test_the_season_is_half_way_through(loaded: Loaded) -> None:
    states = loaded.all(
        "SELECT DISTINCT r.state FROM register r JOIN series s ON s.id = r.series_id"
        " WHERE s.code = 'KCSE-2026' ORDER BY 1"
    )
    assert [state for (state,) in states] == ["confirmed", "open", "returned", "submitted"]
    assert loaded.one("SELECT max(day)::text FROM register") == "2026-11-11"
    opened, centres = loaded.all(
        "SELECT (SELECT count(*) FROM register WHERE day = '2026-11-11'), (SELECT count(*)"
        " FROM centre c JOIN series s ON s.id = c.series_id WHERE s.code = 'KCSE-2026')"
    )[0]
    assert 0.1 < opened / centres < 0.5


def test_marks_are_mostly_present_with_some_late_and_some_absent(loaded: Loaded) -> None:
    counts = dict(loaded.all("SELECT status, count(*) FROM mark GROUP BY status"))
    total = sum(counts.values())
    assert 0.92 < counts["present"] / total < 0.985
    assert counts["late"] > counts["absent"] > 0


@pytest.mark.parametrize(
    "table",
    [
        *("dispute", "incident", "deployment_concern", "register_remark", "roster_confirmation"),
        *("register_move", "event", "office_contact", "centre_login", "deadline"),
    ],
)
def test_every_kind_of_matter_is_there(loaded: Loaded, table: str) -> None:
    assert loaded.one(f"SELECT count(*) FROM {table}") > 0


def test_chains_of_events_verify_with_the_audit_trails_own_function(loaded: Loaded) -> None:
    engine = create_engine(loaded.url)
    with Session(engine) as session:
        chains = [chain for (chain,) in loaded.all("SELECT chain FROM chain_head ORDER BY 1")]
        assert [broken_links(session, chain) for chain in chains] == [[] for _ in chains]
    engine.dispose()


def test_everybody_signs_in_with_the_demo_password(loaded: Loaded) -> None:
    hashes = {hashed for (hashed,) in loaded.all("SELECT DISTINCT password FROM ab_user")}
    assert len(hashes) == 1
    (hashed,) = hashes
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.PasswordHasher().verify(hashed, "Karibu-2026")


@pytest.mark.parametrize(
    ("username", "role"),
    [
        ("admin", "KNEC Administrator"),
        ("monitor", "KNEC Monitor"),
        ("payments.clerk", "KNEC Payments Clerk"),
        ("payments.approver", "KNEC Payments Approver"),
        ("results.officer", "Results Officer"),
        ("results.approver", "Results Approver"),
        ("county.kisumu", "County Director"),
        ("tsc.kisumu-east", "TSC Sub-County Director"),
        ("scde.kisumu-east", "SCDE"),
        ("tsc.kisumu-west", "TSC Sub-County Director"),
        ("scde.kisumu-west", "SCDE"),
    ],
)
def test_the_sign_ins_of_the_contract_have_their_one_role(
    loaded: Loaded, username: str, role: str
) -> None:
    assert loaded.all(
        "SELECT r.name FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id"
        " JOIN ab_role r ON r.id = ur.role_id WHERE u.username = %s AND u.active",
        username,
    ) == [(role,)]


def test_every_centre_of_the_year_has_its_login(loaded: Loaded) -> None:
    assert (
        loaded.one(
            "SELECT count(*) FROM centre c JOIN series s ON s.id = c.series_id"
            " JOIN examination e ON e.id = s.examination_id"
            " LEFT JOIN centre_login l ON l.centre_id = c.id AND l.username = e.code || c.code"
            " LEFT JOIN ab_user u ON u.id = l.user_id AND u.centre_id = c.id"
            " AND u.username = l.username"
            " WHERE s.year = 2026 AND c.kind <> 'store' AND u.id IS NULL"
        )
        == 0
    )


def test_the_named_centre_has_something_to_do(loaded: Loaded) -> None:
    states = loaded.all(
        "SELECT r.day::text, r.state FROM ab_user u JOIN register r ON r.centre_id = u.centre_id"
        " WHERE u.username = %s AND r.day >= '2026-11-10'",
        loaded.summary.centre,
    )
    assert states == [("2026-11-10", "returned")]


def test_the_named_officer_manages_a_centre_whose_register_waits(loaded: Loaded) -> None:
    found = loaded.all(
        "SELECT c.name, d.status, (SELECT count(*) FROM register r WHERE r.centre_id = c.id"
        " AND r.day = '2026-11-11') FROM ab_user u JOIN deployment d"
        " ON d.officer_id = u.officer_id JOIN staff_role s ON s.id = d.role_id"
        " JOIN centre c ON c.id = d.centre_id WHERE u.username = %s AND s.manages_centre"
        " AND d.period @> '2026-11-11'::date",
        loaded.summary.officer,
    )
    assert found == [(loaded.summary.officer_centre, found[0][1], 0)]
    assert found[0][1] in {"accepted", "published"}


def test_identity_numbers_are_sealed_and_found_by_their_index(loaded: Loaded) -> None:
    one = world("small").officers[0]
    sealed = loaded.all(
        "SELECT national_id_cipher, kra_pin_cipher, national_id_last FROM officer"
        " WHERE national_id_index = %s",
        VAULT.index(one.national_id, context=NATIONAL_ID),
    )[0]
    assert VAULT.unseal(bytes(sealed[0]), context=NATIONAL_ID) == one.national_id
    assert VAULT.unseal(bytes(sealed[1]), context=KRA_PIN) == one.kra_pin
    assert sealed[2] == one.national_id[-3:]


def test_new_rows_get_new_numbers(loaded: Loaded) -> None:
    with loaded.connect() as connection:
        for table in ("officer", "mark", "mark_history", "event", "ab_user", "register_move"):
            following = connection.execute(
                f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) > max(id)"
                f" FROM {table}".encode()
            ).fetchone()
            assert following == (True,), table
        connection.rollback()


def test_progress_ends_every_step_at_its_total(loaded: Loaded) -> None:
    last = {step: (done, total) for step, done, total in loaded.steps}
    assert {step for step, (done, total) in last.items() if done != total} == set()


def test_progress_says_the_end_of_a_step_once(loaded: Loaded) -> None:
    ends = [name for name, done, total in loaded.steps if done == total]
    assert sorted(ends) == sorted(set(ends))


def test_a_second_load_replaces_the_first(loaded: Loaded) -> None:
    again = demo.load(loaded.url, "small", vault=VAULT, progress=lambda *_: None)
    assert again.rows == loaded.summary.rows
    assert again.lines == loaded.summary.lines
    with loaded.connect() as connection:
        assert schema_of(connection) == loaded.schema_before


def test_a_returned_row_says_what_the_scde_doubts(loaded: Loaded) -> None:
    doubted = loaded.all(
        "SELECT m.reason, k.status FROM register r JOIN register_move m ON m.register_id = r.id"
        " AND m.to_state = 'returned' JOIN mark k ON k.register_id = r.id"
        " AND k.deployment_id = (m.rows -> 0 ->> 'deployment_id')::int WHERE r.state = 'returned'"
    )
    assert doubted
    assert [RETURN_REASONS[reason] for reason, _ in doubted] == [said for _, said in doubted]


def test_every_sub_county_has_look_alikes_to_review(loaded: Loaded) -> None:
    waiting = (
        "SELECT count(DISTINCT l.sub_county_id), count(*), min(l.score) FROM lookalike l"
        " WHERE l.state = 'open'"
    )
    places = loaded.one("SELECT count(DISTINCT sub_county_id) FROM officer")
    assert loaded.all(waiting) == [(places, 3 * places, loaded.all(waiting)[0][2])]
    assert loaded.all(waiting)[0][2] >= REVIEW_FROM
    assert loaded.one("SELECT count(*) FROM identity_claim") == places
    assert loaded.one("SELECT count(*) FROM lookalike WHERE other_sub_county_id <> sub_county_id")
    assert (
        loaded.one(
            "SELECT count(*) FROM officer o WHERE NOT EXISTS"
            " (SELECT 1 FROM name_key k WHERE k.officer_id = o.id)"
        )
        == 0
    )


def test_nobody_of_the_demonstration_is_deployed_against_a_rule(loaded: Loaded) -> None:
    engine = create_engine(loaded.url)
    with Session(engine) as session:
        enter_scope(session, system_scope("test"))
        standing = session.scalars(
            select(Deployment)
            .join(Series, Series.id == Deployment.series_id)
            .where(
                Series.status == "running",
                Deployment.status.in_(("proposed", "published", "accepted")),
            )
        ).all()
        assert len(standing) > 300
        assert bars_of_deployments(session, standing) == {}
    engine.dispose()


def test_director_that_is_shown_finds_something_to_do(loaded: Loaded) -> None:
    """Places that nobody holds with people for them, duties declined, a concern that waits."""
    here = "sub_county_id = (SELECT id FROM sub_county WHERE slug = 'kisumu-east')"
    running = "series_id = (SELECT id FROM series WHERE code = 'KCSE-2026')"
    declined = loaded.one(
        f"SELECT count(*) FROM deployment WHERE {here} AND {running} AND status = 'declined'"
    )
    missing = loaded.one(
        f"""SELECT sum(p.required) - (SELECT count(DISTINCT (post_id, slot)) FROM deployment
            WHERE {here} AND {running} AND NOT isempty(period)) FROM post p
            WHERE p.{here} AND p.{running}"""
    )
    spare = loaded.one(
        f"""SELECT count(*) FROM officer o WHERE o.{here} AND o.state = 'verified'
            AND o.wanted_roles = '{{invigilator}}' AND NOT EXISTS (SELECT 1 FROM deployment d
            WHERE d.officer_id = o.id AND d.{running} AND NOT isempty(d.period))"""
    )
    concerns = loaded.one(
        f"SELECT count(*) FROM deployment_concern WHERE {here} AND answer IS NULL"
    )
    assert declined >= 3
    assert missing >= 5
    assert spare >= 5
    assert concerns >= 1
    away = f"SELECT count(*) FROM mark WHERE {here} AND day = '2026-11-10' AND status = 'absent'"
    assert loaded.one(away) >= 1
