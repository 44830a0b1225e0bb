"""Home for every role, the officer's days and money, the navigation."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.attendance import services
from app.attendance.enums import RegisterState
from app.audit.services import Subject, record
from app.claims.computation import Bucket, DutyDay, compute
from app.claims.queries import rates_of
from app.extensions import db
from app.permissions import may
from app.scoping.guard import scoped_as
from app.scoping.roles import Role
from tests.factories import world
from tests.factories.registers import (
    EVERYTHING,
    acting_as,
    bring_to,
    centre_id,
    statements,
    stored,
)
from views.navigation import MOST, WORDS, words_for

SCDE, TSC = "scde.kisumu-east", "tsc.kisumu-east"
CENTRE_LOGIN = f"KCSE{world.CENTRE}"
ClientOf = Callable[[str], FlaskClient]
STAFF = ("admin", "monitor", "county.kisumu", TSC, SCDE)
OTHERS = ("payments.clerk", "payments.approver", "results.officer", "results.approver")


def needs(page: str) -> dict[str, tuple[int, str]]:
    """What the home says needs doing: note and label -> count and address."""
    found = re.findall(
        r'<a class="need[^"]*"\s+href="([^"]+)">\s*<b>([\d,]+)</b><strong>([^<]+)</strong>\s*'
        r'(?:<span class="small">([^<]+)</span>)?',
        page,
    )
    return {
        f"{note} {label}".strip(): (int(count.replace(",", "")), href.replace("&amp;", "&"))
        for href, count, label, note in found
    }


@pytest.mark.parametrize("account", [*STAFF, *OTHERS])
def test_everybody_has_a_home(client_of: ClientOf, account: str) -> None:
    assert client_of(account).get("/").status_code == 200


def test_a_stranger_is_told_why_there_is_a_sign_in(client: FlaskClient) -> None:
    assert "Sign in to open that page." in client.get("/register/", follow_redirects=True).text
    assert "Sign in to open that page." not in client.get("/login/").text


def test_a_stranger_is_asked_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, "/login/" in answer.headers["Location"]) == (302, True)


def test_the_centres_home_is_its_register(client_of: ClientOf) -> None:
    page = client_of(CENTRE_LOGIN).get("/").text
    assert "Open today&#39;s register" in page
    assert f'action="/register/{world.TODAY}"' in page


def test_the_officers_home_is_their_days(client_of: ClientOf) -> None:
    officer = stored(world.CENTRE).lines[2].telephone
    assert client_of(officer).get("/").headers["Location"] == "/me/"


def test_the_scde_is_told_what_to_confirm_day_by_day(client_of: ClientOf) -> None:
    bring_to("submitted")
    found = needs(client_of(SCDE).get("/").text)
    assert found == {
        "registers not opened today": (3, f"/registers/today/?day={world.TODAY}&state=not_opened"),
        "Wed 11 Nov register to confirm": (
            1,
            f"/registers/today/?day={world.TODAY}&state=submitted",
        ),
        "Tue 10 Nov registers to confirm": (
            2,
            f"/registers/today/?day={world.YESTERDAY}&state=submitted",
        ),
        "Tue 10 Nov returned register": (
            1,
            f"/registers/today/?day={world.YESTERDAY}&state=returned",
        ),
        "concern waits for the director": (1, "/concerns/"),
    }


def test_every_count_opens_the_very_list(client_of: ClientOf) -> None:
    bring_to("submitted")
    client = client_of(SCDE)
    for count, address in needs(client.get("/").text).values():
        if address == "/concerns/":
            assert client.get(address).text.count('id="concern-') == count
            continue
        day = re.search(r"day=([\d-]+)", address)
        assert day is not None
        rows = re.findall(rf'href="/register/\d{{8}}/{day[1]}"', client.get(address).text)
        assert len(rows) == count


def test_the_tsc_director_is_told_of_disputes_and_deployments(
    session: Session, client_of: ClientOf
) -> None:
    with scoped_as(session, EVERYTHING):
        change = text(
            "UPDATE deployment SET status = 'proposed' WHERE id = (SELECT d.id FROM deployment d"
            " JOIN sub_county s ON s.id = d.sub_county_id"
            " WHERE s.slug = 'kisumu-east' AND d.status IN ('published', 'accepted')"
            " AND NOT EXISTS (SELECT FROM mark m WHERE m.deployment_id = d.id)"
            " ORDER BY d.id LIMIT 1)"
        )
        session.execute(change)
        session.commit()
    found = needs(client_of(TSC).get("/").text)
    assert found["disputed day to answer"] == (1, "/registers/disputes/")
    assert found["deployment to publish"][0] == 1
    assert found["concern of the SCDE to answer"][0] == 1


def test_nothing_of_next_door_is_counted(session: Session, client_of: ClientOf) -> None:
    with scoped_as(session, EVERYTHING):
        session.execute(text("DELETE FROM register_remark"))
    before = needs(client_of(SCDE).get("/").text)
    west = acting_as("scde.kisumu-west")
    key = (centre_id(world.NEXT_DOOR), world.YESTERDAY)
    services.confirm_register(west.scope, west.actor, *key)
    assert needs(client_of(SCDE).get("/").text) == before


def test_today_is_one_line_with_registers_by_state(client_of: ClientOf) -> None:
    bring_to("confirmed")
    page = client_of(SCDE).get("/").text
    assert "1 of 4 centres confirmed; 3 have not opened" in page
    assert re.findall(r"<b>(\d+)</b> ([a-z ]+)</span>", page) == [
        ("1", "confirmed"),
        ("3", "not opened"),
    ]


def test_whom_to_call_stands_beside_registers_not_opened(client_of: ClientOf) -> None:
    manager = stored(world.CENTRE).lines[0]
    page = client_of(SCDE).get("/").text
    assert f'href="tel:+{manager.telephone}"' in page


def test_what_changed_is_told_with_who_and_where_and_a_link(client_of: ClientOf) -> None:
    bring_to("confirmed")
    page = client_of(TSC).get("/").text
    assert "Kisumu Day Secondary: register confirmed by scde.kisumu-east" in page
    assert f'href="/register/{world.CENTRE}/{world.TODAY}"' in page
    assert "register confirmed by" not in client_of("tsc.kisumu-west").get("/").text


def test_what_happened_in_a_row_is_told_once_and_what_jobs_did_not_at_all(
    session: Session, client_of: ClientOf
) -> None:
    director = acting_as(TSC)
    place = next(iter(director.scope.sub_county_ids))
    for action in ("profile.verified", "profile.verified", "import.looked", "privacy.acknowledged"):
        record(session, director.actor, action, Subject("officer", 1, place))
    session.commit()
    page = client_of(TSC).get("/").text
    assert f"Profile verified by {director.actor.name} (2 times)" in page
    assert "import looked" not in page
    assert "privacy acknowledged" not in page


def test_a_role_that_may_not_read_events_has_no_list_of_changes(client_of: ClientOf) -> None:
    assert "Since you last looked" not in client_of("county.kisumu").get("/").text
    assert "Since you last looked" in client_of("monitor").get("/").text


def test_headquarters_counts_the_nation(client_of: ClientOf) -> None:
    page = client_of("monitor").get("/").text
    assert "0 of 8 centres confirmed" in page
    assert needs(page) == {
        "registers not opened today": (8, f"/registers/today/?day={world.TODAY}")
    }


def test_the_administrator_is_told_of_days_to_lock(client_of: ClientOf) -> None:
    found = needs(client_of("admin").get("/").text)
    assert found["days with registers to lock"] == (2, "/registers/lock/")


@pytest.mark.parametrize("account", OTHERS)
def test_a_role_whose_work_is_not_built_is_promised_nothing(
    client_of: ClientOf, account: str
) -> None:
    client = client_of(account)
    page = client.get("/").text
    offered = re.findall(r'<li><a href="(/[^"]+)">[^<]+</a></li>', page)
    assert "/help/" in offered
    assert [client.get(one).status_code for one in offered] == [200] * len(offered)


# The officer


def days(page: str) -> dict[str, str]:
    """The text of each day's row by its day."""
    rows = re.findall(r'<th scope="row" class="grow">([^<]+)(.*?)</tr>', page, re.S)
    plain = {day.strip(): re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", rest)) for day, rest in rows}
    return {day: words.strip() for day, words in plain.items()}


def test_the_officer_reads_mark_marker_confirmation_and_shillings(client_of: ClientOf) -> None:
    lines = stored(world.CENTRE).lines
    manager, late = lines[0], lines[2]
    said = days(client_of(late.telephone).get("/me/").text)
    name = manager.name.replace("'", "&#39;")
    assert said["Mon 9 Nov"].startswith(f"Late 15 minutes {name} Confirmed KSh 550")
    assert said["Tue 10 Nov"].startswith(f"Late 15 minutes {name} Not yet KSh 550")
    assert said["Wed 11 Nov"].startswith("Not marked")


def test_an_absent_day_pays_nothing_and_a_day_without_a_rate_says_so(client_of: ClientOf) -> None:
    lines = stored(world.CENTRE).lines
    absent, clerk = lines[3], lines[-1]
    assert "KSh 0" in days(client_of(absent.telephone).get("/me/").text)["Mon 9 Nov"]
    page = client_of(clerk.telephone).get("/me/").text
    assert "no rate yet" in days(page)["Mon 9 Nov"]
    assert "No rate has been published for: Clerk." in page
    assert "KSh 0" not in re.sub(r".*id=\"money\"", "", page, flags=re.S)


def test_the_officers_sums_are_the_computations(session: Session, client_of: ClientOf) -> None:
    line = stored(world.CENTRE).lines[1]
    page = client_of(line.telephone).get("/me/").text
    money = page[page.index('id="money"') :]
    figures = re.findall(r"<b>(KSh [\d,]+)</b>", money)
    with scoped_as(session, EVERYTHING):
        rates = rates_of(
            db.session, world.one(session, "SELECT id FROM examination WHERE code='KCSE'")
        )
    worked = compute(
        [
            DutyDay(world.MONDAY, "supervisor", True, "42", "present", RegisterState.CONFIRMED),
            DutyDay(world.YESTERDAY, "supervisor", True, "42", "present", RegisterState.SUBMITTED),
        ],
        rates,
        today=world.TODAY,
    )
    assert worked.total(Bucket.EARNED).words() == figures[0] == "KSh 680"
    assert '<a href="#money">KSh 680 earned so far</a>' in page
    assert worked.total(Bucket.AWAITING).words() == figures[1] == "KSh 680"
    assert "Earned: 1 day x KSh 680 = KSh 680; rate of 2025, circular of 2025" in money


def test_the_duty_names_centre_days_and_manager(client_of: ClientOf) -> None:
    lines = stored(world.CENTRE).lines
    page = client_of(lines[2].telephone).get("/me/").text
    assert "Kisumu Day Secondary" in page
    assert f'href="tel:+{lines[0].telephone}"' in page


def test_an_officer_without_a_duty_is_told_so(session: Session, client_of: ClientOf) -> None:
    with scoped_as(session, EVERYTHING):
        spare = world.one(
            session,
            "SELECT mobile FROM officer o WHERE NOT EXISTS"
            " (SELECT 1 FROM deployment d WHERE d.officer_id = o.id) ORDER BY id LIMIT 1",
        )
    page = client_of(spare).get("/me/").text
    assert "You have no published duty from today on." in page


def test_an_officer_disputes_a_day_without_a_script(client_of: ClientOf) -> None:
    line = stored(world.CENTRE).lines[2]
    client = client_of(line.telephone)
    address = f"/me/days/{line.deployment_id}/{world.YESTERDAY}/dispute"
    assert f'href="{address}"' in client.get("/me/").text
    assert client.get(address).status_code == 200
    empty = client.post(address, data={"reason": " "})
    assert (empty.status_code, "Write what is wrong with this day." in empty.text) == (422, True)
    assert client.post(address, data={"reason": "I came at seven."}).status_code == 303
    page = client.get("/me/").text
    assert "Disputed" in days(page)["Tue 10 Nov"]
    assert "Held: disputed: 1 day x KSh 550 = KSh 550" in page


def test_a_foreign_day_is_not_disputed(client_of: ClientOf) -> None:
    mine, theirs = stored(world.CENTRE).lines[2:4]
    address = f"/me/days/{theirs.deployment_id}/{world.YESTERDAY}/dispute"
    client = client_of(mine.telephone)
    assert client.get(address).status_code == 404
    assert client.post(address, data={"reason": "x"}).status_code == 404


def test_the_officers_home_speaks_kiswahili(client_of: ClientOf) -> None:
    client = client_of(stored(world.CENTRE).lines[2].telephone)
    client.get("/lang/sw")
    page = client.get("/me/").text
    assert ('lang="sw"' in page, "Amechelewa" in page) == (True, True)


def test_the_officers_home_is_as_many_statements_for_1_day_as_for_14(
    session: Session, client_of: ClientOf
) -> None:
    line = stored(world.CENTRE).lines[2]
    client = client_of(line.telephone)
    client.get("/me/")
    with statements() as for_many:
        many = len(days(client.get("/me/").text))
    with scoped_as(session, EVERYTHING):
        session.execute(text("DELETE FROM exam_day WHERE day > '2026-11-09' OR day < '2026-11-09'"))
        session.commit()
    with statements() as for_one:
        assert len(days(client.get("/me/").text)) == 1
    assert (many > 10, len(for_one)) == (True, len(for_many))


# The navigation

ACCOUNTS = (*STAFF, *OTHERS, CENTRE_LOGIN, "254712000001", "254712000002")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_navigation_has_at_most_nine_words_and_each_opens(
    app: Flask, client_of: ClientOf, account: str
) -> None:
    actor = acting_as(account).actor
    with app.test_request_context():
        words = words_for(actor)
    client = client_of(account)
    assert 2 <= len(words) <= MOST
    for word in words:
        assert client.get(word.href).status_code in {200, 302}, word.href


def test_every_role_has_words_and_none_beyond_its_permissions() -> None:
    assert {role for role, _words in WORDS} == set(Role)
    for role, words in WORDS:
        actor = type(
            "Actor", (), {"roles": {str(role), "Officer"} if "Manager" in role else {str(role)}}
        )
        lacking = [w.label for w in words if w.resource and not may(actor, w.resource, w.act)]
        assert lacking == [], role


def test_records_lists_only_what_the_role_may_open(client_of: ClientOf) -> None:
    for account in (TSC, SCDE, "monitor", "admin", "payments.clerk"):
        client = client_of(account)
        links = re.findall(r'<li><a href="(/[a-z-]+/list/)">', client.get("/records/").text)
        assert links
        assert {client.get(one).status_code for one in links} == {200}
