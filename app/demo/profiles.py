"""Whole, made-up profiles of the demonstration's officers, told from an officer's number alone.

No random generator is asked, so that names and numbers of earlier demonstrations stay as they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from app.db.vault import Vault
from app.demo import season
from app.people.enums import ProfileGroup
from app.people.fields import banks
from app.people.queries.profiles import CONTEXTS
from app.people.requirements import WORK_NUMBER

if TYPE_CHECKING:
    from app.demo.people import Officer

SINCE, SOURCE = dt.date(2025, 1, 1), "Fields of the portal of 2025"
SUBMIT = (
    *("full_name", "mpesa_name", "year_of_birth", "gender", "national_id", "wanted_roles"),
    *("qualification_level", "qualification_institution", "qualification_course"),
    *("employer_kind", "workstation", "designation", "sub_county"),
    *("kin_name", "kin_telephone", "kin_relationship"),
)
PAY = ("kra_pin", "bank_name", "bank_branch", "account")
COLUMNS = (
    "kra_pin_last mpesa_name bank_name bank_branch account_cipher account_last nssf_cipher"
    " sha_cipher qualification_level qualification_institution qualification_course"
    " qualification_from qualification_to employer_kind teaches_at started_on reads_braille"
    " home_sub_county_id kin_name kin_telephone kin_relationship wanted_roles verified_groups"
    " profile_version submitted_at flagged_field flag_reason"
)
_GROUPS = frozenset(map(str, ProfileGroup))
_STUDIED = {
    "certificate": ("Primary teacher education", "{} Teachers College", 2),
    "diploma": ("Education (arts)", "{} National Polytechnic", 3),
    "degree": ("Bachelor of Education", "University of {}", 4),
}
_OF_CALLING = {"supervisor": "diploma", "centre_manager": "degree"}
_EMPLOYERS = {"T": "tsc", "N": "police", "M": "ministry", "S": "other"}
_KIN = ("spouse", "sibling", "parent", "child")
_FLAGS = (
    ("mpesa_name", "The name on M-Pesa is not the name on the ID."),
    ("kin_telephone", "Nobody answers this number."),
    ("workstation", "This school says that you have moved."),
)
EMPTY: tuple[None, ...] = (None,) * 6


def requirements() -> Iterator[tuple[Any, ...]]:
    """Rows of profile_requirement: field, role, needed for, from, source."""
    for fields, needed_for in ((SUBMIT, "submit"), (PAY, "pay")):
        for field in fields:
            yield field, None, needed_for, SINCE, SOURCE
    for code, _name, _sw, _at, _manages, teaches in season.ROLES:
        field = "tsc_number" if teaches else WORK_NUMBER
        yield field, season.ROLE_ID[code], "submit", SINCE, SOURCE


def columns(one: Officer, place: str, kin: str, vault: Vault) -> tuple[Any, ...]:
    """The values of `COLUMNS`; a draft lacks what comes after its first steps."""
    n, draft = one.id, one.state == "draft"
    account = f"{1_000_000_000 + n * 7_368_787 % 8_999_999_999}"
    flag = _FLAGS[n % len(_FLAGS)] if one.state == "flagged" else (None, None)
    bank = _bank(n, place, account, vault) if not draft else EMPTY
    return (
        one.kra_pin[-3:],
        mpesa_name(one),
        *bank,
        *_qualification(one, place),
        *_work(one),
        *(n % 200 == 7, one.sub_county_id),
        *((kin, _telephone(n), _KIN[n % 4]) if not draft else (None, None, None)),
        frozenset({one.calling.removeprefix("primary ")}),
        _GROUPS if one.state == "verified" else frozenset(),
        *(1, None if draft else season.ANCHOR - dt.timedelta(days=2 + n % 40, minutes=n % 600)),
        *flag,
    )


def mpesa_name(one: Officer) -> str:
    """The name as M-Pesa has it: in capitals, for some in another order, short, or wrong."""
    names = one.full_name.upper().split()
    turn = one.id % 20
    if turn in (3, 4) and len(names) > 2:
        return f"{names[0]} {names[-1]}"
    if turn in (5, 6, 7):
        return " ".join([names[-1], *names[:-1]])
    if one.state in ("submitted", "flagged") and turn in (8, 9, 10):
        return " ".join([*names[:-1], names[-1][:-1] + "AH"])
    return " ".join(names)


def _bank(n: int, place: str, account: str, vault: Vault) -> tuple[Any, ...]:
    bank = _bank_names()[n % len(_bank_names())]
    has = n % 3 == 0
    nssf = vault.seal(f"{200_000_000 + n}", context=CONTEXTS["nssf"]) if has else None
    sha = vault.seal(f"CR{3_000_000_000 + n}", context=CONTEXTS["sha"]) if has else None
    sealed = vault.seal(account, context=CONTEXTS["account"])
    return bank, place, sealed, account[-3:], nssf, sha


@cache
def _bank_names() -> tuple[str, ...]:
    large = {"KCB Bank", "Equity Bank", "Co-operative Bank", "Absa Bank", "Family Bank"}
    return tuple(name for name, _ in banks() if name in large)


def _qualification(one: Officer, place: str) -> tuple[Any, ...]:
    role = one.calling.removeprefix("primary ")
    level = _OF_CALLING.get(role, ("certificate", "diploma")[one.id % 2])
    course, college, years = _STUDIED[level]
    if one.tsc_number is None:
        course = "Management" if level != "certificate" else "Secretarial studies"
    first = one.year_of_birth + 19
    return level, college.format(place), course, first, first + years


_LATEST_START = 2022
"""So that whoever is deployed has the three years that the rules ask for."""


def _work(one: Officer) -> tuple[Any, ...]:
    """Employer, where somebody teaches, and since when."""
    kind = _EMPLOYERS[one.employer[0]]
    teaches = None
    if one.tsc_number is not None:
        teaches = "primary" if "rimary" in one.designation or "Head" in one.designation else None
        teaches = teaches or ("primary" if one.calling.startswith("primary") else "secondary")
    since = one.year_of_birth + 24 + one.id % 3
    if one.state == "verified":
        since = min(since, _LATEST_START)
    return kind, teaches, dt.date(since, 1 + one.id % 12, 1 + one.id % 28)


def _telephone(n: int) -> str:
    return f"254722{n % 1000:03d}{n // 1000 % 1000:03d}"
