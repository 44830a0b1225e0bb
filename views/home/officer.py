"""The officer's home: your duty, your days with marks and money, what you may contest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.attendance import queries
from app.attendance.enums import SETTLED, WORKED
from app.attendance.queries import OfficerDay, Posting
from app.claims.computation import BUCKET_WORDS, Bucket, Computation, DutyDay, Rates, compute
from app.claims.queries import rates_of
from app.deployments.enums import DeploymentAct
from app.deployments.machine import BY_ACT
from app.extensions import db
from app.scoping.scope import Actor, Scope
from app.vacancies.queries.listing import near_you
from views import words
from views.access.language import language_now
from views.board.offers import rows_of_offers
from views.profiles.card import profile_card
from views.registers.sentences import in_language
from views.vacancies.cards import card

ACCEPTABLE = BY_ACT[DeploymentAct.ACCEPT].starts_in
RECENT = dt.timedelta(days=45)
TOLD = (Bucket.EARNED, Bucket.AWAITING, Bucket.HELD, Bucket.EXPECTED, Bucket.UNMARKED)


def officer_home(scope: Scope, actor: Actor) -> dict[str, Any]:
    """What home_officer.html asks for."""
    today = clock.today()
    officer_id = actor.officer_id or 0
    postings = queries.postings_of(scope, officer_id, today)
    days = _of_this_season(queries.days_of_officer(scope, officer_id), today)
    priced = Priced(days, today)
    return {
        "officer": {"name": name_of(actor)},
        "profile": profile_card(scope, actor),
        "near": [card(one) for one in near_you(db.session, scope, officer_id)],
        "context_line": [words.day_with_year(today, language_now())],
        "state_sentence": _state_sentence(postings, today),
        "offers": [one for one in rows_of_offers() if one["waits"]],
        "duty": _duty(postings[0]) if postings else None,
        "waiting": [_duty(one) for one in postings if one.status in ACCEPTABLE],
        "manages": any(one.manages_centre and one.starts_on <= today for one in postings),
        "returned": [
            {
                "centre": one.centre,
                "day": one.day,
                "reason": one.reason,
                "href": f"/register/{one.day}",
            }
            for one in (queries.returned_in(scope) if scope.centre_ids else ())
        ],
        "days": [_day(one, priced, today) for one in days],
        "money": priced.money() if days else None,
    }


class Priced:
    """The officer's days with what they come to, by the one computation of the house."""

    def __init__(self, days: Sequence[OfficerDay], today: dt.date) -> None:
        self.today = today
        self.days = days
        examinations = {one.examination_id for one in days}
        self.rates: dict[int, Rates] = {one: rates_of(db.session, one) for one in examinations}

    def of(self, days: Iterable[OfficerDay]) -> Computation:
        """What some of the days come to; days of several examinations are priced by their own."""
        wanted = list(days)
        lines = [
            line
            for examination_id, rates in self.rates.items()
            for line in compute(
                [_duty_day(one) for one in wanted if one.examination_id == examination_id],
                rates,
                today=self.today,
            ).lines
        ]
        return Computation(tuple(lines))

    def money(self) -> dict[str, Any]:
        """The sums by what stands between the days and their pay, each with its working."""
        whole = self.of(self.days)
        roles = {one.role_code: in_language(one.role, one.role_sw) for one in self.days}
        unpriced = [roles[code] for code in whole.roles_without_rate]
        held = whole.total(Bucket.HELD)
        return {
            "earned": whole.total(Bucket.EARNED).kes,
            "awaiting": whole.total(Bucket.AWAITING).kes,
            "expected": whole.total(Bucket.EXPECTED).kes,
            "working": [
                f"{_(BUCKET_WORDS[line.bucket])}: {line.working(ngettext)}"
                for line in whole.lines
                if line.bucket in TOLD
            ],
            "rate_note": _("Held until the dispute is answered: %(sum)s", sum=held.words(_))
            if held.days
            else None,
            "missing": _(
                "No rate has been published for: %(roles)s. The days are counted all the same.",
                roles=", ".join(unpriced),
            )
            if unpriced
            else None,
        }


def name_of(actor: Actor) -> str:
    """The officer's name; a welcome to somebody who has given none yet."""
    known = any(letter.isalpha() for letter in actor.name)
    return actor.name if known else _("Welcome to Sajili")


def _of_this_season(days: Sequence[OfficerDay], today: dt.date) -> list[OfficerDay]:
    """The days of every series that is not long over; without one, of the last series served."""
    last_day = {one.series_id: one.day for one in days}
    recent = {series for series, last in last_day.items() if last >= today - RECENT}
    if not recent and last_day:
        recent = {max(last_day, key=lambda series: last_day[series])}
    return [one for one in days if one.series_id in recent]


def _day(one: OfficerDay, priced: Priced, today: dt.date) -> dict[str, Any]:
    has_come = one.day <= today
    disputed = one.dispute == "open"
    address = f"/me/days/{one.deployment_id}/{one.day}/dispute"
    return {
        "day": one.day,
        "centre": one.centre,
        "mark": str(one.mark) if one.mark else None,
        "minutes_late": one.minutes_late,
        "reason": None,
        "marked_by": _("Yourself") if one.self_marked else one.marked_by,
        "confirmed": one.register in SETTLED,
        "payable": one.payable,
        "amount": _amount(one, priced),
        "has_come": has_come,
        "disputed": disputed,
        "dispute_url": address if has_come and not disputed else None,
        "dispute_answer": one.dispute_answer,
        "history_href": f"/register/history/{one.deployment_id}/{one.day}" if one.mark else None,
    }


def _amount(one: OfficerDay, priced: Priced) -> int | None:
    """What the day pays once confirmed; None where nothing is marked or no rate is published."""
    if one.mark is None:
        return None
    if one.mark not in WORKED or not one.payable:
        return 0
    return priced.of([one]).total().kes


def _duty_day(one: OfficerDay) -> DutyDay:
    return DutyDay(
        day=one.day,
        role_code=one.role_code,
        payable=one.payable,
        county_code=one.county_code,
        mark=one.mark,
        register=one.register,
        disputed=one.dispute == "open",
        self_marked=one.self_marked,
    )


def _duty(one: Posting) -> dict[str, Any]:
    manager = {"name": one.manager, "telephone": one.manager_telephone} if one.manager else None
    return {
        "role": in_language(one.role, one.role_sw),
        "centre": one.centre,
        "centre_code": one.centre_code,
        "sub_county": one.sub_county,
        "from_day": one.starts_on,
        "to_day": one.ends_on,
        "state": one.status,
        "letter_href": f"/me/deployments/#duty-{one.deployment_id}",
        "report_at": None,
        "accept_url": f"/me/deployments/{one.deployment_id}/accept",
        "decline_url": f"/me/deployments/{one.deployment_id}/decline",
        "manager": None if one.manages_centre else manager,
    }


def _state_sentence(postings: Sequence[Posting], today: dt.date) -> str:
    if not postings:
        return _("You have no published duty from today on.")
    first = postings[0]
    if first.starts_on <= today:
        return _("You are on duty at %(centre)s.", centre=first.centre)
    day = words.day(first.starts_on, language_now())
    return _("Your next duty starts on %(day)s at %(centre)s.", day=day, centre=first.centre)
