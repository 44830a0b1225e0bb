"""JSON as it comes from outside: read once, and refused where no column could hold what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest


class StorableJson(DefaultJSONProvider):
    """Flask's JSON, in UTF-8 only, without NUL, half characters or nesting beyond Python's own."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """What the text says; raises ValueError where it is no JSON, BadRequest where no column
        could hold it."""
        try:
            text = s if isinstance(s, str) else s.decode("utf-8")
            found = json.loads(text, **kwargs)
            if "\\u" in text and not all(map(is_storable, texts_in(found))):
                raise BadRequest
        except (UnicodeDecodeError, RecursionError):
            raise BadRequest from None
        return found


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a JSON value, the names of its members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: whole characters, and no NUL among them."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def install(flask_app: Flask) -> None:
    """Makes this the reader of every body, query and callback of the application."""
    flask_app.json = StorableJson(flask_app)
