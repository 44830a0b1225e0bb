"""The house stays small: functions, modules and argument lists have limits, and the limits bite."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from config import CHECKOUT

ROOMS = ("app", "views", "dashboards", "reports", "benchmarks")
LONGEST_FUNCTION = 60
LONGEST_MODULE = 500
MEDIAN_FUNCTION = 10
MOST_ARGUMENTS = 6

LONG_MODULES = {
    "app/migrations/versions/0001_tables.py": "every first table at once, generated, never edited",
}
"""Modules over the limit, each with its reason."""

MANY_ARGUMENTS = {
    "app/audit/services.py:record": "an event is who, what, on what, from, to and why, in one call",
    "app/messages/services/outbox.py:post": "a message is to whom, which words and why, in one call",
}
"""Functions with more arguments, each with its reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    found = [path for room in ROOMS for path in (CHECKOUT / room).rglob("*.py")]
    return sorted([*found, CHECKOUT / "config.py", CHECKOUT / "run.py"])


def name_of(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def functions_in(source: str) -> Iterator[Function]:
    """Every function of a module, inner ones and methods too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            yield node


def functions() -> Iterator[tuple[str, Function]]:
    """The functions that people write: migrations, which are generated, left out."""
    for path in modules():
        if "migrations/versions" not in path.as_posix():
            for one in functions_in(path.read_text(encoding="utf-8")):
                yield f"{name_of(path)}:{one.name}", one


def lines_of(one: Function) -> int:
    return (one.end_lineno or one.lineno) - one.lineno + 1 - _docstring_lines(one)


def _docstring_lines(one: Function) -> int:
    """What a docstring takes: it explains the function, or describes an address for programs."""
    first = one.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or 0) - first.lineno + 1 if is_text and ast.get_docstring(one) else 0


def arguments_of(one: Function) -> list[str]:
    given = one.args.posonlyargs + one.args.args + one.args.kwonlyargs
    return [each.arg for each in given if each.arg not in {"self", "cls"}]


def too_large(source: str) -> dict[str, Any]:
    """What of a module breaks the limits of functions."""
    found = list(functions_in(source))
    return {
        "long": [one.name for one in found if lines_of(one) > LONGEST_FUNCTION],
        "many": [one.name for one in found if len(arguments_of(one)) > MOST_ARGUMENTS],
    }


def test_functions_fit_on_a_screen() -> None:
    assert [name for name, one in functions() if lines_of(one) > LONGEST_FUNCTION] == []


def test_median_function_is_short() -> None:
    assert median(lines_of(one) for _, one in functions()) < MEDIAN_FUNCTION


def test_modules_keep_to_one_subject() -> None:
    long = {name_of(path) for path in modules() if _lines(path) > LONGEST_MODULE}
    assert long == set(LONG_MODULES)


def test_functions_take_few_arguments() -> None:
    many = {name for name, one in functions() if len(arguments_of(one)) > MOST_ARGUMENTS}
    assert many == set(MANY_ARGUMENTS)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("def long():\n" + "    x = 1\n" * LONGEST_FUNCTION, "long"),
        ("def many(a, b, c, d, *, e, f, g): ...", "many"),
        ("class A:\n    async def many(self, a, b, c, d, e, f, g): ...", "many"),
    ],
)
def test_limits_would_be_noticed(source: str, kind: str) -> None:
    assert too_large(source)[kind] in (["long"], ["many"])


def test_docstrings_and_self_count_for_nothing() -> None:
    words = "    '''" + "words\n" * LONGEST_FUNCTION + "    '''\n    return 1\n"
    assert too_large("def short(self, a, b, c, d, e, f):\n" + words) == {"long": [], "many": []}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())
