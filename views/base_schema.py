"""Schemas of REST bodies and answers, from a model's columns: for checking and for the OpenAPI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import types

from app import clock
from app.places.numbers import mobile_254
from views.base_arguments import LARGEST_INT
from views.base_forms import tidy


class Text(fields.String):
    """Text as forms store it: composed, trimmed, without control characters."""

    def _deserialize(self, value: Any, *args: Any, **kw: Any) -> Any:
        said = tidy(super()._deserialize(value, *args, **kw))
        if any(ord(letter) < 32 and letter not in "\r\n\t" for letter in said or ""):
            raise ValidationError("Leave out characters that cannot be printed.")
        if said is None and not self.allow_none:
            raise ValidationError("Missing data for required field.")
        return said


class Mobile(Text):
    """A telephone number in any Kenyan form, stored as 254 and nine digits."""

    def _deserialize(self, value: Any, *args: Any, **kw: Any) -> Any:
        said = super()._deserialize(value, *args, **kw)
        number = said and mobile_254(said)
        if said and not number:
            raise ValidationError("Write a mobile number such as 0712345678.")
        return number


class Moment(fields.AwareDateTime):
    """An instant; without an offset it is read on the Nairobi wall clock."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(default_timezone=clock.NAIROBI, **kw)


class Day(fields.Date):
    """A calendar day within what the database stores."""

    def _deserialize(self, value: Any, *args: Any, **kw: Any) -> Any:
        day: dt.date = super()._deserialize(value, *args, **kw)
        if not dt.date(1900, 1, 1) <= day <= dt.date(2200, 12, 31):
            raise ValidationError("Not a day of this portal.")
        return day


KINDS: tuple[tuple[type[Any], type[fields.Field]], ...] = (
    (types.Integer, fields.Integer),
    (types.Float, fields.Float),
    (types.Boolean, fields.Boolean),
    (types.DateTime, Moment),
    (types.Date, Day),
    (types.Time, fields.Time),
    (types.String, Text),
)


def writing_schema(
    name: str,
    model: Any,
    columns: Iterable[str],
    *,
    choices: Mapping[str, Any],
    extra: Mapping[str, fields.Field] | None = None,
) -> Schema:
    """The schema of a body: listed columns only, nothing nested, anything else refused."""
    made = {
        path: _written(model.list_columns[path], choices.get(path))
        for path in columns
        if path in model.list_columns
    }
    made |= dict(extra or {})
    return _schema(name, made)


def reading_schema(name: str, model: Any, columns: Iterable[str]) -> Schema:
    """The schema of an answer, for the OpenAPI document; answers are written without it."""
    made: dict[str, fields.Field] = {"id": fields.Integer()}
    for path in columns:
        root, _dot, leaf = path.partition(".")
        if model.is_relation(root):
            old = made.get(root)
            inner = dict(getattr(old, "inner", {"id": fields.Integer()}))
            inner[leaf or "name"] = fields.String()
            nested = fields.Nested(_schema(f"{name}{root.title()}", inner))
            nested.inner = inner  # type: ignore[attr-defined]
            made[root] = nested
        else:
            column = model.list_columns.get(path)
            made[path] = _kind(column.type)() if column is not None else fields.String()
    return _schema(name, made)


def _schema(name: str, made: Mapping[str, Any]) -> Schema:
    class Meta:
        unknown = RAISE

    made_class: Any = type(name, (Schema,), {**made, "Meta": Meta})
    schema: Schema = made_class()
    return schema


def _kind(kind: Any) -> type[fields.Field]:
    found: type[fields.Field]
    for sort, found in KINDS:
        if isinstance(kind, sort):
            return found
    return fields.String


def _written(column: Any, choices: Any) -> fields.Field:
    kind = column.type
    needed = not column.nullable and column.server_default is None
    given: dict[str, Any] = {"required": needed, "allow_none": column.nullable, "validate": []}
    words = [stored for stored, _words in choices or ()]
    if isinstance(kind, types.ARRAY):
        one_of = fields.String(validate=validate.OneOf(words))
        return fields.List(one_of, required=needed, validate=validate.Length(min=1, max=50))
    if words:
        given["validate"].append(validate.OneOf(words))
    if isinstance(kind, types.Integer):
        bounds = validate.Range(min=-LARGEST_INT, max=LARGEST_INT)
        return fields.Integer(strict=True, **{**given, "validate": [*given["validate"], bounds]})
    if isinstance(kind, types.Float):
        return fields.Float(allow_nan=False, **given)
    if isinstance(kind, types.String):
        if kind.length:
            given["validate"].append(validate.Length(max=kind.length))
        if column.name in ("mobile", "telephone") and kind.length == 12:
            return Mobile(**given)
    return _kind(kind)(**given)
