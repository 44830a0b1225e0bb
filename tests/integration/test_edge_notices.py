"""Notices on the public edge: put up and taken away by rows of their own, on the edge for their time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import clock
from app.audit.models import Event
from app.errors import IllegalMove, NotAllowed, RuleBroken
from app.extensions import db
from app.places.models import OfficeContact
from app.results import services
from app.results.control import Control, read_control, write_control
from app.results.models import EdgeNode, EdgeNotice
from app.results.queries import nodes as told_nodes
from app.results.queries.edge_notices import edge_notices
from app.results.services import NoticeText
from app.results.told import Told
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import results as made
from tests.factories import world
from tests.factories.registers import acting_as
from tests.factories.results import EVERYTHING, rows

HOUR = dt.timedelta(hours=1)
TEXT = NoticeText("Lines are open", "Simu zi wazi", None, world.NOW + HOUR, "Many call.")


@pytest.fixture
def minutes() -> Any:
    """Moves the office clock on; the end of the test puts it back."""

    def forward(number: int) -> None:
        clock.configure(frozen=world.NOW + dt.timedelta(minutes=number))

    yield forward
    clock.configure(frozen=world.NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose edge has a release."""
    write_control(tmp_path, Control("s1", 1.0, "00" * 32))
    return tmp_path


def put_up(text_: NoticeText = TEXT, username: str = "results.approver") -> int:
    who = acting_as(username)
    with scoped_as(db.session, who.scope):
        return services.put_notice_up(who.scope, who.actor, text_)


def take_away(notice_id: int, username: str = "results.approver", reason: str = "Done.") -> None:
    who = acting_as(username)
    with scoped_as(db.session, who.scope):
        services.take_notice_away(who.scope, who.actor, notice_id, reason=reason)


def said(folder: Path) -> dict[str, str]:
    """What stands on the edge once the queue has done its work."""
    with scoped_as(db.session, EVERYTHING):
        services.say(folder, counts_token="t")
    control = read_control(folder)
    assert control is not None
    assert (control.store, control.key) == ("s1", "00" * 32)
    return dict(control.notice)


def jobs(session: Any, task: str) -> list[Any]:
    statement = text(
        "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = :task ORDER BY id"
    )
    return list(session.execute(statement, {"task": task}).scalars())


def test_notice_stands_dated_in_both_languages_and_leaves_at_its_end(
    session: Session, folder: Path, minutes: Callable[[int], None]
) -> None:
    put_up()
    assert said(folder) == {
        "en": "Wed 11 Nov, 07:20: Lines are open",
        "sw": "Jtn 11 Nov, 07:20: Simu zi wazi",
    }
    minutes(59)
    assert said(folder)["en"].endswith("Lines are open")
    minutes(60)
    assert said(folder) == {}


def test_notice_begins_at_its_minute(
    session: Session, folder: Path, minutes: Callable[[int], None]
) -> None:
    later = NoticeText("Later", "Baadaye", world.NOW + HOUR, world.NOW + 2 * HOUR, "Planned.")
    put_up(later)
    assert said(folder) == {}
    minutes(60)
    assert said(folder)["en"] == "Wed 11 Nov, 08:20: Later"


def test_queue_is_asked_at_once_at_the_beginning_and_at_the_end(session: Session) -> None:
    before = len(jobs(session, "results.say"))
    put_up()
    now, end = jobs(session, "results.say")[before:]
    real = clock.real_now()
    assert abs((now - real).total_seconds()) < 30
    assert abs((end - real - HOUR).total_seconds()) < 30


def test_newest_stands_and_the_one_before_comes_back(session: Session, folder: Path) -> None:
    put_up()
    second = put_up(NoticeText("Second", "Pili", None, world.NOW + HOUR, "News."), "admin")
    assert said(folder)["en"].endswith("Second")
    take_away(second, "admin")
    assert said(folder)["en"].endswith("Lines are open")


def test_taking_away_is_a_row_with_who_when_and_why(session: Session, folder: Path) -> None:
    notice_id = put_up()
    take_away(notice_id, reason="The lines are closed.")
    assert said(folder) == {}
    with scoped_as(session, NATIONAL):
        posted = edge_notices(session, NATIONAL)[0]
        events = session.scalars(
            select(Event).where(Event.entity == "edge_notice", Event.entity_id == str(notice_id))
        ).all()
    assert posted.taken is not None
    assert posted.taken.reason == "The lines are closed."
    assert posted.taken.acted_at == world.NOW
    assert {one.action for one in events} == {"edge_notice.put_up", "edge_notice.taken_away"}
    assert {one.reason for one in events} == {"Many call.", "The lines are closed."}
    with pytest.raises(IllegalMove):
        take_away(notice_id)


@pytest.mark.parametrize(
    "statement", ["UPDATE edge_notice SET reason = 'x'", "DELETE FROM edge_notice"]
)
def test_rows_are_never_changed(session: Session, statement: str) -> None:
    put_up()
    with pytest.raises(DBAPIError), scoped_as(session, EVERYTHING):
        session.execute(text(statement))


def test_only_a_notice_is_taken_away_and_once(session: Session) -> None:
    notice_id = put_up()
    take_away(notice_id)
    with scoped_as(session, EVERYTHING):
        taken = session.scalars(
            select(EdgeNotice.id).where(EdgeNotice.takes_away_id == notice_id)
        ).one()
    add = text(
        "INSERT INTO edge_notice (takes_away_id, reason, actor_name, acted_at)"
        " VALUES (:target, 'x', 'x', clock_timestamp())"
    )
    for target in (notice_id, taken):
        with scoped_as(session, EVERYTHING), session.begin_nested() as again:
            with pytest.raises(DBAPIError):
                session.execute(add, {"target": target})
            again.rollback()


@pytest.mark.parametrize(
    "username", ["results.officer", "monitor", "county.kisumu", "tsc.kisumu-east"]
)
def test_nobody_else_says_anything_to_everybody(session: Session, username: str) -> None:
    notice_id = put_up()
    with pytest.raises(NotAllowed):
        put_up(username=username)
    with pytest.raises(NotAllowed):
        take_away(notice_id, username)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"text_en": " ", "text_sw": "", "reason": ""}, {"text_en", "text_sw", "reason"}),
        ({"text_en": "x" * 301}, {"text_en"}),
        ({"shown_until": None}, {"shown_until"}),
        ({"shown_until": world.NOW}, {"shown_until"}),
        ({"shown_from": world.NOW + 2 * HOUR}, {"shown_until"}),
    ],
)
def test_what_is_missing_or_ends_too_soon_is_refused_at_once(
    session: Session, changes: dict[str, Any], fields: set[str]
) -> None:
    values = {
        name: getattr(TEXT, name)
        for name in ("text_en", "text_sw", "shown_from", "shown_until", "reason")
    }
    with pytest.raises(RuleBroken) as refusal:
        put_up(NoticeText(**values | changes))
    assert {one.field for one in refusal.value.problems} == fields


def test_other_numbers_to_call_are_on_the_edge_with_the_next_job(
    session: Session, folder: Path
) -> None:
    said(folder)
    with scoped_as(session, EVERYTHING):
        contact = session.scalars(select(OfficeContact).where(OfficeContact.office == "knec")).one()
        contact.telephone = "0800 111 222, 0800 333 444"
        session.flush()
    said(folder)
    control = read_control(folder)
    assert control is not None
    assert control.help["en"] == (
        "Need help? Ask the school, or call free of charge: <a href='tel:0800111222'>0800 111 222</a>,"
        " <a href='tel:0800333444'>0800 333 444</a>"
    )
    assert control.help["sw"].startswith("Unahitaji msaada?")
    assert control.counts_token == "t"


def test_notice_is_there_before_the_release_and_stays_when_it_opens(
    session: Session, tmp_path: Path
) -> None:
    put_up()
    one = made.released(made.loaded(*rows(3)), tmp_path)
    control = read_control(tmp_path)
    assert control is not None
    assert (one.state, control.key is not None) == ("released", True)
    assert control.notice["en"].endswith("Lines are open")
    assert control.help["en"].startswith("Need help?")


def test_nodes_that_answer_are_heard_and_a_silent_one_keeps_what_it_told(session: Session) -> None:
    nodes = ("https://a.example", "https://b.example")
    asked: list[tuple[str, str]] = []

    def ask(address: str, token: str) -> Told | None:
        asked.append((address, token))
        return Told(5.0, 2.5, {"s1": {"shown": 7}}) if address == nodes[0] else None

    with scoped_as(session, EVERYTHING):
        assert services.hear_nodes(nodes, "token", ask=ask) == 1
        assert services.hear_nodes(nodes, "token", ask=lambda *_: None) == 0
        found = {one.address: one for one in session.scalars(select(EdgeNode))}
        heard = told_nodes.nodes_heard(session, EVERYTHING, folder=Path("/nowhere"), nodes=nodes)
    assert sorted(asked) == [(nodes[0], "token"), (nodes[1], "token")]
    assert found[nodes[0]].told == {"at": 5.0, "a_second": 2.5, "stores": {"s1": {"shown": 7}}}
    assert (found[nodes[1]].told, found[nodes[1]].heard_at) == (None, None)
    assert [(one.node, one.told is not None, one.is_heard) for one in heard] == [
        ("", False, False), ("a.example", True, True), ("b.example", False, False),
    ]  # fmt: skip
    assert (
        told_nodes.nodes_heard(
            session, acting_as("tsc.kisumu-east").scope, folder=Path("/x"), nodes=nodes
        )
        == []
    )
