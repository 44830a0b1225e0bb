"""The permission matrix on every generated page and REST resource, for every role.

What the matrix allows works, what it does not is 403 and has no button, and what belongs to the
neighbour is 404. Generated from the matrix and from the list of screens.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.permissions import MATRIX, Role
from tests.doors.crud_cast import LOCAL, ROLES_OF, account, may
from tests.factories import world
from tests.factories.addresses import place
from views.base import RecordView, acts_on
from views.crud import VIEWS

CELLS = [(screen, who) for screen in VIEWS for who in ROLES_OF]
NAMES = [f"{screen.resource}-{who}" for screen, who in CELLS]
NOBODYS = 2_000_000_000
cells = pytest.mark.parametrize(("screen", "who"), CELLS, ids=NAMES)


def _own(session: Session, screen: type[RecordView]) -> int:
    """A record of this kind that everybody of the cast's own area may reach."""
    table = screen.datamodel.obj.__tablename__
    return place(session, world.CENTRE).ids.get(table, 1)


def _foreign(session: Session, screen: type[RecordView]) -> int:
    return place(session, world.NEXT_DOOR).ids[screen.datamodel.obj.__tablename__]


def _expected(screen: type[RecordView], who: str, act: str) -> set[int]:
    """What the page of an act answers: absent where nobody may, 403 where this role may not."""
    if act not in acts_on(screen.resource) or act in screen.exclude_route_methods:
        return {404, 405}
    return {200} if may(who, screen.resource, act) else {403}


@cells
def test_pages_answer_as_the_matrix_says(
    session: Session, client_of: Any, screen: type[RecordView], who: str
) -> None:
    client, own = client_of(account(session, who)), _own(session, screen)
    asked = {
        "list": "list/",
        "show": f"show/{own}",
        "add": "add",
        "edit": f"edit/{own}",
        "export": "export.csv",
    }
    wrong = [
        (act, page.status_code)
        for act, path in asked.items()
        if (page := client.get(f"/{screen.resource}/{path}")).status_code
        not in _expected(screen, who, act)
    ]
    assert wrong == []


@cells
def test_acts_answer_as_the_matrix_says(
    session: Session, client_of: Any, screen: type[RecordView], who: str
) -> None:
    """Acts on a record that does not exist: 404 for who may, 403 for who may not."""
    client = client_of(account(session, who))
    wrong = []
    for act in screen.acts:
        allowed = may(who, screen.resource, act.may.removeprefix("can_"))
        for address, sent in (
            (f"/{screen.resource}/action/{act.name}/{NOBODYS}", {}),
            (f"/{screen.resource}/action_post", {"action": act.name, "rowid": NOBODYS}),
        ):
            status = client.post(address, data=sent).status_code
            if status != (404 if allowed else 403):
                wrong.append((address, status))
    if "delete" in acts_on(screen.resource):
        status = client.post(f"/{screen.resource}/delete/{NOBODYS}").status_code
        if status != (404 if may(who, screen.resource, "delete") else 403):
            wrong.append(("delete", status))
    assert wrong == []


@cells
def test_buttons_stand_only_where_they_work(
    session: Session, client_of: Any, screen: type[RecordView], who: str
) -> None:
    if not may(who, screen.resource, "list"):
        return
    text = client_of(account(session, who)).get(f"/{screen.resource}/list/").get_data(as_text=True)
    base = f"/{screen.resource}"
    links = {"add": f'href="{base}/add', "export": f"{base}/export.csv"}
    shown = {act: link in text for act, link in links.items() if act in acts_on(screen.resource)}
    filled = "list-count" in text
    assert {a: s for a, s in shown.items() if s and not may(who, screen.resource, a)} == {}
    if filled and "export" in shown:
        assert shown["export"] == may(who, screen.resource, "export")
    for act in screen.acts:
        button = f'value="{act.name}"' in text
        allowed = may(who, screen.resource, act.may.removeprefix("can_"))
        assert button == (allowed and filled and act.many), act.name


@cells
def test_rest_answers_as_the_matrix_says(
    session: Session, client_of: Any, token_of: Any, screen: type[RecordView], who: str
) -> None:
    if not screen.rest:
        return
    name = account(session, who)
    client, headers, own = client_of(name), token_of(name), _own(session, screen)
    base = f"/api/v1/{screen.resource}"
    asked = [
        ("list", "GET", f"{base}/", {200}),
        ("list", "GET", base, {200}),
        ("show", "GET", f"{base}/{own}", {200}),
        ("add", "POST", f"{base}/", {422}),
        ("edit", "PUT", f"{base}/{own}", {200, 403, 409, 422}),
        ("delete", "DELETE", f"{base}/{NOBODYS}", {404}),
    ]
    wrong = []
    for act, method, address, fine in asked:
        sent = {"json": {}} if method in ("POST", "PUT") else {}
        answer = client.open(address, method=method, headers=headers, **sent)
        expected = _expected(screen, who, act)
        if expected == {200}:
            expected = fine
        if answer.status_code not in expected:
            wrong.append((method, address, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", LOCAL)
def test_records_of_the_neighbour_are_not_found(
    session: Session, client_of: Any, token_of: Any, who: str
) -> None:
    name = account(session, who)
    client, headers = client_of(name), token_of(name)
    answered, tried = [], 0
    for screen in VIEWS:
        if not hasattr(screen.datamodel.obj, "__scope__"):
            continue
        foreign = _foreign(session, screen)
        for act, path in (("show", f"show/{foreign}"), ("edit", f"edit/{foreign}")):
            if may(who, screen.resource, act):
                tried += 1
                status = client.get(f"/{screen.resource}/{path}").status_code
                answered += [(screen.resource, act, status)] * (status != 404)
        if screen.rest and may(who, screen.resource, "show"):
            address = f"/api/v1/{screen.resource}/{foreign}"
            status = client.get(address, headers=headers).status_code
            answered += [(address, status)] * (status != 404)
    assert answered == []
    assert tried > 2


def test_matrix_covers_every_screen_and_every_screen_the_matrix() -> None:
    elsewhere = {
        "lookalikes",
        "imports",
        "results",
        "result-releases",
        "result-figures",
        "result-queries",
        "school-results",
        "edge-notices",
        "proposals",
        "own-deployments",
        "corrections",
        "concerns",
        "what-ifs",
        "board",
        "own-offers",
        "walk-ins",
        "hand-overs",
        "store-registers",
        "dashboards",
        "summaries",
        "openapi",
        "own-record",
        "own-applications",
        "own-profile",
        "profiles",
    }
    assert {screen.resource for screen in VIEWS} == set(MATRIX) - elsewhere


def test_matrix_says_more_than_one_thing() -> None:
    """Negative control: the expectations differ between roles, so that a blanket answer fails."""
    screens = {screen.resource: screen for screen in VIEWS}
    said = {frozenset(_expected(screens["users"], who, "list")) for who in ROLES_OF}
    assert said == {frozenset({200}), frozenset({403})}
    assert may("tsc.kisumu-east", "deployments", "publish")
    assert not may("scde.kisumu-east", "deployments", "publish")
    assert str(Role.OFFICER) not in MATRIX["centres"]
