"""The whole demonstration of one scale as values: what the loader stores, made from a seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.demo import accounts, centres, people, places, registers, season
from app.demo.accounts import Account
from app.demo.people import Officer
from app.demo.places import Country, School
from app.demo.registers import Register
from app.demo.scales import SCALES, Scale
from app.demo.staffing import Centre, Staff, Staffing

SEED = 2026
_NAMED_IN = "kisumu-east"
_YESTERDAY = dt.date(2026, 11, 10)


@dataclass
class World:
    """The demonstration of one scale; every part is made once, when first asked for."""

    scale: Scale
    seed: int = SEED
    names: dict[str, list[str]] = field(default_factory=people.names_by_kind)

    @cached_property
    def country(self) -> Country:
        return places.country()

    @cached_property
    def plan(self) -> dict[str, list[centres.CentrePlan]]:
        return centres.national_centres(self.country, self.seed)

    @cached_property
    def schools(self) -> dict[str, list[School]]:
        """The schools of the scale by sub-county code: real ones, then synthetic ones."""
        found = {}
        for place in self.scale.sub_counties(self.country):
            planned = (centre.school for centre in self.plan[place.code])
            made = [school for school in planned if school.synthetic]
            found[place.code] = self.country.schools[place.code] + made
        return found

    @cached_property
    def staff(self) -> Staff:
        staffing = Staffing(self.country, self.plan, scale=self.scale, seed=self.seed)
        for place in self.scale.sub_counties(self.country):
            staffing.add(place)
        return staffing.staff

    @cached_property
    def officers(self) -> list[Officer]:
        return list(people.officers(self.staff.people, self.schools, self.names, seed=self.seed))

    @cached_property
    def accounts(self) -> list[Account]:
        return [
            *accounts.staff_accounts(self.country, self.names, seed=self.seed),
            *accounts.centre_accounts(self.staff.centres),
            *accounts.officer_accounts(self.officers),
        ]

    @cached_property
    def named_centres(self) -> tuple[Centre, Centre]:
        """The centre whose login is printed, and the one whose manager's is."""
        own = [
            centre
            for centre in self.staff.centres
            if centre.series is season.RUNNING
            and centre.sub_county.slug == _NAMED_IN
            and centre.school is not None
            and not centre.school.synthetic
        ]
        by_size = sorted(own, key=lambda centre: (abs(centre.candidates - 120), centre.code))
        return by_size[0], by_size[1]

    @cached_property
    def registers(self) -> list[Register]:
        """Registers in the order of their numbers; those of the named centres are as printed."""
        first, second = self.named_centres
        arranged: dict[tuple[str, dt.date], str | None] = {
            (centre.code, day.day): "confirmed"
            for centre in (first, second)
            for day in season.RUNNING.days
            if day.day < _YESTERDAY
        }
        arranged[first.code, _YESTERDAY] = "returned"
        arranged[second.code, _YESTERDAY] = "submitted"
        arranged[first.code, season.TODAY] = arranged[second.code, season.TODAY] = None
        return list(registers.registers(self.staff.centres, seed=self.seed, as_they_are=arranged))

    @cached_property
    def summary(self) -> Summary:
        """The sign-ins to try."""
        first, second = self.named_centres
        manager = next(d for d in second.deployments if d.post.role == "centre_manager")
        officer = self.officers[manager.officer.id - 1]
        return Summary(
            scale=self.scale.name,
            password=accounts.PASSWORD,
            centre=accounts.username_of(first),
            centre_name=first.name,
            officer=officer.mobile,
            officer_name=officer.full_name,
            officer_centre=second.name,
            others=("admin", "monitor", "county.kisumu", "tsc.kisumu-east", "scde.kisumu-east"),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What the start-up text prints: sign-ins with something to do, and what was loaded.

    The centre's register of today is not opened and yesterday's was returned; the officer is the
    manager of `officer_centre`, whose register of today is not opened either.
    """

    scale: str
    password: str
    centre: str
    centre_name: str
    officer: str
    officer_name: str
    officer_centre: str
    others: tuple[str, ...]
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def measured(self, rows: dict[str, int], seconds: float) -> Summary:
        """The same with what was loaded and how long it took."""
        return replace(self, rows=rows, seconds=round(seconds, 1))

    @property
    def lines(self) -> tuple[str, ...]:
        """The text for the screen, a line each."""
        return (
            f"Password for all: {self.password}",
            f"Centre   {self.centre}  {self.centre_name}: open today's register, mend yesterday's",
            f"Officer  {self.officer}  {self.officer_name}, manager of {self.officer_centre}",
            f"Others   {', '.join(self.others)}",
        )


def world(scale: str, seed: int = SEED) -> World:
    """The demonstration of a scale: small, county or national."""
    return World(SCALES[scale], seed)
