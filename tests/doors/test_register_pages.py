"""The register's pages: without script and with it, at the centre and at the offices."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.attendance.enums import MarkStatus, RegisterState
from app.attendance.queries import RegisterPage
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import (
    EVERYTHING,
    bring_to,
    centre_id,
    office_time,
    statements,
    stored,
)

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
SCDE, TSC = "scde.kisumu-east", "tsc.kisumu-east"
OWN, OFFICES = f"/register/{world.TODAY}", f"/register/{world.CENTRE}/{world.TODAY}"
JSON = {"Accept": "application/json"}
ClientOf = Callable[[str], FlaskClient]


def filled(page: RegisterPage, act: str = "submit", **changes: str) -> dict[str, str]:
    """The form as a browser sends it, everybody present."""
    form = {
        "act": act,
        "request_id": str(uuid.uuid4()),
        "version": str(page.version),
        "marked_by": str(page.lines[0].deployment_id),
    }
    for line in page.lines:
        one = line.deployment_id
        form |= {f"status-{one}": "present", f"minutes-{one}": "", f"reason-{one}": ""}
        form[f"remark-{one}"] = ""
    return form | changes


def clerk_of(page: RegisterPage) -> int:
    return page.lines[-1].deployment_id


def test_looking_opens_nothing(client_of: ClientOf) -> None:
    page = client_of(CENTRE_LOGIN).get("/register/")
    assert page.status_code == 200
    assert (stored(world.CENTRE).state, stored(world.CENTRE).version) == (None, 0)


def test_two_taps_do_an_ordinary_day_without_a_script(client_of: ClientOf) -> None:
    client = client_of(CENTRE_LOGIN)
    opened = client.post(OWN, data={"act": "open"})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"{OWN}?saved=1")
    sent = client.post(OWN, data=filled(stored(world.CENTRE)))
    assert sent.status_code == 303
    said = client.get(sent.headers["Location"]).text
    assert "Saved at 07:20. The sub-county has it." in said
    assert stored(world.CENTRE).state is RegisterState.SUBMITTED


def test_after_a_submit_a_shared_computer_offers_to_sign_out(client_of: ClientOf) -> None:
    bring_to("submitted")
    said = client_of(CENTRE_LOGIN).get(f"{OWN}?saved=1").text
    assert "Shared computer?" in said


def test_saved_is_not_said_of_what_was_not_stored(client_of: ClientOf) -> None:
    said = client_of(CENTRE_LOGIN).get(f"{OWN}?saved=1").text
    assert "Saved at" not in said


def test_everybody_is_proposed_as_present(client_of: ClientOf) -> None:
    bring_to("open")
    page = client_of(CENTRE_LOGIN).get(OWN).text
    chosen = re.findall(r'value="(present|absent|late)"\s+checked', page)
    assert chosen == ["present"] * 9


def test_an_absence_and_a_lateness_are_stored_as_typed(client_of: ClientOf) -> None:
    page = bring_to("open")
    first, last = page.lines[1].deployment_id, clerk_of(page)
    form = filled(
        page,
        **{
            f"status-{first}": "late",
            f"minutes-{first}": "15",
            f"reason-{first}": "Transport",
            f"status-{last}": "absent",
            f"remark-{last}": "Called at 06:50",
        },
    )
    assert client_of(CENTRE_LOGIN).post(OWN, data=form).status_code == 303
    lines = stored(world.CENTRE).lines
    late, absent = lines[1], lines[-1]
    assert (late.status, late.minutes_late, late.reason) == (MarkStatus.LATE, 15, "Transport")
    assert (absent.status, absent.remark) == (MarkStatus.ABSENT, "Called at 06:50")


def test_typed_values_survive_a_refusal(client_of: ClientOf) -> None:
    page = bring_to("open")
    last = clerk_of(page)
    form = filled(
        page, **{f"status-{last}": "late", f"minutes-{last}": "", f"remark-{last}": "Bus broke"}
    )
    answer = client_of(CENTRE_LOGIN).post(OWN, data=form)
    assert answer.status_code == 422
    assert "Write how many minutes late, from 1 to 600." in answer.text
    assert "Choose why they were late." in answer.text
    assert re.search(rf'id="status-{last}-late"[^>]*checked', answer.text)
    assert 'value="Bus broke"' in answer.text
    assert stored(world.CENTRE).version == page.version


def test_somebody_left_out_is_named_on_the_page(client_of: ClientOf) -> None:
    page = bring_to("open")
    form = filled(page)
    del form[f"status-{clerk_of(page)}"]
    answer = client_of(CENTRE_LOGIN).post(OWN, data=form)
    assert answer.status_code == 422
    assert f'<a href="#row-{clerk_of(page)}">{page.lines[-1].name}</a>' in answer.text


def test_the_second_tab_sees_yours_and_theirs_and_its_next_submit_counts(
    client_of: ClientOf,
) -> None:
    page = bring_to("open")
    client, last = client_of(CENTRE_LOGIN), clerk_of(page)
    mine = {f"status-{last}": "late", f"minutes-{last}": "20", f"reason-{last}": "Transport"}
    client.post(OWN, data=filled(page, **{f"status-{last}": "absent"}))
    answer = client.post(OWN, data=filled(page, **mine))
    assert answer.status_code == 409
    assert "Late, 20 minutes, Transport" in answer.text
    assert "This register was changed on another phone at 07:20." in answer.text
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    assert client.post(OWN, data=filled(page, version=version[1], **mine)).status_code == 303
    assert stored(world.CENTRE).lines[-1].status is MarkStatus.LATE


def test_the_script_hears_what_was_stored(client_of: ClientOf) -> None:
    page = bring_to("open")
    answer = client_of(CENTRE_LOGIN).post(OWN, data=filled(page), headers=JSON)
    body = answer.get_json()
    assert (answer.status_code, body["state"], body["version"]) == (200, "submitted", 2)
    assert body["sentence"] == "Saved at 07:20. The sub-county has it."
    assert [row["mark"] for row in body["rows"]] == ["present"] * 9


def test_the_script_sending_twice_hears_the_same_and_stores_once(client_of: ClientOf) -> None:
    page = bring_to("open")
    client, form = client_of(CENTRE_LOGIN), filled(bring_to("open"))
    first = client.post(OWN, data=form, headers=JSON).get_json()
    again = client.post(OWN, data=form, headers=JSON).get_json()
    assert first == again
    assert stored(world.CENTRE).version == page.version + 1


def test_the_script_hears_faults_by_field(client_of: ClientOf) -> None:
    page = bring_to("open")
    last = clerk_of(page)
    form = filled(page, marked_by="", **{f"status-{last}": "late"})
    answer = client_of(CENTRE_LOGIN).post(OWN, data=form, headers=JSON)
    body = answer.get_json()
    assert answer.status_code == 422
    assert [fault["field"] for fault in body["errors"]] == [f"minutes-{last}", f"reason-{last}"]
    assert (body["missing"], body["conflict"]) == ([], [])


def test_the_script_hears_both_values_of_a_conflict(client_of: ClientOf) -> None:
    page = bring_to("open")
    client, last = client_of(CENTRE_LOGIN), clerk_of(page)
    client.post(OWN, data=filled(page, **{f"status-{last}": "absent"}))
    answer = client.post(OWN, data=filled(page), headers=JSON)
    body = answer.get_json()
    assert (answer.status_code, body["version"]) == (409, 3 - 1)
    assert [
        (one["deployment_id"], one["mine"]["words"], one["theirs"]["words"])
        for one in body["conflict"]
    ] == [(last, "Present", "Absent")]


def test_a_script_that_is_signed_out_hears_401(app: Any, session: Session) -> None:
    answer = app.test_client().post(OWN, data={"act": "open"}, headers=JSON)
    assert answer.status_code in {400, 401}
    assert stored(world.CENTRE).state is None


def test_a_form_without_its_token_is_refused(client_of: ClientOf) -> None:
    client: Any = client_of(CENTRE_LOGIN)
    assert client.post(OWN, data={"act": "open"}, csrf=False).status_code == 400
    assert stored(world.CENTRE).state is None


@pytest.mark.parametrize("act", ["", "erase", "lock"])
def test_an_unknown_act_does_nothing(client_of: ClientOf, act: str) -> None:
    assert client_of(CENTRE_LOGIN).post(OWN, data={"act": act}).status_code == 422
    assert stored(world.CENTRE).state is None


@pytest.mark.parametrize(
    "address",
    [
        f"/register/{world.NEXT_DOOR}/{world.TODAY}",
        f"/register/{world.NEXT_DOOR}/season",
        f"/register/{world.NEXT_DOOR}/season.pdf",
        f"/register/{world.NEXT_DOOR}/{world.TODAY}.pdf",
        "/register/2027-01-01",
        "/register/2026-13-01",
        f"/register/99999999/{world.TODAY}",
    ],
)
@pytest.mark.parametrize("account", [CENTRE_LOGIN, SCDE, TSC])
def test_what_is_next_door_or_nowhere_is_not_found(
    client_of: ClientOf, account: str, address: str
) -> None:
    assert client_of(account).get(address).status_code == 404


@pytest.mark.parametrize("act", ["open", "submit", "confirm", "return", "reopen", "remark"])
@pytest.mark.parametrize("account", [CENTRE_LOGIN, SCDE, TSC])
def test_every_act_next_door_is_not_found(client_of: ClientOf, account: str, act: str) -> None:
    address = f"/register/{world.NEXT_DOOR}/{world.TODAY}"
    form = filled(stored(world.NEXT_DOOR), act) | {"act_reason": "x"}
    assert client_of(account).post(address, data=form).status_code == 404
    assert stored(world.NEXT_DOOR).state is None


def test_outside_the_hours_the_page_says_when(client_of: ClientOf) -> None:
    with office_time(5, 30):
        page = client_of(CENTRE_LOGIN).get(OWN)
        assert "Marking opens at 06:00." in page.text
        answer = client_of(CENTRE_LOGIN).post(OWN, data={"act": "open"})
        assert answer.status_code == 422
    assert stored(world.CENTRE).state is None


def test_a_day_without_an_examination_leads_to_no_form(client_of: ClientOf) -> None:
    page = client_of(CENTRE_LOGIN).get("/register/2026-11-07")
    assert page.status_code == 200
    assert "Nobody is deployed here on this day" in page.text


def test_outside_the_season_the_register_leads_to_its_days(client_of: ClientOf) -> None:
    with office_time(8, day=dt.date(2026, 12, 20)):
        answer = client_of(CENTRE_LOGIN).get("/register/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/register/season/")


def test_the_scde_confirms_without_a_script(client_of: ClientOf) -> None:
    page = bring_to("submitted")
    form = {"act": "confirm", "version": str(page.version), "seen_remark": "0"}
    assert client_of(SCDE).post(OFFICES, data=form).status_code == 303
    assert stored(world.CENTRE).state is RegisterState.CONFIRMED


def test_the_scde_returns_with_a_reason_and_the_centre_reads_it_on_top(
    client_of: ClientOf,
) -> None:
    page = bring_to("submitted")
    form = {
        "act": "return",
        "act_reason": "Two names are missing.",
        f"return-{clerk_of(page)}": "Was at the store.",
    }
    assert client_of(SCDE).post(OFFICES, data=form).status_code == 303
    said = client_of(CENTRE_LOGIN).get(OWN).text
    assert said.index("Two names are missing.") < said.index(page.lines[0].name)
    assert "Was at the store." in said
    assert "Submit again" in said


def test_a_return_without_a_reason_keeps_what_was_typed(client_of: ClientOf) -> None:
    page = bring_to("submitted")
    form = {"act": "return", "act_reason": " ", f"return-{clerk_of(page)}": "Was at the store."}
    answer = client_of(SCDE).post(OFFICES, data=form)
    assert answer.status_code == 422
    assert "Write the reason." in answer.text
    assert 'value="Was at the store."' in answer.text


def test_a_returned_register_of_another_day_is_told_on_todays_page(client_of: ClientOf) -> None:
    said = client_of(f"KCSE{world.SECOND_CENTRE}").get(f"/register/{world.TODAY}").text
    assert f'href="/register/{world.YESTERDAY}"' in said
    assert "The invigilators&#39; sheet is not signed." in said


def test_the_marking_manager_reads_the_return_at_home(
    session: Session, client_of: ClientOf
) -> None:
    manager = stored(world.SECOND_CENTRE).lines[0]
    said = client_of(manager.telephone).get("/me/").text
    assert "The invigilators&#39; sheet is not signed." in said
    other = stored(world.SECOND_CENTRE).lines[1]
    assert "is not signed" not in client_of(other.telephone).get("/me/").text


def test_the_tsc_director_remarks_and_the_scde_sees_it_before_confirming(
    client_of: ClientOf,
) -> None:
    page = bring_to("submitted")
    form = {"act": "remark", f"director-remark-{clerk_of(page)}": "Seen elsewhere at ten."}
    answer = client_of(TSC).post(OFFICES, data=form)
    assert answer.status_code == 303
    told = client_of(TSC).get(answer.location).text
    assert "The SCDE sees it before confirming." in told
    assert "The sub-county has it." not in told
    scde = client_of(SCDE)
    assert scde.post(OFFICES, data={"act": "confirm"}).status_code == 422
    seen = scde.get(OFFICES).text
    assert "Seen elsewhere at ten." in seen
    newest = re.search(r'name="seen_remark" value="(\d+)"', seen)
    assert newest is not None
    form = {"act": "confirm", "seen_remark": newest[1]}
    assert scde.post(OFFICES, data=form).status_code == 303


def test_reopening_asks_for_a_reason(client_of: ClientOf) -> None:
    bring_to("confirmed")
    scde = client_of(SCDE)
    assert scde.post(OFFICES, data={"act": "reopen"}).status_code == 422
    assert scde.post(OFFICES, data={"act": "reopen", "act_reason": "A name."}).status_code == 303
    assert stored(world.CENTRE).state is RegisterState.OPEN


BUTTONS = {
    (CENTRE_LOGIN, None): {"open"},
    (CENTRE_LOGIN, "open"): {"save", "submit"},
    (CENTRE_LOGIN, "returned"): {"save", "submit"},
    (CENTRE_LOGIN, "confirmed"): set(),
    (SCDE, None): set(),
    (SCDE, "open"): set(),
    (SCDE, "submitted"): {"confirm", "return"},
    (SCDE, "confirmed"): {"reopen"},
    (SCDE, "locked"): set(),
    (TSC, "submitted"): {"remark"},
    ("monitor", "submitted"): set(),
    ("admin", "locked"): {"reopen"},
    ("admin", "confirmed"): set(),
}


@pytest.mark.parametrize(("account", "state"), BUTTONS, ids=str)
def test_the_buttons_are_the_moves_of_the_table(
    client_of: ClientOf, account: str, state: str | None
) -> None:
    bring_to(state)
    page = client_of(account).get(OWN if account == CENTRE_LOGIN else OFFICES).text
    drawn = set(re.findall(r'name="act"\s+value="(\w+)"', page))
    assert drawn == BUTTONS[account, state]


def test_a_submitted_register_is_corrected_at_the_centre(client_of: ClientOf) -> None:
    page = bring_to("submitted")
    client = client_of(CENTRE_LOGIN)
    assert f'href="{OWN}?correct=1"' in client.get(OWN).text
    drawn = set(re.findall(r'name="act"\s+value="(\w+)"', client.get(f"{OWN}?correct=1").text))
    assert drawn == {"submit"}
    form = filled(page, **{f"status-{clerk_of(page)}": "absent"})
    assert client.post(OWN, data=form).status_code == 303
    assert stored(world.CENTRE).lines[-1].status is MarkStatus.ABSENT


def manager(session: Session) -> str:
    return stored(world.CENTRE).lines[0].telephone


def test_the_centre_manager_opens_the_same_register(session: Session, client_of: ClientOf) -> None:
    client = client_of(manager(session))
    assert client.post("/register/", data={"act": "open"}).status_code == 303
    page = stored(world.CENTRE)
    choices = re.search(r'<select id="marked_by".*?</select>', client.get("/register/").text, re.S)
    assert choices is not None
    assert re.findall(r'<option value="(\d+)"', choices[0]) == [str(page.lines[0].deployment_id)]
    assert client.post(OWN, data=filled(page)).status_code == 303


def test_a_redeployed_manager_loses_the_page_within_one_request(
    session: Session, client_of: ClientOf
) -> None:
    client = client_of(manager(session))
    assert client.get("/register/").status_code == 200
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE deployment SET status = 'replaced', ends_on = :day WHERE id = :one"),
            {"day": world.YESTERDAY, "one": stored(world.CENTRE).lines[0].deployment_id},
        )
        session.commit()
    assert client.get("/register/").status_code == 403
    assert client.post(OWN, data={"act": "open"}).status_code == 403


@pytest.mark.parametrize("day", ["2026-10-27", "2026-11-20"])
def test_a_manager_has_the_register_from_the_first_to_the_last_day(
    session: Session, client_of: ClientOf, day: str
) -> None:
    client = client_of(manager(session))
    with office_time(7, day=dt.date.fromisoformat(day)):
        assert client.get("/register/").status_code == 403
    with office_time(7, day=dt.date(2026, 11, 19)):
        assert client.get("/register/").status_code == 200


def test_a_kpsea_centre_has_the_same_register(client_of: ClientOf) -> None:
    client = client_of(f"KPSEA{world.PRIMARY}")
    assert "KPSEA 2026" in client.get("/register/").text
    assert client.post(OWN, data={"act": "open"}).status_code == 303
    assert client.post(OWN, data=filled(stored(world.PRIMARY))).status_code == 303
    assert stored(world.PRIMARY).state is RegisterState.SUBMITTED


def test_the_register_speaks_kiswahili(client_of: ClientOf) -> None:
    bring_to("open")
    client = client_of(CENTRE_LOGIN)
    client.get("/lang/sw")
    page = client.get(OWN).text
    assert 'lang="sw"' in page
    for words in ("Yupo", "Hayupo", "Amechelewa", "Mkuu wa kituo", "Jumatano 11 Nov"):
        assert words in page


def test_the_season_lists_every_day(client_of: ClientOf) -> None:
    page = client_of(CENTRE_LOGIN).get("/register/season/").text
    assert len(re.findall(r'href="/register/2026-1[01]-\d\d"', page)) == 17
    offices = client_of(SCDE).get(f"/register/{world.CENTRE}/season").text
    assert f'href="{OFFICES}"' in offices


@pytest.mark.parametrize("account", [CENTRE_LOGIN, SCDE, TSC, "monitor", "admin"])
@pytest.mark.parametrize("address", [f"{OFFICES}.pdf", f"/register/{world.CENTRE}/season.pdf"])
def test_day_and_season_print_on_paper(client_of: ClientOf, account: str, address: str) -> None:
    bring_to("submitted")
    paper = client_of(account).get(address)
    assert (paper.status_code, paper.mimetype, paper.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert "no-store" in paper.headers["Cache-Control"]


def test_rehearsal_day_confirms_the_roster_with_who_did_not_come(
    session: Session, client_of: ClientOf
) -> None:
    rehearsal = dt.date(2026, 10, 30)
    with office_time(9, day=rehearsal):
        client = client_of(f"KCSE{world.SECOND_CENTRE}")
        page = stored(world.SECOND_CENTRE, rehearsal)
        form = {f"reported-{line.deployment_id}": "yes" for line in page.lines}
        form |= {f"reported-{clerk_of(page)}": "no", f"remark-{clerk_of(page)}": "Is ill"}
        refused = client.post("/register/roster/", data=form)
        assert refused.status_code == 422
        form["marked_by"] = str(page.lines[0].deployment_id)
        assert client.post("/register/roster/", data=form).status_code == 303
        assert "Roster confirmed at 09:00" in client.get("/register/roster/").text
    with scoped_as(session, EVERYTHING):
        session.expire_all()
        row = session.execute(
            text("SELECT people, remark FROM roster_confirmation WHERE centre_id = :one"),
            {"one": centre_id(world.SECOND_CENTRE)},
        ).one()
    assert tuple(row) == (8, f"{page.lines[-1].name}: Is ill")


def test_the_roster_is_not_confirmed_on_another_day(client_of: ClientOf) -> None:
    page = stored(world.CENTRE)
    form = {"marked_by": str(page.lines[0].deployment_id)}
    answer = client_of(CENTRE_LOGIN).post("/register/roster/", data=form)
    assert (answer.status_code, "on rehearsal day" in answer.text) == (422, True)


def test_the_history_of_a_mark_is_for_those_it_concerns(client_of: ClientOf) -> None:
    page = bring_to("submitted")
    clerk, guard = page.lines[-1], page.lines[-2]
    address = f"/register/history/{clerk.deployment_id}/{world.TODAY}"
    expected = {
        CENTRE_LOGIN: 200,
        SCDE: 200,
        TSC: 200,
        clerk.telephone: 200,
        page.lines[0].telephone: 200,
        guard.telephone: 404,
        "scde.kisumu-west": 404,
        "monitor": 403,
    }
    found = {account: client_of(account).get(address).status_code for account in expected}
    assert found == expected


def first_visit(client: FlaskClient, address: str) -> int:
    """Compressed bytes of the page with everything it loads, as a browser gets them."""
    accept = {"Accept-Encoding": "gzip"}
    page = client.get(address, headers=accept)
    body = gzip.decompress(page.data) if page.content_encoding == "gzip" else page.data
    total = len(page.data)
    loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', body.decode())
    assert loaded
    for one in dict.fromkeys(loaded):
        total += len(client.get(one.replace("&amp;", "&"), headers=accept).data)
    return total


@pytest.mark.parametrize("address", ["/register/", "/", OWN])
def test_a_first_visit_weighs_under_60_kilobytes(client_of: ClientOf, address: str) -> None:
    bring_to("open")
    assert 5_000 < first_visit(client_of(CENTRE_LOGIN), address) < 60_000


def test_the_register_loads_no_plotting_library_and_nothing_foreign(client_of: ClientOf) -> None:
    bring_to("open")
    page = client_of(CENTRE_LOGIN).get(OWN).text
    loaded = re.findall(r'(?:src|href)="([^"#]+\.(?:js|css)[^"]*)"', page)
    assert [one.split("?")[0] for one in loaded] == [
        "/static/css/tokens.css",
        "/static/css/light.css",
        "/static/css/register.css",
        "/static/js/register.js",
    ]


def test_a_page_is_few_statements(client_of: ClientOf) -> None:
    bring_to("open")
    client = client_of(CENTRE_LOGIN)
    client.get(OWN)
    with statements() as seen:
        client.get(OWN)
    assert len(seen) <= 17
