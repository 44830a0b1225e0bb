"""Eligibility rules are dated data: added and changed with their parameters checked, and ended."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import RuleBroken
from app.exams.enums import EligibilityKind
from app.exams.models import EligibilityRule
from app.extensions import db
from app.reference.services import (
    Records,
    Values,
    add_record,
    delete_record,
    edit_record,
    end_record,
)
from app.scoping.scope import Actor, Scope
from app.vacancies.eligibility import checked_parameters
from app.words import N_

RULES = Records(EligibilityRule, "eligibility-rules")


def add_rule(scope: Scope, actor: Actor, *, values: Values) -> EligibilityRule:
    """A new rule; raises RuleBroken where its parameters are not those of its kind."""
    kind = EligibilityKind(values["kind"])
    given = {**values, "parameters": parameters_of(kind, values.get("parameters"))}
    added: EligibilityRule = add_record(RULES, scope, actor, values=given)
    return added


def edit_rule(scope: Scope, actor: Actor, *, pk: int, values: Values) -> EligibilityRule:
    """A changed rule, its parameters checked against its kind."""
    stored = db.session.get(EligibilityRule, pk)
    given = dict(values)
    if stored is not None and {"kind", "parameters"} & set(given):
        kind = EligibilityKind(given.get("kind") or stored.kind)
        said = given.get("parameters", stored.parameters)
        given["parameters"] = parameters_of(kind, said)
    changed: EligibilityRule = edit_record(RULES, scope, actor, pk=pk, values=given)
    return changed


def delete_rule(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a rule that holds for no season which began; the database refuses the others."""
    delete_record(RULES, scope, actor, pk=pk)


def end_rules(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends rules on a day; they stay on record."""
    end_record(RULES, scope, actor, ids, last_day=last_day)


def parameters_of(kind: EligibilityKind, said: Any) -> dict[str, Any]:
    """The parameters as a rule of the kind stores them; RuleBroken where they are not of it."""
    return checked_parameters(kind, _read(said))


def _read(said: Any) -> Mapping[str, Any]:
    """The parameters as typed in a form, or as a program sends them; nothing is no parameter."""
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            said = ()
    if said is None or isinstance(said, Mapping):
        return said or {}
    raise RuleBroken(
        "parameters",
        N_('Write the parameters as JSON, for instance {"years": 3}.'),
        field="parameters",
    )
