"""Releases and the files on their way in, the newest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import NotFound
from app.results.models import ResultFile, ResultRelease
from app.scoping.restrict import restrict
from app.scoping.scope import Scope
from app.words import N_

MOST = 50


def releases(session: Any, scope: Scope) -> list[ResultRelease]:
    """The newest releases, for whoever sees the whole country; nobody else sees any."""
    if not scope.is_everything:
        return []
    statement = select(ResultRelease).options(joinedload(ResultRelease.series))
    return list(session.scalars(statement.order_by(ResultRelease.id.desc()).limit(MOST)))


def release_of(session: Any, scope: Scope, release_id: int, *, lock: bool = False) -> ResultRelease:
    """The release of this id. Raises NotFound, for whoever does not see the whole country too."""
    statement = select(ResultRelease).where(ResultRelease.id == release_id)
    statement = statement.execution_options(populate_existing=True)
    found: ResultRelease | None = None
    if scope.is_everything:
        found = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def files_in(session: Any, scope: Scope) -> list[ResultFile]:
    """The files that are not a release, the newest first."""
    statement = (
        select(ResultFile)
        .options(joinedload(ResultFile.series))
        .where(ResultFile.state != "stored")
        .order_by(ResultFile.id.desc())
        .limit(MOST)
    )
    return list(session.scalars(restrict(statement, ResultFile, scope)))
