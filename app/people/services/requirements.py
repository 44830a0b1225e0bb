"""The dated rules about profiles: what is needed, and how many numbers one person may read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from app import clock
from app.errors import RuleBroken
from app.extensions import db
from app.people.fields import FIELD
from app.people.models import ProfileRequirement, UnmaskLimit
from app.people.requirements import EITHER
from app.reference.services import (
    Records,
    Values,
    add_record,
    delete_record,
    edit_record,
    end_record,
)
from app.scoping.scope import Actor, Scope
from app.words import N_

REQUIREMENTS = Records(ProfileRequirement, "profile-requirements")
LIMITS = Records(UnmaskLimit, "unmask-limits")


def add_requirement(scope: Scope, actor: Actor, *, values: Values) -> ProfileRequirement:
    """A new requirement of a field that profiles have."""
    if values.get("field") not in {*FIELD, *EITHER}:
        raise RuleBroken("field-unknown", N_("Profiles have no such field."), field="field")
    found: ProfileRequirement = add_record(REQUIREMENTS, scope, actor, values=values)
    return found


def edit_requirement(scope: Scope, actor: Actor, *, pk: int, values: Values) -> ProfileRequirement:
    """Changes a requirement that does not hold yet."""
    _refuse_in_force(ProfileRequirement, pk)
    found: ProfileRequirement = edit_record(REQUIREMENTS, scope, actor, pk=pk, values=values)
    return found


def delete_requirement(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a requirement that does not hold yet."""
    _refuse_in_force(ProfileRequirement, pk)
    delete_record(REQUIREMENTS, scope, actor, pk=pk)


def end_requirements(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends requirements on a day; profiles sent under them stay as they are."""
    end_record(REQUIREMENTS, scope, actor, ids, last_day=last_day)


def edit_limit(scope: Scope, actor: Actor, *, pk: int, values: Values) -> UnmaskLimit:
    """Changes a limit that does not hold yet."""
    _refuse_in_force(UnmaskLimit, pk)
    found: UnmaskLimit = edit_record(LIMITS, scope, actor, pk=pk, values=values)
    return found


def delete_limit(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a limit that does not hold yet."""
    _refuse_in_force(UnmaskLimit, pk)
    delete_record(LIMITS, scope, actor, pk=pk)


def end_limits(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends limits on a day; without one that holds nobody reads a number in full."""
    end_record(LIMITS, scope, actor, ids, last_day=last_day)


def _refuse_in_force(model: Any, pk: int) -> None:
    """What holds already is ended and followed by another, never rewritten."""
    rule = db.session.get(model, pk)
    if rule is not None and rule.effective_from <= clock.today():
        said = N_("This holds already. End it, and add the one that follows.")
        raise RuleBroken("rule-in-force", said)
