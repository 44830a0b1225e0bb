"""Shorthand for tests of a school's own results: this year's release with every kind of candidate.

`ROWS` are of the centre that signs in and of the one next door, whose names could leak.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, update

from app.exams.models import Series
from app.extensions import db
from app.places.models import Centre, School
from app.results.models import ResultRelease
from app.scoping.guard import scoped_as
from tests.factories import results as made
from tests.factories.results import EVERYTHING, row
from tests.factories.world import CENTRE, NEXT_DOOR
from tests.factories.world_results import HERE, index_number

SERIES = "KCSE-2026"
LOGIN, NEIGHBOUR = f"KCSE{CENTRE}", f"KCSE{NEXT_DOOR}"
NAMES = {
    1: "Achieng Otieno Were",
    2: "Brian Ng'ang'a",
    3: "Dorcas Akinyi Anne-Marie",
    4: "Felix Mutua",
    5: "Grace Wanjiru",
    6: "Hillary Kiprono",
    7: "Ivy Chebet",
    8: "Joseph Barasa",
}
MEANS = {1: "A-", 2: "B+", 3: "C-", 4: "B", 5: "W", 6: "Y", 7: "X", 8: "P"}
STRANGER = "Zawadi Nextdoor"
KEPT_BACK = (5, 6, 8)
"""Withheld, cancelled and pended as loaded: none of their grades may leave."""


def rows() -> list[list[str]]:
    """Eight candidates of the centre and three of the one next door."""
    own = [
        row(number, centre=CENTRE, names=NAMES[number], mean_grade=mean)
        for number, mean in MEANS.items()
    ]
    for line, grade in ((own[6], "X"), (own[5], "D-")):
        line[4:] = [grade] * len(line[4:])
    there = [row(number, centre=NEXT_DOOR, names=STRANGER) for number in (1, 2, 3)]
    return own + there


def loaded() -> ResultRelease:
    """This year's release, proven."""
    return made.loaded(*rows(), series=SERIES)


def opened(folder: Path) -> ResultRelease:
    """This year's release, open."""
    return made.released(loaded(), folder)


def index(number: int) -> str:
    """The index number of a candidate of the centre that signs in."""
    return index_number(CENTRE, number)


def opened_last_year(folder: Path) -> ResultRelease:
    """Last year's release of the same school, under another code, open."""
    with scoped_as(db.session, EVERYTHING):
        school = db.session.scalars(select(School.id).order_by(School.id)).first()
        for code, series in ((CENTRE, SERIES), (HERE, "KCSE-2025")):
            own = select(Series.id).where(Series.code == series).scalar_subquery()
            db.session.execute(
                update(Centre)
                .where(Centre.code == code, Centre.series_id == own)
                .values(school_id=school)
                .execution_options(synchronize_session=False)
            )
        db.session.flush()
    given = [row(1, mean_grade="B"), row(2, mean_grade="C"), row(3, mean_grade="X")]
    return made.released(made.loaded(*given), folder)
