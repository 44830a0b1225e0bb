"""The framework's weak spots F1 to F9, each tried on every door, with the control that lets us in."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.exams.models import StaffRole
from app.people.models import Officer
from app.places.models import Centre, County, SubCounty
from tests.doors.crud_cast import row, rows
from tests.factories import world
from views.base_data import copy_of
from views.crud import VIEWS

EAST, WEST = "tsc.kisumu-east", "tsc.kisumu-west"
LEAKS = ("psycopg", "sqlalchemy", "INSERT INTO", "UPDATE ", "DETAIL", "Traceback", "[parameters")


def spare(session: Session, slug: str) -> Any:
    """A verified officer of the sub-county whom nobody has deployed."""
    return rows(
        session,
        select(Officer)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == slug, Officer.id.not_in(select(Deployment.officer_id)))
        .order_by(Officer.id),
    )[0]


def deployments_at(session: Session, code: str) -> list[Any]:
    statement = select(Deployment).join(Centre, Centre.id == Deployment.centre_id)
    return rows(session, statement.where(Centre.code == code).order_by(Deployment.id))


# The weak spots F1: actions


@pytest.mark.parametrize("by_bulk", [True, False])
def test_f1_action_on_a_foreign_record_is_not_found_and_changes_nothing(
    session: Session, client_of: Any, by_bulk: bool
) -> None:
    foreign = deployments_at(session, world.NEXT_DOOR)[4].id
    client = client_of(EAST)
    sent = {"reason": "because", "confirmed": "yes"}
    if by_bulk:
        own = deployments_at(session, world.CENTRE)[4].id
        sent |= {"action": "withdraw", "rowid": [own, foreign]}
        answer = client.post("/deployments/action_post", data=sent)
    else:
        answer = client.post(f"/deployments/action/withdraw/{foreign}", data=sent)
    assert answer.status_code == 404
    ids = [d.id for d in deployments_at(session, world.CENTRE)] + [foreign]
    statuses = rows(session, select(Deployment.status).where(Deployment.id.in_(ids)))
    assert set(statuses) <= {"published", "accepted"}


def test_f1_control_the_same_action_on_ones_own_record_works(
    session: Session, client_of: Any
) -> None:
    own = deployments_at(session, world.CENTRE)[4].id
    sent = {"reason": "because", "confirmed": "yes", "action": "withdraw", "rowid": own}
    assert client_of(EAST).post("/deployments/action_post", data=sent).status_code == 303
    assert row(session, select(Deployment.status).where(Deployment.id == own)) == "withdrawn"


def test_f1_actions_answer_neither_get_nor_unknown_names(session: Session, client_of: Any) -> None:
    own = deployments_at(session, world.CENTRE)[4].id
    client = client_of(EAST)
    assert client.get(f"/deployments/action/withdraw/{own}").status_code == 405
    assert client.post(f"/deployments/action/muladd/{own}").status_code == 404
    assert client.post("/deployments/action_post", data={"action": "x"}).status_code == 404
    assert client.post("/deployments/action_post", data={}).status_code == 404
    sent = {"action": "publish", "rowid": "1 OR 1=1"}
    assert client.post("/deployments/action_post", data=sent).status_code == 400


# The weak spots F2: choices and look-ups


def test_f2_forms_and_lookups_offer_nobody_of_the_neighbour(
    session: Session, client_of: Any
) -> None:
    names = rows(
        session,
        select(Officer.full_name)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == "kisumu-west"),
    )
    east = rows(
        session,
        select(Officer.mobile)
        .join(SubCounty, SubCounty.id == Officer.sub_county_id)
        .where(SubCounty.slug == "kisumu-east"),
    )
    client = client_of(EAST)
    page = client.get("/deployments/add").get_data(as_text=True)
    assert [name for name in names if name in page] == []
    assert "Maseno" not in client.get("/centres/list/").get_data(as_text=True)
    assert client.get("/centres/lookup?q=Maseno").get_json() == []
    offered = client.get("/officers/lookup?q=Ach").get_json()
    assert offered
    stored = {"254" + label.replace(" ", "")[1:10] for label in offered}
    assert stored <= set(east)
    assert client.get("/officers/lookup?q=Ac").get_json() == []
    assert len(client_of("admin").get("/officers/lookup?q=i%20").get_json()) <= 20


def test_f2_control_lookup_finds_ones_own(session: Session, client_of: Any) -> None:
    assert client_of(EAST).get("/centres/lookup?q=kisumu+day").get_json() == [
        f"{world.CENTRE} Kisumu Day Secondary"
    ]


# The weak spots F3, F4, F5: foreign keys in what is sent


def _deployment(session: Session, centre: str, officer: Any) -> dict[str, Any]:
    at = row(session, select(Centre).where(Centre.code == centre))
    role = row(session, select(StaffRole).where(StaffRole.code == "invigilator"))
    return {
        "centre_id": at.id,
        "role_id": role.id,
        "officer_id": officer.id,
        "starts_on": "2026-11-12",
        "ends_on": "2026-11-13",
        "reason": "Somebody fell ill.",
    }


@pytest.mark.parametrize("foreign", ["centre", "officer"])
def test_f3_rest_post_with_a_foreign_key_is_not_found(
    session: Session, client: Any, token_of: Any, foreign: str
) -> None:
    before = len(rows(session, select(Deployment.id)))
    officer = spare(session, "kisumu-west" if foreign == "officer" else "kisumu-east")
    body = _deployment(session, world.NEXT_DOOR if foreign == "centre" else world.CENTRE, officer)
    answer = client.post("/api/v1/deployments/", json=body, headers=token_of(EAST))
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert len(rows(session, select(Deployment.id))) == before


def test_f3_nested_objects_are_refused_and_create_nothing(
    session: Session, client: Any, token_of: Any
) -> None:
    body = _deployment(session, world.CENTRE, spare(session, "kisumu-east"))
    del body["officer_id"]
    body["officer"] = {"full_name": "Ghost Worker", "mobile": "254712999999"}
    answer = client.post("/api/v1/deployments/", json=body, headers=token_of(EAST))
    assert answer.status_code == 422
    assert "Ghost Worker" not in rows(session, select(Officer.full_name))


def test_f3_state_columns_are_in_no_body(session: Session, client: Any, token_of: Any) -> None:
    body = _deployment(session, world.CENTRE, spare(session, "kisumu-east")) | {
        "status": "accepted"
    }
    answer = client.post("/api/v1/deployments/", json=body, headers=token_of(EAST))
    assert (answer.status_code, answer.get_json()["field"]) == (422, "status")


def test_f4_rest_put_cannot_move_a_record_out_of_the_scope(
    session: Session, client: Any, token_of: Any
) -> None:
    officer = spare(session, "kisumu-east")
    west = row(session, select(SubCounty).where(SubCounty.slug == "kisumu-west"))
    sent = {"sub_county_id": west.id}
    answer = client.put(f"/api/v1/officers/{officer.id}", json=sent, headers=token_of(EAST))
    assert answer.status_code == 403
    assert answer.get_json()["field"] == "sub_county_id"
    east = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    moved = row(session, select(Officer.sub_county_id).where(Officer.id == officer.id))
    assert moved == east


def test_f4_control_rest_put_changes_what_is_ones_own(
    session: Session, client: Any, token_of: Any
) -> None:
    officer = spare(session, "kisumu-east")
    sent = {"workstation": "Kisumu Day"}
    answer = client.put(f"/api/v1/officers/{officer.id}/", json=sent, headers=token_of(EAST))
    assert (answer.status_code, answer.get_json()["result"]["workstation"]) == (200, "Kisumu Day")


@pytest.mark.parametrize("typed", ["id", "number"])
def test_f5_form_post_with_a_foreign_key_stores_nothing(
    session: Session, client_of: Any, typed: str
) -> None:
    officer = spare(session, "kisumu-west")
    role = row(session, select(StaffRole).where(StaffRole.code == "invigilator"))
    sent = {
        "officer": officer.id if typed == "id" else officer.mobile,
        "centre": world.CENTRE,
        "role": role.id,
        "starts_on": "2026-11-12",
        "ends_on": "2026-11-13",
        "reason": "Ill.",
    }
    answer = client_of(EAST).post("/deployments/add", data=sent)
    assert answer.status_code == (404 if typed == "id" else 422)
    assert officer.full_name not in answer.get_data(as_text=True)
    assert rows(session, select(Deployment.id).where(Deployment.officer_id == officer.id)) == []


def test_f5_filters_in_the_address_fill_no_form(session: Session, client_of: Any) -> None:
    west = row(session, select(Centre).where(Centre.code == world.NEXT_DOOR))
    page = client_of(EAST).get(f"/deployments/add?_flt_0_centre={west.id}")
    assert page.status_code == 200
    assert 'name="centre"' in page.get_data(as_text=True)
    assert world.NEXT_DOOR not in page.get_data(as_text=True)


def test_f5_choice_that_is_not_offered_is_not_found(session: Session, client_of: Any) -> None:
    officer = spare(session, "kisumu-east")
    west = row(session, select(SubCounty).where(SubCounty.slug == "kisumu-west"))
    sent = {
        "full_name": "New Person",
        "mobile": "0712999888",
        "sub_county": west.id,
        "tsc_number": "999888",
    }
    assert client_of(EAST).post("/officers/add", data=sent).status_code == 404
    assert officer.sub_county_id != west.id
    assert "254712999888" not in rows(session, select(Officer.mobile))


# The weak spots F6: columns that are not listed


@pytest.mark.parametrize(
    "query",
    [
        "_flt_0_national_id_last=001",
        "_flt_0_remark=x",
        "_oc_OfficerView=national_id_index&_od_OfficerView=asc",
    ],
)
def test_f6_unlisted_columns_cannot_be_searched_or_ordered(client_of: Any, query: str) -> None:
    assert client_of(EAST).get(f"/officers/list/?{query}").status_code == 400
    assert client_of(EAST).get(f"/officers/export.csv?{query}").status_code in (200, 400)


@pytest.mark.parametrize(
    "query",
    [
        "(filters:!((col:national_id_last,opr:sw,value:'0')))",
        "(order_column:national_id_index)",
        "(columns:!(national_id_index))",
        "(columns:!(national_id_cipher))",
    ],
)
def test_f6_programs_cannot_ask_for_them_either(client: Any, token_of: Any, query: str) -> None:
    answer = client.get(f"/api/v1/officers/?q={query}", headers=token_of(EAST))
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_f6_control_listed_columns_can_be_searched(
    client: Any, client_of: Any, token_of: Any
) -> None:
    assert client_of(EAST).get("/officers/list/?_flt_0_gender=fem").status_code == 200
    query = "(filters:!((col:gender,opr:eq,value:female)),order_column:full_name)"
    found = client.get(f"/api/v1/officers/?q={query}", headers=token_of(EAST)).get_json()
    assert 0 < found["count"] < 30


@pytest.mark.parametrize("who", ["monitor", "county.kisumu"])
def test_f6_watchers_neither_read_nor_search_what_is_withheld(
    session: Session, client: Any, client_of: Any, token_of: Any, who: str
) -> None:
    officer = spare(session, "kisumu-east")
    page = client_of(who).get(f"/officers/show/{officer.id}").get_data(as_text=True)
    assert officer.full_name in page
    assert [word for word in (officer.mobile, officer.tsc_number, "•••") if word in page] == []
    assert client_of(who).get("/officers/list/?_flt_2_tsc_number=500063").status_code == 400
    query = "(filters:!((col:tsc_number,opr:sw,value:'5')))"
    answer = client.get(f"/api/v1/officers/?q={query}", headers=token_of(who))
    assert answer.status_code == 400
    one = client.get(f"/api/v1/officers/{officer.id}", headers=token_of(who)).get_json()
    assert {"mobile", "tsc_number", "national_id_masked"} & set(one["result"]) == set()


# The weak spots F7, F8: the database's words


def test_f7_duplicate_on_add_keeps_the_form_and_says_it_at_the_field(
    session: Session, client_of: Any
) -> None:
    answer = client_of("admin").post("/counties/add", data={"code": "42", "name": "Atlantis"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Atlantis"' in text
    assert "There is one with this code already." in text
    assert [word for word in LEAKS if word in text] == []
    assert "Atlantis" not in rows(session, select(County.name))


def test_f8_duplicate_in_rest_is_a_conflict_with_a_code(client: Any, token_of: Any) -> None:
    sent = {"code": "42", "name": "Atlantis"}
    answer = client.post("/api/v1/counties/", json=sent, headers=token_of("admin"))
    body = answer.get_json()
    assert (answer.status_code, body["field"]) == (409, "code")
    assert [word for word in LEAKS if word in answer.get_data(as_text=True)] == []


def test_f8_deleting_what_is_used_is_refused_in_words(
    session: Session, client: Any, client_of: Any, token_of: Any
) -> None:
    county = row(session, select(County).where(County.code == "42"))
    answer = client.delete(f"/api/v1/counties/{county.id}", headers=token_of("admin"))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "still-used")
    client_of("admin").post(f"/counties/delete/{county.id}")
    assert "Kisumu" in rows(session, select(County.name))


def test_f8_refused_change_is_not_stored_by_a_later_one(
    session: Session, client: Any, token_of: Any
) -> None:
    headers = token_of("admin")
    county = row(session, select(County).where(County.code == "42"))
    assert (
        client.put(
            f"/api/v1/counties/{county.id}", json={"code": "32"}, headers=headers
        ).status_code
        == 409
    )
    sent = {"code": "01", "name": "Mombasa"}
    assert client.post("/api/v1/counties/", json=sent, headers=headers).status_code == 201
    assert sorted(rows(session, select(County.code))) == ["01", "32", "42"]


# The weak spots F9: untrusted arguments

NONSENSE = (
    "page_{v}=abc", "page_{v}=-1", "page_{v}=99999999999999999999", "psize_{v}=100000000",
    "psize_{v}=0", "psize_{v}=x", "_oc_{v}=nothing&_od_{v}=asc", "_oc_{v}=id&_od_{v}=asc",
    "_oc_{v}=__class__&_od_{v}=asc", "_flt_0_nothing=1", "_flt_99_name=1", "_flt_x_name=1",
    "_flt_0_=1", "page_{v}=%00", "_oc_{v}=name%00&_od_{v}=asc", "page_{v}=1.5",
)  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_f9_nonsense_in_an_address_is_a_400_on_every_list(client_of: Any, query: str) -> None:
    client = client_of("admin")
    answers = {
        screen.resource: client.get(
            f"/{screen.resource}/list/?{query.format(v=screen.__name__)}"
        ).status_code
        for screen in VIEWS
    }
    fine = {200, 400} if query.startswith(("_flt_x", "_flt_0_=")) else {400}
    assert {resource: status for resource, status in answers.items() if status not in fine} == {}


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("centres", "_flt_0_candidates=abc"),
        ("centres", "_flt_0_candidates=99999999999999999999"),
        ("centres", "_flt_0_sub_county=abc"),
        ("registers", "_flt_0_day=yesterday"),
        ("registers", "_flt_0_day=9999-99-99"),
        ("series", "_flt_0_year=1e9"),
        ("centre-logins", "_flt_0_active=perhaps"),
        ("events", "_flt_0_at=now"),
        ("centres", "_flt_0_quick=" + "x" * 300),
    ],
)
def test_f9_values_of_the_wrong_type_are_refused(client_of: Any, resource: str, query: str) -> None:
    status = client_of("admin").get(f"/{resource}/list/?{query}").status_code
    assert status in (400, 404)


def test_f9_empty_values_are_no_filter(client_of: Any) -> None:
    assert client_of("admin").get("/centres/list/?_flt_0_candidates=").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "!(1)", "(", "x", "(page:abc)", "(page:-1)", "(page_size:101)", "(page_size:0)",
        "(order_column:id)", "(order_column:name,order_direction:up)", "(filters:x)",
        "(filters:!(x))", "(filters:!((col:name)))", "(filters:!((col:name,opr:zz,value:x)))",
        "(filters:!((col:candidates,opr:eq,value:x)))", "(filters:!((col:name,opr:ct,value:!(1))))",
        "(columns:name)", "(columns:!(series.id))", "(keys:!(none))", "(" * 3000, "[" * 3000,
    ],
)  # fmt: skip
def test_f9_nonsense_in_a_query_of_a_program_is_a_400(
    client: Any, token_of: Any, query: str
) -> None:
    answer = client.get("/api/v1/centres/", query_string={"q": query}, headers=token_of("admin"))
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "body",
    [
        "[]", '"x"', "1", "null", "{", "", "[" * 100_000, '{"code": null}', '{"code": 42}',
        '{"code": {"a": 1}}', '{"code": "4", "name": ["x"]}', '{"name": "a\\u0000b"}',
        '{"code": "4", "name": "x", "id": 1}', json.dumps({"code": "4" * 5000, "name": "x"}),
        '{"code": "4", "name": "a\\u0007b"}',
    ],
)  # fmt: skip
def test_f9_bodies_that_are_no_record_are_refused(client: Any, token_of: Any, body: str) -> None:
    answer = client.post(
        "/api/v1/counties/", data=body, content_type="application/json", headers=token_of("admin")
    )
    assert answer.status_code in (400, 413, 422)
    assert answer.content_type == "application/problem+json"


def test_f9_other_content_types_are_refused(client: Any, token_of: Any) -> None:
    answer = client.post("/api/v1/counties/", data={"code": "1"}, headers=token_of("admin"))
    assert answer.status_code in (400, 415)


@pytest.mark.parametrize("pk", ["0", "abc", "-1", "2147483648", "99999999999999999999", "1%00"])
def test_f9_impossible_ids_are_not_found(
    client: Any, client_of: Any, token_of: Any, pk: str
) -> None:
    page = client_of("admin")
    for path in (f"/centres/show/{pk}", f"/centres/edit/{pk}", f"/api/v1/centres/{pk}"):
        sender = client if path.startswith("/api") else page
        status = sender.get(path, headers=token_of("admin")).status_code
        assert status in (400, 404), path


def test_f9_control_the_same_doors_open_for_honest_requests(
    client: Any, client_of: Any, token_of: Any
) -> None:
    page = client_of("admin").get("/centres/list/?psize_CentreView=100&_flt_0_quick=kisumu")
    assert page.status_code == 200
    query = "(page:0,page_size:100,order_column:name,order_direction:desc)"
    answer = client.get(f"/api/v1/centres?q={query}", headers=token_of("admin"))
    names = [one["name"] for one in answer.get_json()["result"]]
    assert names == sorted(names, reverse=True)
    assert len(names) == 11


def test_cookie_counts_for_nothing_at_the_rest_door(client_of: Any) -> None:
    assert client_of("admin").get("/api/v1/centres/").status_code == 401


def _seen_by_two_requests(app: Flask, holder: Any) -> list[list[str]]:
    """What each of two requests finds in the filters after both have written their own search."""
    both = threading.Barrier(2)
    seen: dict[str, list[str]] = {}

    def visit(name: str) -> None:
        with app.test_request_context("/centres/list/"):
            holder._filters.clear_filters()
            both.wait(5)
            holder._filters.values.append(name)
            both.wait(5)
            seen[name] = list(holder._filters.values)

    visits = [threading.Thread(target=visit, args=(name,)) for name in ("mine", "yours")]
    for one in visits:
        one.start()
    for one in visits:
        one.join()
    return [seen["mine"], seen["yours"]]


def test_requests_do_not_share_filters(app: Flask) -> None:
    screen = app.view_functions["CentreView.list"].__self__
    assert _seen_by_two_requests(app, screen) == [["mine"], ["yours"]]


def test_shared_filters_would_be_noticed(app: Flask) -> None:
    """Negative control: the framework's one set of filters shows each the other's search."""
    stock = SimpleNamespace(
        _filters=copy_of(app.view_functions["CentreView.list"].__self__.filters_template)
    )
    mine, yours = _seen_by_two_requests(app, stock)
    assert sorted(mine) == sorted(yours) == ["mine", "yours"]
