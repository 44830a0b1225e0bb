"""Schools of a list: told apart by the Ministry's code, added and brought up to date."""

# ruff: noqa: S608 (the names in statements are our own columns, never words of a file)

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.imports.services.staging import mark_bad, note, note_twice, number_of
from app.words import N_

COLUMNS = ("name", "level", "ownership", "sub_county_id", "ward", "lon", "lat")

_TWICE = N_("Row %(row)s has it too.")
_SAME_NAME = N_("Row %(row)s has this name in the same sub-county. Both are kept; check them.")


def check(session: Any) -> None:
    """Notes repeated codes, and repeated names that deserve a look."""
    note_twice(session, "moe_code", "moe_code", _TWICE)
    note(
        session,
        "SELECT i.row_number, 'name', 'same-name', :message, jsonb_build_object('row', g.first),"
        " true FROM incoming i JOIN (SELECT sub_county_id, level, lower(name) AS name,"
        " min(row_number) AS first FROM incoming WHERE NOT bad GROUP BY 1, 2, 3"
        " HAVING count(*) > 1) g ON g.sub_county_id = i.sub_county_id AND g.level = i.level"
        " AND g.name = lower(i.name) WHERE NOT i.bad AND i.row_number > g.first",
        message=_SAME_NAME,
    )
    match_schools(session)
    mark_bad(session)
    differs = " OR ".join(f"(i.{c} IS NOT NULL AND i.{c} IS DISTINCT FROM s.{c})" for c in COLUMNS)
    session.execute(
        text(
            "CREATE TEMP TABLE incoming_change ON COMMIT DROP AS SELECT s.id, i.row_number"
            " FROM incoming i JOIN school s ON s.id = i.school_id"
            f" WHERE NOT i.bad AND ({differs})"
        )
    )


def match_schools(session: Any) -> None:
    """Finds the school of each row by the Ministry's code."""
    session.execute(
        text(
            "UPDATE incoming i SET school_id = s.id FROM school s"
            " WHERE s.moe_code = i.moe_code AND i.moe_code IS NOT NULL"
        )
    )


def counts(session: Any) -> dict[str, Any]:
    """How many schools are new, change, or are already so."""
    new = number_of(session, "SELECT count(*) FROM incoming WHERE NOT bad AND school_id IS NULL")
    known = number_of(
        session, "SELECT count(*) FROM incoming WHERE NOT bad AND school_id IS NOT NULL"
    )
    changed = number_of(session, "SELECT count(*) FROM incoming_change")
    return {"new": new, "changed": changed, "same": known - changed}


def store(session: Any) -> None:
    """Stores what is good."""
    sets = ", ".join(f"{c} = coalesce(i.{c}, s.{c})" for c in COLUMNS)
    session.execute(
        text(
            f"UPDATE school s SET {sets} FROM incoming i, incoming_change x"
            " WHERE x.id = s.id AND x.row_number = i.row_number"
        )
    )
    add_missing(session, only_new=False)


def add_missing(session: Any, *, only_new: bool) -> None:
    """Adds the schools that rows name by a code nobody has, where the row says enough of them.

    `only_new`: only for rows whose centre has a made code, which need their school.
    """
    condition = " AND code_made" if only_new else ""
    session.execute(
        text(
            "INSERT INTO school (moe_code, name, level, ownership, sub_county_id, ward, lon, lat)"
            " SELECT moe_code, name, level, coalesce(ownership, 'Not said'), sub_county_id, ward,"
            " lon, lat FROM incoming WHERE NOT bad AND school_id IS NULL AND moe_code IS NOT NULL"
            f" AND level IS NOT NULL{condition} ORDER BY row_number"
        )
    )
    match_schools(session)
