"""Switching SMS and USSD on and off for a release, and counting what is asked by them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.audit.services import Subject, record
from app.db.uow import unit_of_work
from app.errors import IllegalMove, RuleBroken
from app.extensions import db
from app.messages.enums import Measure, MessageKind
from app.messages.queries import budgets_for
from app.permissions import require
from app.results.enums import Channel, ReleaseState
from app.results.models import ResultQuestion, ResultSwitch
from app.results.queries.channels import asked_by, is_on
from app.results.queries.releases import release_of
from app.results.services.edge_words import ask_to_say
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = ["Question", "count_question", "is_beyond", "switch_channel"]

LONGEST_REASON = 300
SWITCHABLE = frozenset({ReleaseState.APPROVED, ReleaseState.RELEASED})
_ONE_BY_ONE = text("SELECT pg_advisory_xact_lock(hashtext('results.question'), hashtext(:asker))")


@dataclass(frozen=True, slots=True)
class Question:
    """A question by telephone: of which release, by which channel, the gateway's id, the keyed hash
    of the number."""

    release_id: int
    channel: Channel
    once: str
    asker: bytes


def switch_channel(
    scope: Scope, actor: Actor, release_id: int, channel: Channel, *, on: bool, reason: str
) -> None:
    """Switches a channel of a release on or off, from the next question on.

    Raises RuleBroken without a reason, or where it is so already; IllegalMove where a release that
    is not approved, or was superseded, would be switched on.
    """
    require(actor, "result-releases", "switch")
    with unit_of_work(db.session) as session:
        one = release_of(session, scope, release_id, lock=True)
        if on and one.state not in SWITCHABLE:
            raise IllegalMove(
                "switch-not-now",
                N_("Only an approved or open release can be answered by telephone."),
                facts={"state": one.state},
            )
        said = " ".join(reason.split())
        if not said:
            raise RuleBroken("reason-missing", N_("Write the reason."), field=f"{channel}-reason")
        if len(said) > LONGEST_REASON:
            raise RuleBroken(
                "reason-long",
                N_("Write at most %(most)s characters."),
                field=f"{channel}-reason",
                facts={"most": LONGEST_REASON},
            )
        if is_on(session, release_id, channel) == on:
            raise RuleBroken("nothing-changes", N_("This changes nothing."))
        session.add(
            ResultSwitch(
                release_id=release_id,
                channel=str(channel),
                is_on=on,
                reason=said,
                switched_by=actor.user_id,
                actor_name=actor.name[:128],
                switched_at=clock.now(),
            )
        )
        action = "results.channel_on" if on else "results.channel_off"
        ask_to_say(session)
        told = {"number": one.number, "channel": str(channel)}
        subject = Subject("result_release", release_id)
        record(session, actor, action, subject, after=told, reason=said)


def is_beyond(session: Any, asker: bytes) -> bool:
    """Whether a telephone asked as often as the budgets of results allow one number.

    Questions of one telephone wait for one another here, in the open unit of work.
    """
    session.execute(_ONE_BY_ONE, {"asker": asker.hex()})
    now = clock.real_now()
    return any(
        asked_by(session, asker, now - dt.timedelta(minutes=budget.window_minutes))
        >= budget.most_messages
        for budget in budgets_for(session, MessageKind.RESULT)
        if budget.measure == Measure.NUMBER
        and budget.kind == MessageKind.RESULT
        and budget.most_messages is not None
    )


def count_question(session: Any, question: Question, *, version: int | None) -> None:
    """Counts a question once for the gateway's id, in the open unit of work; `version` is that of
    the result that is shown, None where none is."""
    session.execute(
        insert(ResultQuestion)
        .values(
            release_id=question.release_id,
            channel=str(question.channel),
            once=question.once,
            asker=question.asker,
            shown=version is not None,
            version=version,
            asked_at=clock.real_now(),
        )
        .on_conflict_do_nothing(index_elements=["once"])
    )
