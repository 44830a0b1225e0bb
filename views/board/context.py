"""The board in words: what board.html and its refreshing part ask for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.extensions import db
from app.permissions import may
from app.stand_ins.enums import Alarm, CallState, Cause, OfferState, Urgency
from app.stand_ins.queries.board import Board, Key, stand_ins_on
from app.stand_ins.queries.offers import Asked
from app.stand_ins.queries.places import Place
from app.stand_ins.ranking import Standing
from app.stand_ins.rules import SOON_MINUTES, CentreFacts, Judged, natural_span
from app.words import N_
from views import words
from views.access.language import language_now
from views.registers.sentences import in_language
from views.request import current_actor

URGENCY = {
    Urgency.CRITICAL: ("danger", "warn", N_("Critical")),
    Urgency.NOT_OPENED: ("outline", "circle", N_("Not opened")),
    Urgency.SHORT: ("attention", "people", N_("Short")),
}
LEADS = {"centre_manager": N_("no centre manager"), "supervisor": N_("no supervisor")}
CAUSES = {
    Cause.ABSENT: N_("did not come"),
    Cause.DECLINED: N_("declined"),
    Cause.WITHDRAWN: N_("was withdrawn"),
}


def board_context(shown: Board, here: Mapping[str, str]) -> dict[str, Any]:
    """What board.html asks for; stand-ins are looked for here, once the rest is known."""
    offers = may(current_actor(), "board", "offer")
    best = stand_ins_on(db.session, shown)
    rows = _Rows(shown, best, offers=offers)
    query, page = urlencode(here), int(here.get("ahead", 1))
    return {
        "title": _("Board"),
        "wall": here.get("wall") == "1",
        "here": here,
        "now_url": f"/board/now/?{query}" if query else "/board/now/",
        "wall_url": f"/board/?{urlencode({**here, 'wall': '1'})}",
        "wide_url": "/board/" if "sub-county" in here else None,
        "state_sentence": _sentence(shown),
        "context_line": [words.day(shown.day, language_now()), _paper(shown)],
        "as_of": shown.as_of,
        "day": shown.day,
        "figures": _figures(shown),
        "may_offer": offers,
        "wide": shown.wide,
        "sub_counties": [_sub_county(one) for one in shown.sub_counties],
        "centres": [rows.centre(one) for one in shown.centres],
        "more": max(0, shown.urgent - len(shown.centres)),
        "ahead": [rows.place(one) for one in shown.ahead],
        "ahead_page": page,
        "ahead_back": _turned(here, page - 1) if page > 1 else None,
        "ahead_next": _turned(here, page + 1) if shown.more_ahead else None,
        "concerns": [
            {
                "sentence": one.reason,
                "who": f"{one.officer}, {in_language(one.role, one.role_sw)}, {one.centre}",
                "href": f"/deployments/show/{one.deployment_id}",
            }
            for one in shown.concerns
        ],
        "open_concerns": shown.open_concerns,
    }


def _turned(here: Mapping[str, str], page: int) -> str:
    """The board with another page of the places to come."""
    return f"/board/?{urlencode({**here, 'ahead': page})}#ahead"


class _Rows:
    """Centres and places of one board as rows of the page."""

    def __init__(
        self, shown: Board, best: Mapping[Key, Sequence[Standing]], *, offers: bool
    ) -> None:
        self.shown, self.best, self.offers = shown, best, offers
        self.places: dict[int, list[Place]] = defaultdict(list)
        for place in shown.places:
            self.places[place.centre_id].append(place)

    def centre(self, one: Judged) -> dict[str, Any]:
        facts = one.facts
        name, mobile = self.shown.managers.get(facts.centre_id, (None, None))
        kind, icon, word = URGENCY[one.urgency]
        return {
            "id": facts.centre_id,
            "name": facts.name,
            "code": facts.code,
            "href": f"/register/{facts.code}/{self.shown.day}",
            "kind": kind,
            "icon": icon,
            "word": _(word),
            "starts": _starts(one.minutes),
            "missing": facts.missing,
            "ready": facts.ready,
            "required": facts.required,
            "opened": facts.opened,
            "alarms": _alarms(one),
            "manager": name,
            "telephone": mobile or self.shown.telephones.get(facts.centre_id),
            "unpublished": self._unpublished(facts),
            "places": [self.place(place) for place in self.places[facts.centre_id]],
        }

    def _unpublished(self, facts: CentreFacts) -> str | None:
        """Places that lack somebody and are not open: they are proposed, and nobody was told.

        Places are not read for the wide board, which cannot say it.
        """
        number = facts.missing - len(self.places[facts.centre_id])
        if self.shown.wide or number <= 0:
            return None
        return ngettext(
            "%(num)s place is proposed and not published: nobody was told.",
            "%(num)s places are proposed and not published: nobody was told.",
            number,
        )

    def place(self, one: Place) -> dict[str, Any]:
        post_id, slot = one.key
        asked = self.shown.asked.get(one.key)
        best = self.best.get(one.key, ())
        return {
            "id": f"place-{post_id}-{slot}",
            "post": post_id,
            "slot": slot,
            "first": one.open.day.isoformat(),
            "day": words.day(one.open.day, language_now()),
            "last_day": words.day(one.ends_on, language_now()),
            "later": one.open.day > self.shown.day,
            "span": str(natural_span(one.open.cause)),
            "centre": one.centre,
            "centre_code": one.centre_code,
            "role": in_language(one.role, one.role_sw),
            "who": _who(one),
            "said": one.said,
            "asked": _asked(asked) if asked else None,
            "call_id": asked.call_id if asked and asked.state is CallState.OPEN else None,
            "people": [_person(person) for person in best],
            "everybody": ",".join(str(person.officer_id) for person in best),
            "may_offer": self.offers and bool(best),
        }


def _who(one: Place) -> str:
    """Why the place is open, with the name of whoever left it."""
    if one.open.cause is Cause.UNFILLED:
        return _("nobody is deployed here")
    name = one.name or _("somebody")
    return f"{name} {_(CAUSES[one.open.cause])}"


def _person(one: Standing) -> dict[str, Any]:
    """A stand-in with the reasons for their place in the order."""
    reasons = [_how_far(one)]
    if one.seasons:
        reasons.append(ngettext("served %(num)s season", "served %(num)s seasons", one.seasons))
    else:
        reasons.append(_("first season"))
    reasons.append(_("chosen last year") if one.chosen_last_year else _("not chosen last year"))
    return {
        "id": one.officer_id,
        "name": one.name,
        "mobile": one.mobile,
        "reasons": ", ".join(reasons),
    }


def _how_far(one: Standing) -> str:
    """ "3 km from work, 12 km from home": both count, the way from work twice."""
    told = []
    if one.distance_km is not None:
        told.append(_("%(km)s km from work", km=round(one.distance_km)))
    if one.home_km is not None:
        told.append(_("%(km)s km from home", km=round(one.home_km)))
    said = ", ".join(told) or _("distance not known")
    return said.replace(" km", "\N{NO-BREAK SPACE}km")


def _asked(one: Asked) -> dict[str, Any]:
    """ "asked 07:21: 2 waiting, 1 refused"."""
    counts = (
        (one.count(OfferState.ACCEPTED), _("said yes")),
        (one.count(OfferState.OFFERED), _("waiting")),
        (one.count(OfferState.REFUSED), _("refused")),
        (one.count(OfferState.EXPIRED), _("did not answer")),
        (one.count(OfferState.WITHDRAWN), _("withdrawn")),
    )
    at = words.clock_time(one.asked_at, language_now())
    if clock.day_of(one.asked_at) != clock.today():
        at = f"{words.day(one.asked_at, language_now())} {at}"
    said = ", ".join(f"{number} {word}" for number, word in counts if number)
    return {
        "sentence": _("asked %(at)s: %(counts)s", at=at, counts=said),
        "until": words.clock_time(one.expires_at, language_now()),
        "open": one.state is CallState.OPEN,
    }


def _alarms(one: Judged) -> list[str]:
    said = []
    for alarm in one.alarms:
        if alarm is Alarm.NO_LEAD:
            said += [_(LEADS[role]) for role in one.facts.absent_leads]
        elif alarm is Alarm.FEW_INVIGILATORS:
            said.append(
                _(
                    "%(ready)s of %(required)s invigilators",
                    ready=one.facts.invigilators_ready,
                    required=one.facts.invigilators,
                )
            )
        elif one.minutes >= 0:
            said.append(_("less than %(minutes)s minutes", minutes=SOON_MINUTES))
    if not one.facts.opened and one.urgency is Urgency.CRITICAL:
        said.append(_("register not opened"))
    return said


def _starts(minutes: int) -> str:
    if minutes < 0:
        return _("began %(minutes)s min ago", minutes=-minutes)
    return _("in %(minutes)s min", minutes=minutes)


def _paper(shown: Board) -> str | None:
    if shown.starts_at is None:
        return None
    return _("paper at %(time)s", time=words.clock_time(shown.starts_at, language_now()))


def _sentence(shown: Board) -> str:
    if not shown.total:
        return _("No paper is written today.")
    if not shown.urgent:
        return _("Every centre is open and complete.")
    return ngettext(
        "%(num)s of %(total)s centres is not ready.",
        "%(num)s of %(total)s centres are not ready.",
        shown.urgent,
        total=shown.total,
    )


def _figures(shown: Board) -> list[dict[str, Any]]:
    labels = (
        (Urgency.CRITICAL, _("critical")),
        (Urgency.NOT_OPENED, _("not opened")),
        (Urgency.SHORT, _("short")),
        (Urgency.READY, _("ready")),
    )
    return [
        {"value": shown.counts.get(urgency, 0), "label": label, "kind": str(urgency)}
        for urgency, label in labels
    ]


def _sub_county(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "county": one.county,
        "href": f"/board/?{urlencode({'sub-county': one.slug})}",
        "centres": one.centres,
        "critical": one.by_urgency.get(Urgency.CRITICAL, 0),
        "not_opened": one.by_urgency.get(Urgency.NOT_OPENED, 0),
        "short": one.by_urgency.get(Urgency.SHORT, 0),
        "missing": one.missing,
    }
