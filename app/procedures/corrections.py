"""A correction answered with all that hangs on it: deployment, letter and SMS in one unit of work."""

from __future__ import annotations

import datetime as dt

from app.db.uow import unit_of_work
from app.deployments.enums import CorrectionKind, CorrectionState
from app.deployments.services import corrections
from app.errors import RuleBroken
from app.extensions import db
from app.letters import services as letters
from app.letters.enums import LetterState
from app.letters.queries import content_of, letters_of
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = ["amend_dates", "amend_name", "refuse"]


def amend_dates(
    scope: Scope,
    actor: Actor,
    correction_id: int,
    *,
    first: dt.date | None,
    last: dt.date | None,
    answer: str,
) -> None:
    """Gives the deployment other days, writes its letter anew and tells the officer.

    RuleBroken where a day is missing.
    """
    require(actor, "corrections", "amend")
    with unit_of_work(db.session) as session:
        correction = corrections.open_one(session, scope, correction_id)
        if first is None or last is None:
            field = "starts_on" if first is None else "ends_on"
            raise RuleBroken("day-missing", N_("Choose a day."), field=field)
        said = corrections.said_in(answer, "answer", N_("Write the answer; the officer reads it."))
        deployment = corrections.amend_dates(
            session, scope, actor, correction.deployment_id, days=(first, last), reason=said
        )
        letters.replace_letters(session, actor, [deployment], said)
        corrections.settle(session, actor, correction_id, CorrectionState.AMENDED, said)


def amend_name(scope: Scope, actor: Actor, correction_id: int, *, answer: str) -> None:
    """Writes the letter anew with the name that the profile has by now, and tells the officer.

    Names are changed in the profile alone: RuleBroken while the letter says what the profile says.
    """
    require(actor, "corrections", "amend")
    with unit_of_work(db.session) as session:
        correction = corrections.open_one(session, scope, correction_id)
        said = corrections.said_in(answer, "answer", N_("Write the answer; the officer reads it."))
        if correction.kind != CorrectionKind.NAME:
            raise RuleBroken("not-the-name", N_("The name is not what is wrong here."))
        deployment = corrections.deployment_to_amend(session, scope, correction.deployment_id)
        held = [
            one
            for one in letters_of(session, scope, [deployment.id])
            if one.state == LetterState.VALID
        ]
        if held and content_of(held[0]).name == deployment.officer.full_name:
            raise RuleBroken(
                "name-same",
                N_("The letter says the name of the profile already. Correct the profile first."),
            )
        letters.replace_letters(session, actor, [deployment], said)
        corrections.settle(session, actor, correction_id, CorrectionState.AMENDED, said)


def refuse(scope: Scope, actor: Actor, correction_id: int, *, answer: str) -> None:
    """Leaves the duty as it is, for a reason that the officer is told."""
    require(actor, "corrections", "refuse")
    with unit_of_work(db.session) as session:
        corrections.open_one(session, scope, correction_id)
        corrections.settle(session, actor, correction_id, CorrectionState.REFUSED, answer)
