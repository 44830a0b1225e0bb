"""A small fixed world, committed into the template database: the same cast for every test.

Office time is Wednesday 11 November 2026, 07:20 in Nairobi. Kisumu East and Kisumu West (Kisumu)
and Nakuru Town East (Nakuru) each hold at least one row of every kind that belongs to somebody,
so that a leak test always has something that could leak. Everybody's password is `PASSWORD`.
"""

from __future__ import annotations

import datetime as dt
import importlib
from dataclasses import dataclass
from typing import Any

import argon2
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.access.models import User
from app.attendance.models import (
    CentreDay,
    Dispute,
    Incident,
    Mark,
    MarkHistory,
    Register,
    RegisterMove,
    RegisterRemark,
)
from app.audit import services as audit
from app.db.installation import InstallationFact
from app.deployments.models import Deployment, DeploymentConcern, Post, RosterConfirmation
from app.exams.models import DayRate, Deadline, ExamDay, Examination, RatioRule, Series, StaffRole
from app.extensions import Model
from app.people.models import CentreLogin, Officer
from app.permissions import Role
from app.places.models import Centre, County, OfficeContact, School, SubCounty
from app.scoping.scope import system_actor

PASSWORD = "Karibu-2026"
ROOMS = (
    "messages",
    "accounts",
    "profiles",
    "one_person",
    "imports",
    "vacancies",
    "notices",
    "privacy",
    "letters",
    "proposals",
    "duties",
    "redeploy",
    "board",
    "walk_ins",
    "stores",
    "results",
    "school_results",
)
"""Modules `world_<name>` that add their own rows, in this order."""
NOW = dt.datetime(2026, 11, 11, 4, 20, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 11)
YESTERDAY = dt.date(2026, 11, 10)
MONDAY = dt.date(2026, 11, 9)

CENTRE = "42238001"
"""Kisumu Day Secondary in Kisumu East: today not opened, yesterday submitted, Monday confirmed."""
SECOND_CENTRE = "42238002"
"""Also Kisumu East: yesterday returned, with a reason."""
NEXT_DOOR = "42239001"
"""In Kisumu West: the same days as CENTRE."""
FAR_AWAY = "32275001"
"""In Nakuru Town East."""
PRIMARY = "42238501"
"""A KPSEA centre in Kisumu East; its series runs 9 to 11 November."""

ROLES = (
    ("centre_manager", "Centre manager", "Mkuu wa kituo", "school", True, True),
    ("supervisor", "Supervisor", "Msimamizi mkuu", "school", False, True),
    ("invigilator", "Invigilator", "Msimamizi", "school", False, True),
    ("security", "Security officer", "Afisa wa usalama", "school", False, False),
    ("clerk", "Clerk", "Karani", "school", False, False),
    ("driver", "Driver", "Dereva", "store", False, False),
    ("store_keeper", "Store keeper", "Mtunza ghala", "store", False, False),
)
STAFF = {"centre_manager": 1, "supervisor": 1, "invigilator": 4, "security": 2, "clerk": 1}
STORE_STAFF = {"driver": 1, "store_keeper": 1}
ALL_DAYS = ["rehearsal", "oral", "practical", "written"]
CENTRE_DAYS = ["rehearsal", "written"]

_PLACES = (
    ("42", "Kisumu", "238", "Kisumu East", "kisumu-east"),
    ("42", "Kisumu", "239", "Kisumu West", "kisumu-west"),
    ("32", "Nakuru", "275", "Nakuru Town East", "nakuru-town-east"),
)
_CENTRES = (
    ("238", "KCSE-2026", CENTRE, "Kisumu Day Secondary", "school"),
    ("238", "KCSE-2026", SECOND_CENTRE, "Nyamasaria Secondary", "school"),
    ("238", "KPSEA-2026", PRIMARY, "Kasagam Primary", "school"),
    ("238", "KCSE-2026", "42238900", "Kisumu East store", "store"),
    ("239", "KCSE-2026", NEXT_DOOR, "Maseno Secondary", "school"),
    ("239", "KPSEA-2026", "42239501", "Ojola Primary", "school"),
    ("239", "KCSE-2026", "42239900", "Kisumu West store", "store"),
    ("275", "KCSE-2026", FAR_AWAY, "Flamingo Secondary", "school"),
)
_FIRST = ("Achieng", "Brian", "Collins", "Dorcas", "Everlyne", "Felix", "Grace", "Hillary", "Ivy")
_LAST = ("Otieno", "Wanjiru", "Ng'ang'a", "Chebet", "Odhiambo", "Mutua", "Akinyi", "Barasa")
_NATIONAL = {
    "admin": Role.ADMINISTRATOR,
    "monitor": Role.MONITOR,
    "payments.clerk": Role.PAYMENTS_CLERK,
    "payments.approver": Role.PAYMENTS_APPROVER,
    "results.officer": Role.RESULTS_OFFICER,
    "results.approver": Role.RESULTS_APPROVER,
}


@dataclass
class _Builder:
    session: Session
    hash: str
    roles: dict[str, StaffRole]
    mobiles: int = 0

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row


def build(session: Session) -> None:
    """Stores the world through a session of the owner role; roles must be synced already."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    builder = _Builder(session, cheap.hash(PASSWORD), {})
    builder.add(InstallationFact(name="test_world", value={"version": 1}))
    _season(builder)
    places = _places(builder)
    _national_users(builder, places)
    for sub_county, series, code, name, kind in _CENTRES:
        _centre(builder, places[sub_county], series, code=code, name=name, kind=kind)
    _spare_officers(builder, places)
    _days_so_far(builder)
    _matters(builder)
    for name in ROOMS:
        importlib.import_module(f"tests.factories.world_{name}").build(builder)


def _season(b: _Builder) -> None:
    for position, (code, name, name_sw, at, manages, tsc) in enumerate(ROLES, 1):
        b.roles[code] = b.add(
            StaffRole(
                code=code,
                name=name,
                name_sw=name_sw,
                position=position,
                works_at=at,
                manages_centre=manages,
                needs_tsc_number=tsc,
            )
        )
    for code, name in (
        ("KCSE", "Certificate of Secondary Education"),
        ("KPSEA", "Primary School Education Assessment"),
    ):
        examination = b.add(Examination(code=code, name=f"Kenya {name}"))
        _rules(b, examination)
        _calendar(b, examination)


def _rules(b: _Builder, examination: Examination) -> None:
    since = dt.date(2025, 1, 1)
    shapes: dict[str, dict[str, Any]] = {
        "centre_manager": {"fixed": 1},
        "supervisor": {"candidates_per": 200, "day_kinds": ALL_DAYS},
        "invigilator": {"candidates_per": 20},
        "security": {"fixed": 2, "extra": 1, "extra_over": 250},
        "clerk": {"fixed": 1, "assumed": True},
    }
    for code, shape in shapes.items():
        values = {"day_kinds": CENTRE_DAYS} | shape
        b.add(
            RatioRule(
                examination_id=examination.id,
                role_id=b.roles[code].id,
                effective_from=since,
                source="circular of 2025",
                **values,
            )
        )
    for code, kes in (
        ("supervisor", 680),
        ("invigilator", 550),
        ("centre_manager", 550),
        ("security", 420),
    ):
        b.add(
            DayRate(
                examination_id=examination.id,
                role_id=b.roles[code].id,
                kes_per_day=kes,
                effective_from=since,
                year=2025,
                source="circular of 2025",
            )
        )


def _calendar(b: _Builder, examination: Examination) -> None:
    kcse = examination.code == "KCSE"
    first, last = (dt.date(2026, 10, 28), dt.date(2026, 11, 19)) if kcse else (MONDAY, TODAY)
    series = b.add(
        Series(
            examination_id=examination.id,
            code=f"{examination.code}-2026",
            year=2026,
            name=f"{examination.code} 2026",
            starts_on=first,
            ends_on=last,
            status="running",
        )
    )
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    for day in (d for d in days if d.weekday() < 5):
        kind = _kind(day) if kcse else "written"
        b.add(
            ExamDay(
                series_id=series.id,
                day=day,
                kind=kind,
                payable=kind != "rehearsal",
                second_session=dt.time(14),
                late_days=1,
            )
        )
    b.add(
        Deadline(
            series_id=series.id,
            code="deployment",
            name="Deployment closes",
            falls_at=dt.datetime(2026, 9, 26, 14, tzinfo=dt.UTC),
        )
    )
    if kcse:
        b.add(
            Series(
                examination_id=examination.id,
                code="KCSE-2025",
                year=2025,
                name="KCSE 2025",
                starts_on=dt.date(2025, 11, 3),
                ends_on=dt.date(2025, 11, 21),
                status="finished",
            )
        )


def _kind(day: dt.date) -> str:
    if day < dt.date(2026, 10, 30):
        return "practical"
    return "rehearsal" if day == dt.date(2026, 10, 30) else "written"


def _places(b: _Builder) -> dict[str, SubCounty]:
    found: dict[str, SubCounty] = {}
    for county_code, county_name, code, name, slug in _PLACES:
        county = b.session.scalar(select(County).where(County.code == county_code))
        county = county or b.add(County(code=county_code, name=county_name))
        found[code] = b.add(
            SubCounty(county_id=county.id, code=code, name=name, slug=slug, boundary_name=name)
        )
        b.add(
            School(
                moe_code=f"M{code}",
                name=f"{name} Girls",
                level="Secondary",
                ownership="Public",
                sub_county_id=found[code].id,
            )
        )
        for office in ("tsc", "scde"):
            b.add(
                OfficeContact(
                    office=office,
                    sub_county_id=found[code].id,
                    name=f"{office.upper()} {name}",
                    telephone=f"057 2{code}00",
                )
            )
    b.add(OfficeContact(office="knec", name="KNEC help desk", telephone="0800 000 000"))
    return found


def user(b: _Builder, username: str, role: Role, **place: Any) -> User:
    """An account with one role and its place."""
    first, _, last = place.pop("name", username).partition(" ")
    account = b.add(
        User(
            first_name=first,
            last_name=last,
            username=username,
            password=b.hash,
            active=True,
            email=None,
            session_epoch=0,
            must_change_password=False,
            **place,
        )
    )
    roles = Model.metadata.tables["ab_role"]
    joined = Model.metadata.tables["ab_user_role"]
    role_id = b.session.scalar(select(roles.c.id).where(roles.c.name == str(role)))
    b.session.execute(joined.insert().values(user_id=account.id, role_id=role_id))
    return account


def _national_users(b: _Builder, places: dict[str, SubCounty]) -> None:
    for username, role in _NATIONAL.items():
        user(b, username, role)
    for place in places.values():
        user(b, f"tsc.{place.slug}", Role.TSC_DIRECTOR, sub_county_id=place.id)
        user(b, f"scde.{place.slug}", Role.SCDE, sub_county_id=place.id)
    for county in b.session.scalars(select(County)):
        user(b, f"county.{county.name.lower()}", Role.COUNTY_DIRECTOR, county_id=county.id)


def _officer(b: _Builder, place: SubCounty, *, workstation: str) -> Officer:
    b.mobiles += 1
    n = b.mobiles
    name = f"{_FIRST[n % len(_FIRST)]} {_LAST[n % len(_LAST)]} {_FIRST[(n * 5 + 2) % len(_FIRST)]}"
    officer = b.add(
        Officer(
            full_name=name,
            mobile=f"254712{n:06d}",
            year_of_birth=1980 + n % 20,
            gender=("female", "male")[n % 2],
            state="verified",
            national_id_last=f"{n:03d}",
            national_id_index=f"id{n}".encode(),
            tsc_number=f"{500000 + n}",
            employer="Teachers Service Commission",
            workstation=workstation,
            designation="Teacher",
            sub_county_id=place.id,
        )
    )
    user(b, officer.mobile, Role.OFFICER, officer_id=officer.id, name=officer.full_name)
    return officer


def _centre(b: _Builder, place: SubCounty, series_code: str, **names: str) -> None:
    series = b.session.scalars(select(Series).where(Series.code == series_code)).one()
    school = names["kind"] == "school"
    centre = b.add(
        Centre(
            series_id=series.id,
            sub_county_id=place.id,
            code=names["code"],
            name=names["name"],
            kind=names["kind"],
            candidates=80 if school else 0,
            telephone="254700000001",
            rooms=4,
            lon=34.77,
            lat=-0.1,
        )
    )
    if school:
        login = f"{series_code.partition('-')[0]}{centre.code}"
        account = user(b, login, Role.CENTRE, centre_id=centre.id, name=centre.name)
        b.add(
            CentreLogin(
                centre_id=centre.id, sub_county_id=place.id, user_id=account.id, username=login
            )
        )
    for code, wanted in (STAFF if school else STORE_STAFF).items():
        post = b.add(
            Post(
                series_id=series.id,
                centre_id=centre.id,
                sub_county_id=place.id,
                role_id=b.roles[code].id,
                required=wanted,
            )
        )
        for slot in range(1, wanted + 1):
            officer = _officer(b, place, workstation=f"{place.name} Girls")
            b.add(
                Deployment(
                    series_id=series.id,
                    centre_id=centre.id,
                    sub_county_id=place.id,
                    post_id=post.id,
                    role_id=post.role_id,
                    officer_id=officer.id,
                    slot=slot,
                    starts_on=series.starts_on,
                    ends_on=series.ends_on,
                    status="accepted" if slot % 2 else "published",
                    published_at=NOW - dt.timedelta(days=30),
                )
            )


def _spare_officers(b: _Builder, places: dict[str, SubCounty]) -> None:
    """Two verified officers of each sub-county whom nobody has deployed."""
    for place in places.values():
        for _ in range(2):
            _officer(b, place, workstation=f"{place.name} Boys")


def _days_so_far(b: _Builder) -> None:
    centres = b.session.scalars(select(Centre).where(Centre.kind == "school").order_by(Centre.code))
    for centre in centres.all():
        _register(b, centre, MONDAY, "confirmed")
        _register(b, centre, YESTERDAY, "returned" if centre.code == SECOND_CENTRE else "submitted")


def _register(b: _Builder, centre: Centre, day: dt.date, state: str) -> None:
    roster = b.session.scalars(
        select(Deployment).where(Deployment.centre_id == centre.id).order_by(Deployment.id)
    ).all()
    at = dt.datetime.combine(day, dt.time(4, 45), dt.UTC)
    register = b.add(
        Register(
            series_id=centre.series_id,
            centre_id=centre.id,
            sub_county_id=centre.sub_county_id,
            day=day,
            state="submitted",
            opened_at=at,
            submitted_at=at,
            marked_by_id=roster[0].id,
            return_reason="The invigilators' sheet is not signed." if state == "returned" else None,
        )
    )
    b.add(
        RegisterMove(
            register_id=register.id,
            centre_id=centre.id,
            act="submit",
            sub_county_id=centre.sub_county_id,
            from_state="open",
            to_state="submitted",
            moved_at=at,
            actor_name=centre.name,
        )
    )
    for number, deployment in enumerate(roster):
        values = _mark(register, deployment, number, at)
        b.add(Mark(**values))
        b.add(MarkHistory(**values, register_version=1))
    _summarise(b, register, roster, state)
    register.state = state
    register.confirmed_at = at if state == "confirmed" else None
    b.session.flush()


def _mark(
    register: Register, deployment: Deployment, number: int, at: dt.datetime
) -> dict[str, Any]:
    status = {2: "late", 3: "absent"}.get(number, "present")
    return {
        "register_id": register.id,
        "centre_id": register.centre_id,
        "day": register.day,
        "sub_county_id": register.sub_county_id,
        "deployment_id": deployment.id,
        "officer_id": deployment.officer_id,
        "role_id": deployment.role_id,
        "status": status,
        "minutes_late": 15 if status == "late" else None,
        "reason": "Transport" if status == "late" else None,
        "self_marked": number == 0,
        "marked_by_id": register.marked_by_id,
        "marked_at": at,
    }


def _summarise(b: _Builder, register: Register, roster: Any, state: str) -> None:
    statuses: dict[int, list[str]] = {}
    for number, deployment in enumerate(roster):
        status = {2: "late", 3: "absent"}.get(number, "present")
        statuses.setdefault(deployment.role_id, []).append(status)
    for role_id, marks in statuses.items():
        b.add(
            CentreDay(
                centre_id=register.centre_id,
                day=register.day,
                role_id=role_id,
                series_id=register.series_id,
                sub_county_id=register.sub_county_id,
                expected=len(marks),
                present=marks.count("present"),
                late=marks.count("late"),
                absent=marks.count("absent"),
                state=state,
                updated_at=NOW,
            )
        )


def _matters(b: _Builder) -> None:
    """A concern, dispute, incident, remark, roster confirmation and event in each KCSE centre."""
    codes = (CENTRE, NEXT_DOOR, FAR_AWAY)
    centres = b.session.scalars(select(Centre).where(Centre.code.in_(codes)).order_by(Centre.code))
    for centre in centres.all():
        own = {"centre_id": centre.id, "sub_county_id": centre.sub_county_id}
        deployment = b.session.scalars(
            select(Deployment).where(Deployment.centre_id == centre.id).order_by(Deployment.id)
        ).all()[3]
        register = b.session.scalars(
            select(Register).where(Register.centre_id == centre.id, Register.day == YESTERDAY)
        ).one()
        b.add(DeploymentConcern(deployment_id=deployment.id, reason="Works at this school.", **own))
        b.add(
            Dispute(
                deployment_id=deployment.id,
                officer_id=deployment.officer_id,
                day=MONDAY,
                claim="I was there the whole day.",
                **own,
            )
        )
        b.add(
            Incident(
                series_id=centre.series_id,
                day=YESTERDAY,
                kind="incident",
                title="Papers late",
                details="The papers came at 08:20.",
                **own,
            )
        )
        b.add(
            RegisterRemark(
                register_id=register.id,
                deployment_id=deployment.id,
                remark="Seen at another centre.",
                **own,
            )
        )
        b.add(RosterConfirmation(people=9, **own))
        subject = audit.Subject("register", register.id, officer_id=None, **own)
        audit.record(b.session, system_actor("world"), "register.submitted", subject)


def freeze() -> None:
    """Stops office time at `NOW`."""
    clock.configure(frozen=NOW)


def one(session: Any, statement: str, **values: Any) -> Any:
    """The single value of a SQL text, for arranging tests."""
    return session.execute(text(statement), values).scalar_one()
