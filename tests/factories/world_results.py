"""Results of the fixed world: last year's release, checked and not approved, and a file to put right.

Maseno Secondary's first candidate is withheld; the cast of candidates is `CAST`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from app.access.models import User
from app.exams.models import Series
from app.places.models import Centre, County, SubCounty
from app.results.models import (
    SEALED_KEY,
    EdgeNotice,
    ResultCandidate,
    ResultCentre,
    ResultFault,
    ResultFile,
    ResultLine,
    ResultOutlier,
    ResultPiece,
    ResultRelease,
    ResultVersion,
)
from app.results.queries.counting import counts_of
from app.results.rules import row_hash, subjects_json
from app.results.sealing import new_key
from app.results.services.subjects import adopt_subjects

SERIES = "KCSE-2025"
HERE, THERE, FAR = "42238101", "42239101", "32275101"
"""Centres of last year in Kisumu East, Kisumu West and Nakuru Town East."""
CAST = (
    (HERE, 1, "Achieng Otieno Were", "F", "A-"),
    (HERE, 2, "Brian Ng'ang'a", "M", "B+"),
    (HERE, 3, "Dorcas Akinyi Anne-Marie", "F", "C-"),
    (THERE, 1, "Collins Barasa", "M", "W"),
    (THERE, 2, "Everlyne Chebet", "F", "X"),
    (FAR, 1, "Felix Mutua", "M", "D+"),
)
SUBJECTS = {"101": "A-", "102": "B+", "121": "C-", "233": "B", "231": "D+", "311": "E", "565": "C"}
LOADED = dt.datetime(2026, 1, 8, 6, tzinfo=dt.UTC)


def index_number(centre: str, number: int) -> str:
    """The index number of a candidate of the cast."""
    return f"{centre}{number:03d}"


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    from app.db.vault import vault_from

    series = b.session.scalars(select(Series).where(Series.code == SERIES)).one()
    officer = b.session.scalars(select(User).where(User.username == "results.officer")).one()
    adopt_subjects(b.session, series.id)
    file = {
        "series_id": series.id,
        "file_name": "kcse-2025.csv",
        "file_bytes": 700,
        "file_hash": b"world".ljust(32, b"."),
        "format": "csv",
    }
    vault = vault_from("world", "results")
    release = b.add(
        ResultRelease(
            **file,
            number=1,
            state="loaded",
            candidates=len(CAST),
            prepared_by=officer.id,
            store_key=vault.seal_bytes(new_key(), context=SEALED_KEY),
            proof={"rows": len(CAST), "cells": 66, "differences": 0, "named": [], "columns": []},
        )
    )
    centres = {code: _centre(b, series.id, release.id, code) for code in (HERE, THERE, FAR)}
    for line, (code, number, names, sex, mean) in enumerate(CAST, 2):
        _candidate(b, release.id, centres[code], line=line, said=(number, names, sex, mean))
    release.state, release.checked_at = "checked", LOADED
    b.session.flush()
    _withheld(b, release.id)
    release.counts = counts_of(b.session, release.id)
    _standing_out(b, release.id, centres[THERE])
    _said(b)
    _waiting(b, file, officer.id)


def _standing_out(b: Any, release_id: int, centre: ResultCentre) -> None:
    """A centre that is worth a look."""
    b.add(
        ResultOutlier(
            release_id=release_id,
            centre_id=centre.centre_id,
            kind="many",
            grade="W",
            number=1,
            candidates=2,
        )
    )


def _said(b: Any) -> None:
    """A notice that stood on the public edge for a day."""
    approver = b.session.scalars(select(User).where(User.username == "results.approver")).one()
    b.add(
        EdgeNotice(
            text_en="Lines are open until 8 in the evening.",
            text_sw="Simu zi wazi hadi saa mbili usiku.",
            shown_from=LOADED,
            shown_until=LOADED + dt.timedelta(days=1),
            reason="Many call.",
            actor_id=approver.id,
            actor_name="Results Approver",
            acted_at=LOADED,
        )
    )


def _centre(b: Any, series_id: int, release_id: int, code: str) -> ResultCentre:
    place = b.session.scalars(select(SubCounty).where(SubCounty.code == code[2:5])).one()
    county = b.session.scalars(select(County).where(County.id == place.county_id)).one()
    centre = b.add(
        Centre(
            series_id=series_id,
            sub_county_id=place.id,
            code=code,
            name=f"{place.name} Old Boys",
            kind="school",
            candidates=3,
        )
    )
    return b.add(
        ResultCentre(
            release_id=release_id,
            centre_id=centre.id,
            sub_county_id=place.id,
            code=code,
            name=centre.name,
            county_code=county.code,
            county=county.name,
            registered=3,
            candidates=sum(1 for one in CAST if one[0] == code),
        )
    )


def _candidate(
    b: Any, release_id: int, centre: ResultCentre, *, line: int, said: tuple[int, str, str, str]
) -> None:
    number, names, sex, mean = said
    index = index_number(centre.code, number)
    b.add(
        ResultCandidate(
            release_id=release_id,
            index_number=index,
            line=line,
            centre_id=centre.centre_id,
            sub_county_id=centre.sub_county_id,
            sex=sex,
            mean_grade=mean,
            names=names,
            subjects=SUBJECTS,
            row_hash=row_hash(index, names, sex, mean, subjects_json(SUBJECTS)),
        )
    )


def _withheld(b: Any, release_id: int) -> None:
    """One result with a history."""
    one = b.session.get(ResultCandidate, (release_id, index_number(THERE, 1)))
    before = {"names": one.names, "mean_grade": "W", "held": None, "subjects": SUBJECTS}
    b.add(
        ResultVersion(
            release_id=release_id,
            index_number=one.index_number,
            version=2,
            sub_county_id=one.sub_county_id,
            act="withhold",
            before=before,
            after={**before, "held": "W"},
            reason="Scripts are looked into.",
            public=False,
            actor_name="Results Officer",
            changed_at=LOADED,
        )
    )
    one.version, one.held = 2, "W"
    b.session.flush()


def _waiting(b: Any, file: dict[str, Any], officer_id: int) -> None:
    """A file that was checked and has one cell to put right."""
    fault = {
        "code": "mean-grade",
        "message": "Write a grade from A to E with its sign, or X, Y, U, P or W.",
    }
    said = {**fault, "at": 3, "facts": {}, "warning": False, "row": 2, "number": 1}
    one = b.add(
        ResultFile(
            **file | {"file_hash": b"second".ljust(32, b"."), "file_name": "kcse-2025-again.csv"},
            state="checked",
            run=1,
            heading_row=1,
            headings=["Index", "Names", "Sex", "Mean", "101"],
            mapping=["index_number", "names", "sex", "mean_grade", "101"],
            report={
                "rows": 1, "rejected": 1, "wrong_columns": 0, "warned": 0, "faults": [said],
                "registered": 9, "centres": 0, "centres_without": 3, "centres_off": 0, "means": {},
            },
            added_by=officer_id,
            asked_by=officer_id,
        )
    )  # fmt: skip
    b.add(ResultPiece(file_id=one.id, number=0, body=b"sealed"))
    b.add(ResultLine(file_id=one.id, row_number=2, rejected=True, cells=b"sealed"))
    b.add(ResultFault(file_id=one.id, row_number=2, at=3, **fault))
