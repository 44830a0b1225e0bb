"""Which rows of the demonstration go into which table, in the order in which they are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.db.vault import Vault
from app.demo import accounts, events, marks, matters, profiles, season
from app.demo.copying import Rows
from app.demo.people import Officer
from app.demo.places import School
from app.demo.registers import EAT, Register, marked_at
from app.demo.staffing import Centre, Deployment
from app.demo.world import World
from app.exams.enums import DayKind
from app.people.services import KRA_PIN, NATIONAL_ID

_PUBLISHED = dt.datetime(2026, 9, 25, 15, 0, tzinfo=EAT)
_DEADLINES = (
    ("applications", "Applications close", dt.datetime(2026, 8, 31, 17, 0, tzinfo=EAT)),
    ("deployment", "Deployment closes", dt.datetime(2026, 9, 26, 17, 0, tzinfo=EAT)),
    ("roster", "Rosters are confirmed", dt.datetime(2026, 10, 30, 17, 0, tzinfo=EAT)),
    ("registers", "Last registers are confirmed", dt.datetime(2026, 11, 27, 17, 0, tzinfo=EAT)),
)


def reference(world: World) -> Iterator[Rows]:
    """Places, examinations, calendars, roles, rules, rates and office contacts."""
    country = world.country
    yield _rows("county", "id code name", [(c.id, c.code, c.name) for c in country.counties])
    yield _rows(
        "sub_county",
        "id county_id code name slug boundary_name",
        [
            (s.id, s.county.id, s.code, s.name, s.slug, s.boundary_name)
            for s in country.sub_counties
        ],
    )
    yield _rows(
        "school",
        "id moe_code name level ownership sub_county_id ward lon lat synthetic",
        [_school(school) for schools in world.schools.values() for school in schools],
    )
    yield _rows(
        "office_contact",
        "id office sub_county_id name telephone email address hours",
        list(matters.office_contacts(country)),
    )
    yield _rows(
        "examination",
        "id code name historic",
        [(season.EXAMINATION_ID[row[0]], *row) for row in season.EXAMINATIONS],
    )
    yield _rows(
        "staff_role",
        "id code name name_sw works_at manages_centre needs_tsc_number position",
        [(number, *role, number) for number, role in enumerate(season.ROLES, 1)],
    )
    yield _rows(
        "profile_requirement",
        "field role_id needed_for effective_from source",
        list(profiles.requirements()),
    )
    yield _rows(
        "unmask_limit", "per_day effective_from source", [(30, profiles.SINCE, "Our own decision")]
    )
    yield from _calendars()
    yield from _rules(world)


def _calendars() -> Iterator[Rows]:
    yield _rows(
        "series",
        "id examination_id code name year starts_on ends_on status",
        [
            (
                *(s.id, season.EXAMINATION_ID[s.examination], s.code),
                *(f"{s.examination} {s.year}", s.year, s.starts_on, s.ends_on, s.status),
            )
            for s in season.SERIES
        ],
    )
    yield _rows(
        "exam_day",
        "series_id day kind payable second_session late_days",
        [
            (s.id, one.day, one.kind, one.payable, _afternoon(one), 1)
            for s in season.SERIES
            for one in s.days
        ],
    )
    deadlines = [(season.RUNNING.id, *deadline) for deadline in _DEADLINES]
    yield _rows("deadline", "series_id code name falls_at", deadlines)


def _afternoon(day: season.Day) -> dt.time | None:
    return None if day.kind is DayKind.REHEARSAL else dt.time(14, 0)


def _rules(world: World) -> Iterator[Rows]:
    counties: dict[str | None, int | None] = {None: None}
    counties |= {county.code: county.id for county in world.country.counties}
    rules = [
        (
            *(number, season.ROLE_ID[r.role_code], r.basis, counties[r.county_code]),
            *(r.fixed, r.candidates_per, r.extra, r.extra_over),
            *(frozenset(map(str, r.day_kinds)), r.assumed),
            *(r.effective_from, r.effective_to, r.source),
        )
        for code, number in season.EXAMINATION_ID.items()
        for r in season.ratio_rules(code, world.country)
    ]
    yield _rows(
        "ratio_rule",
        "examination_id role_id basis county_id fixed candidates_per extra extra_over day_kinds"
        " assumed effective_from effective_to source",
        rules,
    )
    rates = [
        (
            *(number, season.ROLE_ID[r.role_code], counties[r.county_code]),
            *(r.kes_per_day, r.effective_from, r.effective_to, r.year, r.source),
        )
        for code, number in season.EXAMINATION_ID.items()
        for r in season.day_rates(code)
    ]
    columns = "examination_id role_id county_id kes_per_day effective_from effective_to year source"
    yield _rows("day_rate", columns, rates)


def staffing(
    world: World, vault: Vault, password_hash: str, roles: dict[str, int]
) -> Iterator[Rows]:
    """Centres, officers, accounts, posts and deployments."""
    staff = world.staff
    yield _rows(
        "centre",
        "id series_id school_id sub_county_id kind code name candidates hosting_centre_id rooms"
        " telephone lon lat synthetic",
        [_centre(centre) for centre in staff.centres],
    )
    yield _rows(
        "officer",
        "id full_name mobile year_of_birth gender state tsc_number staff_number employer"
        " designation workstation workstation_school_id sub_county_id created_at national_id_last"
        f" national_id_cipher national_id_index kra_pin_cipher kra_pin_index {profiles.COLUMNS}",
        _officers(world, vault),
        len(world.officers),
    )
    users = world.accounts
    rows = (accounts.user_row(account, password_hash) for account in users)
    yield Rows("ab_user", accounts.COLUMNS, rows, len(users))
    held = (
        (number, account.id, roles[str(account.role)]) for number, account in enumerate(users, 1)
    )
    yield _rows("ab_user_role", "id user_id role_id", held, len(users))
    yield _rows(
        "centre_login",
        "centre_id sub_county_id user_id username issued_at issued_by",
        [_login(centre) for centre in staff.centres if accounts.has_login(centre)],
    )
    yield _rows(
        "post",
        "id series_id centre_id sub_county_id role_id required",
        [
            (
                *(p.id, p.centre.series.id, p.centre.id, p.centre.sub_county.id),
                *(season.ROLE_ID[p.role], p.required),
            )
            for p in staff.posts
        ],
    )
    yield _rows(
        "deployment",
        "id series_id centre_id sub_county_id post_id role_id officer_id slot starts_on ends_on"
        " status reason published_at answered_at follows_id created_at created_by",
        (_deployment(deployment) for deployment in staff.deployments),
        len(staff.deployments),
    )


def attendance(world: World, exceptions: marks.Exceptions) -> Iterator[Rows]:
    """Registers, marks, moves, events and what was said; marks fill the exceptions."""
    registers, centres = world.registers, world.staff.centres
    names = {0: "KNEC"} | {a.id: a.name for a in world.accounts if a.officer_id is None}
    yield _rows(
        "register",
        "id series_id centre_id sub_county_id day state version opened_at opened_by submitted_at"
        " submitted_by marked_by_id confirmed_at confirmed_by return_reason",
        (_register(register) for register in registers),
        len(registers),
    )
    lines = marks.mark_lines(
        registers,
        seed=world.seed,
        role_ids=season.ROLE_ID,
        user_of=events.account_of,
        exceptions=exceptions,
    )
    yield Rows("mark", marks.COLUMNS, lines, sum(len(r.roster) for r in registers))
    yield _rows(
        "register_move",
        "register_id centre_id sub_county_id act from_state to_state reason rows moved_at moved_by"
        " actor_name",
        events.moves(registers, names),
        sum(4 if r.state == "locked" else 2 for r in registers),
    )
    heads: dict[str, tuple[int, bytes]] = {}
    chained = events.chained_events(registers, names, heads)
    running = sum(r.centre.series is season.RUNNING for r in registers)
    yield Rows("event", events.COLUMNS, chained, 2 * running)
    ends = [(chain, position, digest) for chain, (position, digest) in heads.items()]
    yield _rows("chain_head", "chain position hash", ends)
    yield from _said(registers, centres, exceptions, seed=world.seed)


def _said(
    registers: list[Register], centres: list[Centre], exceptions: marks.Exceptions, *, seed: int
) -> Iterator[Rows]:
    parts: tuple[tuple[str, str, Callable[[], Iterable[tuple[Any, ...]]]], ...] = (
        (
            "roster_confirmation",
            "centre_id sub_county_id confirmed_at confirmed_by people remark",
            lambda: matters.roster_confirmations(centres, seed=seed),
        ),
        (
            "deployment_concern",
            "deployment_id centre_id sub_county_id reason created_at created_by answer answered_at"
            " answered_by",
            lambda: matters.concerns(centres, seed=seed),
        ),
        (
            "incident",
            "series_id centre_id sub_county_id day kind title details absent_candidates"
            " submitted_at created_at created_by",
            lambda: matters.incidents(centres, seed=seed),
        ),
        (
            "dispute",
            "deployment_id officer_id centre_id sub_county_id day claim state answer created_at"
            " answered_at answered_by",
            lambda: matters.disputes(exceptions, seed=seed),
        ),
        (
            "register_remark",
            "register_id deployment_id centre_id sub_county_id remark created_at created_by",
            lambda: matters.remarks(registers, seed=seed),
        ),
    )
    for table, columns, rows in parts:
        yield _rows(table, columns, list(rows()))


def _rows(
    table: str, columns: str, rows: Iterable[tuple[Any, ...]], total: int | None = None
) -> Rows:
    if total is None:
        rows = list(rows)
        total = len(rows)
    return Rows(table, tuple(columns.split()), rows, total)


def _school(school: School) -> tuple[Any, ...]:
    return (
        *(school.id, school.moe_code, school.name, school.level, school.ownership),
        *(school.sub_county.id, school.ward, school.lon, school.lat, school.synthetic),
    )


def _centre(centre: Centre) -> tuple[Any, ...]:
    school = centre.school
    telephone = f"2541{16 + centre.id // 10_000}00{centre.id % 10_000:04d}"
    at = (school.lon, school.lat, school.synthetic) if school else (None, None, False)
    return (
        *(centre.id, centre.series.id, school.id if school else None, centre.sub_county.id),
        *(centre.kind, centre.code, centre.name, centre.candidates, centre.hosted_by),
        *(-(-centre.sitting // 20) if school else None, telephone, *at),
    )


def _officers(world: World, vault: Vault) -> Iterator[tuple[Any, ...]]:
    """Officers with their profiles; a neighbour in the list stands for the next of kin's name."""
    names = {place.id: place.name for place in world.country.sub_counties}
    for number, one in enumerate(world.officers):
        kin = world.officers[number - 1].full_name
        place = names[one.sub_county_id]
        yield (*_officer(one, vault), *profiles.columns(one, place, kin, vault))


def _officer(one: Officer, vault: Vault) -> tuple[Any, ...]:
    return (
        *(one.id, one.full_name, one.mobile, one.year_of_birth, one.gender, one.state),
        *(one.tsc_number, one.staff_number, one.employer, one.designation, one.workstation),
        *(one.workstation_school_id, one.sub_county_id, _PUBLISHED, one.national_id[-3:]),
        *(vault.seal(one.national_id, context=NATIONAL_ID),),
        *(vault.index(one.national_id, context=NATIONAL_ID),),
        *(vault.seal(one.kra_pin, context=KRA_PIN), vault.index(one.kra_pin, context=KRA_PIN)),
    )


def _login(centre: Centre) -> tuple[Any, ...]:
    place = centre.sub_county.id
    return (
        *(centre.id, place, accounts.centre_account(centre.id), accounts.username_of(centre)),
        *(_PUBLISHED, accounts.tsc_account(place)),
    )


def published_at(series: season.SeriesPlan) -> dt.datetime:
    """When the deployments of a series were published."""
    return _PUBLISHED.replace(year=series.year)


def _deployment(one: Deployment) -> tuple[Any, ...]:
    centre = one.post.centre
    made = published_at(centre.series)
    store = one.post.role in {"driver", "store_keeper"}
    place = centre.sub_county.id
    by = accounts.scde_account(place) if store else accounts.tsc_account(place)
    return (
        *(one.id, centre.series.id, centre.id, place, one.post.id),
        *(season.ROLE_ID[one.post.role], one.officer.id, one.slot, one.starts_on, one.ends_on),
        *(one.status, one.reason, None if one.status == "proposed" else made),
        *(_answered_at(one, made), one.follows),
        *(made - dt.timedelta(days=5), by),
    )


def _answered_at(one: Deployment, published: dt.datetime) -> dt.datetime | None:
    """Most answered within three days, each at another hour."""
    waits = one.status in {"proposed", "published"}
    return None if waits else published + dt.timedelta(hours=1 + one.id % 70)


def _register(one: Register) -> tuple[Any, ...]:
    centre, by = one.centre, events.account_of(one)
    confirmed_by = accounts.confirmer_of(centre) if one.confirmed_at else None
    submitted_at = marked_at(one) if one.submitted_at else None
    submitted_by = by if submitted_at else None
    return (
        *(one.id, centre.series.id, centre.id, centre.sub_county.id, one.day, one.state),
        *(one.version, one.opened_at, by, submitted_at, submitted_by, one.marker.id),
        *(one.confirmed_at, confirmed_by, one.return_reason),
    )
