"""The base of every generated REST resource: the framework's, with its weak spots cured once.

Bearer tokens only. A body is a flat object of listed columns, so that no related row is ever made;
keys of other people's records are not found. Refusals are application/problem+json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import prison  # type: ignore[import-untyped]
from flask import g, json, request
from flask_appbuilder.api import ModelRestApi, expose
from flask_appbuilder.security.decorators import permission_name, protect
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import BadRequest

from app.errors import NotAllowed, Problem, RuleBroken
from app.extensions import db
from app.words import N_
from views.base_acts import why_deleted
from views.base_arguments import (
    FURTHEST_PAGE,
    LARGEST_PAGE,
    add_filter,
    known_column,
    known_direction,
    whole_number,
)
from views.base_data import OwnFilters, not_found, value_of
from views.base_schema import reading_schema, writing_schema

ACTS = {"get_list": "list", "get": "show", "post": "add", "put": "edit", "delete": "delete"}
ASKABLE = frozenset({"filters", "order_column", "order_direction", "page", "page_size", "columns"})
DEEPEST_QUERY = 4_000
REASON_BODY = {
    "description": "Why it is deleted; needed after the deadline of the series.",
    "content": {
        "application/json": {
            "schema": {"type": "object", "properties": {"reason": {"type": "string"}}}
        }
    },
}
"""What the deletion of a record that has a deadline may say."""


class RecordApi(OwnFilters, ModelRestApi):
    """GET, POST, PUT and DELETE of one kind of record, with the columns and rules of its screen."""

    view: ClassVar[Any] = None
    """The screen: what it lists, shows, writes and withholds holds here too."""

    def __init__(self) -> None:
        screen = self.view
        offered = screen.offered_acts
        absent = {route for route, act in ACTS.items() if act not in offered}
        self.datamodel = screen.datamodel
        self.resource_name = screen.resource
        self.class_permission_name = screen.resource
        self.method_permission_name = dict(ACTS)
        self.openapi_spec_tag = screen.resource
        self.exclude_route_methods = {"info", *absent}
        for name in ("list", "show", "search", "order"):
            setattr(self, f"{name}_columns", list(getattr(screen, f"{name}_columns")))
        self.add_columns = stored_columns(screen, screen.add_columns)
        self.edit_columns = stored_columns(screen, screen.edit_columns)
        if screen.delete_asks_late:
            self.openapi_spec_methods = {"delete": {"delete": {"requestBody": REASON_BODY}}}
        super().__init__()

    def _init_properties(self) -> None:
        """Only what the screen says; the framework would fill empty lists with every column."""
        self._filters = self.view.filters_template
        self._base_filters = self.datamodel.get_filters()
        for name in ("label", "description"):
            setattr(self, f"{name}_columns", {})
        self.list_select_columns, self.show_select_columns = self.list_columns, self.show_columns

    def _init_model_schemas(self) -> None:
        name, model = type(self).__name__, self.datamodel
        choices = self.view.choices
        self.list_model_schema = reading_schema(f"{name}List", model, self.list_columns)
        self.show_model_schema = reading_schema(f"{name}Show", model, self.show_columns)
        self.add_model_schema = writing_schema(
            f"{name}Add", model, self.add_columns, choices=choices, extra=self.view.rest_fields
        )
        self.edit_model_schema = writing_schema(
            f"{name}Edit", model, self.edit_columns, choices=choices
        )

    def withheld(self) -> frozenset[str]:
        found: frozenset[str] = self.view.withheld()
        return found

    def _register_urls(self) -> None:
        """Both forms of an address answer, with and without the last slash, and none redirects."""
        for name in sorted(set(dir(type(self))) - self.exclude_route_methods):
            method = getattr(type(self), name)
            for url, verbs in getattr(method, "_urls", ()):
                self.blueprint.add_url_rule(
                    url, name, getattr(self, name), methods=verbs, strict_slashes=False
                )

    def path_helper(self, path: str | None = None, **kw: Any) -> str:
        whole: str = super().path_helper(path, **kw)
        return whole.rstrip("/") if "{" in whole else whole

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("get")
    def get_list(self) -> Any:
        asked = query_of_request()
        filters = self._asked_filters(asked.get("filters", []))
        column = asked.get("order_column", "")
        if column:
            known_column(column, self.view.visible(self.order_columns))
        direction = known_direction(asked.get("order_direction", "asc"))
        page = whole_number(asked.get("page", 0), most=FURTHEST_PAGE)
        size = whole_number(asked.get("page_size", 25), most=LARGEST_PAGE, least=1)
        columns = self._asked_columns(asked.get("columns", []), self.list_columns)
        order = (column, direction) if column else (self.view.base_order or ("", "asc"))
        statement = self.datamodel.rows(filters)
        ordered = self.datamodel.ordered(statement, *order).limit(size).offset(page * size)
        found = db.session.scalars(self.datamodel.loading(ordered, columns)).all()
        return self.response(
            200,
            count=self.datamodel.count(statement),
            ids=[item.id for item in found],
            result=[plain(self.datamodel, item, columns) for item in found],
        )

    @expose("/<int:pk>/", methods=["GET"])
    @protect()
    @permission_name("get")
    def get(self, pk: int) -> Any:
        asked = query_of_request()
        columns = self._asked_columns(asked.get("columns", []), self.show_columns)
        return self.response(
            200, id=pk, result=plain(self.datamodel, self._record(pk, columns), columns)
        )

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("post")
    def post(self) -> Any:
        values = values_of_request(self.add_model_schema, partial=False)
        record = self.view.write("add")(g.scope, g.actor, values=values)
        result = plain(self.datamodel, self._record(record.id, self.show_columns), self._shown())
        return self.response(201, id=record.id, result=result)

    @expose("/<int:pk>/", methods=["PUT"])
    @protect()
    @permission_name("put")
    def put(self, pk: int) -> Any:
        self._record(pk)
        values = values_of_request(self.edit_model_schema, partial=True)
        allowed = stored_columns(self.view, self.view.columns_to_change())
        for column in values:
            if column not in allowed:
                raise NotAllowed(
                    "not-your-column", N_("Your role does not change this."), field=column
                )
        self.view.write("edit")(g.scope, g.actor, pk=pk, values=values)
        result = plain(self.datamodel, self._record(pk, self.show_columns), self._shown())
        return self.response(200, id=pk, result=result)

    @expose("/<int:pk>/", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    def delete(self, pk: int) -> Any:
        self._record(pk)
        said = request.get_json() if request.get_data() else {}
        if not isinstance(said, dict):
            raise BadRequest
        self.view.write("delete")(g.scope, g.actor, pk=pk, **why_deleted(self.view, said))
        return self.response(200, message="OK")

    for _method in (get_list, get, post, put, delete):
        _method.__doc__ = getattr(ModelRestApi, _method.__name__).__doc__
    del _method

    def response_400(self, **_kw: Any) -> Any:
        raise BadRequest

    def response_403(self, **_kw: Any) -> Any:
        raise NotAllowed("not-allowed", N_("Your role does not allow this."))

    def _shown(self) -> list[str]:
        shown: list[str] = self.view.visible(self.show_columns)
        return shown

    def _record(self, pk: int, columns: Iterable[str] = ()) -> Any:
        statement = self.datamodel.rows().where(self.datamodel.get_pk() == pk)
        found = None
        if pk <= self.datamodel.largest_key():
            loading = self.datamodel.loading(statement, list(columns))
            found = db.session.scalars(loading).one_or_none()
        if found is None:
            raise not_found()
        return found

    def _asked_columns(self, asked: Any, columns: list[str]) -> list[str]:
        visible: list[str] = self.view.visible(columns)
        if not isinstance(asked, list):
            raise BadRequest
        return [known_column(one, visible) for one in asked] or visible

    def _asked_filters(self, asked: Any) -> Any:
        filters = self._filters
        filters.clear_filters()
        if not isinstance(asked, list):
            raise BadRequest
        offered = filters.get_search_filters()
        for one in asked:
            if not isinstance(one, dict) or set(one) != {"col", "opr", "value"}:
                raise BadRequest
            kinds = offered[known_column(one["col"], offered)]
            names = [kind.arg_name for kind in kinds]
            if one["opr"] not in names or not isinstance(one["value"], str | int | float | bool):
                raise BadRequest
            value = str(one["value"]).lower() if isinstance(one["value"], bool) else one["value"]
            add_filter(filters, kinds, names.index(one["opr"]), [str(value)])
        return filters


def stored_columns(screen: Any, columns: Iterable[str]) -> list[str]:
    """The stored names of a form's columns: a related record is named by its key."""
    model = screen.datamodel
    return [model.key_of(name) if model.points_to_one(name) else name for name in columns]


def query_of_request() -> Mapping[str, Any]:
    """What `q` asks, in Rison or JSON; nothing for no `q`, a 400 for anything that is no object."""
    text = request.args.get("q", "")
    if not text:
        return {}
    if len(text) > DEEPEST_QUERY:
        raise BadRequest
    try:
        asked = prison.loads(text)
    except (prison.decoder.ParserException, ValueError, TypeError, IndexError):
        asked = _as_json(text)
    except RecursionError:
        raise BadRequest from None
    if not isinstance(asked, dict) or not set(asked) <= ASKABLE:
        raise BadRequest
    return asked


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise BadRequest from None


def values_of_request(schema: Schema, *, partial: bool) -> dict[str, Any]:
    """The values that the body gives, each of its column's type; every fault at once."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest
    try:
        values: dict[str, Any] = schema.load(body, partial=partial)
    except ValidationError as fault:
        raise _faults(fault) from None
    return values


def _faults(fault: ValidationError) -> RuleBroken:
    said: Any = fault.messages
    found = [
        Problem(
            "not-accepted", str(words[0] if isinstance(words, list) else words), field=str(name)
        )
        for name, words in said.items()
    ]
    first = found[0]
    return RuleBroken(first.code, first.message, field=first.field, problems=found)


def plain(model: Any, item: Any, columns: Iterable[str]) -> dict[str, Any]:
    """A record as JSON: its id, its columns, and related records by id and name."""
    out: dict[str, Any] = {"id": item.id}
    for path in columns:
        root, _dot, leaf = path.partition(".")
        if not model.is_relation(root):
            out[path] = _json(value_of(item, path))
            continue
        other = getattr(item, root)
        if other is None:
            out[root] = None
            continue
        nested = out.setdefault(root, {"id": other.id})
        nested[leaf or "name"] = _json(value_of(other, leaf)) if leaf else str(other)
    return out


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def api_for(screen: Any) -> type[RecordApi]:
    """The REST resource of a screen, with the same columns, services and permissions."""
    name = type(screen).__name__.removesuffix("View")
    return type(f"{name}Api", (RecordApi,), {"view": screen})
