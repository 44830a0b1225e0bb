"""The register for programs, exactly as the contract has it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.attendance.enums import RegisterState
from app.attendance.queries import RegisterPage
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.registers import EVERYTHING, bring_to, stored

CENTRE_LOGIN = f"KCSE{world.CENTRE}"
SCDE, TSC = "scde.kisumu-east", "tsc.kisumu-east"
ADDRESS = f"/api/v1/registers/{world.CENTRE}/{world.TODAY}"
PROBLEM = "application/problem+json"
TokenOf = Callable[[str], dict[str, str]]


def body(page: RegisterPage, **changes: Any) -> dict[str, Any]:
    """A complete submit of everybody present."""
    return {
        "request_id": str(uuid.uuid4()),
        "version": page.version,
        "submit": True,
        "marked_by": page.lines[0].deployment_id,
        "marks": [
            {"deployment_id": line.deployment_id, "status": "present"} for line in page.lines
        ],
    } | changes


def test_a_day_not_opened_has_version_0_and_reading_opens_nothing(
    client: FlaskClient, token_of: TokenOf
) -> None:
    answer = client.get(ADDRESS, headers=token_of(CENTRE_LOGIN))
    said = answer.get_json()
    assert (answer.status_code, said["state"], said["version"]) == (200, "not opened", 0)
    assert [(row["deployment_id"], row["mark"]) for row in said["rows"]] == [
        (line.deployment_id, None) for line in stored(world.CENTRE).lines
    ]
    assert said["rows"][0]["role"] == "centre_manager"
    assert stored(world.CENTRE).state is None


def test_put_submits_and_answers_with_the_stored_register(
    client: FlaskClient, token_of: TokenOf
) -> None:
    page = stored(world.CENTRE)
    given = body(page)
    given["marks"][1] |= {"status": "late", "minutes_late": 15, "reason": "Transport"}
    given["marks"][2] |= {"status": "absent", "remark": "No word"}
    answer = client.put(ADDRESS, json=given, headers=token_of(CENTRE_LOGIN))
    said = answer.get_json()
    assert (answer.status_code, said["state"], said["version"]) == (200, "submitted", 1)
    assert [row["mark"] for row in said["rows"]] == ["present", "late", "absent", *["present"] * 6]
    again = client.get(ADDRESS, headers=token_of(CENTRE_LOGIN)).get_json()
    assert {**again, "rows": None} == {**said, "rows": None}
    assert again["rows"] == said["rows"]


def test_the_same_request_id_again_returns_the_stored_answer(
    client: FlaskClient, token_of: TokenOf
) -> None:
    headers, given = token_of(CENTRE_LOGIN), body(stored(world.CENTRE))
    first = client.put(ADDRESS, json=given, headers=headers)
    again = client.put(ADDRESS, json=given, headers=headers)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert stored(world.CENTRE).version == 1


def test_the_same_request_id_with_another_body_is_422(
    client: FlaskClient, token_of: TokenOf
) -> None:
    headers, given = token_of(CENTRE_LOGIN), body(stored(world.CENTRE))
    client.put(ADDRESS, json=given, headers=headers)
    answer = client.put(ADDRESS, json=given | {"submit": False}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "request-id-reused")


def test_a_stale_version_is_409_with_both_values(client: FlaskClient, token_of: TokenOf) -> None:
    headers, page = token_of(CENTRE_LOGIN), stored(world.CENTRE)
    client.put(ADDRESS, json=body(page), headers=headers)
    mine = body(page)
    mine["marks"][-1]["status"] = "absent"
    answer = client.put(ADDRESS, json=mine, headers=headers)
    said = answer.get_json()
    assert (answer.status_code, answer.mimetype, said["code"]) == (409, PROBLEM, "register-changed")
    assert (said["facts"]["version"], said["facts"]["yours"]) == (1, 0)
    sides = [(row["mine"]["status"], row["theirs"]["status"]) for row in said["facts"]["rows"]]
    assert sides == [("absent", "present")]


def test_a_submit_with_somebody_missing_is_422_and_lists_them(
    client: FlaskClient, token_of: TokenOf
) -> None:
    page = stored(world.CENTRE)
    given = body(page)
    given["marks"] = given["marks"][:-2]
    answer = client.put(ADDRESS, json=given, headers=token_of(CENTRE_LOGIN))
    missing = answer.get_json()["facts"]["missing"]
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)
    assert [one["deployment_id"] for one in missing] == [
        line.deployment_id for line in page.lines[-2:]
    ]


def test_saving_may_be_partial(client: FlaskClient, token_of: TokenOf) -> None:
    given = body(stored(world.CENTRE), submit=False)
    given["marks"] = given["marks"][:2]
    said = client.put(ADDRESS, json=given, headers=token_of(CENTRE_LOGIN)).get_json()
    assert (said["state"], [row["mark"] for row in said["rows"]][:3]) == (
        "open",
        ["present", "present", None],
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"request_id": "seven"}, "request_id"),
        ({"request_id": None}, "request_id"),
        ({"request_id": 7}, "request_id"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
        ({"version": None}, "version"),
        ({"version": -1}, "version"),
        ({"version": 2**40}, "version"),
        ({"submit": "yes"}, "submit"),
        ({"marked_by": "1"}, "marked_by"),
        ({"marked_by": None}, "marked_by"),
        ({"marks": {}}, "marks"),
        ({"marks": ["x"]}, "marks.0.deployment_id"),
        ({"marks": [{"deployment_id": 1, "status": "asleep"}]}, "marks.0.status"),
        ({"marks": [{"deployment_id": 1, "status": ["late"]}]}, "marks.0.status"),
        ({"marks": [{"deployment_id": 1, "status": "late", "minutes_late": "5"}]},
         "marks.0.minutes_late"),
        ({"marks": [{"deployment_id": 1, "status": "absent", "remark": 5}]}, "marks.0.remark"),
    ],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_is_422_with_its_field(
    client: FlaskClient, token_of: TokenOf, change: dict[str, Any], field: str
) -> None:
    given = body(stored(world.CENTRE)) | change
    answer = client.put(ADDRESS, json=given, headers=token_of(CENTRE_LOGIN))
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)
    assert answer.get_json()["field"] == field
    assert stored(world.CENTRE).state is None


@pytest.mark.parametrize("sent", ["", "[]", "null", "7", "{", '"x"'])
def test_what_is_no_json_object_is_refused(
    client: FlaskClient, token_of: TokenOf, sent: str
) -> None:
    headers = token_of(CENTRE_LOGIN)
    answer = client.put(ADDRESS, data=sent, headers=headers, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)


@pytest.mark.parametrize("verb", ["get", "put"])
def test_both_slash_forms_answer_without_a_redirect(
    client: FlaskClient, token_of: TokenOf, verb: str
) -> None:
    headers = token_of(CENTRE_LOGIN)
    page = stored(world.CENTRE)
    given = {"json": body(page, submit=False, marks=[])} if verb == "put" else {}
    answer = getattr(client, verb)(f"{ADDRESS}/", headers=headers, **given)
    assert answer.status_code == 200


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_scde_confirms_reopens_and_returns(
    client: FlaskClient, token_of: TokenOf, slash: str
) -> None:
    page = bring_to("submitted")
    headers = token_of(SCDE)
    confirmed = client.post(f"{ADDRESS}/confirm{slash}", headers=headers)
    assert (confirmed.status_code, confirmed.get_json()["state"]) == (200, "confirmed")
    reason = {"reason": "A name was wrong."}
    reopened = client.post(f"{ADDRESS}/reopen{slash}", json=reason, headers=headers)
    assert (reopened.status_code, reopened.get_json()["state"]) == (200, "open")
    sent = body(stored(world.CENTRE))
    client.put(ADDRESS, json=sent, headers=token_of(CENTRE_LOGIN))
    last = page.lines[-1].deployment_id
    given = {"reason": "Not signed.", "rows": [{"deployment_id": last, "reason": "Was away."}]}
    returned = client.post(f"{ADDRESS}/return{slash}", json=given, headers=headers)
    said = returned.get_json()
    assert (returned.status_code, said["state"], said["return_reason"]) == (
        200,
        "returned",
        "Not signed.",
    )
    assert said["rows"][-1]["return_reason"] == "Was away."


@pytest.mark.parametrize("act", ["return", "reopen"])
@pytest.mark.parametrize("given", [{}, {"reason": ""}, {"reason": 5}, {"reason": "x", "rows": 5}])
def test_a_return_or_reopen_says_why(
    client: FlaskClient, token_of: TokenOf, act: str, given: dict[str, Any]
) -> None:
    bring_to({"return": "submitted", "reopen": "confirmed"}[act])
    answer = client.post(f"{ADDRESS}/{act}", json=given, headers=token_of(SCDE))
    assert (answer.status_code, answer.mimetype) == (422, PROBLEM)


@pytest.mark.parametrize("act", ["confirm", "return", "reopen"])
def test_a_move_the_state_table_refuses_is_409(
    client: FlaskClient, token_of: TokenOf, act: str
) -> None:
    answer = client.post(f"{ADDRESS}/{act}", json={"reason": "x"}, headers=token_of(SCDE))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "register-move")


def test_marking_a_confirmed_register_is_409(client: FlaskClient, token_of: TokenOf) -> None:
    page = bring_to("confirmed")
    answer = client.put(ADDRESS, json=body(page), headers=token_of(CENTRE_LOGIN))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "register-move")


CALLS = [("get", ""), ("put", ""), ("post", "/confirm"), ("post", "/return"), ("post", "/reopen")]


@pytest.mark.parametrize(("verb", "act"), CALLS)
@pytest.mark.parametrize("account", [f"KCSE{world.NEXT_DOOR}", "scde.kisumu-west"])
def test_a_foreign_centre_is_404_whatever_is_asked(
    client: FlaskClient, token_of: TokenOf, account: str, verb: str, act: str
) -> None:
    page = bring_to("submitted")
    given = {} if verb == "get" else {"json": body(page) | {"reason": "x"}}
    answer = getattr(client, verb)(f"{ADDRESS}{act}", headers=token_of(account), **given)
    assert (answer.status_code, answer.mimetype) == (404, PROBLEM)
    assert stored(world.CENTRE).state is RegisterState.SUBMITTED


@pytest.mark.parametrize(("verb", "act"), CALLS)
def test_a_stranger_and_a_cookie_are_401(
    client: FlaskClient, client_of: Any, verb: str, act: str
) -> None:
    for browser in (client, client_of(CENTRE_LOGIN)):
        answer = getattr(browser, verb)(f"{ADDRESS}{act}")
        assert (answer.status_code, answer.mimetype) == (401, PROBLEM)


FORBIDDEN = [
    (CENTRE_LOGIN, "post", "/confirm"),
    (CENTRE_LOGIN, "post", "/return"),
    (SCDE, "put", ""),
    (TSC, "put", ""),
    (TSC, "post", "/confirm"),
    ("monitor", "put", ""),
    ("monitor", "post", "/confirm"),
    ("admin", "put", ""),
    ("payments.clerk", "get", ""),
]


@pytest.mark.parametrize(("account", "verb", "act"), FORBIDDEN)
def test_what_the_role_may_not_do_is_403(
    client: FlaskClient, token_of: TokenOf, account: str, verb: str, act: str
) -> None:
    page = bring_to("submitted")
    given = {} if verb == "get" else {"json": body(page) | {"reason": "x"}}
    answer = getattr(client, verb)(f"{ADDRESS}{act}", headers=token_of(account), **given)
    assert answer.status_code == 403


def test_knec_alone_reopens_a_locked_register(client: FlaskClient, token_of: TokenOf) -> None:
    bring_to("locked")
    reason = {"json": {"reason": "An audit found a mistake."}}
    assert client.post(f"{ADDRESS}/reopen", headers=token_of(SCDE), **reason).status_code == 403
    assert client.post(f"{ADDRESS}/reopen", headers=token_of("admin"), **reason).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1/registers/{world.CENTRE}/2026-13-01",
        f"/api/v1/registers/{world.CENTRE}/2027-01-01",
        f"/api/v1/registers/99999999/{world.TODAY}",
        f"/api/v1/registers/42/{world.TODAY}",
    ],
)
def test_an_address_of_nothing_is_404(client: FlaskClient, token_of: TokenOf, address: str) -> None:
    assert client.get(address, headers=token_of(SCDE)).status_code == 404


def test_a_code_of_several_series_on_one_day_is_chosen_by_series(
    session: Session, client: FlaskClient, token_of: TokenOf
) -> None:
    with scoped_as(session, EVERYTHING):
        session.execute(
            text("UPDATE centre SET code = :code WHERE code = :primary"),
            {"code": world.CENTRE, "primary": world.PRIMARY},
        )
        session.commit()
    headers = token_of(SCDE)
    named = {
        code: client.get(f"{ADDRESS}?series={code}", headers=headers).get_json()["series"]
        for code in ("KCSE-2026", "KPSEA-2026")
    }
    assert named == {"KCSE-2026": "KCSE 2026", "KPSEA-2026": "KPSEA 2026"}


def test_a_kpsea_register_is_marked_the_same(client: FlaskClient, token_of: TokenOf) -> None:
    page = stored(world.PRIMARY)
    address = f"/api/v1/registers/{world.PRIMARY}/{world.TODAY}"
    answer = client.put(address, json=body(page), headers=token_of(f"KPSEA{world.PRIMARY}"))
    assert (answer.status_code, answer.get_json()["state"]) == (200, "submitted")


def test_the_manager_marks_with_their_own_token(client: FlaskClient, token_of: TokenOf) -> None:
    page = stored(world.CENTRE)
    headers = token_of(page.lines[0].telephone)
    assert client.put(ADDRESS, json=body(page), headers=headers).status_code == 200


def test_a_remark_is_read_before_a_program_confirms(
    session: Session, client: FlaskClient, token_of: TokenOf
) -> None:
    from tests.integration.test_register_review import remark

    remark(bring_to("submitted"))
    headers = token_of(SCDE)
    refused = client.post(f"{ADDRESS}/confirm", headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "remark-unread")
    row = client.get(ADDRESS, headers=headers).get_json()["rows"][0]
    seen = {"seen_remark": row["director_remarks"][0]["id"]}
    assert client.post(f"{ADDRESS}/confirm", json=seen, headers=headers).status_code == 200


def test_the_workflow_is_in_the_openapi_document(
    client: FlaskClient, token_of: TokenOf, app: Flask
) -> None:
    document = client.get("/api/v1/_openapi", headers=token_of("monitor")).get_json()
    base = "/api/v1/registers/{centre_code}/{date}"
    found = {path: sorted(document["paths"][path]) for path in document["paths"] if base in path}
    assert found == {
        base: ["get", "put"],
        f"{base}/confirm": ["post"],
        f"{base}/return": ["post"],
        f"{base}/reopen": ["post"],
    }
    names = [one["name"] for one in document["paths"][base]["put"]["parameters"]]
    assert names == ["centre_code", "date", "series"]


@pytest.mark.parametrize("day", ["20261111ab", "2026-W46-3", "2026-11-1 ", "2026/11/11"])
def test_a_day_has_one_spelling(client: FlaskClient, token_of: TokenOf, day: str) -> None:
    address = f"/api/v1/registers/{world.CENTRE}/{day}"
    assert client.get(address, headers=token_of(CENTRE_LOGIN)).status_code == 404
