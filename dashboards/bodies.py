"""Reads the body of a callback request before Dash does: anything but the shape it declared is refused.

Dash answers a misshapen body with a failure; here it is a refusal, and no callback ever sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import RuleBroken
from app.words import N_

LARGEST_BODY = 20_000


def check_body(body: Any, callbacks: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises RuleBroken unless the body calls a known callback with the inputs it declared."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        raise _misshapen()
    declared = callbacks.get(body["output"])
    if declared is None:
        raise _misshapen()
    for name in ("inputs", "state"):
        if not _same_cells(body.get(name, []), declared.get(name, [])):
            raise _misshapen()
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(one, str) for one in changed):
        raise _misshapen()
    if _cells(body.get("outputs")) != _named_outputs(body["output"]):
        raise _misshapen()


def _same_cells(given: Any, declared: Sequence[Mapping[str, Any]]) -> bool:
    wanted = [(one["id"], one["property"]) for one in declared]
    return isinstance(given, list) and _cells(given) == wanted


def _cells(given: Any) -> list[tuple[Any, Any]]:
    found = given if isinstance(given, list) else [given]
    return [
        (one.get("id"), one.get("property")) if isinstance(one, dict) else (None, None)
        for one in found
    ]


def _named_outputs(output: str) -> list[tuple[str, str]]:
    """The outputs that a callback's name lists: `..a.children...b.data..` or `a.children`."""
    names = output.strip(".").split("...") if output.startswith("..") else [output]
    return [(id_, prop) for id_, _, prop in (name.rpartition(".") for name in names)]


def _misshapen() -> RuleBroken:
    return RuleBroken(
        "unreadable-callback", N_("This request cannot be read. Load the page again.")
    )
