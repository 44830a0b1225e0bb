"""Generated screens: explicit columns, our bases only, and exactly the routes of the matrix."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import ModelView
from flask_appbuilder.api import ModelRestApi

from app.extensions import appbuilder
from app.permissions import MATRIX
from app.places.models import County
from views.base import COLUMN_LISTS, ROUTES, RecordView, acts_on
from views.base_api import RecordApi
from views.base_data import RecordInterface
from views.crud import VIEWS

PATHS = {
    "list": "list/",
    "show": "show/<int:pk>",
    "add": "add",
    "edit": "edit/<int:pk>",
    "delete": "delete/<int:pk>",
    "export_csv": "export.csv",
    "export_xlsx": "export.xlsx",
    "lookup": "lookup",
}
IDENTITY = {
    "national_id_cipher", "national_id_index", "kra_pin_cipher", "kra_pin_index",
    "national_id_last", "password", "hash", "previous_hash",
}  # fmt: skip
STATES = {"status", "state", "published_at", "submitted_at", "confirmed_at", "session_epoch"}
screens = pytest.mark.parametrize("screen", VIEWS, ids=[screen.resource for screen in VIEWS])


def test_every_generated_view_and_resource_stands_on_our_bases(app: Flask) -> None:
    built = [v for v in appbuilder.baseviews if isinstance(v, ModelView | ModelRestApi)]
    strangers = [type(v).__name__ for v in built if not isinstance(v, RecordView | RecordApi)]
    assert strangers == []
    assert len(built) > len(VIEWS)


def test_frameworks_own_account_pages_do_not_exist(app: Flask) -> None:
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    words = (
        "/roles/",
        "resetpassword",
        "resetmypassword",
        "userinfo",
        "/download",
        "_info",
        "permissions",
    )
    assert [rule for rule in rules for word in words if word in rule.lower()] == []


@screens
def test_columns_are_explicit_and_exist(screen: type[RecordView]) -> None:
    model = screen.datamodel
    for name in COLUMN_LISTS:
        for column in getattr(screen, name):
            root = column.split(".")[0]
            assert hasattr(model.obj, root), (name, column)
    written = {*screen.add_columns, *screen.edit_columns}
    assert {c for c in written if "." in c} == set()


@screens
def test_no_identity_number_is_listed_searched_or_exported(screen: type[RecordView]) -> None:
    said = {c for name in COLUMN_LISTS for c in getattr(screen, name)}
    said |= {*screen.export_columns, *screen.quick_columns, *screen.lookup_columns}
    assert said & IDENTITY == set()
    assert "national_id_masked" not in {*screen.list_columns, *screen.export_columns}


@screens
def test_state_columns_are_in_no_form(screen: type[RecordView]) -> None:
    written = {*screen.add_columns, *screen.edit_columns}
    assert written & STATES <= ({"status"} if screen.resource == "series" else set())


@screens
def test_routes_are_those_of_the_matrix(app: Flask, screen: type[RecordView]) -> None:
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{screen.__name__}.")
    }
    offered = acts_on(screen.resource)
    expected = {
        f"/{screen.resource}/{path}"
        for route, path in PATHS.items()
        if ROUTES[route] in offered and route not in screen.exclude_route_methods
    }
    expected |= {
        f"/{screen.resource}/action/<string:name>/<int:pk>",
        f"/{screen.resource}/action_post",
    }
    if not screen.lookup_columns:
        expected.discard(f"/{screen.resource}/lookup")
    assert rules == expected


@screens
def test_acts_are_in_the_matrix(screen: type[RecordView]) -> None:
    acts = {act.may.removeprefix("can_") for act in screen.acts}
    assert acts <= acts_on(screen.resource)


def test_every_generated_route_changes_things_by_post_only(app: Flask) -> None:
    changing = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[-1] in ("delete", "action", "action_post")
        and not rule.rule.startswith("/api/")
    ]
    assert changing
    assert [rule.rule for rule in changing if "GET" in (rule.methods or ())] == []


def test_openapi_lists_each_resource_once(app: Flask, client: Any, token_of: Any) -> None:
    paths = client.get("/api/v1/_openapi", headers=token_of("monitor")).get_json()["paths"]
    for screen in VIEWS:
        base = f"/api/v1/{screen.resource}/"
        assert (base in paths) == screen.rest
        if screen.rest:
            assert ("post" in paths[base]) == (
                "add" in acts_on(screen.resource) and "add" not in screen.exclude_route_methods
            )
    wanted = {
        "counties",
        "sub-counties",
        "centres",
        "series",
        "officers",
        "deployments",
        "registers",
        "marks",
    }
    assert {f"/api/v1/{name}/" for name in wanted} <= set(paths)


@pytest.mark.parametrize("left_out", COLUMN_LISTS)
def test_screen_that_leaves_columns_to_the_framework_is_refused(left_out: str) -> None:
    """Negative control: without any one of its lists a class does not even come into being."""
    body: dict[str, Any] = {name: ["name"] for name in COLUMN_LISTS if name != left_out}
    body |= {"resource": "counties", "datamodel": RecordInterface(County)}
    with pytest.raises(TypeError, match=left_out):
        type("Careless", (RecordView,), body)


def test_screen_without_a_line_in_the_matrix_is_refused() -> None:
    body: dict[str, Any] = {name: ["name"] for name in COLUMN_LISTS}
    assert "secrets" not in MATRIX
    with pytest.raises(TypeError, match="resource"):
        type(
            "Unlisted",
            (RecordView,),
            {**body, "resource": "secrets", "datamodel": RecordInterface(County)},
        )
