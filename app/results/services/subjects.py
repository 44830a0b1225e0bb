"""The subjects of a series: those of the series before with its shares, else the council's list."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.exams.models import Series
from app.results.enums import ReleaseState
from app.results.models import ResultRelease, ResultSubject

DATA = Path(__file__).resolve().parents[1] / "data"


def adopt_subjects(session: Any, series_id: int) -> None:
    """Gives a series its subjects where it has none yet, each with the share that is expected."""
    if session.scalars(select(ResultSubject.id).filter_by(series_id=series_id).limit(1)).first():
        return
    before = _before(session, series_id)
    found = [_again(one, _shares(session, before)) for one in _of(session, before)] or _listed()
    session.add_all(ResultSubject(series_id=series_id, **values) for values in found)
    session.flush()


def _before(session: Any, series_id: int) -> int | None:
    """The latest earlier series of the examination that has subjects."""
    own = session.get(Series, series_id)
    found: int | None = session.scalars(
        select(Series.id)
        .join(ResultSubject, ResultSubject.series_id == Series.id)
        .where(Series.examination_id == own.examination_id, Series.year < own.year)
        .order_by(Series.year.desc())
        .limit(1)
    ).first()
    return found


def _of(session: Any, series_id: int | None) -> list[ResultSubject]:
    return list(
        session.scalars(
            select(ResultSubject).filter_by(series_id=series_id).order_by(ResultSubject.code)
        )
    )


def _shares(session: Any, series_id: int | None) -> dict[str, Decimal]:
    """The shares that the released results of a series had."""
    counts = session.scalars(
        select(ResultRelease.counts).where(
            ResultRelease.series_id == series_id, ResultRelease.state == str(ReleaseState.RELEASED)
        )
    ).first()
    if not counts or not counts["candidates"]:
        return {}
    return {
        one["code"]: Decimal(one["entries"]) / counts["candidates"] for one in counts["subjects"]
    }


def _again(one: ResultSubject, shares: dict[str, Decimal]) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "subject_group": one.subject_group,
        "share": round(shares.get(one.code, Decimal(0)), 5) if shares else one.share,
        "assumed": one.assumed and not shares,
    }


def _listed() -> list[dict[str, Any]]:
    with (DATA / "kcse_subject_shares.csv").open(encoding="utf-8", newline="") as file:
        shares = {row["code"]: Decimal(row["share"]) for row in csv.DictReader(file)}
    with (DATA / "kcse_subjects.csv").open(encoding="utf-8", newline="") as file:
        return [
            {
                "code": row["code"],
                "name": row["subject"],
                "subject_group": row["group"],
                "share": shares.get(row["code"]),
                "assumed": True,
            }
            for row in csv.DictReader(file)
        ]
