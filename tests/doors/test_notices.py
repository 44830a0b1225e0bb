"""Notices: who may write to whom, who reads what, dates, withdrawal with history."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.notices.models import Notice
from app.places.models import Centre, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world
from tests.factories.registers import statements

ClientOf = Callable[[str], FlaskClient]
TSC, SCDE, NEXT = "tsc.kisumu-east", "scde.kisumu-east", "tsc.kisumu-west"
CENTRE_LOGIN, CENTRE_NEXT = f"KCSE{world.CENTRE}", f"KCSE{world.NEXT_DOOR}"
WORDS = "Bring your letter & <b>identity card</b>."


def form(**changes: str) -> dict[str, str]:
    """A notice to officers as the page sends it."""
    return {
        "audience": "officers",
        "text_en": WORDS,
        "text_sw": "Leta barua yako.",
        "shown_from": world.TODAY.isoformat(),
        "shown_until": (world.TODAY + dt.timedelta(days=3)).isoformat(),
        "sms_en": "Bring your letter.",
        "sms_sw": "",
        "centre_codes": "",
    } | changes


def newest(session: Session) -> Notice:
    session.expire_all()
    with scoped_as(session, NATIONAL):
        return session.scalars(select(Notice).order_by(Notice.id.desc())).first()  # type: ignore[return-value]


def home_of(client: FlaskClient, address: str = "/") -> str:
    return client.get(address, follow_redirects=True).text


def officer_of(session: Session, centre_code: str) -> str:
    """The mobile number of an invigilator of the centre."""
    return str(
        world.one(
            session,
            "SELECT o.mobile FROM officer o JOIN deployment d ON d.officer_id = o.id"
            " JOIN centre c ON c.id = d.centre_id WHERE c.code = :code ORDER BY d.id"
            " OFFSET 3 LIMIT 1",
            code=centre_code,
        )
    )


@pytest.fixture
def everything(session: Session) -> Any:
    with scoped_as(session, NATIONAL):
        yield session


def test_officers_of_the_area_read_it_and_nobody_else(
    client_of: ClientOf, session: Session
) -> None:
    answer = client_of(TSC).post("/notices/add", data=form())
    assert answer.status_code == 303
    with scoped_as(session, NATIONAL):
        here, there = officer_of(session, world.CENTRE), officer_of(session, world.NEXT_DOOR)
    escaped = "Bring your letter &amp; &lt;b&gt;identity card&lt;/b&gt;."
    shown = home_of(client_of(here))
    assert escaped in shown
    assert "<b>identity" not in shown
    for other in (there, CENTRE_LOGIN, NEXT, SCDE, "monitor", "county.nakuru"):
        assert escaped not in home_of(client_of(other)), other


def test_reads_say_who_wrote_it_and_when(client_of: ClientOf, session: Session) -> None:
    client_of(TSC).post("/notices/add", data=form())
    with scoped_as(session, NATIONAL):
        here = officer_of(session, world.CENTRE)
    page = re.sub(r"\s+", " ", home_of(client_of(here)))
    assert "TSC office, tsc.kisumu-east, Wed 11 Nov 07:20" in page


def test_kiswahili_where_it_is_written(client_of: ClientOf, session: Session) -> None:
    client_of(TSC).post("/notices/add", data=form())
    with scoped_as(session, NATIONAL):
        here = officer_of(session, world.CENTRE)
    client = client_of(here)
    client.get("/lang/sw")
    page = home_of(client)
    assert "Leta barua yako." in page
    assert "Bring your letter" not in page


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [(0, 0, True), (-3, 0, True), (1, 4, False), (-4, -1, False)],
)
def test_a_notice_stands_from_its_first_to_its_last_day(
    client_of: ClientOf, session: Session, *, first: int, last: int, shown: bool
) -> None:
    days = {
        "shown_from": (world.TODAY + dt.timedelta(days=first)).isoformat(),
        "shown_until": (world.TODAY + dt.timedelta(days=last)).isoformat(),
    }
    assert client_of(TSC).post("/notices/add", data=form(**days)).status_code == 303
    with scoped_as(session, NATIONAL):
        here = officer_of(session, world.CENTRE)
    assert ("Bring your letter" in home_of(client_of(here))) is shown


def test_named_centres_read_it_and_their_neighbours_do_not(client_of: ClientOf) -> None:
    sent = form(audience="named_centres", centre_codes=world.CENTRE)
    assert client_of(TSC).post("/notices/add", data=sent).status_code == 303
    assert "Bring your letter" in home_of(client_of(CENTRE_LOGIN))
    assert "Bring your letter" not in home_of(client_of(f"KCSE{world.SECOND_CENTRE}"))
    assert "Bring your letter" not in home_of(client_of(CENTRE_NEXT))


def test_all_centres_of_the_area_read_it(client_of: ClientOf) -> None:
    client_of(SCDE).post("/notices/add", data=form(audience="centres"))
    assert "Bring your letter" in home_of(client_of(CENTRE_LOGIN))
    assert "Bring your letter" in home_of(client_of(f"KCSE{world.SECOND_CENTRE}"))
    assert "Bring your letter" not in home_of(client_of(CENTRE_NEXT))


def test_register_of_a_centre_shows_the_office_no_notice_to_centres(client_of: ClientOf) -> None:
    client_of(SCDE).post("/notices/add", data=form(audience="centres"))
    assert "Bring your letter" not in home_of(
        client_of(SCDE), f"/register/{world.CENTRE}/{world.YESTERDAY}"
    )


def test_headquarters_write_to_the_whole_country(client_of: ClientOf, session: Session) -> None:
    for audience in ("officers", "centres", "directors", "county"):
        sent = form(audience=audience, text_en=f"To {audience} everywhere", text_sw="")
        assert client_of("admin").post("/notices/add", data=sent).status_code == 303
    with scoped_as(session, NATIONAL):
        officers = [officer_of(session, world.CENTRE), officer_of(session, world.FAR_AWAY)]
    readers = {
        "officers": officers,
        "centres": [CENTRE_LOGIN, f"KCSE{world.FAR_AWAY}"],
        "directors": [TSC, SCDE, "tsc.nakuru-town-east"],
        "county": ["county.kisumu", "county.nakuru"],
    }
    for account in [one for some in readers.values() for one in some]:
        page = home_of(client_of(account))
        found = {audience for audience in readers if f"To {audience} everywhere" in page}
        assert found == {audience for audience, some in readers.items() if account in some}, account


def test_headquarters_may_write_to_one_area(client_of: ClientOf, session: Session) -> None:
    with scoped_as(session, NATIONAL):
        west = session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-west")).one()
    client_of("admin").post("/notices/add", data=form(audience="tsc", sub_county=str(west)))
    assert "Bring your letter" in home_of(client_of(NEXT))
    for other in (TSC, "scde.kisumu-west", "tsc.nakuru-town-east"):
        assert "Bring your letter" not in home_of(client_of(other)), other


# A director and the neighbour


def test_a_director_cannot_name_a_centre_next_door(client_of: ClientOf, session: Session) -> None:
    before = newest(session).id
    for code in (world.NEXT_DOOR, "99999999"):
        sent = form(audience="named_centres", centre_codes=f"{world.CENTRE}\n{code}")
        answer = client_of(TSC).post("/notices/add", data=sent)
        assert answer.status_code == 422
        assert f"No centre of your area has the code {code}." in answer.text
    assert newest(session).id == before


def test_an_area_that_is_forged_counts_for_nothing(client_of: ClientOf, session: Session) -> None:
    with scoped_as(session, NATIONAL):
        east, west = (
            session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
            for slug in ("kisumu-east", "kisumu-west")
        )
    answer = client_of(TSC).post("/notices/add", data=form(sub_county=str(west)))
    stored = newest(session)
    assert answer.status_code == 404 or stored.sub_county_id == east
    with scoped_as(session, NATIONAL):
        there = officer_of(session, world.NEXT_DOOR)
    assert "Bring your letter" not in home_of(client_of(there))


@pytest.mark.parametrize("audience", ["directors", "county", "tsc", "nobody"])
def test_a_director_writes_to_nobody_above(
    client_of: ClientOf, session: Session, audience: str
) -> None:
    before = newest(session).id
    assert client_of(TSC).post("/notices/add", data=form(audience=audience)).status_code == 422
    assert newest(session).id == before


def test_foreign_notices_are_not_found(client_of: ClientOf, session: Session) -> None:
    client_of(TSC).post("/notices/add", data=form())
    notice = newest(session).id
    next_door = client_of(NEXT)
    for method, address in (
        ("GET", f"/notices/show/{notice}"),
        ("GET", f"/notices/edit/{notice}"),
        ("POST", f"/notices/edit/{notice}"),
        ("GET", f"/notices/sms{notice}"),
        ("GET", f"/notices/{notice}/sms"),
        ("POST", f"/notices/{notice}/sms"),
        ("POST", f"/notices/{notice}/seen"),
        ("POST", f"/notices/action/withdraw/{notice}"),
    ):
        assert next_door.open(address, method=method, data=form()).status_code == 404, address
    assert client_of(TSC).get(f"/notices/show/{notice}").status_code == 200


def test_another_office_reads_and_changes_nothing(client_of: ClientOf, session: Session) -> None:
    client_of(TSC).post("/notices/add", data=form())
    notice = newest(session).id
    scde = client_of(SCDE)
    assert scde.get(f"/notices/show/{notice}").status_code == 200
    scde.post(f"/notices/edit/{notice}", data=form(text_en="Taken over"))
    sent = {"confirmed": "yes", "reason": "Because."}
    scde.post(f"/notices/action/withdraw/{notice}", data=sent)
    stored = newest(session)
    assert (stored.text_en, stored.withdrawn_at) == (WORDS, None)
    assert scde.get(f"/notices/{notice}/sms").status_code == 403


@pytest.mark.parametrize("account", ["monitor", "county.kisumu"])
def test_watchers_read_their_area_and_write_nothing(
    client_of: ClientOf, session: Session, account: str
) -> None:
    client_of(TSC).post("/notices/add", data=form())
    notice = newest(session).id
    client = client_of(account)
    assert client.get(f"/notices/show/{notice}").status_code == 200
    assert client.post("/notices/add", data=form()).status_code == 403
    assert client_of("county.nakuru").get(f"/notices/show/{notice}").status_code == 404


@pytest.mark.parametrize("wanted", ["officer", CENTRE_LOGIN])
def test_those_written_to_have_no_screen_of_authors(
    client_of: ClientOf, session: Session, wanted: str
) -> None:
    with scoped_as(session, NATIONAL):
        account = officer_of(session, world.CENTRE) if wanted == "officer" else wanted
    assert client_of(account).get("/notices/list/").status_code == 403


# Faults, changes, withdrawal, putting away


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text_en": "x" * 301}, "300"),
        ({"sms_en": "x" * 161}, "160"),
        ({"text_en": ""}, "This field is required."),
        ({"shown_until": "2026-11-10"}, "The last day lies before the first."),
        ({"shown_until": "2027-11-10"}, "A notice stands for at most 120 days."),
        ({"audience": "named_centres"}, "Write the codes of the centres."),
        (
            {"centre_codes": world.CENTRE},
            "Codes of centres are only for a notice to named centres.",
        ),
    ],
)
def test_faults_are_said_and_nothing_is_stored(
    client_of: ClientOf, session: Session, changes: dict[str, str], said: str
) -> None:
    before = newest(session).id
    answer = client_of(TSC).post("/notices/add", data=form(**changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert newest(session).id == before


def test_a_change_keeps_what_stood_before(client_of: ClientOf, session: Session) -> None:
    client = client_of(TSC)
    client.post("/notices/add", data=form())
    notice = newest(session).id
    sent = {k: v for k, v in form(text_en="Bring your slip.").items() if k != "audience"}
    assert client.post(f"/notices/edit/{notice}", data=sent).status_code == 303
    page = client.get(f"/notices/show/{notice}").text
    assert "Bring your slip." in page
    assert "Before: Bring your letter &amp; &lt;b&gt;" in page


def test_the_words_are_read_once_more_before_they_are_sent(
    client_of: ClientOf, session: Session
) -> None:
    client = client_of(TSC)
    client.post("/notices/add", data=form(sms_sw="Leta barua."))
    asked = client.get(f"/notices/{newest(session).id}/sms").text
    assert "Bring your letter." in asked
    assert "Leta barua." in asked


def test_a_withdrawn_notice_leaves_homes_and_stays_on_record(
    client_of: ClientOf, session: Session
) -> None:
    client = client_of(TSC)
    client.post("/notices/add", data=form())
    notice = newest(session).id
    with scoped_as(session, NATIONAL):
        here = officer_of(session, world.CENTRE)
    assert "Bring your letter" in home_of(client_of(here))
    sent = {"confirmed": "yes", "reason": "Wrong day."}
    assert client.post(f"/notices/action/withdraw/{notice}", data=sent).status_code == 303
    assert "Bring your letter" not in home_of(client_of(here))
    page = client.get(f"/notices/show/{notice}").text
    assert "Wrong day." in page
    with scoped_as(session, NATIONAL):
        acts = session.scalars(
            select(Event.action)
            .where(Event.entity == "notice", Event.entity_id == str(notice))
            .order_by(Event.id)
        ).all()
    assert acts == ["notice.posted", "notice.withdrawn"]
    assert client.get(f"/notices/{notice}/sms").status_code == 409


def test_what_one_reader_puts_away_others_still_see(client_of: ClientOf, session: Session) -> None:
    client_of(SCDE).post("/notices/add", data=form(audience="centres"))
    notice = newest(session).id
    centre = client_of(CENTRE_LOGIN)
    assert centre.post(f"/notices/{notice}/seen").status_code == 303
    assert centre.post(f"/notices/{notice}/seen").status_code == 303
    assert "Bring your letter" not in home_of(centre)
    assert "Bring your letter" in home_of(client_of(f"KCSE{world.SECOND_CENTRE}"))


# The second wall, and the cost


def test_row_level_security_alone_keeps_notices_from_others(session: Session) -> None:
    with scoped_as(session, NATIONAL):
        ids = dict(session.execute(select(Centre.code, Centre.id)).all())
        east = session.scalars(select(SubCounty.id).where(SubCounty.slug == "kisumu-east")).one()
        session.add_all(
            Notice(
                sub_county_id=area, office="knec", audience=audience, text_en=f"{audience} {area}",
                author_name="a", posted_at=world.NOW, shown_from=world.TODAY,
                shown_until=world.TODAY,
            )
            for audience in ("officers", "centres", "tsc", "county")
            for area in (None, east)
        )  # fmt: skip
        session.flush()
    settings = "SELECT set_config('app.scope_kind', :kind, true), set_config('app.centre_ids', :ids, true), set_config('app.sub_county_ids', '{}', true), set_config('app.officer_ids', '{}', true)"
    words = text("SELECT text_en FROM notice WHERE author_name = 'a' ORDER BY text_en")
    for code, expected in (
        (world.CENTRE, ["centres None", f"centres {east}"]),
        (world.NEXT_DOOR, ["centres None"]),
    ):
        session.execute(text(settings), {"kind": "centre", "ids": f"{{{ids[code]}}}"})
        assert sorted(session.scalars(words)) == sorted(expected)
    session.execute(text(settings), {"kind": "nobody", "ids": "{}"})
    assert session.scalars(words).all() == []
    session.execute(text(settings), {"kind": "national", "ids": "{}"})
    assert len(session.scalars(words).all()) == 8


def test_a_home_asks_once_for_one_notice_and_for_thirty(
    client_of: ClientOf, session: Session
) -> None:
    centre = client_of(CENTRE_LOGIN)
    centre.get("/")
    counts = []
    for number in (1, 30):
        for _ in range(number):
            client_of(SCDE).post("/notices/add", data=form(audience="centres"))
        with statements() as run:
            centre.get("/")
        counts.append(len([one for one in run if "FROM notice" in one]))
    assert counts == [1, 1]
