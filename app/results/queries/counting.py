"""What is in a release: by grade, sex, county and subject, registered against results."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import text

from app.results.enums import LETTERS, Grade

_GRADE = "coalesce(c.held, c.mean_grade)"
_BY_COUNTY = text(
    f"SELECT x.county_code, x.county, {_GRADE} AS grade, c.sex, count(*)"  # noqa: S608
    " FROM result_candidate c JOIN result_centre x ON x.release_id = c.release_id"
    " AND x.centre_id = c.centre_id WHERE c.release_id = :release GROUP BY 1, 2, 3, 4"
)
_REGISTERED = text(
    "SELECT county_code, county, sum(registered), count(*) FROM result_centre"
    " WHERE release_id = :release GROUP BY 1, 2 ORDER BY 1"
)
_BY_SUBJECT = text(
    "SELECT s.key, s.value, c.sex, count(*) FROM result_candidate c,"
    " jsonb_each_text(c.subjects) s WHERE c.release_id = :release GROUP BY 1, 2, 3"
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


def counts_of(session: Any, release_id: int) -> dict[str, Any]:
    """Every count of a release, as it stands: candidates, registered, `grades` by letter and sex,
    `counties` and `subjects` each with their own; also written to the release's centres."""
    which = {"release": release_id}
    session.execute(_PER_CENTRE, which)
    grades: dict[str, dict[str, int]] = {str(one): {"F": 0, "M": 0} for one in Grade}
    by_county: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, _name, grade, sex, number in session.execute(_BY_COUNTY, which):
        grades[grade][sex] += number
        by_county[code][grade] += number
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
        "subjects": _subjects(session, which),
    }


def _subjects(session: Any, which: dict[str, int]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for code, grade, sex, number in session.execute(_BY_SUBJECT, which):
        found[code].setdefault(grade, {"F": 0, "M": 0})[sex] = number
    names = dict(session.execute(_NAMES, which).tuples().all())
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
