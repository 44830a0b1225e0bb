"""What an address asks of a what-if: a rule, what it would become, and where."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import Signer
from werkzeug.datastructures import MultiDict

from app.deployments.rule_changes import RuleChange
from app.errors import NotFound, PortalError, RuleBroken
from app.exams.enums import EligibilityKind as Kind
from app.exams.models import Examination, StaffRole
from app.proposals.queries.season import Season
from app.vacancies.eligibility import EligibilityRules, Rule, checked_parameters, parameter_of
from app.vacancies.services import rules
from app.words import N_
from views.request import current_actor
from views.vacancies.words import RULE_KINDS, rule_terms

NEW = "new-"
SENT = ("csrf_token", "act", "confirmed")
SEALED = frozenset({"examination", "rule", "role", "value", "act", "from", "to", "edited"})
KEPT_BY_THE_DATABASE = Kind.ONE_POST_A_DAY
KIND_WORDS = dict(RULE_KINDS)


@dataclass(frozen=True)
class Asked:
    """A change that was asked for: `kind` of the rule, what it said and what it would say.

    `change` is None as long as the address names a rule and no value, or one that is refused.
    """

    rule: str
    kind: Kind
    before: str
    after: str = ""
    role: str = ""
    values: tuple[str, ...] = ()
    off: bool = False
    change: tuple[EligibilityRules, RuleChange] | None = None
    refused: PortalError | None = None


def rules_in(every: Mapping[int, Rule], season: Season) -> Mapping[int, Rule]:
    """The rules in force as the series begins, but for what the database keeps by itself."""
    return {
        key: rule
        for key, rule in every.items()
        if rule.examination_code == season.examination_code
        and rule.kind is not KEPT_BY_THE_DATABASE
        and rule.effective_from <= season.starts_on
        and (rule.effective_to is None or rule.effective_to >= season.starts_on)
    }


def asked_in(args: Any, stored: Mapping[int, Rule], season: Season) -> Asked | None:
    """The change that the address asks for; None where it names no rule."""
    name = args.get("rule", "")
    if not name:
        return None
    old, kind = _named(name, stored)
    role = args.get("role", (old.role_code or "") if old else "")
    off = args.get("act") == "off" and old is not None
    values = tuple(one for one in args.getlist("value") if one)
    before = _said(old) if old else _("no such rule")
    asked = Asked(name, kind, before, role=role, values=values or _present(old), off=off)
    ready = off or values or (args.get("act") == "on" and parameter_of(kind) is None)
    if not ready:
        return asked
    try:
        new = None if off else _new(kind, values, old, role=role, args=args, season=season)
    except RuleBroken as refusal:
        return replace(asked, refused=refusal)
    after = _said(new) if new else _("no such rule")
    whole = EligibilityRules(tuple(stored.values()))
    return replace(asked, after=after, change=(whole, RuleChange(old, new)))


def _named(name: str, stored: Mapping[int, Rule]) -> tuple[Rule | None, Kind]:
    if name.startswith(NEW) and name.removeprefix(NEW) in KIND_WORDS:
        return None, Kind(name.removeprefix(NEW))
    key = int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else 0
    if key not in stored:
        raise NotFound("not-found", N_("That record was not found."))
    return stored[key], stored[key].kind


def _new(
    kind: Kind,
    values: tuple[str, ...],
    old: Rule | None,
    *,
    role: str,
    args: Any,
    season: Season,
) -> Rule:
    """The rule as it would be; by itself it holds from the series' first day, or the typed one."""
    return Rule(
        kind=kind,
        examination_code=season.examination_code,
        effective_from=_day(args.get("from")) or (old and old.effective_from) or season.starts_on,
        source=old.source if old else "",
        year=season.year,
        role_code=role or None,
        parameters=_parameters(kind, values),
        effective_to=_day(args.get("to")) or (old.effective_to if old else None),
    )


def _parameters(kind: Kind, values: tuple[str, ...]) -> dict[str, Any]:
    asked = parameter_of(kind)
    if asked is None:
        return {}
    name, words = asked
    if words is None:
        first = values[0] if values else ""
        number = int(first) if first.isascii() and first.isdecimal() and len(first) < 4 else first
        return checked_parameters(kind, {name: number})
    return checked_parameters(kind, {name: values[0] if name == "at_least" else list(values)})


def _present(old: Rule | None) -> tuple[str, ...]:
    """The values of a rule as a form holds them."""
    found = next(iter(old.parameters.values()), ()) if old else ()
    return tuple(map(str, found)) if isinstance(found, list | tuple) else (str(found),)


def _said(rule: Rule | None) -> str:
    return (rule and rule_terms(rule.parameters)) or _("in force")


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def rule_address(session: Any, values: Mapping[str, Any], pk: int | None, form: Any) -> str:
    """The page of a typed rule, before it is saved: what it says, and the form to come back to."""
    kind = Kind(values["kind"])
    said = rules.parameters_of(kind, values.get("parameters"))
    first = next(iter(said.values()), ())
    listed = first if isinstance(first, list) else [first] if said else []
    examination = session.get(Examination, values["examination_id"])
    role = session.get(StaffRole, values["role_id"]) if values.get("role_id") else None
    asked: list[tuple[str, Any]] = [
        ("examination", examination.code),
        ("rule", pk or f"{NEW}{kind}"),
        ("role", role.code if role else ""),
        ("act", "on"),
        ("from", values["effective_from"].isoformat()),
        ("to", values["effective_to"].isoformat() if values.get("effective_to") else ""),
        ("edited", pk or ""),
    ]
    asked += [("value", one) for one in listed]
    asked += [
        (f"form-{name}", one) for name in form if name not in SENT for one in form.getlist(name)
    ]
    sent = MultiDict((name, str(one)) for name, one in asked)
    return f"/what-if/rules/?{urlencode([*asked, ('seal', seal_of(sent))])}"


def seal_of(args: MultiDict[str, str]) -> str:
    """What only the portal writes, for this account, under a question that carries a form.

    Without it a link could show one rule and save another.
    """
    told = sorted(
        (name, one)
        for name, values in args.lists()
        for one in values
        if name in SEALED or name.startswith("form-")
    )
    signer = Signer(current_app.secret_key or "", salt="what-if")
    return signer.get_signature(repr((current_actor().user_id, told))).decode()


def is_sealed(args: MultiDict[str, str]) -> bool:
    """Whether the question and its form are those that the portal wrote."""
    return hmac.compare_digest(args.get("seal", "").encode(), seal_of(args).encode())
