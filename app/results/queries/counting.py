"""What is in a release, counted once: by grade, sex, county and subject, registered against results,
and the centres that stand out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from app import clock
from app.results.enums import HIDDEN, LETTERS, Grade

FEWEST_EQUAL = 10
"""Graded candidates of a centre from which on one and the same mean grade for all is worth a look."""
FEWEST_LETTERS, LETTERS_SHARE = 5, 0.2
"""Candidates of a centre with one letter, and their share, from which on it is worth a look. These
limits are an assumption of ours: no rule of the council's is published."""

_GRADE = "coalesce(c.held, c.mean_grade)"
_SHOWN = f"CASE WHEN {_GRADE} = ANY (:hidden) THEN {_GRADE} ELSE s.value END"
"""A subject of whoever is kept back counts by that letter: where few sit it, a count is a grade."""
_OF_RELEASE = (
    " FROM result_candidate c JOIN result_centre x ON x.release_id = c.release_id"
    " AND x.centre_id = c.centre_id"
)
_FORGET = tuple(
    text(f"DELETE FROM {table} WHERE release_id = :release")  # noqa: S608
    for table in ("result_tally", "result_outlier")
)
_TALLY = text(
    "INSERT INTO result_tally (release_id, county_code, subject, sex, grade, number)"
    f" SELECT c.release_id, x.county_code, '', c.sex, {_GRADE}, count(*){_OF_RELEASE}"
    " WHERE c.release_id = :release GROUP BY 1, 2, 4, 5"
    f" UNION ALL SELECT c.release_id, x.county_code, s.key, c.sex, {_SHOWN}, count(*){_OF_RELEASE},"
    " jsonb_each_text(c.subjects) s WHERE c.release_id = :release GROUP BY 1, 2, 3, 4, 5"
)
_OUTLIERS = text(
    "WITH found AS ("  # noqa: S608
    f" SELECT c.centre_id, {_GRADE} AS grade, count(*) AS number,"
    " sum(count(*)) OVER (PARTITION BY c.centre_id) AS candidates,"
    f" sum(count(*)) FILTER (WHERE NOT {_GRADE} = ANY (:letters)) OVER (PARTITION BY c.centre_id)"
    " AS graded FROM result_candidate c WHERE c.release_id = :release GROUP BY 1, 2)"
    " INSERT INTO result_outlier (release_id, centre_id, kind, grade, number, candidates)"
    " SELECT :release, centre_id,"
    " CASE WHEN grade = ANY (:letters) THEN 'many' ELSE 'all_equal' END, grade, number, candidates"
    " FROM found WHERE CASE WHEN grade = ANY (:letters)"
    " THEN number >= :fewest_letters AND number >= candidates * cast(:share AS float)"
    " ELSE number >= :fewest_equal AND number = graded END"
)
_TALLIES = text(
    "SELECT county_code, subject, sex, grade, number FROM result_tally WHERE release_id = :release"
)
_REGISTERED = text(
    "SELECT county_code, county, sum(registered), count(*) FROM result_centre"
    " WHERE release_id = :release GROUP BY 1, 2 ORDER BY 1"
)
_NAMES = text(
    "SELECT s.code, s.name FROM result_subject s JOIN result_release r ON r.series_id = s.series_id"
    " WHERE r.id = :release"
)
_PER_CENTRE = text(
    "UPDATE result_centre x SET candidates = coalesce(f.number, 0) FROM result_centre y LEFT JOIN"
    " (SELECT centre_id, count(*) AS number FROM result_candidate WHERE release_id = :release"
    " GROUP BY 1) f ON f.centre_id = y.centre_id WHERE y.release_id = :release"
    " AND x.release_id = y.release_id AND x.centre_id = y.centre_id"
    " AND x.candidates <> coalesce(f.number, 0)"
)

Tallies = Iterable[tuple[str, str, str, str, int]]


def counts_of(session: Any, release_id: int) -> dict[str, Any]:
    """Every count of a release, as it stands: candidates, registered, `grades` by letter and sex,
    `counties` and `subjects` each with their own.

    Also writes the counts of the release's centres, its tallies and the centres that stand out.
    """
    which = {"release": release_id}
    session.execute(_PER_CENTRE, which)
    for forget in _FORGET:
        session.execute(forget, which)
    session.execute(_TALLY, which | {"hidden": [str(one) for one in HIDDEN]})
    session.execute(_OUTLIERS, which | _limits())
    tallies = session.execute(_TALLIES, which).tuples().all()
    grades, by_county = _of_means(row for row in tallies if not row[1])
    counties = [
        {
            "code": code,
            "name": name,
            "registered": int(registered),
            "centres": centres,
            "candidates": sum(by_county[code].values()),
            "grades": dict(by_county[code]),
        }
        for code, name, registered, centres in session.execute(_REGISTERED, which)
    ]
    return {
        "candidates": sum(one["candidates"] for one in counties),
        "registered": sum(one["registered"] for one in counties),
        "grades": grades,
        "letters": {str(one): sum(grades[one].values()) for one in Grade if one in LETTERS},
        "counties": [one for one in counties if one["candidates"] or one["registered"]],
        "subjects": _subjects(
            (row for row in tallies if row[1]), dict(session.execute(_NAMES, which).tuples().all())
        ),
        "counted_at": clock.real_now().isoformat(),
    }


def _limits() -> dict[str, Any]:
    return {
        "letters": [str(one) for one in LETTERS],
        "fewest_equal": FEWEST_EQUAL,
        "fewest_letters": FEWEST_LETTERS,
        "share": LETTERS_SHARE,
    }


def _of_means(
    tallies: Tallies,
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """The mean grades by letter and sex, and by county and letter."""
    grades: dict[str, dict[str, int]] = {str(one): {"F": 0, "M": 0} for one in Grade}
    by_county: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for county, _mean, sex, grade, number in tallies:
        grades[grade][sex] += number
        by_county[county][grade] += number
    return grades, by_county


def _subjects(tallies: Tallies, names: Mapping[str, str]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for _county, code, sex, grade, number in tallies:
        found[code].setdefault(grade, {"F": 0, "M": 0})[sex] += number
    return [
        {
            "code": code,
            "name": names.get(code, ""),
            "entries": sum(sum(by_sex.values()) for by_sex in found[code].values()),
            "grades": {grade: sum(by_sex.values()) for grade, by_sex in found[code].items()},
            "by_sex": {
                sex: sum(by_sex[sex] for by_sex in found[code].values()) for sex in ("F", "M")
            },
        }
        for code in sorted(found)
    ]
