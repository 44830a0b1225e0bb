"""Frames of coverage, attendance and claims: grain, types, truth against marks, and never a scan of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event, select, text

from app.attendance import frames as attendance_frames
from app.attendance.frames import attendance
from app.attendance.models import CentreDay
from app.attendance.queries import days_of_officer, sub_counties_on
from app.claims import frames as claims_frames
from app.claims.computation import Bucket, DutyDay, compute
from app.claims.frames import claims, claims_by_place_and_role
from app.claims.queries import rates_of
from app.coverage import frames as coverage_frames
from app.coverage.frames import coverage
from app.errors import NotFound, RuleBroken
from app.exams.models import DayRate
from app.exams.slices import Grain, Slice, slice_from
from app.people.models import Officer
from app.places.models import County, SubCounty
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL, NOBODY, Scope, ScopeKind, centre_scope, sub_county_scope
from tests.factories import seasons, world
from tests.factories.registers import EVERYTHING

FRAMES = (coverage, attendance, claims, claims_by_place_and_role)
INTEGERS = {
    coverage: coverage_frames.COUNTED,
    attendance: (*attendance_frames.PEOPLE, *attendance_frames.REGISTERS),
    claims: (*claims_frames.DAYS, *claims_frames.AMOUNTS, "days_without_rate"),
    claims_by_place_and_role: (*claims_frames.DAYS, *claims_frames.AMOUNTS, "rate_year"),
}


@pytest.fixture(autouse=True)
def _office_time(session: Any) -> None:
    world.freeze()
    enter_scope(session, EVERYTHING)


def part_of(session: Any, scope: Scope = NATIONAL, **words: str) -> Slice:
    given = {"series": "KCSE-2026"} | {name.replace("_", "-"): word for name, word in words.items()}
    return slice_from(session, scope, given, today=world.TODAY)


def one(frame: pd.DataFrame, code: str) -> Any:
    return next(row for row in frame.itertuples() if row.code == code)


def scope_of(session: Any, slug: str) -> Scope:
    found = session.scalars(select(SubCounty.id).where(SubCounty.slug == slug)).one()
    return sub_county_scope([found])


@contextmanager
def statements(session: Any) -> Iterator[list[tuple[str, Any]]]:
    """Every statement sent inside the block, with its parameters."""
    seen: list[tuple[str, Any]] = []
    connection = session.connection()

    def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize("by", list(Grain))
def test_frame_has_one_row_for_each_of_its_grain(session: Any, make: Any, by: Grain) -> None:
    frame = make(session, NATIONAL, part_of(session, by=str(by), day="all"))
    grain = ["code", "role_code"] if make is claims_by_place_and_role else ["code"]
    assert len(frame) > 0
    assert not frame.duplicated(grain).any()


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize("by", list(Grain))
def test_frame_keeps_its_types_even_when_empty(session: Any, make: Any, by: Grain) -> None:
    for scope in (NATIONAL, NOBODY):
        frame = make(session, scope, part_of(session, by=str(by)))
        types = {name: str(frame[name].dtype) for name in INTEGERS[make]}
        assert set(types.values()) == {"Int64"}
        assert str(frame["code"].dtype) == "str"
    assert str(attendance(session, NATIONAL, part_of(session))["rate"].dtype) == "Float64"


def test_coverage_counts_posts_people_and_the_gap(session: Any) -> None:
    session.execute(
        text(
            "UPDATE deployment SET status = 'withdrawn', ends_on = :last WHERE id IN ("
            "SELECT d.id FROM deployment d JOIN centre c ON c.id = d.centre_id"
            " JOIN staff_role r ON r.id = d.role_id WHERE c.code = :centre AND r.code = 'clerk')"
        ),
        {"last": world.YESTERDAY, "centre": world.SECOND_CENTRE},
    )
    frame = coverage(session, NATIONAL, part_of(session, by="sub-county"))
    assert list(frame["code"]) == ["kisumu-east", "kisumu-west", "nakuru-town-east"]
    east = one(frame, "kisumu-east")
    assert (east.required, east.deployed, east.gap) == (20, 19, 1)
    assert east.present is pd.NA


def test_unknown_presence_differs_from_zero(session: Any) -> None:
    frame = coverage(session, NATIONAL, part_of(session, by="day"))
    assert one(frame, world.TODAY.isoformat()).present is pd.NA
    assert one(frame, world.MONDAY.isoformat()).present == 4 * 8
    session.execute(
        text("UPDATE centre_day SET absent = expected, present = 0, late = 0, held = 0")
    )
    frame = coverage(session, NATIONAL, part_of(session, by="day"))
    assert one(frame, world.MONDAY.isoformat()).present == 0


def test_roles_that_rest_that_day_are_not_required(session: Any) -> None:
    frame = coverage(session, NATIONAL, part_of(session, by="role", day="2026-10-28"))
    assert one(frame, "supervisor").required == 4
    assert one(frame, "invigilator").required == 0
    assert one(frame, "driver").required == 2


def test_attendance_rate_is_of_submitted_registers_only(session: Any) -> None:
    centre = one(
        attendance(session, NATIONAL, part_of(session, by="centre", day="2026-11-09")), world.CENTRE
    )
    assert (centre.expected, centre.present, centre.late, centre.absent) == (9, 8, 1, 1)
    assert centre.rate == pytest.approx(8 / 9)
    session.execute(text("UPDATE register SET state = 'open'"))
    session.execute(text("UPDATE centre_day SET state = 'open'"))
    centre = one(
        attendance(session, NATIONAL, part_of(session, by="centre", day="2026-11-09")), world.CENTRE
    )
    assert (centre.rate is pd.NA, centre.expected is pd.NA, centre.open) == (True, True, 1)


def test_register_counts_agree_with_the_lists_of_the_register(session: Any) -> None:
    seasons.fill(session, 3)
    day = seasons.DAY_BEFORE_WORLD
    frame = attendance(session, NATIONAL, part_of(session, by="sub-county", day=str(day)))
    lines = sub_counties_on(NATIONAL, day)
    assert {line.slug for line in lines} == set(frame["code"])
    for line in lines:
        row = one(frame, line.slug)
        states = {str(state): count for state, count in line.by_state.items()}
        assert {state: getattr(row, state) for state in states} == states
        assert (row.due, row.not_opened) == (line.centres, line.not_opened)


@pytest.mark.parametrize("seed", range(4))
def test_claims_equal_the_sum_of_every_officers_own_computation(session: Any, seed: int) -> None:
    _regional_rate(session, seed)
    seasons.fill(session, seed)
    part = part_of(session, by="sub-county", day="all")
    rates = rates_of(session, part.examination_id)
    duties = [
        DutyDay(
            one_day.day,
            one_day.role_code,
            payable=one_day.payable,
            county_code=one_day.county_code,
            mark=one_day.mark,
            register=one_day.register,
            disputed=one_day.dispute == "open",
        )
        for officer_id in session.scalars(select(Officer.id))
        for one_day in days_of_officer(EVERYTHING, officer_id)
        if one_day.series_id == part.series.id
    ]
    whole = compute(duties, rates, today=world.TODAY)
    for by in ("sub-county", "county", "centre", "day", "role"):
        frame = claims(session, NATIONAL, replace(part, by=Grain(by)))
        for name, bucket in claims_frames.BUCKETS.items():
            total = whole.total(bucket)
            assert int(frame[f"{name}_days"].sum()) == total.days, (by, name)
            assert int(frame[f"{name}_kes"].sum()) == (total.kes or 0), (by, name)
        ahead = whole.total(*(b for b in Bucket if b not in (Bucket.UNMARKED, Bucket.NOT_PAYABLE)))
        assert int(frame["days_without_rate"].sum()) == ahead.days_without_rate


def _regional_rate(session: Any, seed: int) -> None:
    """In odd worlds, Nakuru pays its supervisors another rate, and a rate begins within the season."""
    if seed % 2 == 0:
        return
    nakuru = session.scalars(select(County.id).where(County.code == "32")).one()
    rate = session.scalars(select(DayRate).where(DayRate.kes_per_day == 680)).first()
    common = {"examination_id": rate.examination_id, "role_id": rate.role_id, "source": "circular"}
    session.add(
        DayRate(
            kes_per_day=700,
            county_id=nakuru,
            year=2026,
            effective_from=dt.date(2026, 11, 5),
            **common,
        )
    )
    session.flush()


def test_role_without_a_rate_has_no_amount_and_says_so(session: Any) -> None:
    lines = claims_by_place_and_role(session, NATIONAL, part_of(session, by="role", day="all"))
    clerk = one(lines, "clerk")
    assert clerk.earned_days == 4
    money = (clerk.earned_kes, clerk.expected_kes, clerk.rate_per_day_kes, clerk.rate_year)
    assert all(amount is pd.NA for amount in money)
    assert clerk.rates == ()
    supervisor = one(lines, "supervisor")
    assert (supervisor.rate_per_day_kes, supervisor.rate_year) == (680, 2025)
    place = one(claims(session, NATIONAL, part_of(session, by="county", day="all")), "32")
    assert place.roles_without_rate == ("Clerk",)
    assert place.days_without_rate > 0


def test_as_of_counts_only_what_was_submitted_by_then(session: Any) -> None:
    part = part_of(session, by="day", day="all")
    before = dt.datetime(2026, 11, 9, 4, 44, tzinfo=dt.UTC)
    after = dt.datetime(2026, 11, 9, 4, 46, tzinfo=dt.UTC)
    early = one(attendance(session, NATIONAL, replace(part, as_of=before)), "2026-11-09")
    late = one(attendance(session, NATIONAL, replace(part, as_of=after)), "2026-11-09")
    assert (early.present is pd.NA, early.confirmed) == (True, 0)
    assert (late.present, late.confirmed) == (32, 4)


@pytest.mark.parametrize("make", FRAMES)
@pytest.mark.parametrize("by", list(Grain))
@pytest.mark.parametrize("day", ["", "all"])
def test_no_frame_reads_marks(session: Any, make: Callable[..., Any], by: Grain, day: str) -> None:
    with statements(session) as seen:
        make(session, NATIONAL, part_of(session, by=str(by), day=day))
    assert len(seen) > 2
    touched = [sql for sql, parameters in seen if "mark" in _tables_read(session, sql, parameters)]
    assert touched == []


def test_check_for_reading_marks_would_notice_it(session: Any) -> None:
    assert "mark" in _tables_read(session, "SELECT count(*) FROM mark", ())


def _tables_read(session: Any, sql: str, parameters: Any) -> set[str]:
    """The tables that PostgreSQL's own plan of a statement reads."""
    if not sql.lstrip().upper().startswith("SELECT"):
        return set()
    cursor = session.connection().connection.cursor()
    plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters or None).fetchone()[0]
    found: set[str] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.update({node["Relation Name"]} if "Relation Name" in node else set())
            node = list(node.values())
        if isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(plan)
    return found


@pytest.mark.parametrize("make", FRAMES)
def test_neighbour_is_in_no_frame(session: Any, make: Any) -> None:
    east = scope_of(session, "kisumu-east")
    enter_scope(session, east)
    for by in ("county", "sub-county", "centre"):
        frame = make(session, east, part_of(session, east, by=by, day="all"))
        codes = {"county": {"42"}, "sub-county": {"kisumu-east"}}.get(by)
        if codes is None:
            assert all(code.startswith("42238") for code in frame["code"])
        else:
            assert set(frame["code"]) == codes


@pytest.mark.parametrize("make", [coverage, attendance, claims])
def test_scope_decides_even_with_the_guard_asleep(session: Any, make: Any) -> None:
    """The explicit filter holds by itself: the session sees all, the frame only its scope."""
    enter_scope(session, EVERYTHING)
    east = scope_of(session, "kisumu-east")
    wide = make(session, NATIONAL, part_of(session, by="day", day="all"))
    narrow = make(session, east, part_of(session, east, by="day", day="all"))
    column = {coverage: "required", attendance: "expected", claims: "expected_days"}[make]
    assert 0 < int(narrow[column].sum()) < int(wide[column].sum())


def test_nobody_sees_nothing(session: Any) -> None:
    frame = coverage(session, NOBODY, part_of(session, NOBODY, by="sub-county"))
    assert len(frame) == 0


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"sub-county": "kisumu-west"}, "sub-county"),
        ({"county": "32"}, "county"),
        ({"centre": world.NEXT_DOOR}, "centre"),
        ({"centre": "' OR 1=1 --"}, "centre"),
        ({"sub-county": "no-such-place"}, "sub-county"),
        ({"series": "KCSE-1999"}, "series"),
        ({"role": "headmaster"}, "role"),
        ({"county": "32", "sub-county": "kisumu-east"}, "county"),
    ],
)
def test_what_lies_outside_the_scope_is_not_found(
    session: Any, words: dict[str, str], field: str
) -> None:
    east = scope_of(session, "kisumu-east")
    with pytest.raises(NotFound) as refusal:
        slice_from(session, east, {"series": "KCSE-2026"} | words, today=world.TODAY)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"by": "ward"}, "unknown-grain"),
        ({"day": "tomorrow"}, "not-a-day"),
        ({"day": "2026-11-08"}, "no-exam-day"),
        ({"role": "x" * 61}, "unreadable-filter"),
        ({"centre": "a\0b"}, "unreadable-filter"),
        ({"by": ["day"]}, "unreadable-filter"),
    ],
)
def test_words_of_the_wrong_kind_are_refused(session: Any, words: Any, code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        slice_from(session, NATIONAL, {"series": "KCSE-2026"} | words, today=world.TODAY)
    assert refusal.value.code == code


def test_own_places_are_found_by_their_codes(session: Any) -> None:
    east = scope_of(session, "kisumu-east")
    part = part_of(session, east, centre=world.CENTRE)
    assert (part.centre and part.centre.code, part.by) == (world.CENTRE, Grain.CENTRE)
    assert (part.sub_county and part.sub_county.code) == "kisumu-east"
    assert part_of(session, east).day == world.TODAY


def test_centre_reaches_its_own_row(session: Any) -> None:
    centre_id = session.scalars(
        select(CentreDay.centre_id).order_by(CentreDay.centre_id).limit(1)
    ).one()
    own = centre_scope([centre_id])
    enter_scope(session, own)
    frame = attendance(session, own, part_of(session, own, by="centre", day="all"))
    assert own.kind is ScopeKind.CENTRE
    assert len(frame) == 1


def test_regions_of_a_county_scope_hold_all_its_sub_counties(session: Any) -> None:
    ids = session.scalars(select(SubCounty.id).where(SubCounty.slug.like("kisumu-%"))).all()
    kisumu = sub_county_scope(ids, kind=ScopeKind.COUNTY)
    frame = coverage(session, kisumu, part_of(session, kisumu))
    assert set(frame["code"]) == {"kisumu-east", "kisumu-west"}
