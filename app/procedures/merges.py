"""Two records made one, and the letters that name the record that ended written anew."""

from __future__ import annotations

from sqlalchemy import select

from app.db.retries import in_one_transaction
from app.deployments.enums import ON_DUTY
from app.deployments.models import Deployment
from app.exams.models import Series
from app.extensions import db
from app.letters.enums import LetterState
from app.letters.models import Letter
from app.letters.services import replace_letters
from app.people.models import OfficerMerge
from app.people.services import merging
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope

__all__ = ["approve_merge"]

REASON = "The officer's two records were made one."


def approve_merge(scope: Scope, actor: Actor, lookalike_id: int, *, seen: str | None = None) -> int:
    """Makes the two records one, for good; letters that hold follow in the same act.

    Letters of seasons that are over stay as they were written. Raises what
    `merging.approve_merge` raises.
    """

    def work() -> int:
        merge_id = merging.approve_merge(scope, actor, lookalike_id, seen=seen)
        with scoped_as(db.session, merging.MERGING):
            merge = db.session.get_one(OfficerMerge, merge_id)
            named = (merge.survivor_id, merge.merged_id)
            duties = db.session.scalars(
                select(Deployment)
                .join(Series, Series.id == Deployment.series_id)
                .join(Letter, Letter.deployment_id == Deployment.id)
                .where(
                    Deployment.officer_id == merge.survivor_id,
                    Deployment.status.in_(ON_DUTY),
                    Series.status != "finished",
                    Letter.state == LetterState.VALID,
                    Letter.officer_id.in_(named),
                )
                .order_by(Deployment.id)
            ).all()
            replace_letters(db.session, actor, duties, REASON)
        return merge_id

    return in_one_transaction(db.session, work)
