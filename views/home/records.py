"""Every generated list that a role may open, in groups: the way to what the navigation leaves out."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.permissions import may
from app.scoping.scope import Actor
from app.words import N_
from views.navigation import exists

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        N_("Work of the season"),
        (
            ("registers", N_("Registers")),
            ("marks", N_("Marks")),
            ("deployments", N_("Deployments")),
            ("letters", N_("Letters")),
            ("vacancies", N_("Vacancies")),
            ("applications", N_("Applications")),
            ("incidents", N_("Incidents and hand-over reports")),
            ("hand-overs", N_("Hand-overs of supervisors")),
            ("disputes", N_("Disputes")),
            ("messages", N_("Messages")),
            ("notices", N_("Notices")),
            ("result-releases", N_("Releases of results")),
        ),
    ),
    (
        N_("People and places"),
        (
            ("officers", N_("Officers")),
            ("lookalikes", N_("Look-alikes")),
            ("number-changes", N_("Changes of number")),
            ("service-history", N_("Seasons served before")),
            ("centres", N_("Centres")),
            ("centre-logins", N_("Centre sign-ins")),
            ("office-contacts", N_("Office contacts")),
            ("schools", N_("Schools")),
            ("imports", N_("Imports")),
            ("sub-counties", N_("Sub-counties")),
            ("counties", N_("Counties")),
            ("users", N_("Users")),
        ),
    ),
    (
        N_("Calendar and rules"),
        (
            ("examinations", N_("Examinations")),
            ("series", N_("Series")),
            ("exam-days", N_("Calendar")),
            ("deadlines", N_("Deadlines")),
            ("staff-roles", N_("Roles of staff")),
            ("ratio-rules", N_("Rules for posts")),
            ("day-rates", N_("Daily rates")),
            ("letter-templates", N_("Letter templates")),
            ("profile-requirements", N_("What a profile needs")),
            ("unmask-limits", N_("Numbers read in full")),
            ("eligibility-rules", N_("Rules of eligibility")),
            ("ranking-weights", N_("Weights of the shortlist")),
            ("message-budgets", N_("Budgets of messages")),
            ("quiet-hours", N_("Quiet hours")),
            ("message-prices", N_("Price of a message")),
            ("events", N_("Events")),
            ("retention-periods", N_("Retention periods")),
            ("result-query-periods", N_("Periods of queries about results")),
            ("data-requests", N_("Requests about own data")),
        ),
    ),
)
PAGES = (
    ("corrections", N_("Corrections")),
    ("concerns", N_("Concerns")),
    ("walk-ins", N_("Walk-ins")),
)
"""Pages of their own beside the generated lists of the season's work."""


def records_for(actor: Actor) -> list[dict[str, Any]]:
    """The groups with the lists that exist and that the actor may open; empty groups left out."""
    groups = [
        {
            "title": _(title),
            "lists": [
                {"label": _(label), "href": f"/{resource}/list/"}
                for resource, label in lists
                if may(actor, resource, "list") and exists(f"/{resource}/list/")
            ],
        }
        for title, lists in GROUPS
    ]
    groups[0]["lists"] += [
        {"label": _(label), "href": f"/{resource}/"}
        for resource, label in PAGES
        if may(actor, resource, "list")
    ]
    if may(actor, "store-registers", "list"):
        groups[0]["lists"].append({"label": _("Stores"), "href": "/stores/"})
    if may(actor, "what-ifs", "show"):
        groups[2]["lists"] += [
            {"label": _("What if a rule changed?"), "href": "/what-if/rules/"},
            {
                "label": _("What if candidates, hosting or a ratio changed?"),
                "href": "/what-if/posts/",
            },
        ]
    if may(actor, "profiles", "list"):
        groups[1]["lists"].insert(0, {"label": _("Profiles"), "href": "/profiles/queue/"})
    return [group for group in groups if group["lists"]]
