"""Accounts by telephone: registered once, told the truth by SMS, come back into, never taken over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from app import clock
from app.access import codes, limits, passwords, services, sessions
from app.access.models import OneTimeCode, User, masked
from app.audit.models import Event
from app.errors import NotSignedIn, RuleBroken, TooMany
from app.extensions import db
from app.messages.models import Message, MessageBudget
from app.messages.services import calls_from
from app.people import formats
from app.people import services as people
from app.people.models import Officer
from app.permissions import Role
from app.procedures import officer_accounts as accounts
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, Actor, system_actor
from tests.factories import world
from tests.factories.texted import (
    NUMBER,
    SPELLINGS,
    code_in,
    messages_to,
    one_time_password,
    texted,
)
from tests.factories.world import PASSWORD

DEVICE = services.Device("Test", "192.0.2.1")
KNOWN = "254712000001"
OWN = "mango ndizi embe"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


def user(session: Session, mobile: str) -> Any:
    session.expire_all()
    return session.scalars(select(User).where(User.username == mobile)).one_or_none()


def officers(session: Session, mobile: str) -> list[Officer]:
    with scoped_as(session, NATIONAL):
        return list(session.scalars(select(Officer).where(Officer.mobile == mobile)))


def register(session: Session, mobile: str = NUMBER, **how: Any) -> None:
    accounts.register_number(session, mobile, device=DEVICE, **how)


def sign_in(session: Session, mobile: str, password: str) -> services.SignedIn:
    return services.sign_in(session, mobile, password, device=DEVICE)


def test_new_number_becomes_a_draft_officer_with_an_account(session: Session) -> None:
    register(session)
    account = user(session, NUMBER)
    (officer,) = officers(session, NUMBER)
    assert (officer.state, officer.full_name, officer.sub_county_id) == ("draft", "", None)
    assert account.officer_id == officer.id
    assert [role.name for role in account.roles] == ["Officer"]
    (words,) = texted(session, NUMBER)
    assert NUMBER in words
    entered = sign_in(session, NUMBER, one_time_password(words))
    assert entered.must_change_password


def test_nothing_is_there_when_the_message_fails(session: Session, monkeypatch: Any) -> None:
    def broken(*_args: Any, **_facts: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(accounts, "post", broken)
    with pytest.raises(RuntimeError):
        register(session)
    assert officers(session, NUMBER) == []
    assert user(session, NUMBER) is None


def test_registered_number_is_told_so_and_keeps_its_password(session: Session) -> None:
    before = user(session, KNOWN).password
    register(session, KNOWN)
    (words,) = texted(session, KNOWN)
    assert "has an account already" in words
    assert "PASSWORD to 22262" in words
    assert user(session, KNOWN).password == before
    assert sign_in(session, KNOWN, PASSWORD)


def test_second_tap_sends_no_second_message(session: Session) -> None:
    register(session)
    register(session)
    assert len(texted(session, NUMBER)) == 1
    sign_in(session, NUMBER, one_time_password(texted(session, NUMBER)[0]))


def test_officer_whom_an_office_added_gets_the_account_only(session: Session) -> None:
    with scoped_as(session, NATIONAL):
        officer = Officer(full_name="Grace Akinyi Otieno", mobile=NUMBER)
        session.add(officer)
        session.commit()
    register(session)
    account = user(session, NUMBER)
    assert account.officer_id == officers(session, NUMBER)[0].id
    assert (account.first_name, account.last_name) == ("Grace", "Akinyi Otieno")


def test_closed_account_is_told_that_it_is_closed(session: Session) -> None:
    user(session, KNOWN).active = False
    session.commit()
    register(session, KNOWN)
    accounts.ask_code(session, KNOWN, device=DEVICE)
    accounts.answer_password(session, KNOWN)
    said = texted(session, KNOWN)
    assert len(said) == 3
    assert {one.startswith("Sajili: you cannot sign in") for one in said} == {True}


def test_message_is_in_the_language_of_the_page(session: Session) -> None:
    register(session, locale="sw")
    assert "nywila ya mara moja" in texted(session, NUMBER)[0]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_one_number(session: Session, spelling: str) -> None:
    register(session)
    register(session, formats.mobile(spelling))
    assert len(officers(session, NUMBER)) == 1
    password = one_time_password(texted(session, NUMBER)[0])
    assert sign_in(session, spelling, password).must_change_password


class Statements:
    """The statements of an act, as texts without their values."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def _note(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.sent.append(statement)

    def of(self, act: Callable[[], Any]) -> list[str]:
        self.sent = []
        event.listen(db.engine, "before_cursor_execute", self._note)
        try:
            act()
        finally:
            event.remove(db.engine, "before_cursor_execute", self._note)
        return [one for one in self.sent if "SAVEPOINT" not in one]


def work_of(act: Callable[[], Any]) -> tuple[list[str], int, int]:
    """Statements, hashes made and hashes checked."""
    before = dict(passwords.tally)
    sent = Statements().of(act)
    hashed, checked = (
        passwords.tally[name] - before.get(name, 0) for name in ("hashed", "checked")
    )
    return sent, hashed, checked


@pytest.mark.parametrize("known", [False, True])
def test_registering_hashes_once_whoever_asks(session: Session, known: bool) -> None:
    _sent, hashed, checked = work_of(lambda: register(session, KNOWN if known else NUMBER))
    assert (hashed, checked) == (1, 0)


def test_known_and_unknown_number_cost_the_same_statements(session: Session) -> None:
    register(session, "254799100100")
    new, known = (work_of(lambda n=n: register(session, n)) for n in (NUMBER, KNOWN))
    assert new == known


def test_code_for_known_and_unknown_number_costs_the_same_statements(session: Session) -> None:
    def ask(mobile: str) -> Callable[[], Any]:
        return lambda: accounts.ask_code(session, mobile, device=DEVICE)

    ask("254799100100")()
    assert work_of(ask(NUMBER)) == work_of(ask(KNOWN))


def test_more_work_on_one_path_would_be_noticed(session: Session) -> None:
    """Negative control: a page that looked first would differ in its statements."""

    def careless() -> None:
        if user(session, NUMBER) is None:
            register(session)

    register(session, "254799100100")
    new = work_of(careless)
    assert new != work_of(careless)


def test_one_time_password_dies_at_its_first_use(session: Session) -> None:
    register(session)
    password = one_time_password(texted(session, NUMBER)[0])
    sign_in(session, NUMBER, password)
    with pytest.raises(NotSignedIn):
        sign_in(session, NUMBER, password)


def test_one_time_password_dies_after_a_day(session: Session) -> None:
    register(session)
    password = one_time_password(texted(session, NUMBER)[0])
    account = user(session, NUMBER)
    assert account.password_expires_at - clock.real_now() <= dt.timedelta(hours=24)
    account.password_expires_at = clock.real_now() - dt.timedelta(seconds=1)
    session.commit()
    with pytest.raises(NotSignedIn):
        sign_in(session, NUMBER, password)


def test_lost_line_after_the_first_use_is_mended_by_texting(session: Session) -> None:
    register(session)
    sign_in(session, NUMBER, one_time_password(texted(session, NUMBER)[0]))
    accounts.answer_password(session, NUMBER)
    assert sign_in(session, NUMBER, one_time_password(texted(session, NUMBER)[-1]))


def test_centre_slip_opens_the_door_for_an_hour_after_its_first_use(session: Session) -> None:
    name = f"KCSE{world.CENTRE}"
    admin = user(session, "admin")
    actor = services.Actor(admin.id, "admin", "admin", frozenset({"KNEC Administrator"}))
    new = services.issue_password(session, NATIONAL, actor, user(session, name).id)
    ends = user(session, name).password_expires_at
    assert dt.timedelta(days=59) < ends - clock.real_now() <= dt.timedelta(days=60)
    sign_in(session, name, new)
    assert sign_in(session, name, new)
    account = user(session, name)
    assert account.password_expires_at - clock.real_now() <= dt.timedelta(hours=1)
    account.password_expires_at = clock.real_now()
    session.commit()
    with pytest.raises(NotSignedIn):
        sign_in(session, name, new)


def test_own_password_has_no_end_and_its_change_is_dated(session: Session) -> None:
    register(session)
    entered = sign_in(session, NUMBER, one_time_password(texted(session, NUMBER)[0]))
    who = services.Actor(entered.user_id, NUMBER, NUMBER, frozenset({"Officer"}))
    given = {"old": "", "new": OWN, "again": OWN}
    services.change_own_password(session, who, device=DEVICE, **given)
    account = user(session, NUMBER)
    assert (account.must_change_password, account.password_expires_at) == (False, None)
    assert clock.real_now() - account.credentials_changed_at < dt.timedelta(minutes=1)
    assert sign_in(session, NUMBER, OWN)


def test_own_password_is_not_the_one_time_one(session: Session) -> None:
    register(session)
    password = one_time_password(texted(session, NUMBER)[0])
    entered = sign_in(session, NUMBER, password)
    who = services.Actor(entered.user_id, NUMBER, NUMBER, frozenset({"Officer"}))
    with pytest.raises(RuleBroken) as refusal:
        services.change_own_password(
            session, who, old="", new=password, again=password, device=DEVICE
        )
    assert refusal.value.code == "password-same"


def test_texting_password_brings_fresh_credentials_and_ends_everything(session: Session) -> None:
    page = sign_in(session, KNOWN, PASSWORD).secret
    accounts.answer_password(session, KNOWN)
    assert sessions.find(session, page, sessions.PAGE) is None
    with pytest.raises(NotSignedIn):
        sign_in(session, KNOWN, PASSWORD)
    assert sign_in(session, KNOWN, one_time_password(texted(session, KNOWN)[-1]))
    with scoped_as(session, NATIONAL):
        done = session.scalars(select(Event).where(Event.action == "password.sent")).one()
    assert done.entity_id == str(user(session, KNOWN).id)


def test_unknown_number_that_texts_password_is_told_how_to_register(session: Session) -> None:
    accounts.answer_password(session, NUMBER)
    assert "/account/create/" in texted(session, NUMBER)[0]
    assert user(session, NUMBER) is None


def test_withheld_message_leaves_the_password_as_it_is(session: Session) -> None:
    """Nobody who spoofs a number can lock its holder out by spending the budget."""
    session.add(
        MessageBudget(
            measure="number", window_minutes=60, most_messages=0, effective_from=dt.date(2020, 1, 1)
        )
    )
    session.commit()
    accounts.answer_password(session, KNOWN)
    assert [one.state for one in messages_to(session, KNOWN)] == ["withheld"]
    assert sign_in(session, KNOWN, PASSWORD)


def test_strangers_who_spend_the_budget_on_the_page_keep_nobody_from_texting_password(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, "asks of a number", 1000)
    for _ in range(8):
        accounts.ask_code(session, KNOWN, device=DEVICE)
    asked = [one.state for one in messages_to(session, KNOWN)]
    assert asked == ["waiting"] * 6 + ["withheld"] * 2
    calls_from(session, None)
    accounts.answer_password(session, KNOWN)
    answer = messages_to(session, KNOWN)[-1]
    assert (answer.state, answer.next_try_at) == ("waiting", None)
    assert sign_in(session, KNOWN, one_time_password(texted(session, KNOWN)[-1]))


def test_strangers_who_type_codes_keep_nobody_from_typing_theirs(session: Session) -> None:
    for number in range(20):
        with pytest.raises(RuleBroken) as refusal:
            recover(session, KNOWN, f"made-up-{number}", "00000000")
        assert refusal.value.code == "code-wrong"
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    assert recover(session, KNOWN, ticket, code_in(texted(session, KNOWN)[-1]))


def test_password_replaced_while_the_old_one_is_checked_opens_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking a password takes a moment in which its holder, or the office, may replace it."""
    checked = passwords.matches

    def slowly(stored: str | None, password: str) -> bool:
        found = checked(stored, password)
        monkeypatch.setattr(passwords, "matches", checked)
        accounts.answer_password(session, KNOWN)
        return found

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(NotSignedIn):
        sign_in(session, KNOWN, PASSWORD)
    assert sessions.sessions_of(session, user(session, KNOWN).id) == []


def test_password_replaced_while_the_old_one_is_checked_is_not_changed_by_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, known = passwords.matches, user(session, KNOWN)
    thief = Actor(known.id, KNOWN, "Thief", frozenset({"Officer"}), officer_id=known.officer_id)

    def slowly(stored: str | None, password: str) -> bool:
        found = checked(stored, password)
        monkeypatch.setattr(passwords, "matches", checked)
        accounts.answer_password(session, KNOWN)
        return found

    monkeypatch.setattr(passwords, "matches", slowly)
    with pytest.raises(NotSignedIn):
        services.change_own_password(
            session, thief, old=PASSWORD, new=OWN, again=OWN, device=DEVICE
        )
    with pytest.raises(NotSignedIn):
        sign_in(session, KNOWN, OWN)


def test_an_office_does_not_change_the_number_that_signs_in(session: Session) -> None:
    """The account would keep the old name, and the new number could neither enter nor register."""
    admin = Actor(user(session, "admin").id, "admin", "Admin", frozenset({str(Role.ADMINISTRATOR)}))
    (known,) = officers(session, KNOWN)
    pk = known.id
    with scoped_as(session, NATIONAL), pytest.raises(RuleBroken) as refusal:
        people.edit_officer(NATIONAL, admin, pk=pk, values={"mobile": NUMBER})
    assert [one.field for one in refusal.value.problems] == ["mobile"]
    with scoped_as(session, NATIONAL):
        people.edit_officer(NATIONAL, admin, pk=pk, values={"mobile": KNOWN, "remark": "Seen."})
    assert officers(session, KNOWN)[0].remark == "Seen."


def test_a_number_without_the_account_of_its_officer_is_answered_like_every_other(
    session: Session,
) -> None:
    with scoped_as(session, NATIONAL):
        session.execute(
            text("UPDATE officer SET mobile = :new WHERE mobile = :old"),
            {"new": NUMBER, "old": KNOWN},
        )
    register(session)
    assert "cannot sign in with this number" in texted(session, NUMBER)[-1]


def test_a_number_that_texts_too_often_is_withheld(session: Session) -> None:
    calls_from(session, None)
    for _ in range(8):
        accounts.answer_password(session, KNOWN)
    assert [one.state for one in messages_to(session, KNOWN)].count("withheld") == 2


def recover(session: Session, mobile: str, ticket: str, code: str, new: str = OWN) -> Any:
    given = accounts.NewPassword(ticket, code, new, new)
    return accounts.reset_with_code(session, mobile, given, device=DEVICE)


def test_code_and_new_password_let_the_holder_in(session: Session) -> None:
    page = sign_in(session, KNOWN, PASSWORD).secret
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    entered = recover(session, KNOWN, ticket, code_in(texted(session, KNOWN)[-1]))
    assert sessions.find(session, entered.secret, sessions.PAGE) is not None
    assert sessions.find(session, page, sessions.PAGE) is None
    assert not user(session, KNOWN).must_change_password
    assert sign_in(session, KNOWN, OWN)


def test_code_is_used_once(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    code = code_in(texted(session, KNOWN)[-1])
    recover(session, KNOWN, ticket, code)
    with pytest.raises(RuleBroken):
        recover(session, KNOWN, ticket, code, "kiatu meza dirisha")


def test_code_dies_after_five_wrong_tries(session: Session, monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.LIMITS, "asks of a number", 100)
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    code = code_in(texted(session, KNOWN)[-1])
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"
    for _ in range(codes.MOST_TRIES):
        with pytest.raises(RuleBroken) as refusal:
            recover(session, KNOWN, ticket, wrong)
    assert refusal.value.code == "code-wrong"
    with pytest.raises(RuleBroken):
        recover(session, KNOWN, ticket, code)
    assert sign_in(session, KNOWN, PASSWORD)


def test_code_dies_after_a_quarter_of_an_hour(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    row = session.get(OneTimeCode, codes.id_of(ticket))
    assert row
    assert row.expires_at - clock.real_now() <= dt.timedelta(minutes=15)
    row.expires_at = clock.real_now()
    session.commit()
    with pytest.raises(RuleBroken):
        recover(session, KNOWN, ticket, code_in(texted(session, KNOWN)[-1]))


def test_weak_password_costs_no_try(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    with pytest.raises(RuleBroken) as refusal:
        recover(session, KNOWN, ticket, code_in(texted(session, KNOWN)[-1]), "kcse2026")
    assert refusal.value.field == "new_password"
    row = session.get(OneTimeCode, codes.id_of(ticket))
    assert row
    assert row.tries == 0


def test_code_of_one_number_opens_no_other(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    code = code_in(texted(session, KNOWN)[-1])
    with pytest.raises(RuleBroken):
        recover(session, "254712000002", ticket, code)


def test_unknown_number_gets_a_ticket_that_opens_nothing(session: Session) -> None:
    ticket = accounts.ask_code(session, NUMBER, device=DEVICE)
    assert "/account/create/" in texted(session, NUMBER)[0]
    with pytest.raises(RuleBroken) as refusal:
        recover(session, NUMBER, ticket, "12345678")
    assert refusal.value.code == "code-wrong"
    assert user(session, NUMBER) is None


def test_codes_end_with_every_other_reset(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    code = code_in(texted(session, KNOWN)[-1])
    accounts.answer_password(session, KNOWN)
    with pytest.raises(RuleBroken):
        recover(session, KNOWN, ticket, code)


def test_neither_code_nor_number_can_be_told_from_the_table(session: Session) -> None:
    ticket = accounts.ask_code(session, KNOWN, device=DEVICE)
    code = code_in(texted(session, KNOWN)[-1])
    rows = " ".join(session.execute(text("SELECT c::text FROM one_time_code c")).scalars())
    assert rows
    for secret in (ticket, code, code.replace(" ", ""), KNOWN):
        assert secret not in rows


def test_asking_is_limited_before_any_hashing(session: Session) -> None:
    for _ in range(limits.LIMITS["asks of a number"]):
        register(session)
    before = passwords.tally["hashed"]
    with pytest.raises(TooMany):
        register(session)
    with pytest.raises(TooMany):
        accounts.ask_code(session, NUMBER, device=DEVICE)
    assert passwords.tally["hashed"] == before
    register(session, "254712345679")


@pytest.mark.parametrize(("name", "most"), [("asks of an address", 2), ("asks", 3)])
def test_address_and_everybody_are_limited(
    session: Session, monkeypatch: Any, name: str, most: int
) -> None:
    monkeypatch.setitem(limits.LIMITS, name, most)
    for number in range(most):
        register(session, f"25471234560{number}")
    with pytest.raises(TooMany):
        register(session, NUMBER)


def test_asking_keeps_nobody_from_signing_in(session: Session) -> None:
    for _ in range(limits.LIMITS["asks of a number"]):
        register(session, KNOWN)
    assert sign_in(session, KNOWN, PASSWORD)


def test_accounts_of_a_list_are_opened_without_a_hash(session: Session) -> None:
    with scoped_as(session, NATIONAL):
        added = [
            Officer(full_name=f"Grace Akinyi {name}", mobile=f"2547123457{n:02}")
            for n, name in enumerate(("Otieno", "Barasa", "Mutua"))
        ]
        session.add_all(added)
        session.flush()
        ids = [one.id for one in added]
        before = passwords.tally["hashed"]
        opened = accounts.open_accounts(session, system_actor("import"), ids, tell=True)
        again = accounts.open_accounts(session, system_actor("import"), ids)
    assert (opened, again, passwords.tally["hashed"]) == (3, 0, before)
    job = session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'accounts.tell_added'")
    ).scalar_one()
    assert job == {"officer_ids": ids}
    with scoped_as(session, NATIONAL):
        accounts.tell_added(session, ids)
        accounts.tell_added(session, ids)
    (words,) = texted(session, "254712345700")
    assert "PASSWORD to 22262" in words


@pytest.mark.parametrize("guess", ["!", "", "x" * 10])
def test_account_without_a_password_takes_none_and_costs_the_same(
    session: Session, guess: str
) -> None:
    with scoped_as(session, NATIONAL):
        officer = Officer(full_name="Grace Otieno", mobile=NUMBER)
        session.add(officer)
        session.flush()
        accounts.open_accounts(session, system_actor("import"), [officer.id])
    before = passwords.tally["checked"]
    with pytest.raises(NotSignedIn):
        sign_in(session, NUMBER, guess)
    assert passwords.tally["checked"] == before + 1
    accounts.answer_password(session, NUMBER)
    assert sign_in(session, NUMBER, one_time_password(texted(session, NUMBER)[0]))


def test_officer_added_by_an_office_gets_credentials_once(session: Session) -> None:
    with scoped_as(session, NATIONAL):
        officer = Officer(full_name="Grace Otieno", mobile=NUMBER)
        session.add(officer)
        session.commit()
        for _ in range(2):
            accounts.open_account(session, system_actor("office"), officer)
    (words,) = texted(session, NUMBER)
    assert sign_in(session, NUMBER, one_time_password(words))


def test_texts_fit_into_one_message_each_in_both_languages() -> None:
    from app.messages.rules import segments_of
    from app.messages.texts import SmsText
    from app.procedures import account_texts

    facts = {
        "username": NUMBER, "password": "abcdefghjk", "code": "1234 5678", "new": masked(NUMBER, "*"),
        "short_code": "22262", "address": "https://sajili.knec.ac.ke",
    }  # fmt: skip
    long = {
        (name, locale): segments_of(words.spoken(facts, locale))
        for name, words in vars(account_texts).items()
        if isinstance(words, SmsText)
        for locale in ("en", "sw")
    }
    assert {name for name, segments in long.items() if segments > 1} == set()


def test_secrets_are_in_no_event_and_no_plain_column(session: Session) -> None:
    register(session)
    password = one_time_password(texted(session, NUMBER)[0])
    for table in ("event", "message", "ab_user", "procrastinate_jobs"):
        rows = session.execute(text(f"SELECT t::text FROM {table} t")).scalars().all()
        assert not [row for row in rows if password in row], table
    assert session.scalars(select(Message)).all()
