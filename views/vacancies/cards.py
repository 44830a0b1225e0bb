"""A vacancy in words for an officer: where, which days, what pay, how far, and what can be done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.errors import PortalError
from app.vacancies.enums import ApplicationAct
from app.vacancies.machine import acts_from
from app.vacancies.queries.listing import Advert
from views import words
from views.access.language import language_now
from views.registers.sentences import in_language
from views.vacancies.words import ACTIVITIES, reasons

NEARER_KM = 10


def card(advert: Advert) -> dict[str, Any]:
    """A vacancy as a list shows it."""
    row = advert.row
    return {
        "href": f"/me/vacancies/{row.id}/",
        "role": role_of(row),
        "series": row.series,
        "station": row.duty_station,
        "area": f"{row.sub_county}, {row.county}",
        "days": days_words(advert),
        "pay": pay_words(advert),
        "far": distance_words(advert.km),
        "posts": ngettext("%(num)s post", "%(num)s posts", row.posts),
        "braille": row.needs_braille,
        "closes": _(
            "Closes %(day)s at %(time)s",
            day=closing_day(advert.closes_at),
            time=words.clock_time(advert.closes_at, language_now()),
        ),
        "own": advert.own,
        "bars": reasons(advert.bars),
    }


def detail(advert: Advert, refusal: PortalError | None = None) -> dict[str, Any]:
    """What vacancies/detail.html asks for."""
    kinds = dict(ACTIVITIES)
    return {
        "one": card(advert),
        "code": advert.row.duty_code,
        "kinds": ", ".join(str(kinds[kind]) for kind in advert.row.day_kinds if kind in kinds),
        "is_open": advert.is_open,
        "steps": steps_of(advert),
        "refusals": [problem.spoken(_) for problem in refusal.problems] if refusal else [],
    }


def steps_of(advert: Advert) -> list[dict[str, Any]]:
    """The buttons that the table of moves and the rules allow now."""
    from views.vacancies.acts import BY_ACT

    offered = []
    for act in acts_from(advert.own, by_officer=True):  # type: ignore[arg-type]
        if act is ApplicationAct.APPLY and (advert.bars or not advert.is_open):
            continue
        one = BY_ACT[act]
        offered.append(
            {
                "label": _(one.label),
                "href": f"/me/vacancies/{advert.row.id}/{one.step}",
                "danger": one.danger,
            }
        )
    return offered


def application_row(row: Any) -> dict[str, Any]:
    """An application as the officer's list shows it."""
    return {
        "href": f"/me/vacancies/{row.vacancy_id}/",
        "role": in_language(row.role, row.role_sw),
        "series": row.series,
        "station": row.duty_station,
        "area": row.sub_county,
        "state": row.state,
        "applied": row.applied_at,
        "moved": row.moved_at,
        "reason": row.reason,
        "offered": row.state == "selected",
    }


def closing_day(moment: dt.datetime) -> str:
    """The day on which applications close, with its year where that is another one."""
    write = words.day if clock.nairobi(moment).year == clock.today().year else words.day_with_year
    return write(moment, language_now())


def role_of(row: Any) -> str:
    """The position in the reader's language."""
    return in_language(row.role, row.role_sw)


def days_words(advert: Advert) -> str:
    """ "Mon 2 Nov to Thu 19 Nov, 14 paid days"; the series' own days where no calendar is known."""
    first = advert.days[0] if advert.days else advert.row.starts_on
    last = advert.days[-1] if advert.days else advert.row.ends_on
    span = _(
        "%(first)s to %(last)s",
        first=words.day(first, language_now()),
        last=words.day_with_year(last, language_now()),
    )
    if not advert.payable_days:
        return span
    paid = ngettext("%(num)s paid day", "%(num)s paid days", advert.payable_days)
    return f"{span}, {paid}"


def pay_words(advert: Advert) -> str:
    """ "KSh 550 a day", or that no rate is published yet."""
    if advert.kes_per_day is None:
        return _("no rate yet")
    return _("%(sum)s a day", sum=words.kes(advert.kes_per_day, language_now()))


def distance_words(km: float | None) -> str | None:
    """How far the duty station lies from the workstation in a straight line."""
    if km is None:
        return None
    said = f"{km:.1f}" if km < NEARER_KM else f"{km:.0f}"
    return _("%(km)s km from your workstation", km=said)
