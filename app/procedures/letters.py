"""Letters that hold are written anew, with the deployments they tell of under a lock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.db.uow import unit_of_work
from app.deployments.enums import ON_DUTY
from app.errors import IllegalMove, NotFound
from app.extensions import db
from app.letters import queries, services
from app.letters.enums import LetterState
from app.letters.models import Letter
from app.permissions import require
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.words import N_


def reissue_letters(scope: Scope, actor: Actor, ids: Sequence[int], reason: str) -> None:
    """Writes letters anew for a reason: the next version under the same serial, with what is true
    now; the versions before are replaced. Raises IllegalMove for a letter that holds no more."""
    require(actor, "letters", "reissue")
    with unit_of_work(db.session) as session:
        letters = session.scalars(
            restrict(select(Letter), Letter, scope).where(Letter.id.in_(set(ids)))
        ).all()
        if len(letters) != len(set(ids)):
            raise NotFound("not-found", N_("That record was not found."))
        found = services.deployments_of(session, [one.id for one in letters])
        held = queries.versions_of(session, [one.id for one in found])
        if any(one.state != LetterState.VALID for one in letters) or any(
            one.status not in ON_DUTY or held[one.id].state != LetterState.VALID for one in found
        ):
            raise IllegalMove(
                "letter-not-valid",
                N_("Only a letter that holds is written anew. Deploy the officer again instead."),
            )
        services.replace_letters(session, actor, found, reason)
