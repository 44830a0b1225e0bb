"""Centres of every series, their posts, and who is deployed: one sub-county at a time.

Officers of a role stand in one row; each earlier season moves the row along by more than a centre's
staff, so that nobody serves twice at one school. A workstation is chosen afterwards among the
schools where the officer never served.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from app.demo import season
from app.demo.centres import CentrePlan, centre_code, with_a_hosted_school
from app.demo.places import PRIMARY, Country, School, SubCounty
from app.demo.scales import Scale
from app.demo.season import SeriesPlan
from app.demo.shares import shares
from app.exams.enums import RuleBasis
from app.exams.policy import RatioRule
from app.vacancies.needs import posts_for

CHANGE_OVER = dt.date(2026, 11, 6), dt.date(2026, 11, 9)
"""Last day of those redeployed in the first week, first day of their successors."""
STORE_NUMBER = 900
SHOWN = "kisumu-east"
"""The sub-county whose director has more places to fill and more who declined than the others."""


@dataclass(slots=True)
class Person:
    """An officer to be; `calling` says from which row of people."""

    id: int
    sub_county: SubCounty
    calling: str
    served: set[int] = field(default_factory=set)
    deployed: bool = False


@dataclass(slots=True)
class Deployment:
    """A deployment; `on_roster` while it covers a day."""

    id: int
    post: Post
    officer: Person
    slot: int
    starts_on: dt.date
    ends_on: dt.date
    status: str
    reason: str | None = None
    follows: int | None = None

    def on_roster(self, day: dt.date) -> bool:
        return self.starts_on <= day <= self.ends_on and self.status not in {"proposed", "declined"}


@dataclass(slots=True)
class Post:
    """The posts of one role at a centre."""

    id: int
    centre: Centre
    role: str
    required: int


@dataclass(slots=True)
class Centre:
    """A centre or store of one series with its posts and deployments in roster order."""

    id: int
    series: SeriesPlan
    sub_county: SubCounty
    kind: str
    code: str
    name: str
    school: School | None
    candidates: int
    sitting: int = 0
    hosted_by: int | None = None
    posts: list[Post] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)


@dataclass(slots=True)
class Staff:
    """What the loader stores of centres, posts, people and deployments."""

    centres: list[Centre] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)


class Staffing:
    """Numbers rows while the sub-counties are staffed one after the other."""

    def __init__(
        self, country: Country, plan: dict[str, list[CentrePlan]], *, scale: Scale, seed: int
    ) -> None:
        self.country, self.plan, self.scale, self.seed = country, plan, scale, seed
        self.rules = {
            code: tuple(
                rule for rule in season.ratio_rules(code, country) if rule.basis is RuleBasis.CENTRE
            )
            for code, _, _ in season.EXAMINATIONS
        }
        self.drivers = _drivers_by_sub_county(country, plan)
        self.staff = Staff()

    def add(self, sub_county: SubCounty) -> None:
        """Centres, posts, people and deployments of one sub-county in every series."""
        first = len(self.staff.centres)
        rng = Random(f"{self.seed}:staff:{sub_county.code}")
        for series in self.scale.series_in(sub_county):
            self._centres(sub_county, series, rng)
        own = self.staff.centres[first:]
        families = [
            [c for c in own if (c.series.examination == "KCSE") is secondary]
            for secondary in (True, False)
        ]
        for secondary, centres in zip((True, False), families, strict=True):
            for role in season.ROLE_ID:
                self._fill(role, centres, secondary=secondary, rng=rng)
        for centre in own:
            centre.deployments.sort(key=lambda d: (season.ROLE_ID[d.post.role], d.slot, d.id))

    def _centres(self, sub_county: SubCounty, series: SeriesPlan, rng: Random) -> None:
        if series.examination != "KCSE":
            self._primary_centres(sub_county, series, rng)
            return
        plans = self.plan[sub_county.code]
        if series is season.RUNNING and self.scale.hosts_a_school_in == sub_county.slug:
            plans = with_a_hosted_school(plans)
        ids: dict[str, int] = {}
        for plan in plans:
            fewer = 100 if series is season.RUNNING else rng.randrange(90, 100)
            few = max(30, plan.candidates * fewer // 100)
            candidates = plan.candidates if series is season.RUNNING else few
            centre = self._centre(series, plan.code, plan.school, candidates)
            centre.sitting = plan.sitting if series is season.RUNNING else candidates
            centre.hosted_by = ids[plan.hosted_by] if plan.hosted_by else None
            ids[plan.code] = centre.id
            self._posts(centre, self._needs(series, centre.sitting))
        self._store(sub_county, series)

    def _primary_centres(self, sub_county: SubCounty, series: SeriesPlan, rng: Random) -> None:
        primary = [s for s in self.country.schools[sub_county.code] if s.level == PRIMARY]
        wanted = self.scale.primary_centres
        offset = 0 if series is season.PRIMARY_SERIES else wanted
        for number, school in enumerate(primary[offset : offset + wanted], offset + 1):
            code = centre_code(sub_county, 500 + number)
            centre = self._centre(series, code, school, rng.randrange(35, 140))
            centre.sitting = centre.candidates
            self._posts(centre, self._needs(series, centre.sitting))

    def _centre(self, series: SeriesPlan, code: str, school: School, candidates: int) -> Centre:
        number = len(self.staff.centres) + 1
        place = school.sub_county
        centre = Centre(number, series, place, "school", code, school.name, school, candidates)
        self.staff.centres.append(centre)
        return centre

    def _store(self, sub_county: SubCounty, series: SeriesPlan) -> None:
        number, code = len(self.staff.centres) + 1, centre_code(sub_county, STORE_NUMBER)
        name = f"{sub_county.name} store"
        store = Centre(number, series, sub_county, "store", code, name, None, 0)
        self.staff.centres.append(store)
        self._posts(store, {"driver": self.drivers[sub_county.code], "store_keeper": 1})

    def _needs(self, series: SeriesPlan, sitting: int) -> dict[str, int]:
        return _posts_of(self.rules[series.examination], sitting, series.starts_on)

    def _posts(self, centre: Centre, needs: dict[str, int]) -> None:
        for role, required in needs.items():
            post = Post(len(self.staff.posts) + 1, centre, role, required)
            self.staff.posts.append(post)
            centre.posts.append(post)

    def _fill(self, role: str, centres: list[Centre], *, secondary: bool, rng: Random) -> None:
        """Deploys one role in all series of a family of examinations in one sub-county."""
        posts = [post for centre in centres for post in centre.posts if post.role == role]
        by_series: dict[int, list[tuple[Post, int]]] = {}
        for post in posts:
            slots = by_series.setdefault(post.centre.series.id, [])
            slots += [(post, slot) for slot in range(1, post.required + 1)]
        if not by_series:
            return
        together = 0 if secondary else sum(map(len, by_series.values()))
        most = max(together, *map(len, by_series.values()))
        step = max((post.required for post in posts), default=0)
        people = self._people(posts[0].centre.sub_county, role, secondary=secondary, posts=most)
        row = _Row(self, people, role, rng, first_spare=most)
        start = 0
        for series_id, slots in by_series.items():
            row.fill(slots, start, running=series_id == season.RUNNING.id)
            start += step if secondary else len(slots)

    def _people(
        self, sub_county: SubCounty, role: str, *, secondary: bool, posts: int
    ) -> list[Person]:
        """A tenth more than there are posts, so that somebody is left to deploy."""
        calling = role if secondary else f"primary {role}"
        first = len(self.staff.people) + 1
        people = [
            Person(first + n, sub_county, calling) for n in range(posts + 2 + -(-posts // 10))
        ]
        self.staff.people += people
        return people


class _Row:
    """The officers of one role in one sub-county, being deployed."""

    def __init__(
        self, staffing: Staffing, people: list[Person], role: str, rng: Random, *, first_spare: int
    ) -> None:
        self.staffing, self.people, self.role, self.rng = staffing, people, role, rng
        self.spares = iter(people[first_spare:-2])
        shown = people[0].sub_county.slug == SHOWN
        self.vacant = 0.003 + 0.045 * rng.random() * rng.random() + 0.07 * shown
        self.left = 0.5 if shown else 0.15

    def fill(self, slots: list[tuple[Post, int]], start: int, *, running: bool) -> None:
        for number, (post, slot) in enumerate(slots):
            officer = self.people[(start + number) % len(self.people)]
            school = post.centre.school
            if school is not None and school.id in officer.served:
                continue
            if running:
                self._running(post, slot, officer)
            elif self.role in _NEVER_VACANT or self.rng.random() > self.vacant:
                self._deploy(post, slot, officer, "accepted")

    def _running(self, post: Post, slot: int, officer: Person) -> None:
        """This season: most accepted, some not yet; a few vacant, unpublished or redeployed."""
        chance = self.rng.random()
        if self.role in _NEVER_VACANT:
            self._deploy(post, slot, officer, "accepted" if chance < 0.9 else "published")
        elif chance < self.vacant:
            self._left_vacant(post, slot, chance / self.vacant)
        elif chance > 0.995 and self.role in _ROTATING:
            self._redeployed(post, slot, officer)
        elif chance > 0.989:
            self._deploy(post, slot, officer, "proposed")
        else:
            self._deploy(post, slot, officer, "accepted" if chance < 0.75 else "published")

    def _left_vacant(self, post: Post, slot: int, chance: float) -> None:
        """Nobody holds the slot; sometimes because somebody declined or was withdrawn."""
        if chance > self.left or (officer := next(self.spares, None)) is None:
            return
        declined = chance > 0.05
        reason = "Unwell until December" if declined else "Deployed by mistake"
        deployment = self._deploy(post, slot, officer, "declined" if declined else "withdrawn")
        deployment.reason = reason
        if not declined:
            deployment.ends_on = deployment.starts_on - dt.timedelta(1)

    def _redeployed(self, post: Post, slot: int, officer: Person) -> None:
        """The officer left after the first week, a spare one follows."""
        last, first = CHANGE_OVER
        leaving = self._deploy(post, slot, officer, "replaced")
        leaving.ends_on, leaving.reason = last, "Weekly rotation"
        successor = next(self.spares, None)
        if successor is not None:
            following = self._deploy(post, slot, successor, "accepted")
            following.starts_on, following.follows = first, leaving.id

    def _deploy(self, post: Post, slot: int, officer: Person, status: str) -> Deployment:
        series, staff = post.centre.series, self.staffing.staff
        starts_on = series.starts_on if self.role == "supervisor" else series.others_from
        number = len(staff.deployments) + 1
        made = Deployment(number, post, officer, slot, starts_on, series.ends_on, status)
        staff.deployments.append(made)
        post.centre.deployments.append(made)
        officer.deployed = True
        if post.centre.school is not None:
            officer.served.add(post.centre.school.id)
        return made


_NEVER_VACANT = frozenset({"centre_manager", "store_keeper"})
_ROTATING = frozenset({"supervisor", "invigilator", "security"})


@lru_cache(maxsize=4096)
def _posts_of(rules: tuple[RatioRule, ...], sitting: int, on: dt.date) -> dict[str, int]:
    return posts_for(sitting, rules, on=on)


def _drivers_by_sub_county(country: Country, plan: dict[str, list[CentrePlan]]) -> dict[str, int]:
    """Each county's drivers split over its stores by the candidates they serve."""
    found: dict[str, int] = {}
    rules = season.ratio_rules("KCSE", country)
    drivers = {r.county_code: r.fixed for r in rules if r.role_code == "driver"}
    for county in country.counties:
        own = (s.code for s in country.sub_counties if s.county.code == county.code)
        weights = {code: sum(c.candidates for c in plan[code]) for code in own}
        found |= shares(drivers[county.code], weights, least=1)
    return found
