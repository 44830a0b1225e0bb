"""Who may do what: one matrix of resource, role and acts, read by services, views, API and menus.

*May I* is here, *where* is the Scope, *when* is a state machine; the three are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.errors import NotAllowed
from app.scoping.roles import NATIONAL_ROLES, Role
from app.scoping.scope import Actor
from app.words import N_

__all__ = ["MATRIX", "NATIONAL_ROLES", "Role", "acts_of", "may", "require"]

Acts = Mapping[Role, str]

_CENTRE = (Role.CENTRE, Role.CENTRE_MANAGER)
_WATCHERS = (Role.COUNTY_DIRECTOR, Role.MONITOR)
_PAYMENTS = (Role.PAYMENTS_CLERK, Role.PAYMENTS_APPROVER)
_RESULTS = (Role.RESULTS_OFFICER, Role.RESULTS_APPROVER)


def _each(roles: Iterable[Role], acts: str) -> dict[Role, str]:
    return dict.fromkeys(roles, acts)


READ = "list show export"
READERS = _each((Role.TSC_DIRECTOR, Role.SCDE, *_WATCHERS, *_PAYMENTS), "list show")
REFERENCE: Acts = {**READERS, Role.ADMINISTRATOR: "list show add edit delete export"}
RULES: Acts = {**READERS, Role.ADMINISTRATOR: "list show add edit delete export end"}

_TEXT: Mapping[str, Acts] = {
    "centres": {
        Role.TSC_DIRECTOR: "list show export edit",
        Role.SCDE: "list show export edit",
        **_each(_CENTRE, "show edit"),
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: "list show add edit delete export",
    },
    "centre-logins": {
        Role.TSC_DIRECTOR: "list issue_password deactivate",
        Role.SCDE: "list",
        Role.ADMINISTRATOR: "list show add edit delete export issue_password deactivate",
    },
    "officers": {
        Role.TSC_DIRECTOR: "list show add edit export",
        Role.SCDE: READ,
        **_each(_CENTRE, "list show"),
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: "list show add edit export",
    },
    "deployments": {
        Role.TSC_DIRECTOR: (
            "list show add edit delete export publish withdraw answer_concern redeploy swap rotate"
        ),
        Role.SCDE: "list show add edit export raise_concern publish_stores withdraw_stores",
        **_each(_CENTRE, "list show confirm_roster"),
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: READ,
    },
    "own-deployments": {Role.OFFICER: "show accept decline correct"},
    "corrections": {
        Role.TSC_DIRECTOR: "list show amend refuse",
        Role.SCDE: "list show",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show",
    },
    "concerns": _each((Role.TSC_DIRECTOR, Role.SCDE, *_WATCHERS, Role.ADMINISTRATOR), "list"),
    "what-ifs": {
        Role.TSC_DIRECTOR: "show",
        Role.ADMINISTRATOR: "show",
    },
    "board": {
        Role.TSC_DIRECTOR: "show offer",
        Role.SCDE: "show",
        **_each(_WATCHERS, "show"),
        Role.ADMINISTRATOR: "show",
    },
    "own-offers": {Role.OFFICER: "show accept refuse"},
    "walk-ins": {
        **_each(_CENTRE, "list show add withdraw"),
        Role.TSC_DIRECTOR: "list show decide",
        Role.SCDE: READ,
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show",
    },
    "hand-overs": {
        Role.OFFICER: "show write",
        **_each(_CENTRE, "list show"),
        Role.TSC_DIRECTOR: "list show",
        Role.SCDE: "list show",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show",
    },
    "store-registers": {
        Role.SCDE: "list show open mark submit",
        Role.TSC_DIRECTOR: "list show confirm return reopen",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show reopen_locked lock",
    },
    "proposals": {
        Role.TSC_DIRECTOR: "list show add lock discard publish",
        Role.SCDE: "list show",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show propose_all",
    },
    "letters": {
        Role.OFFICER: "read",
        Role.TSC_DIRECTOR: "list show export read file reissue",
        Role.SCDE: "list show read",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show export read file reissue",
    },
    "registers": {
        Role.TSC_DIRECTOR: "list show export print remark take_in",
        Role.SCDE: "list show export print confirm return reopen",
        **_each(_CENTRE, "list show export print open mark submit"),
        **_each(_WATCHERS, "list show export print"),
        Role.ADMINISTRATOR: "list show export print reopen_locked lock",
    },
    "marks": {
        Role.TSC_DIRECTOR: "list show export history",
        Role.SCDE: "list show export history",
        **_each(_CENTRE, "list show history"),
        **_each(_WATCHERS, "list export"),
        Role.ADMINISTRATOR: "list export",
    },
    "disputes": {
        Role.OFFICER: "add",
        Role.TSC_DIRECTOR: "list show answer",
        Role.SCDE: "list show",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show",
    },
    "incidents": {
        Role.TSC_DIRECTOR: READ,
        Role.SCDE: READ,
        **_each(_CENTRE, "list show add edit submit"),
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: READ,
    },
    "office-contacts": {
        Role.TSC_DIRECTOR: "list show edit",
        Role.SCDE: "list show edit",
        **_each((*_CENTRE, *_WATCHERS), "list show"),
        Role.ADMINISTRATOR: "list show add edit delete export",
    },
    "counties": REFERENCE,
    "sub-counties": REFERENCE,
    "schools": REFERENCE,
    "examinations": REFERENCE,
    "series": REFERENCE,
    "exam-days": {**REFERENCE, **_each(_CENTRE, "list show")},
    "deadlines": REFERENCE,
    "staff-roles": REFERENCE,
    "ratio-rules": RULES,
    "day-rates": RULES,
    "letter-templates": {
        **_each((Role.TSC_DIRECTOR, Role.SCDE, *_WATCHERS), "list show"),
        Role.ADMINISTRATOR: "list show add edit delete end preview",
    },
    "users": {Role.ADMINISTRATOR: "list show add edit deactivate reset_password"},
    "events": {
        **_each(
            (Role.TSC_DIRECTOR, Role.SCDE, Role.MONITOR, Role.ADMINISTRATOR),
            "list show",
        ),
    },
    "dashboards": {
        **_each(
            (Role.TSC_DIRECTOR, Role.SCDE, Role.COUNTY_DIRECTOR, *_PAYMENTS),
            "coverage attendance claims",
        ),
        **_each((Role.MONITOR, Role.ADMINISTRATOR), "coverage attendance claims results"),
        **_each(_RESULTS, "results"),
    },
    "summaries": {
        **_each(
            (Role.TSC_DIRECTOR, Role.SCDE, *_WATCHERS, Role.ADMINISTRATOR, *_PAYMENTS),
            "list export",
        ),
    },
    "openapi": _each(tuple(Role), "get"),
    "own-record": {Role.OFFICER: "show"},
    "own-profile": {Role.OFFICER: "show edit submit download change_number"},
    "profiles": {
        Role.TSC_DIRECTOR: "list show verify flag unmask",
        Role.SCDE: "list show",
        **_each(_WATCHERS, "list show"),
        Role.ADMINISTRATOR: "list show verify flag unmask",
    },
    "profile-requirements": RULES,
    "unmask-limits": RULES,
    "number-changes": {
        Role.TSC_DIRECTOR: "list show approve refuse",
        Role.ADMINISTRATOR: "list show approve refuse",
    },
    "lookalikes": {
        Role.TSC_DIRECTOR: "list show dismiss propose_merge",
        Role.ADMINISTRATOR: "list show dismiss propose_merge approve_merge refuse_merge",
    },
    "imports": _each(
        (Role.TSC_DIRECTOR, Role.ADMINISTRATOR), "list show add map check apply discard"
    ),
    "own-applications": {
        Role.OFFICER: "list show apply withdraw accept decline_offer",
    },
    "eligibility-rules": RULES,
    "ranking-weights": {
        **READERS,
        Role.ADMINISTRATOR: "list show add edit delete export",
    },
    "service-history": {
        Role.TSC_DIRECTOR: "list show add edit delete export",
        Role.SCDE: READ,
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: "list show add edit delete export",
    },
    "vacancies": {
        Role.TSC_DIRECTOR: "list show add edit export close shortlist decline",
        Role.SCDE: READ,
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: "list show add edit export close shortlist decline",
    },
    "applications": {
        Role.TSC_DIRECTOR: "list show add edit export shortlist select decline",
        Role.SCDE: READ,
        **_each(_WATCHERS, READ),
        Role.ADMINISTRATOR: "list show add edit export shortlist select decline",
    },
    "notices": {
        **_each((Role.TSC_DIRECTOR, Role.SCDE), "list show add edit withdraw send"),
        Role.ADMINISTRATOR: "list show add edit withdraw send",
        **_each(_WATCHERS, "list show"),
    },
    "messages": {Role.ADMINISTRATOR: "list show resend"},
    "message-budgets": {Role.ADMINISTRATOR: "list show add edit"},
    "quiet-hours": {Role.ADMINISTRATOR: "list show add edit"},
    "message-prices": {Role.ADMINISTRATOR: "list show add edit"},
    "results": {
        Role.RESULTS_OFFICER: (
            "list show add map check load discard withhold cancel pend restore amend export"
        ),
        Role.RESULTS_APPROVER: "list show export",
    },
    "result-releases": {
        Role.RESULTS_OFFICER: "list show compare",
        Role.RESULTS_APPROVER: "list show approve take_back schedule switch",
        **_each((Role.MONITOR, Role.ADMINISTRATOR), "list show"),
    },
    "school-results": {Role.CENTRE: "list show export"},
    "result-queries": {
        Role.CENTRE: "add",
        Role.RESULTS_OFFICER: "list show answer",
        Role.RESULTS_APPROVER: "list show",
    },
    "result-query-periods": {
        **_each(_RESULTS, "list show"),
        Role.ADMINISTRATOR: "list show add edit end",
    },
    "result-figures": {
        **_each((*_RESULTS, Role.MONITOR, Role.ADMINISTRATOR), "export"),
    },
    "edge-notices": {
        **_each((Role.RESULTS_APPROVER, Role.ADMINISTRATOR), "list add take_away"),
        **_each((Role.RESULTS_OFFICER, Role.MONITOR), "list"),
    },
    "retention-periods": {Role.ADMINISTRATOR: "list show add edit end"},
    "data-requests": {Role.ADMINISTRATOR: "list show answer"},
}

MATRIX: Mapping[str, Mapping[str, frozenset[str]]] = {
    resource: {str(role): frozenset(acts.split()) for role, acts in by_role.items()}
    for resource, by_role in _TEXT.items()
}
"""resource -> role name -> the acts that role may do."""


def acts_of(roles: Iterable[str], resource: str) -> frozenset[str]:
    """Every act that any of the roles may do on the resource."""
    by_role = MATRIX.get(resource, {})
    return frozenset().union(*(by_role.get(str(role), frozenset()) for role in roles))


def may(actor: Actor, resource: str, act: str) -> bool:
    """True when one of the actor's roles may do the act on the resource."""
    return act in acts_of(actor.roles, resource)


def require(actor: Actor, resource: str, act: str) -> None:
    """Raises NotAllowed unless the actor may do the act on the resource."""
    if not may(actor, resource, act):
        raise NotAllowed(
            "not-allowed",
            N_("Your role does not allow this."),
            facts={"resource": resource, "act": act},
        )
