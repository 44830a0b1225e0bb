"""The marker's half of the register: open it, save marks, submit it.

At a school that is the centre; at a store the SCDE, who is nobody of its roster: there the account
alone says who marked.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app import clock
from app.attendance.enums import Act, MarkStatus, RegisterState, Window
from app.attendance.machine import is_correction, marking_bar, window
from app.attendance.models import Register
from app.attendance.queries import CentreOnDay, Line, RegisterPage, centre_on_day, page_of
from app.attendance.queries.pages import NOT_OPENED
from app.attendance.rules import GivenMark, check_marks, differences
from app.attendance.services import receipts
from app.attendance.services.moves import chosen_move, locked_register, state_of, store_move
from app.db.retries import in_one_transaction
from app.errors import Conflict, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_, Sentence


@dataclass(frozen=True, slots=True)
class Marking:
    """What a centre sends: the version it saw, who marked, and the marks; `submit` ends the day.

    `late_reason`: the page asks why somebody was late; a program may leave it out.
    """

    request_id: uuid.UUID
    version: int
    submit: bool
    marked_by: int | None
    marks: tuple[GivenMark, ...]
    late_reason: bool = False

    def body(self, place: CentreOnDay) -> dict[str, Any]:
        """Everything that makes two requests the same request."""
        return {
            "centre": place.centre_id,
            "day": place.day.isoformat(),
            "version": self.version,
            "submit": self.submit,
            "marked_by": self.marked_by,
            "marks": sorted([m.deployment_id, *map(_plain, m.says)] for m in self.marks),
        }


def open_register(scope: Scope, actor: Actor, centre_id: int, day: dt.date) -> RegisterPage:
    """Opens the register of the day with its whole roster unmarked; an open one stays as it is."""

    def work() -> RegisterPage:
        place = centre_on_day(scope, day, centre_id=centre_id)
        require(actor, place.resource, "open")
        register, is_new = _register_for(scope, actor, place)
        page = page_of(scope, place, None if is_new else register)
        if not is_new:
            return page
        move = chosen_move(actor, place, None, Act.OPEN)
        _refuse_outside_hours(place, register, None)
        _write_marks(actor, page, register, state=move.after)
        store_move(actor, register, move, facts={"people": len(page.lines)})
        return replace(page, state=move.after, version=register.version)

    return in_one_transaction(db.session, work)


def mark_register(
    scope: Scope, actor: Actor, centre_id: int, day: dt.date, marking: Marking
) -> dict[str, Any]:
    """Stores the marks, and with `submit` hands the register to the SCDE; returns the answer.

    The same request again returns the stored answer. Raises Conflict with both values when
    somebody stored another version meanwhile, RuleBroken for every fault of the marks, for
    somebody left out of a submit, and outside the marking hours.
    """

    def work() -> dict[str, Any]:
        place = centre_on_day(scope, day, centre_id=centre_id)
        require(actor, place.resource, "submit" if marking.submit else "mark")
        done = receipts.claim(actor, marking.request_id, marking.body(place))
        if done is not None:
            return done
        register, is_new = _register_for(scope, actor, place)
        page = page_of(scope, place, None if is_new else register)
        before = None if is_new else state_of(register)
        move = chosen_move(actor, place, before, Act.SUBMIT if marking.submit else Act.SAVE)
        _refuse_outside_hours(place, register, before)
        _refuse_stale(page, marking)
        marks = check_marks(
            marking.marks, page.names, complete=marking.submit, late_reason=marking.late_reason
        )
        marker = _marker(actor, page, marking.marked_by)
        checked = replace(marking, marks=marks)
        _write_marks(actor, page, register, state=move.after, marker=marker, marking=checked)
        register.marked_by_id = marker.deployment_id if marker else None
        if marking.submit:
            register.submitted_at = clock.now()
            register.submitted_by = actor.user_id
            register.return_reason = None
        store_move(actor, register, move, facts=_counted(marks, marker))
        answer = _after(page, register, marks, marker).as_answer()
        receipts.store(actor, marking.request_id, answer)
        return answer

    try:
        return in_one_transaction(db.session, work)
    except IntegrityError as error:
        raise _in_words(error) from error


def markers_for(actor: Actor, page: RegisterPage) -> tuple[Line, ...]:
    """Who may say that they marked: people on duty here today, or themselves alone.

    An officer with a sign-in of their own marks in their own name. Once nobody is on duty any
    more (a correction after the season), the people of the day may.
    """
    here = tuple(line for line in page.markers if line.on_duty_today) or page.lines
    if actor.officer_id is None:
        return here
    return tuple(line for line in here if line.officer_id == actor.officer_id)


def marking_refusal(page: RegisterPage) -> Sentence | None:
    """Why the centre may not mark this register now, or None when it may."""
    if page.place.hours is None:
        return Sentence(N_("The calendar holds no examination on this day."))
    now_in = window(page.place.hours, clock.now())
    return marking_bar(
        page.state,
        now_in,
        was_submitted=page.submitted_at is not None,
        of_store=page.place.of_store,
    )


def _register_for(scope: Scope, actor: Actor, place: CentreOnDay) -> tuple[Register, bool]:
    """The day's register under lock, inserted when it was absent; true when it is new.

    Two first openings meet at the unique key: the second waits there and finds the first's.
    """
    inserted = db.session.execute(
        insert(Register.__table__)
        .values(
            series_id=place.series_id,
            centre_id=place.centre_id,
            sub_county_id=place.sub_county_id,
            day=place.day,
            version=0,
            opened_at=clock.now(),
            opened_by=actor.user_id,
        )
        .on_conflict_do_nothing(index_elements=["centre_id", "day"])
        .returning(Register.__table__.c.id)
    ).first()
    register = locked_register(scope, place.centre_id, place.day)
    if register is None:
        raise Conflict("register-gone", N_("The register changed meanwhile. Open it again."))
    return register, inserted is not None


def _refuse_outside_hours(
    place: CentreOnDay, register: Register, before: RegisterState | None
) -> None:
    if place.hours is None:
        said = N_("The calendar holds no examination on this day.")
        raise RuleBroken("no-examination-day", said)
    now_in = window(place.hours, clock.now())
    bar = marking_bar(
        before,
        now_in,
        was_submitted=register.submitted_at is not None,
        of_store=place.of_store,
    )
    if bar is not None:
        early = now_in.window is Window.BEFORE
        code = "marking-not-open" if early else "marking-closed"
        raise RuleBroken(code, bar.message, facts=bar.facts)


def _refuse_stale(page: RegisterPage, marking: Marking) -> None:
    """Two phones: whoever comes second sees both values of every row, and nothing is stored."""
    if marking.version == page.version:
        return
    changed = page.stamps[-1].at if page.stamps else clock.now()
    names = page.names
    raise Conflict(
        "register-changed",
        N_(
            "This register was changed on another phone at %(time)s. Yours and theirs are shown"
            " below; choose one for each row."
        ),
        field="version",
        facts={
            "time": f"{clock.nairobi(changed):%H:%M}",
            "version": page.version,
            "state": str(page.state) if page.state else NOT_OPENED,
            "yours": marking.version,
            "rows": [
                {
                    "deployment_id": one.deployment_id,
                    "name": names[one.deployment_id],
                    "mine": as_values(one.mine),
                    "theirs": as_values(one.theirs),
                }
                for one in differences(marking.marks, page.marks)
                if one.deployment_id in names
            ],
        },
    )


def as_values(mark: GivenMark | None) -> dict[str, Any]:
    """A mark as plain JSON values; all of them None where nothing was marked."""
    if mark is None:
        return dict.fromkeys(("status", "minutes_late", "reason", "remark"))
    return {
        "status": str(mark.status),
        "minutes_late": mark.minutes_late,
        "reason": mark.reason,
        "remark": mark.remark,
    }


def _marker(actor: Actor, page: RegisterPage, marked_by: int | None) -> Line | None:
    """The deployed person who marked; raises RuleBroken when it is nobody of this centre.

    None at a store, where the SCDE marks and is marked by nobody."""
    if page.place.of_store:
        return None
    if marked_by is None:
        raise RuleBroken("marker-missing", N_("Say who marked the register."), field="marked_by")
    for line in markers_for(actor, page):
        if line.deployment_id == marked_by:
            return line
    if actor.officer_id is not None:
        said = N_("With your own sign-in you mark in your own name.")
    else:
        said = N_("The person who marked must be on duty at this centre today.")
    raise RuleBroken("marker-not-on-duty", said, field="marked_by")


WRITE_MARKS = text(
    """
    WITH given AS (
      SELECT * FROM unnest(CAST(:ids AS int[]), CAST(:statuses AS text[]),
        CAST(:minutes AS int[]), CAST(:reasons AS text[]), CAST(:remarks AS text[]))
        AS g(deployment_id, status, minutes_late, reason, remark)
    ), roster AS (
      SELECT * FROM unnest(CAST(:people AS int[]), CAST(:officers AS int[]), CAST(:roles AS int[]))
        AS r(deployment_id, officer_id, role_id)
    ), changed AS (
      INSERT INTO mark (register_id, centre_id, sub_county_id, day, deployment_id, officer_id,
        role_id, status, minutes_late, reason, remark, self_marked, marked_by_id, marked_at,
        marked_by_user)
      SELECT :register_id, :centre_id, :sub_county_id, :day, g.deployment_id, r.officer_id,
        r.role_id, g.status, g.minutes_late, g.reason, g.remark,
        coalesce(r.officer_id = :marker_officer, false), :marker, :at, :user_id
      FROM given g JOIN roster r USING (deployment_id)
      ON CONFLICT (deployment_id, day) DO UPDATE SET
        status = excluded.status, minutes_late = excluded.minutes_late, reason = excluded.reason,
        remark = excluded.remark, self_marked = excluded.self_marked,
        marked_by_id = excluded.marked_by_id, marked_at = excluded.marked_at,
        marked_by_user = excluded.marked_by_user
      WHERE (mark.status, mark.minutes_late, mark.reason, mark.remark, mark.marked_by_id)
        IS DISTINCT FROM (excluded.status, excluded.minutes_late, excluded.reason,
          excluded.remark, excluded.marked_by_id)
      RETURNING *
    ), kept AS (
      INSERT INTO mark_history (register_id, centre_id, sub_county_id, day, deployment_id,
        officer_id, role_id, status, minutes_late, reason, remark, self_marked, register_version,
        marked_by_id, marked_by_user, marked_at, request_id, correction_reason)
      SELECT register_id, centre_id, sub_county_id, day, deployment_id, officer_id, role_id,
        status, minutes_late, reason, remark, self_marked, :version, marked_by_id,
        marked_by_user, marked_at, :request_id, :correction_reason
      FROM changed
    ), standing AS (
      SELECT r.role_id, coalesce(g.status, m.status) AS status, EXISTS (
        SELECT 1 FROM dispute d WHERE d.deployment_id = r.deployment_id AND d.day = :day
          AND d.state = 'open') AS disputed
      FROM roster r LEFT JOIN given g USING (deployment_id)
        LEFT JOIN mark m ON m.deployment_id = r.deployment_id AND m.day = :day
    ), gone AS (
      DELETE FROM centre_day WHERE centre_id = :centre_id AND day = :day
        AND role_id <> ALL (CAST(:roles AS int[]))
    )
    INSERT INTO centre_day (centre_id, day, role_id, series_id, sub_county_id, expected, present,
      absent, late, unmarked, held, state, updated_at)
    SELECT :centre_id, :day, role_id, :series_id, :sub_county_id, count(*),
      count(*) FILTER (WHERE status = 'present'), count(*) FILTER (WHERE status = 'absent'),
      count(*) FILTER (WHERE status = 'late'), count(*) FILTER (WHERE status IS NULL),
      count(*) FILTER (WHERE disputed AND status IN ('present', 'late')), :state, :at
    FROM standing GROUP BY role_id
    ON CONFLICT (centre_id, day, role_id) DO UPDATE SET
      expected = excluded.expected, present = excluded.present, absent = excluded.absent,
      late = excluded.late, unmarked = excluded.unmarked, held = excluded.held,
      state = excluded.state, updated_at = excluded.updated_at
    """
)
"""Marks, their history and the day's summary in one statement; unchanged marks cost no row."""


def _write_marks(
    actor: Actor,
    page: RegisterPage,
    register: Register,
    *,
    state: RegisterState,
    marker: Line | None = None,
    marking: Marking | None = None,
) -> None:
    place = page.place
    sent_back = is_correction(page.state, was_submitted=page.submitted_at is not None)
    back = page.last("return", "reopen") if sent_back else None
    db.session.execute(
        WRITE_MARKS,
        {
            "register_id": register.id,
            "series_id": place.series_id,
            "centre_id": place.centre_id,
            "sub_county_id": place.sub_county_id,
            "day": place.day,
            "state": str(state),
            "version": register.version + 1,
            "at": clock.now(),
            "user_id": actor.user_id,
            "marker": marker.deployment_id if marker else None,
            "marker_officer": marker.officer_id if marker else None,
            "request_id": marking.request_id if marking else None,
            "correction_reason": (back.reason or "")[:300] or None if back else None,
            **columns_of(marking.marks if marking else (), page.lines),
        },
    )


def columns_of(marks: Iterable[GivenMark], lines: Iterable[Line]) -> dict[str, list[Any]]:
    marks, lines = list(marks), list(lines)
    return {
        "ids": [m.deployment_id for m in marks],
        "statuses": [str(m.status) for m in marks],
        "minutes": [m.minutes_late for m in marks],
        "reasons": [m.reason for m in marks],
        "remarks": [m.remark for m in marks],
        "people": [line.deployment_id for line in lines],
        "officers": [line.officer_id for line in lines],
        "roles": [line.role_id for line in lines],
    }


def _counted(marks: Iterable[GivenMark], marker: Line | None) -> Mapping[str, Any]:
    said = [mark.status for mark in marks]
    counts = {str(status): said.count(status) for status in MarkStatus}
    return {"marked_by": marker.deployment_id if marker else None, **counts}


def _after(
    page: RegisterPage, register: Register, marks: Iterable[GivenMark], marker: Line | None
) -> RegisterPage:
    """The page as it stands after the marks were written, without reading it again."""
    said = {mark.deployment_id: mark for mark in marks}

    def line_after(line: Line) -> Line:
        mark = said.get(line.deployment_id)
        if mark is None:
            return line
        return replace(
            line,
            status=mark.status,
            minutes_late=mark.minutes_late,
            reason=mark.reason,
            remark=mark.remark,
            self_marked=marker is not None and line.officer_id == marker.officer_id,
        )

    return replace(
        page,
        state=state_of(register),
        version=register.version,
        lines=tuple(line_after(line) for line in page.lines),
        marked_by_id=register.marked_by_id,
        submitted_at=register.submitted_at,
        return_reason=register.return_reason,
    )


def _in_words(error: IntegrityError) -> Exception:
    """The refusal for a rule that only the database can see."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name == "uq_mark_officer_id_day":
        said = N_("Somebody here is already marked elsewhere today; call the sub-county.")
        return RuleBroken("marked-elsewhere", said)
    if name == "ck_mark_covered_by_deployment":
        said = N_("Somebody here is no longer deployed at this centre. Open the register again.")
        return Conflict("roster-changed", said)
    if name == "ck_mark_day_not_yielded":
        said = N_("Somebody stands in for a person here; ask the sub-county to change that first.")
        return RuleBroken("stand-in-serves", said)
    return error


def _plain(value: object) -> str:
    return "" if value is None else str(value)
