"""What the pages of accounts read from their forms, and how they say what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from app import logs
from app.access import reach
from app.errors import PortalError, Problems, RuleBroken, TooMany
from app.people import formats
from app.words import N_

STEP_SECONDS = 0.1
LONGEST_TICKET = 64
LONGEST_TYPED = 128


@contextmanager
def evenly() -> Iterator[None]:
    """Ends with the next tenth of a second since it began, whatever the block did: a number that
    is known costs a little less work than a new one, and the page's time must not tell it."""
    began = time.perf_counter()
    try:
        yield
    finally:
        time.sleep(STEP_SECONDS - (time.perf_counter() - began) % STEP_SECONDS)


def typed(name: str) -> str:
    """A field of the form as it was typed."""
    return request.form.get(name, "")[:LONGEST_TYPED]


def ticket(name: str) -> str:
    """A ticket that the page carries along."""
    return request.form.get(name, "")[:LONGEST_TICKET]


def mobile_twice(first: str, again: str) -> str:
    """The number typed twice, in normal form; raises RuleBroken with every fault at once."""
    faults = Problems()
    numbers = {}
    for name in (first, again):
        try:
            numbers[name] = formats.mobile(typed(name), field=name)
        except RuleBroken as refusal:
            faults.add(refusal.code, refusal.message, field=name)
    if len(numbers) == 2 and numbers[first] != numbers[again]:
        words = N_("The two numbers are not the same. Write them again.")
        faults.add("number-differs", words, field=again)
    faults.refuse_if_any()
    return numbers[first]


def errors_of(refusal: PortalError | None) -> list[dict[str, Any]]:
    """What is wrong, for the summary and the fields of a form."""
    problems = refusal.problems if refusal is not None else ()
    return [{"field": one.field, "sentence": one.spoken(_)} for one in problems]


def page(template: str, refusal: PortalError | None = None, **context: Any) -> Any:
    """A page of this room with what was typed, and the status of its refusal."""
    view = current_app.extensions["appbuilder"].sm.auth_view
    facts = reach.facts()
    body = view.render_template(
        f"accounts/{template}",
        errors=errors_of(refusal),
        typed=typed,
        short_code=facts["short_code"],
        **context,
    )
    if refusal is None:
        return body
    logs.note("account-form-refused", code=refusal.code)
    headers = {}
    if isinstance(refusal, TooMany):
        headers["Retry-After"] = str(refusal.facts["retry_after"])
    return body, refusal.status, headers
