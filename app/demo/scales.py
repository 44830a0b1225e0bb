"""How much of the country each scale of the demonstration loads."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo import season
from app.demo.places import Country, SubCounty
from app.demo.season import SeriesPlan


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale; no names of counties or sub-counties mean every one.

    `history_of` is how many sub-counties share one place in the archive of finished seasons: 1
    keeps them all, 3 every third. `primary_centres` are the KPSEA and KJSEA centres of each.
    """

    name: str
    county_names: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    history_of: int = 1
    primary_centres: int = 0
    hosts_a_school_in: str | None = None

    def sub_counties(self, country: Country) -> list[SubCounty]:
        """The sub-counties loaded, in the order of their codes."""
        return [
            one
            for one in country.sub_counties
            if (not self.county_names or one.county.name in self.county_names)
            and (not self.slugs or one.slug in self.slugs)
        ]

    def series_in(self, sub_county: SubCounty) -> list[SeriesPlan]:
        """The series that have centres in a sub-county, the running one first."""
        found = [season.RUNNING]
        if self._keeps(sub_county, 1):
            found.append(season.LAST_YEAR)
        if self._keeps(sub_county, 2):
            found.append(season.BEFORE_LAST)
        if self.primary_centres:
            found += [season.PRIMARY_SERIES, season.JUNIOR_SERIES]
        return found

    def _keeps(self, sub_county: SubCounty, years_ago: int) -> bool:
        shown = sub_county.county.name in _WELL_KEPT
        return shown or (sub_county.id + years_ago) % self.history_of == 0


_WELL_KEPT = frozenset({"Kisumu"})
_SHOWN = frozenset({"Kisumu", "Nakuru"})

SCALES = {
    "small": Scale(
        "small",
        slugs=frozenset({"kisumu-east", "kisumu-west"}),
        primary_centres=2,
        hosts_a_school_in="kisumu-west",
    ),
    "county": Scale(
        "county",
        county_names=_SHOWN,
        primary_centres=2,
        hosts_a_school_in="kisumu-west",
    ),
    "national": Scale("national", history_of=3),
}
