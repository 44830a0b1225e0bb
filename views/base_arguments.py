"""What a request may ask of a list: page, order and filters, each checked before it reaches SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from werkzeug.exceptions import BadRequest

LARGEST_PAGE = 100
LARGEST_INT = 2**31 - 1
LARGEST_ID = 2**63 - 1
FURTHEST_PAGE = 100_000
LONGEST_VALUE = 200
MOST_FILTERS = 20

_FILTER = re.compile(r"_flt_(\d{1,2})_(.+)")
_NUMBER = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class ListArguments:
    """The page and order that were asked for; an empty order column means the view's own."""

    page: int
    page_size: int
    order_column: str
    order_direction: str


def whole_number(text: object, *, most: int, least: int = 0) -> int:
    """The number that the text spells; anything else is a 400."""
    said = str(text)
    if isinstance(text, bool) or not _NUMBER.fullmatch(said) or not least <= int(said) <= most:
        raise BadRequest(str(_("This address holds a number that is not one.")))
    return int(said)


def refuse_null_bytes(values: Iterable[str]) -> None:
    """A NUL byte is never typed; PostgreSQL refuses it, so that a request with one is a 400."""
    if any("\0" in value for value in values):
        raise BadRequest(str(_("The request holds a character that no text has.")))


def list_arguments(view: Any, args: Mapping[str, str]) -> ListArguments:
    """The page and order for the view, out of `page_<View>`, `psize_<View>`, `_oc_` and `_od_`."""
    name = type(view).__name__
    order = args.get(f"_oc_{name}", "")
    direction = args.get(f"_od_{name}", "asc")
    return ListArguments(
        page=whole_number(args.get(f"page_{name}", "0"), most=FURTHEST_PAGE),
        page_size=whole_number(
            args.get(f"psize_{name}", str(view.page_size)), most=LARGEST_PAGE, least=1
        ),
        order_column=known_column(order, view.order_columns) if order else "",
        order_direction=known_direction(direction),
    )


def known_column(column: object, allowed: Iterable[str]) -> str:
    """The column when the view lists it, else a 400: what is not listed cannot be asked about."""
    if not isinstance(column, str) or column not in allowed:
        raise BadRequest(str(_("This list cannot be ordered or searched by that.")))
    return column


def known_direction(direction: object) -> str:
    """`asc` or `desc`; anything else is a 400."""
    if direction not in ("asc", "desc"):
        raise BadRequest(str(_("A list is ordered upwards or downwards.")))
    return str(direction)


def fill_filters(filters: Any, args: Any) -> None:
    """Sets the filters of a list page from `_flt_<number>_<column>`; empty values are no filter."""
    filters.clear_filters()
    offered = filters.get_search_filters()
    for key in args:
        found = _FILTER.fullmatch(key)
        if not found:
            continue
        values = [value for value in args.getlist(key) if value]
        if values:
            column = known_column(found[2], offered)
            add_filter(filters, offered[column], int(found[1]), values)


def add_filter(filters: Any, offered: list[Any], number: int, values: list[str]) -> None:
    """Adds one filter with its values, each checked for its type."""
    if number >= len(offered) or len(filters.filters) + len(values) > MOST_FILTERS:
        raise BadRequest(str(_("This list cannot be ordered or searched by that.")))
    for value in values:
        offered[number].check(value)
    filters._add_filter(offered[number], values)
