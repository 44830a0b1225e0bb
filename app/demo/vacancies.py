"""Rules of eligibility, adverts of every sub-county, and applications in each of their states.

Adverts follow from what is stored: the posts of the running series that nobody holds, and a call
for the next KCSE in each sub-county. Made in the database, after everything else is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from app.demo import season
from app.demo.registers import EAT

CIRCULAR = "KNEC circular on contracted professionals"
GUIDE = "KNEC guide to contracted professionals"
TEACHING = ("centre_manager", "supervisor", "invigilator")
OTHERS = ("security", "clerk", "driver", "store_keeper")
SINCE = dt.date(2019, 1, 1)
OF_2024 = (dt.date(2024, 1, 1), dt.date(2024, 12, 31), 2024)
SINCE_2025 = (dt.date(2025, 1, 1), None, 2025)

WEIGHTS = (("distance", 40, 100), ("experience", 30, 5), ("left_out", 20, 1), ("verified", 10, 1))
NEXT_DAYS = (
    ("practical", dt.date(2027, 10, 27), 2),
    ("rehearsal", dt.date(2027, 10, 29), 1),
    ("written", dt.date(2027, 11, 1), 19),
)
CLOSES = dt.datetime(2027, 2, 26, 17, 0, tzinfo=EAT)
OPENED = dt.datetime(2026, 11, 2, 8, 0, tzinfo=EAT)
CALLED_FOR = (("supervisor", 4), ("invigilator", 12), ("security", 6))

_NEXT_SERIES = """
    INSERT INTO series (examination_id, code, name, year, starts_on, ends_on, status)
    VALUES (%s, 'KCSE-2027', 'KCSE 2027', 2027, %s, %s, 'planned') RETURNING id
"""
_DAY = """
    INSERT INTO exam_day (series_id, day, kind, payable, second_session, late_days)
    VALUES (%s, %s, %s, %s, %s, 1)
"""
_DEADLINE = """
    INSERT INTO deadline (series_id, code, name, falls_at)
    VALUES (%s, 'applications', 'Applications close', %s)
"""
_RULE = """
    INSERT INTO eligibility_rule
        (examination_id, role_id, kind, parameters, effective_from, effective_to, year, source)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_WEIGHT = """
    INSERT INTO ranking_weight (examination_id, criterion, weight, full_at) VALUES (%s, %s, %s, %s)
"""
_CALL = """
    INSERT INTO vacancy (series_id, sub_county_id, role_id, day_kinds, posts, opens_at, closes_at)
    SELECT %(series)s, s.id, r.id,
        CASE WHEN r.code = 'supervisor' THEN '{practical,rehearsal,written}'::text[]
             ELSE '{rehearsal,written}'::text[] END,
        %(posts)s, %(opened)s, %(closes)s
    FROM sub_county s JOIN staff_role r ON r.code = %(role)s
    WHERE EXISTS (SELECT 1 FROM centre c WHERE c.sub_county_id = s.id)
    ORDER BY s.id
"""
_MISSING = """
    INSERT INTO vacancy (series_id, sub_county_id, centre_id, role_id, day_kinds, posts,
        opens_at, closes_at, late_reason)
    SELECT p.series_id, p.sub_county_id, p.centre_id, p.role_id, '{written}',
        p.required - coalesce(d.people, 0), %(now)s - interval '1 day', %(now)s + interval '3 days',
        'Posts that fell open while papers are written.'
    FROM post p JOIN staff_role r ON r.id = p.role_id AND r.works_at = 'school'
    LEFT JOIN (
        SELECT centre_id, role_id, count(DISTINCT slot) AS people FROM deployment
        WHERE status IN ('proposed', 'published', 'accepted') AND ends_on >= %(today)s
        GROUP BY centre_id, role_id
    ) d ON d.centre_id = p.centre_id AND d.role_id = p.role_id
    WHERE p.series_id = %(series)s AND p.required > coalesce(d.people, 0)
    ORDER BY p.centre_id, p.role_id
"""
_APPLICANTS = """
    INSERT INTO application (vacancy_id, sub_county_id, officer_id, state, applied_at, moved_at,
        reason)
    SELECT v.id, v.sub_county_id, o.id, s.state, %(opened)s + interval '2 days',
        %(opened)s + interval '5 days', s.reason
    FROM vacancy v
    JOIN staff_role r ON r.id = v.role_id AND r.code = 'invigilator'
    JOIN LATERAL (
        SELECT o.id, row_number() OVER (ORDER BY o.id) AS nth FROM officer o
        WHERE o.sub_county_id = v.sub_county_id AND o.state = 'verified'
          AND o.designation = 'Primary school teacher'
        ORDER BY o.id LIMIT 9
    ) o ON true
    JOIN (VALUES
        (1, 'selected', NULL), (2, 'shortlisted', NULL), (3, 'shortlisted', NULL),
        (4, 'applied', NULL), (5, 'applied', NULL), (6, 'applied', NULL),
        (7, 'accepted', NULL), (8, 'not_selected', 'Others live nearer to the duty stations.'),
        (9, 'withdrawn', NULL)
    ) AS s(nth, state, reason) ON s.nth = o.nth
    WHERE v.series_id = %(series)s
    ORDER BY v.id, o.nth
"""
_MOVES = """
    INSERT INTO application_move (application_id, sub_county_id, officer_id, act, from_state,
        to_state, reason, moved_at, actor_name)
    SELECT a.id, a.sub_county_id, a.officer_id, step.act, step.from_state, step.to_state,
        CASE WHEN step.act = 'decline' THEN a.reason END,
        a.applied_at + step.nth * interval '1 day',
        CASE WHEN step.act IN ('shortlist', 'select', 'decline') THEN 'TSC director'
             ELSE o.full_name END
    FROM application a
    JOIN officer o ON o.id = a.officer_id
    JOIN (VALUES
        ('applied', 0, 'apply', NULL, 'applied'),
        ('withdrawn', 0, 'apply', NULL, 'applied'),
        ('withdrawn', 1, 'withdraw', 'applied', 'withdrawn'),
        ('shortlisted', 0, 'apply', NULL, 'applied'),
        ('shortlisted', 1, 'shortlist', 'applied', 'shortlisted'),
        ('selected', 0, 'apply', NULL, 'applied'),
        ('selected', 1, 'shortlist', 'applied', 'shortlisted'),
        ('selected', 2, 'select', 'shortlisted', 'selected'),
        ('accepted', 0, 'apply', NULL, 'applied'),
        ('accepted', 1, 'shortlist', 'applied', 'shortlisted'),
        ('accepted', 2, 'select', 'shortlisted', 'selected'),
        ('accepted', 3, 'accept', 'selected', 'accepted'),
        ('not_selected', 0, 'apply', NULL, 'applied'),
        ('not_selected', 1, 'decline', 'applied', 'not_selected')
    ) AS step(state, nth, act, from_state, to_state) ON step.state = a.state
    ORDER BY a.id, step.nth
"""

Dates = tuple[dt.date, dt.date | None, int]


def advertise(connection: psycopg.Connection) -> dict[str, int]:
    """Adds the rules, the adverts and the applications; returns how many rows each table got."""
    stored = {"eligibility_rule": 0, "vacancy": 0}
    for rule in _rules():
        stored["eligibility_rule"] += connection.execute(_RULE, rule).rowcount
    for examination in season.EXAMINATION_ID.values():
        for weight in WEIGHTS:
            connection.execute(_WEIGHT, (examination, *weight))
    series = _next_series(connection)
    asked: dict[str, Any] = {"series": series, "opened": OPENED, "closes": CLOSES}
    for role, posts in CALLED_FOR:
        called = connection.execute(_CALL, asked | {"role": role, "posts": posts})
        stored["vacancy"] += called.rowcount
    now = {"series": season.RUNNING.id, "now": season.ANCHOR, "today": season.TODAY}
    stored["vacancy"] += connection.execute(_MISSING, now).rowcount
    stored["application"] = connection.execute(_APPLICANTS, asked).rowcount
    stored["application_move"] = connection.execute(_MOVES).rowcount
    return stored


def _next_series(connection: psycopg.Connection) -> int:
    """KCSE 2027 with its calendar and its deadline of applications."""
    days = [
        (kind, first + dt.timedelta(number))
        for kind, first, span in NEXT_DAYS
        for number in range(span)
        if (first + dt.timedelta(number)).weekday() < 5
    ]
    held = [day for _kind, day in days]
    kcse = season.EXAMINATION_ID["KCSE"]
    found = connection.execute(_NEXT_SERIES, (kcse, min(held), max(held))).fetchone()
    series = int(found[0]) if found else 0
    for kind, day in days:
        rehearsal = kind == "rehearsal"
        second = None if rehearsal else dt.time(14, 0)
        connection.execute(_DAY, (series, day, kind, not rehearsal, second))
    connection.execute(_DEADLINE, (series, CLOSES))
    return series


def _rules() -> Iterator[tuple[Any, ...]]:
    """The rules of every examination that still runs, then those of KCSE alone."""
    always: Dates = (SINCE, None, 2019)
    for code in ("KCSE", "KPSEA", "KJSEA"):
        yield _rule(code, None, "profile_verified", {}, always, source=GUIDE)
        yield _rule(code, None, "one_post_a_day", {}, always, source=GUIDE)
        yield _rule(code, None, "no_declared_interest", {}, always)
        for role in TEACHING:
            yield _rule(code, role, "tsc_employed", {}, always)
            yield _rule(
                code, role, "number_given", {"any_of": ["tsc_number"]}, always, source=GUIDE
            )
        for role in OTHERS:
            either = {"any_of": ["staff_number", "national_id"]}
            yield _rule(code, role, "number_given", either, always, source=GUIDE)
        for role in ("supervisor", "invigilator"):
            yield _rule(code, role, "not_own_workstation", {}, always)
            yield _rule(code, role, "not_served_here", {"years": 2}, OF_2024)
            yield _rule(code, role, "not_served_here", {"years": 3}, SINCE_2025)
        yield _rule(code, "invigilator", "reads_braille", {}, always)
    yield from _of_kcse()


def _of_kcse() -> Iterator[tuple[Any, ...]]:
    """Who invigilates flipped in one year: secondary teachers in 2024, primary teachers since."""
    invigilator, supervisor = "invigilator", "supervisor"
    secondary, primary = {"levels": ["secondary"]}, {"levels": ["primary"]}
    yield _rule("KCSE", invigilator, "teaches_at", secondary, OF_2024)
    yield _rule("KCSE", invigilator, "teaches_at", primary, SINCE_2025)
    yield _rule("KCSE", invigilator, "experience", {"years": 3}, SINCE_2025)
    yield _rule("KCSE", supervisor, "teaches_at", secondary, SINCE_2025)
    yield _rule("KCSE", supervisor, "qualification", {"at_least": "diploma"}, SINCE_2025)
    yield _rule("KCSE", supervisor, "weekly_rotation", {"weeks": 1}, SINCE_2025)


def _rule(
    examination: str,
    role: str | None,
    kind: str,
    parameters: dict[str, Any],
    dates: Dates,
    *,
    source: str = CIRCULAR,
) -> tuple[Any, ...]:
    since, until, year = dates
    role_id = season.ROLE_ID[role] if role else None
    return (
        *(season.EXAMINATION_ID[examination], role_id, kind, Jsonb(parameters)),
        *(since, until, year, source),
    )
