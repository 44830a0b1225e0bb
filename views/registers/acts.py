"""The acts that the register's form posts, each one call of a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.attendance import services
from app.attendance.queries import CentreOnDay
from app.errors import RuleBroken
from app.procedures.registers import mark_register
from app.words import N_
from views.registers.forms import LARGEST, marking_in_form, texts_in_form
from views.request import current_actor, current_scope

Form = Mapping[str, str]


def act_on(place: CentreOnDay, form: Form) -> dict[str, Any] | None:
    """Does what the pressed button says; the stored answer where the act has one."""
    act = ACTS.get(form.get("act", ""))
    if act is None:
        raise RuleBroken("act-unknown", N_("Choose what to do with the register."), field="act")
    return act(place, form)


def _open(place: CentreOnDay, _form: Form) -> None:
    services.open_register(current_scope(), current_actor(), place.centre_id, place.day)


def _save(place: CentreOnDay, form: Form) -> dict[str, Any]:
    return _mark(place, form, submit=False)


def _submit(place: CentreOnDay, form: Form) -> dict[str, Any]:
    return _mark(place, form, submit=True)


def _mark(place: CentreOnDay, form: Form, *, submit: bool) -> dict[str, Any]:
    marking = marking_in_form(form, submit=submit)
    return mark_register(current_scope(), current_actor(), place.centre_id, place.day, marking)


def _confirm(place: CentreOnDay, form: Form) -> None:
    services.confirm_register(
        current_scope(),
        current_actor(),
        place.centre_id,
        place.day,
        version=_number(form.get("version")),
        seen_remark=_number(form.get("seen_remark")) or 0,
    )


def _return(place: CentreOnDay, form: Form) -> None:
    services.return_register(
        current_scope(),
        current_actor(),
        place.centre_id,
        place.day,
        reason=form.get("act_reason", ""),
        rows=texts_in_form(form, "return-"),
    )


def _reopen(place: CentreOnDay, form: Form) -> None:
    services.reopen_register(
        current_scope(),
        current_actor(),
        place.centre_id,
        place.day,
        reason=form.get("act_reason", ""),
    )


def _remark(place: CentreOnDay, form: Form) -> None:
    services.remark_on_rows(
        current_scope(),
        current_actor(),
        place.centre_id,
        place.day,
        texts_in_form(form, "director-remark-"),
    )


ACTS: dict[str, Callable[[CentreOnDay, Form], dict[str, Any] | None]] = {
    "open": _open,
    "save": _save,
    "submit": _submit,
    "confirm": _confirm,
    "return": _return,
    "reopen": _reopen,
    "remark": _remark,
}


def confirm_roster(place: CentreOnDay, form: Form) -> int:
    """Rehearsal day: stores who of the roster reported; returns how many."""
    missing = {
        int(name.removeprefix("reported-")): form.get(name.replace("reported-", "remark-"), "")
        for name, value in form.items()
        if name.startswith("reported-") and value == "no" and name[9:].isdecimal()
    }
    return services.confirm_roster(
        current_scope(),
        current_actor(),
        place.centre_id,
        place.day,
        marked_by=_number(form.get("marked_by")),
        missing=missing,
    )


def _number(text: str | None) -> int | None:
    plain = (text or "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 10:
        return None
    return min(int(plain), LARGEST)
