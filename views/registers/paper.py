"""The register and the season as the values that their A4 papers are drawn from."""

from __future__ import annotations

import hashlib
import json

from app import clock
from app.attendance import queries
from app.attendance.enums import SETTLED
from app.attendance.queries import CentreOnDay, RegisterPage
from app.scoping.scope import Scope
from reports.pdf.values import (
    CentreHead,
    RegisterRow,
    RegisterSheet,
    SeasonDay,
    SeasonRow,
    SeasonSheet,
)
from views.registers.sentences import KIND_WORDS


def register_sheet(page: RegisterPage) -> RegisterSheet:
    """The day's register as a paper; unmarked where nothing is stored, to be filled in by hand."""
    place = page.place
    confirmed = page.last("confirm") if page.state in SETTLED else None
    return RegisterSheet(
        head=_head(place),
        day=place.day,
        day_kind=KIND_WORDS[place.hours.kind] if place.hours else "",
        rows=tuple(
            RegisterRow(
                name=line.name,
                role=line.role,
                tsc_number=line.tsc_number,
                mark=line.status,
                minutes_late=line.minutes_late,
                remark=". ".join(part for part in (line.reason, line.remark) if part),
                marked_own_row=line.self_marked,
            )
            for line in page.lines
        ),
        state=page.state,
        version=page.version,
        printed_at=clock.now(),
        sessions=" / ".join(f"{one:%H:%M}" for one in place.sessions),
        candidates=place.candidates,
        submitted_at=page.submitted_at,
        marked_by=page.marked_by or "",
        confirmed_at=page.confirmed_at,
        confirmed_by=confirmed.by if confirmed else "",
        digest=_digest(page),
    )


def season_sheet(scope: Scope, place: CentreOnDay) -> SeasonSheet:
    """The centre's whole season as a paper."""
    days = queries.season_of(scope, place.centre_id)
    return SeasonSheet(
        head=_head(place),
        days=tuple(SeasonDay(one.day, one.payable, one.state) for one in days),
        rows=tuple(
            SeasonRow(
                name=person.name,
                role=person.role,
                marks=tuple(person.marks.get(one.day) for one in days),
                tsc_number=person.tsc_number,
            )
            for person in queries.people_of_season(scope, place.centre_id)
        ),
        printed_at=clock.now(),
    )


def _head(place: CentreOnDay) -> CentreHead:
    return CentreHead(
        examination=place.series,
        centre_name=place.name,
        centre_code=place.code,
        sub_county=place.sub_county,
        county=place.county,
    )


def _digest(page: RegisterPage) -> str:
    """Sixteen letters that change with every stored mark, to compare paper and portal."""
    plain = json.dumps(page.as_answer(), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]
