"""What proposals say: weights, picks, refusals and gaps in words that a director reads aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.proposals.asks import LIMITS, Asks
from app.proposals.models import Proposal
from app.proposals.queries import Shown
from app.vacancies.ranking import distance_km
from app.words import N_
from views import words
from views.access.language import language_now
from views.registers.sentences import in_language
from views.vacancies.words import RULE_KINDS

RULES: Mapping[str, Any] = dict(RULE_KINDS)
STATES = {
    "waiting": ("attention", "clock", N_("Being worked out")),
    "ready": ("information", "check", N_("Ready for review")),
    "failed": ("danger", "warn", N_("Not solved")),
    "published": ("success", "sent", N_("Published")),
    "discarded": ("ink", "cross", N_("Discarded")),
}
KINDS = {
    Shown.ODD: N_("The odd 5 %"),
    Shown.FAR: N_("Furthest"),
    Shown.ASKED: N_("Asked for, not met"),
    Shown.CHOSEN: N_("Chosen last year"),
    Shown.CONCERN: N_("Concerns"),
    Shown.LOCKED: N_("Locked"),
    Shown.ALL: N_("Everybody"),
}
WEIGHTS = {
    "workstation": (N_("A kilometre from the workstation counts"), "%"),
    "home": (N_("A kilometre from home counts"), "%"),
    "chosen_last_year": (N_("Chosen last year costs as much as"), "km"),
    "experience": (N_("A newcomer where experience is asked costs as much as"), "km"),
    "gender": (N_("Another gender than asked costs as much as"), "km"),
    "experienced_share": (N_("Of each centre's posts of a role, ask for experience in"), "%"),
    "women_share": (N_("Of each centre's posts of a role, ask for women in"), "%"),
    "men_share": (N_("Of each centre's posts of a role, ask for men in"), "%"),
}


def km(points: int) -> str:
    """Points as the kilometres that they stand for: "12.4 km"."""
    return f"{points / 100:,.1f} km"


def pill_of(state: str) -> dict[str, str]:
    """The state of a proposal as a pill: kind, icon and word."""
    kind, icon, said = STATES[state]
    return {"kind": kind, "icon": icon, "word": _(said)}


def state_sentence(proposal: Proposal, picks: int) -> str:
    """One sentence: how many places are filled, that it is the optimum, and how long it took."""
    if proposal.state == "waiting":
        return _("The best deployment is being worked out. It usually takes seconds.")
    if proposal.state == "failed":
        return _(proposal.failure) if proposal.failure else _("Not solved")
    if proposal.state == "discarded":
        return _("This proposal was discarded: nobody was told of it.")
    tongue = language_now()
    said = _(
        "%(filled)s of %(places)s open places are filled.",
        filled=words.count(proposal.filled, tongue),
        places=words.count(proposal.places, tongue),
    )
    if proposal.milliseconds is not None:
        said += " " + _(
            "It is the optimum: no other deployment fills more places or costs less by these"
            " weights. Found in %(seconds)s seconds.",
            seconds=f"{proposal.milliseconds / 1000:.1f}",
        )
    kept = picks - (proposal.filled or 0)
    if proposal.state == "ready" and kept > 0:
        said += " " + ngettext("%(num)s was kept.", "%(num)s were kept.", kept)
    return said


def weights_in_words(asks: Asks) -> str:
    """ "1 km from the workstation counts 1, from home 0.5; chosen last year costs 15 km …"."""
    return _(
        "1 km from the workstation counts %(work)s, from home %(home)s; chosen last year costs"
        " %(chosen)s km; a newcomer where experience is asked %(new)s km; another gender than asked"
        " %(gender)s km.",
        work=_plain(asks.workstation),
        home=_plain(asks.home),
        chosen=asks.chosen_last_year,
        new=asks.experience,
        gender=asks.gender,
    )


def _plain(percent: int) -> str:
    return f"{percent / 100:g}"


def weight_fields(asks: Mapping[str, Any], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The weights as fields to change, with what was typed."""
    return [
        {
            "name": name,
            "label": _(label),
            "unit": unit,
            "value": asks.get(name, ""),
            "most": LIMITS[name],
            "error": errors.get(name),
        }
        for name, (label, unit) in WEIGHTS.items()
    ]


def role_of(line: Any) -> str:
    """The role of a line in the reader's language."""
    return in_language(line.role, line.role_sw)


def pick_words(line: Any, asks: Asks) -> list[str]:
    """Why this person got this place: distance, fairness, mix."""
    said = [_distance(line)]
    if line.home:
        said.append(_("Home in %(place)s.", place=line.home))
    if line.fairness:
        said.append(_("Chosen last year: costs %(km)s.", km=km(line.fairness)))
    else:
        said.append(_("Not chosen last year."))
    if line.asked:
        said.append(_not_met(line.asked, asks))
    return said


def _distance(line: Any) -> str:
    far = distance_km((line.work_lon, line.work_lat), (line.lon, line.lat))
    if far is None:
        return _(
            "The workstation's place is not on the map: counts %(km)s by its sub-county.",
            km=km(line.distance),
        )
    return _(
        "%(far)s km from the workstation; with home counts %(km)s.",
        far=f"{far:.1f}",
        km=km(line.distance),
    )


def _not_met(points: int, asks: Asks) -> str:
    """Which wish of the centre this pick does not meet."""
    new, gender = asks.experience * 100, asks.gender * 100
    if points == new + gender:
        said = _("The centre asks for experience and for another gender: costs %(km)s.")
    elif new == gender:
        said = _("Not what the centre asks for: costs %(km)s.")
    elif points == new:
        said = _("A newcomer where the centre asks for experience: costs %(km)s.")
    else:
        said = _("Another gender than the centre asks for: costs %(km)s.")
    return said % {"km": km(points)}


def marks_of(line: Any) -> list[str]:
    """Why a pick is worth a look, in a word or two each."""
    told = (
        (line.questioned, _("Concern")),
        (line.asked > 0, _("Asked for, not met")),
        (line.fairness > 0, _("Chosen last year")),
    )
    return [word for holds, word in told if holds]


def refusal_words(line: Any) -> str:
    """Why somebody has no place: the best they might have had, or the rules in the way."""
    if line.bars:
        named = ", ".join(str(RULES.get(kind, kind)) for kind in line.bars)
        return _("Rules in the way: %(rules)s.", rules=named)
    if line.post_id is None:
        return _("The days are taken, or no place asks for the work this person wants.")
    facts = {
        "role": role_of(line),
        "centre": line.centre,
        "km": km(line.points),
        "taken": km(line.taken_for),
    }
    if line.points > line.taken_for:
        return _(
            "Best place: %(role)s, %(centre)s, for %(km)s. Who has it costs at most %(taken)s.",
            **facts,
        )
    return _(
        "Best place: %(role)s, %(centre)s, for %(km)s. Who has it brings what the centre asks for,"
        " or leaves a better place to somebody else.",
        **facts,
    )


def gap_words(line: Any) -> str:
    """What keeps people from the places that stay empty: the nearest relaxations."""
    nearest = sorted(line.relaxations.items(), key=lambda one: (-one[1], one[0]))
    people = sum(number for _kind, number in nearest)
    if not people:
        return _("Nobody left over is one rule away from it: more people are needed.")
    named = ", ".join(f"{RULES.get(kind, kind)} {number}" for kind, number in nearest)
    return ngettext(
        "%(num)s person is kept out by one rule alone: %(rules)s.",
        "%(num)s people are kept out by one rule alone: %(rules)s.",
        people,
        rules=named,
    )


def kinds_of(by_kind: Mapping[Shown, int]) -> Sequence[tuple[Shown, str, int]]:
    """Every kind of pick with its words and number; kinds without any are left out."""
    always = {Shown.ODD, Shown.ALL}
    return [
        (kind, _(said), by_kind[kind])
        for kind, said in KINDS.items()
        if by_kind[kind] or kind in always
    ]
