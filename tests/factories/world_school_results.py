"""Queries of the fixed world: one school asked about last year's first candidate, and waits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.results.models import ResultCandidate
from app.school_results.models import ResultQuery, ResultQueryMove
from tests.factories.world_results import CAST, HERE, LOADED, index_number


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    index = index_number(HERE, CAST[0][1])
    one = b.session.scalars(
        select(ResultCandidate).where(ResultCandidate.index_number == index)
    ).one()
    said = "English is lower than in every paper we hold."
    query = b.add(
        ResultQuery(
            release_id=one.release_id,
            index_number=index,
            centre_id=one.centre_id,
            sub_county_id=one.sub_county_id,
            version=1,
            subject="101",
            words=said,
            raised_at=LOADED,
        )
    )
    b.add(
        ResultQueryMove(
            query_id=query.id,
            centre_id=one.centre_id,
            act="raise",
            words=said,
            actor_name="The principal",
            moved_at=LOADED,
        )
    )
