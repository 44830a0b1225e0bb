"""How a school's results are said: where they stand, what a letter means, what a query came to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.results.documents import Release
from app.results.enums import Grade, Kind
from app.results.grades import kind_of
from app.school_results.enums import QueryAct, QueryState
from app.school_results.queries import School
from app.words import N_, NN_
from views import words
from views.access.language import language_now

Pill = tuple[str, str, str]

QUERY_STATES: Mapping[str, Pill] = {
    QueryState.RAISED: ("attention", "clock", N_("Waits for an answer")),
    QueryState.ANSWERED: ("success", "check", N_("Answered")),
    QueryState.REFUSED: ("danger", "cross", N_("Refused")),
    QueryState.CHANGED: ("success", "swap", N_("Led to a change")),
}
QUERY_ACTS: Mapping[str, str] = {
    QueryAct.RAISE: N_("Raised"),
    QueryAct.ANSWER: N_("Answered"),
    QueryAct.REFUSE: N_("Refused"),
    QueryAct.CHANGE: N_("Led to a change"),
}
SEXES: Mapping[str, str] = {"F": N_("Girls"), "M": N_("Boys")}
MEANINGS: Mapping[Kind, str] = {
    Kind.WITHHELD: N_(
        "KNEC is looking into this result and gives no grade before it is done. Ask with a query"
        " what it needs from the school."
    ),
    Kind.PENDED: N_(
        "Something is missing before this result can be released. Ask with a query what it is, and"
        " send it to KNEC."
    ),
    Kind.CANCELLED: N_(
        "This result was cancelled after an irregularity: there is no grade. KNEC writes to the"
        " candidate; an appeal goes to KNEC in writing."
    ),
    Kind.UNMET: N_(
        "The subjects that were sat do not make a mean grade. The grades of the subjects stand."
    ),
    Kind.ABSENT: N_("Registered, and did not sit. Raise a query if the candidate did."),
}
COUNTED: tuple[tuple[Kind, tuple[str, str]], ...] = (
    (Kind.WITHHELD, NN_("%(num)s withheld", "%(num)s withheld")),
    (Kind.PENDED, NN_("%(num)s pended", "%(num)s pended")),
    (Kind.CANCELLED, NN_("%(num)s cancelled", "%(num)s cancelled")),
    (
        Kind.UNMET,
        NN_("%(num)s without the required subjects", "%(num)s without the required subjects"),
    ),
    (Kind.ABSENT, NN_("%(num)s absent", "%(num)s absent")),
)


def moment(at: dt.datetime) -> str:
    """A moment with its year on the Nairobi clock: "Mon 11 Jan 2027, 11:00"."""
    language = language_now()
    return f"{words.day_with_year(at, language)}, {words.clock_time(at, language)}"


def title_of(release: Release) -> str:
    """The release with its minute, as every file and page of it says."""
    at = clock.nairobi(dt.datetime.fromisoformat(release.released_at))
    said = _("%(series)s, release %(number)s", series=release.series, number=release.number)
    return f"{said}, {moment(at)}"


def state_sentence(school: School, missing: int) -> str:
    """ "KCSE 2026, release 1, …: 112 of 115 candidates have results; 2 withheld, 1 absent." """
    kinds = Counter(kind_of(one.mean_grade) for one in school.results)
    said = _(
        "%(release)s: %(number)s of %(all)s candidates have results",
        release=title_of(school.release),
        number=kinds[Kind.RESULT],
        all=len(school.results) + missing,
    )
    rest = [ngettext(*forms, kinds[kind]) for kind, forms in COUNTED if kinds[kind]]
    if missing:
        rest.append(
            ngettext(
                "%(num)s registered and not in the release",
                "%(num)s registered and not in the release",
                missing,
            )
        )
    return f"{said}; {', '.join(rest)}." if rest else f"{said}."


def meaning_of(mean: Grade) -> str:
    """What a letter in the place of the mean means, and what to do; nothing for a grade."""
    meaning = MEANINGS.get(kind_of(mean))
    return _(meaning) if meaning else ""


def query_pill(state: str) -> Pill:
    """Colour, icon and word of a query's state."""
    colour, icon, said = QUERY_STATES[state]
    return colour, icon, _(said)
