"""What the register's form and its program's body say, read into the values of the services."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from app.attendance.enums import MarkStatus
from app.attendance.rules import GivenMark
from app.attendance.services import Marking
from app.errors import Problems, RuleBroken
from app.words import N_

LARGEST = 2**31 - 1
TEXTS = ("reason", "remark")


def marking_in_form(form: Mapping[str, str], *, submit: bool) -> Marking:
    """The marks of the page's form; raises RuleBroken where it was not filled in by the page."""
    problems = Problems()
    marks = [_mark_in_form(form, one, problems) for one in _numbers(form, "status-")]
    request_id = _uuid(form.get("request_id"), problems)
    problems.refuse_if_any()
    return Marking(
        request_id=request_id,
        version=_whole(form.get("version")) or 0,
        submit=submit,
        marked_by=_whole(form.get("marked_by")),
        marks=tuple(mark for mark in marks if mark is not None),
        late_reason=True,
    )


def marking_in_body(body: object) -> Marking:
    """The body of a PUT as the contract has it; raises RuleBroken with every fault of its shape."""
    if not isinstance(body, dict):
        raise RuleBroken("not-an-object", N_("Send a JSON object."))
    problems = Problems()
    request_id = _uuid(body.get("request_id"), problems)
    version = _number(body.get("version"), "version", problems)
    marked_by = _number(body.get("marked_by"), "marked_by", problems, optional=True)
    submit = body.get("submit", False)
    if not isinstance(submit, bool):
        problems.add("not-true-or-false", N_("This is true or false."), field="submit")
    given = body.get("marks", [])
    if not isinstance(given, list) or len(given) > 1000:
        problems.add("not-a-list", N_("Send the marks as a list."), field="marks")
        given = []
    marks = [_mark_in_body(one, f"marks.{n}", problems) for n, one in enumerate(given)]
    problems.refuse_if_any()
    whole = tuple(mark for mark in marks if mark is not None)
    return Marking(request_id, version or 0, submit, marked_by, whole)


def texts_in_form(form: Mapping[str, str], prefix: str) -> dict[int, str]:
    """The texts of fields such as `return-17`, by their number; empty ones left out."""
    found = {one: form.get(f"{prefix}{one}", "") for one in _numbers(form, prefix)}
    return {one: text for one, text in found.items() if text.strip()}


def reasons_in_body(body: object) -> tuple[str, dict[int, str]]:
    """`reason` and the reasons of `rows` of a return or reopen; raises RuleBroken on their shape."""
    if not isinstance(body, dict):
        raise RuleBroken("not-an-object", N_("Send a JSON object."))
    problems = Problems()
    reason = _text(body.get("reason"), "reason", problems) or ""
    rows: dict[int, str] = {}
    given = body.get("rows", [])
    if not isinstance(given, list) or len(given) > 1000:
        problems.add("not-a-list", N_("Send the rows as a list."), field="rows")
        given = []
    for n, one in enumerate(given):
        row = one if isinstance(one, dict) else {}
        number = _number(row.get("deployment_id"), f"rows.{n}.deployment_id", problems)
        why = _text(row.get("reason"), f"rows.{n}.reason", problems)
        if number is not None and why:
            rows[number] = why
    problems.refuse_if_any()
    return reason, rows


def whole_number(value: object, name: str) -> int | None:
    """An optional whole number of a body; raises RuleBroken when it is something else."""
    problems = Problems()
    number = _number(value, name, problems, optional=True)
    problems.refuse_if_any()
    return number


def _mark_in_form(form: Mapping[str, str], one: int, problems: Problems) -> GivenMark | None:
    status = _status(form.get(f"status-{one}"), f"status-{one}", problems)
    if status is None:
        return None
    return GivenMark(
        deployment_id=one,
        status=status,
        minutes_late=_whole(form.get(f"minutes-{one}")),
        reason=form.get(f"reason-{one}"),
        remark=form.get(f"remark-{one}"),
    )


def _mark_in_body(given: object, place: str, problems: Problems) -> GivenMark | None:
    one = given if isinstance(given, dict) else {}
    deployment_id = _number(one.get("deployment_id"), f"{place}.deployment_id", problems)
    status = _status(one.get("status"), f"{place}.status", problems)
    field = f"{place}.minutes_late"
    minutes = _number(one.get("minutes_late"), field, problems, optional=True)
    reason, remark = (_text(one.get(name), f"{place}.{name}", problems) for name in TEXTS)
    if deployment_id is None or status is None:
        return None
    return GivenMark(deployment_id, status, minutes, reason, remark)


def _status(value: object, field: str, problems: Problems) -> MarkStatus | None:
    if isinstance(value, str) and value in set(MarkStatus):
        return MarkStatus(value)
    problems.add("mark-unknown", N_("A mark is present, absent or late."), field=field)
    return None


def _uuid(value: object, problems: Problems) -> uuid.UUID:
    try:
        return uuid.UUID(str(value)) if isinstance(value, str) else uuid.UUID("")
    except ValueError:
        said = N_("Give the request a number of its own, a UUID.")
        problems.add("request-id", said, field="request_id")
        return uuid.UUID(int=0)


def _number(value: object, field: str, problems: Problems, *, optional: bool = False) -> int | None:
    if value is None and optional:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        return value
    problems.add("not-a-number", N_("This is a whole number."), field=field)
    return None


def _text(value: object, field: str, problems: Problems) -> str | None:
    if value is None or isinstance(value, str):
        return value
    problems.add("not-a-text", N_("This is a text."), field=field)
    return None


def _whole(text: str | None) -> int | None:
    plain = (text or "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        return None
    return int(plain)


def _numbers(form: Iterable[str], prefix: str) -> list[int]:
    """The distinct numbers behind a prefix in the names of fields, in their order."""
    ends = (name.removeprefix(prefix) for name in form if name.startswith(prefix))
    found = (_whole(end) for end in ends)
    return list(dict.fromkeys(number for number in found if number is not None))
