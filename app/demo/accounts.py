"""Sign-ins of the demonstration, all with one password; their numbers follow from whose they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from app.demo import season
from app.demo.people import Officer, full_name
from app.demo.places import Country, slug_of
from app.demo.staffing import Centre
from app.permissions import Role

PASSWORD = "Karibu-2026"  # noqa: S105 (printed for everybody; refused in production)
NATIONAL = (
    ("admin", Role.ADMINISTRATOR),
    ("monitor", Role.MONITOR),
    ("payments.clerk", Role.PAYMENTS_CLERK),
    ("payments.approver", Role.PAYMENTS_APPROVER),
    ("results.officer", Role.RESULTS_OFFICER),
    ("results.approver", Role.RESULTS_APPROVER),
)
COLUMNS = (
    *("id", "first_name", "last_name", "username", "password", "active", "created_on"),
    *("county_id", "sub_county_id", "centre_id", "officer_id"),
)
_MADE_ON = dt.datetime(2026, 9, 1, 6, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its one role and its place."""

    id: int
    username: str
    role: Role
    name: str
    county_id: int | None = None
    sub_county_id: int | None = None
    centre_id: int | None = None
    officer_id: int | None = None


def county_account(county_id: int) -> int:
    return 10 + county_id


def tsc_account(sub_county_id: int) -> int:
    return 100 + 2 * sub_county_id


def scde_account(sub_county_id: int) -> int:
    return 101 + 2 * sub_county_id


def centre_account(centre_id: int) -> int:
    return 1_000 + centre_id


def officer_account(officer_id: int) -> int:
    return 100_000 + officer_id


def username_of(centre: Centre) -> str:
    """Examination and centre code, such as KCSE42238001."""
    return f"{centre.series.examination}{centre.code}"


def has_login(centre: Centre) -> bool:
    """Only this year's centres have an account; the SCDE marks for a store."""
    return centre.series.year == season.RUNNING.year and centre.kind != "store"


def confirmer_of(centre: Centre) -> int:
    """The account of the office that confirms the registers of a centre or store."""
    place = centre.sub_county.id
    return tsc_account(place) if centre.kind == "store" else scde_account(place)


def staff_accounts(
    country: Country, names: dict[str, list[str]], *, seed: int
) -> Iterator[Account]:
    """Headquarters, the county directors, and one TSC director and one SCDE per sub-county."""
    rng = Random(f"{seed}:directors")
    for number, (username, role) in enumerate(NATIONAL, 1):
        yield Account(number, username, role, _person("47", names, rng))
    for county in country.counties:
        name, username = _person(county.code, names, rng), f"county.{slug_of(county.name)}"
        number = county_account(county.id)
        yield Account(number, username, Role.COUNTY_DIRECTOR, name, county_id=county.id)
    for place in country.sub_counties:
        for office, role, number in (
            ("tsc", Role.TSC_DIRECTOR, tsc_account(place.id)),
            ("scde", Role.SCDE, scde_account(place.id)),
        ):
            name = _person(place.county.code, names, rng)
            yield Account(number, f"{office}.{place.slug}", role, name, sub_county_id=place.id)


def _person(county_code: str, names: dict[str, list[str]], rng: Random) -> str:
    return full_name(county_code, rng.choice(("female", "male")), names, rng)


def centre_accounts(centres: Iterable[Centre]) -> Iterator[Account]:
    """One account for each of this year's centres."""
    for centre in centres:
        if has_login(centre):
            number, username = centre_account(centre.id), username_of(centre)
            yield Account(number, username, Role.CENTRE, centre.name[:64], centre_id=centre.id)


def officer_accounts(officers: Iterable[Officer]) -> Iterator[Account]:
    """One account for each officer, named by the mobile number."""
    for one in officers:
        number = officer_account(one.id)
        yield Account(number, one.mobile, Role.OFFICER, one.full_name, officer_id=one.id)


def user_row(account: Account, password_hash: str) -> tuple[Any, ...]:
    """The account as a row of users; a person's first name stands alone."""
    first, last = account.name, ""
    if account.centre_id is None:
        first, _, last = account.name.partition(" ")
    return (
        *(account.id, first, last, account.username, password_hash, True, _MADE_ON),
        *(account.county_id, account.sub_county_id, account.centre_id, account.officer_id),
    )
