"""The words of the side navigation: at most nine for a role, and only what may be opened."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app import clock
from app.exams.queries import series_on
from app.extensions import db
from app.permissions import may
from app.scoping.roles import Role
from app.scoping.scope import Actor
from app.words import N_

MOST = 9
SEASONAL = frozenset({"/centres/list/", "/deployments/list/"})
REMEMBERED_SECONDS = 60
ALONE = frozenset({"/", "/me/"})
"""Addresses with which others begin that do not belong to them."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the navigation: what it opens, and the act of the matrix that opening needs.

    `covers` are the beginnings of further addresses that belong to it.
    """

    label: str
    href: str
    icon: str
    resource: str | None = None
    act: str = "list"
    covers: tuple[str, ...] = ()


HOME = Word(N_("Home"), "/", "home")
HELP = Word(N_("Help"), "/help/", "help")
REGISTERS = Word(
    N_("Registers"),
    "/registers/today/",
    "register",
    "registers",
    covers=("/registers/", "/register/"),
)
DEPLOYMENTS = Word(
    N_("Deployments"),
    "/deployments/list/",
    "swap",
    "deployments",
    covers=("/proposals/", "/redeploy/", "/corrections/", "/concerns/"),
)
VACANCIES = Word(N_("Vacancies"), "/vacancies/list/", "search", "vacancies")
OFFICERS = Word(N_("Officers"), "/officers/list/", "people", "officers")
CENTRES = Word(N_("Centres"), "/centres/list/", "place", "centres")
STORES = Word(N_("Stores"), "/stores/", "letter", "store-registers")
DISPUTES = Word(N_("Disputes"), "/registers/disputes/", "flag", "disputes")
INCIDENTS = Word(N_("Incidents"), "/incidents/list/", "warn", "incidents")
RECORDS = Word(N_("Records"), "/records/", "settings")
COVERAGE = Word(
    N_("Dashboards"),
    "/dashboards/coverage/",
    "chart",
    "dashboards",
    "coverage",
    covers=("/dashboards/",),
)
CLAIMS = Word(N_("Claims"), "/dashboards/claims/", "money", "dashboards", "claims")
ATTENDANCE = Word(
    N_("Attendance"), "/dashboards/attendance/", "register", "dashboards", "attendance"
)
BOARD = Word(N_("Board"), "/board/", "warn", "board", "show")
CALENDAR = Word(N_("Calendar"), "/exam-days/list/", "letter", "exam-days")
RELEASES = Word(
    N_("Results"),
    "/result-releases/",
    "register",
    "result-releases",
    covers=("/results-of/", "/result-files/"),
)
SCHOOL_RESULTS = Word(N_("Results"), "/school-results/", "chart", "school-results")
RESULT_QUERIES = Word(N_("Queries"), "/result-queries/", "help", "result-queries")
FIGURES = Word(
    N_("Figures"),
    "/dashboards/results/",
    "chart",
    "dashboards",
    "results",
    covers=("/result-figures/",),
)
EDGE_NOTICES = Word(N_("Notices"), "/edge-notices/", "letter", "edge-notices")
USERS = Word(N_("Users"), "/users/list/", "people", "users")

_CENTRE = (
    Word(N_("Register"), "/register/", "register", "registers", "open"),
    Word(N_("Season"), "/register/season/", "chart", "registers", "open"),
    Word(N_("People"), "/deployments/list/", "people", "deployments"),
    Word(N_("Reports"), "/incidents/list/", "warn", "incidents"),
    CALENDAR,
    HELP,
)
_OFFICER = (
    Word(N_("Your days"), "/me/", "home", "own-record", "show", covers=("/me/days/",)),
    Word(N_("Profile"), "/me/profile/", "people", "own-profile", "show"),
    Word(N_("Vacancies"), "/me/vacancies/", "search", "own-applications"),
)
DUTIES = Word(N_("Deployments"), "/me/deployments/", "letter", "own-deployments", "show")
_WATCHER = (HOME, BOARD, REGISTERS, COVERAGE, CENTRES, DEPLOYMENTS, OFFICERS, RECORDS, HELP)
_PAYMENTS = (HOME, CLAIMS, ATTENDANCE, COVERAGE, RECORDS, HELP)

WORDS: tuple[tuple[Role, tuple[Word, ...]], ...] = (
    (
        Role.ADMINISTRATOR,
        (HOME, BOARD, REGISTERS, COVERAGE, CENTRES, OFFICERS, USERS, RECORDS, HELP),
    ),
    (
        Role.TSC_DIRECTOR,
        (HOME, BOARD, REGISTERS, DEPLOYMENTS, VACANCIES, OFFICERS, CENTRES, COVERAGE, RECORDS),
    ),
    (
        Role.SCDE,
        (HOME, BOARD, REGISTERS, STORES, COVERAGE, CENTRES, DEPLOYMENTS, DISPUTES, RECORDS),
    ),
    (Role.MONITOR, _WATCHER),
    (Role.COUNTY_DIRECTOR, _WATCHER),
    (Role.PAYMENTS_CLERK, _PAYMENTS),
    (Role.PAYMENTS_APPROVER, _PAYMENTS),
    (Role.RESULTS_OFFICER, (HOME, RELEASES, FIGURES, RESULT_QUERIES, EDGE_NOTICES, HELP)),
    (Role.RESULTS_APPROVER, (HOME, RELEASES, FIGURES, RESULT_QUERIES, EDGE_NOTICES, HELP)),
    (Role.CENTRE, (_CENTRE[0], SCHOOL_RESULTS, *_CENTRE[1:])),
    (Role.CENTRE_MANAGER, (*_OFFICER, *_CENTRE)),
    (Role.OFFICER, (*_OFFICER, DUTIES, HELP)),
)
"""The first role that the actor holds decides; a role's own order is the order on the screen."""


def install(flask_app: Flask) -> None:
    """Gives every page its navigation."""
    flask_app.context_processor(lambda: {"navigation": navigation()})


def navigation() -> list[dict[str, Any]]:
    """The words for who looks at the page; none for a stranger."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        return []
    words = words_for(actor)
    here = _word_of(request.path, words)
    return [
        {
            "label": _(word.label),
            "href": _address(word),
            "icon": word.icon,
            "current": word is here,
        }
        for word in words
    ]


def _address(word: Word) -> str:
    """The word's page; lists that grow with every season open on the one that runs."""
    if word.href not in SEASONAL:
        return word.href
    series = _running_series()
    return word.href if series is None else f"{word.href}?_flt_0_series={series}"


def _running_series() -> int | None:
    """The series of today, asked once a minute in each worker."""
    asked: tuple[float, int | None] | None = current_app.extensions.get("running_series")
    if asked is None or time.monotonic() - asked[0] > REMEMBERED_SECONDS:
        asked = (time.monotonic(), series_on(db.session, clock.today()))
        current_app.extensions["running_series"] = asked
    return asked[1]


def words_for(actor: Actor) -> list[Word]:
    """The words of the actor's role whose page exists and may be opened, at most nine."""
    offered = next((words for role, words in WORDS if role in actor.roles), (HOME, HELP))
    return [word for word in offered if opens(actor, word)][:MOST]


def opens(actor: Actor, word: Word) -> bool:
    """Whether the page exists in this portal and the actor's roles may open it."""
    allowed = word.resource is None or may(actor, word.resource, word.act)
    return allowed and exists(word.href)


def exists(path: str) -> bool:
    """Whether the portal answers a GET at this address; remembered per application."""
    known: dict[str, bool] = current_app.extensions.setdefault("known_addresses", {})
    if path not in known:
        known[path] = _is_routed(path)
    return known[path]


def _is_routed(path: str) -> bool:
    adapter = current_app.url_map.bind("localhost")
    try:
        adapter.match(path, method="GET")
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True


def _word_of(path: str, words: Iterable[Word]) -> Word | None:
    """The word that a page belongs to: of the beginnings that its address has, the longest decides."""
    found, longest = None, 0
    for word in words:
        for begin in (word.href.removesuffix("list/"), *word.covers):
            fits = path == begin if begin in ALONE else path.startswith(begin)
            if fits and len(begin) > longest:
                found, longest = word, len(begin)
    return found
