"""Officers of a list: who is there already, whose numbers clash, and one statement that stores.

Told apart by national ID, TSC number, KRA PIN and mobile number, in this order. A list never
changes a number that is stored: that is a flow of its own. A director's list fills what is empty
and keeps the workstation current; names, genders and years that are stored stay.
"""

# ruff: noqa: S608 (the names in statements are our own columns, never words of a file)

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.imports.services.staging import mark_bad, note, note_twice, number_of
from app.people.enums import ProfileState
from app.words import N_

NUMBERS = (
    ("national_id", "national_id_index"),
    ("tsc_number", "tsc_number"),
    ("kra_pin", "kra_pin_index"),
    ("mobile", "mobile"),
)
"""Field and its column of equality, the surest first."""

_TWICE = N_("Row %(row)s has it too.")
_SAME = N_("Row %(row)s is the same officer.")
_ANOTHERS = N_("Another officer has this number already.")
_ELSEWHERE = N_("Registered in another sub-county. Ask its office, or headquarters.")
_UNFINISHED = N_("Registered already by its holder, who has not said where they work yet.")
_STORED = N_("This officer is stored with another number. A list does not change it.")
_KEPT = N_("Stored otherwise, and stays so: the officer changes it on their profile.")

_FILLED = (
    "email", "tsc_number", "national_id_cipher", "national_id_index", "national_id_last",
    "kra_pin_cipher", "kra_pin_index", "staff_number",
)  # fmt: skip
_OFFICES = ("employer", "designation", "workstation")
_THEIRS = ("full_name", "gender", "year_of_birth")
_INSERTED = (
    "full_name", "mobile", "national_id_cipher", "national_id_index", "national_id_last",
    "kra_pin_cipher", "kra_pin_index", "tsc_number", "staff_number", "gender", "year_of_birth",
    "email", "employer", "designation", "workstation", "sub_county_id",
)  # fmt: skip


def check(session: Any, *, own: int | None) -> None:
    """Notes every fault that only the whole list and the database can show.

    `own` is the sub-county of a director's list; None for headquarters.
    """
    for field, column in NUMBERS:
        note_twice(session, column, field, _TWICE)
    _match(session)
    _note_other_officers(session, own)
    _note_foreign(session, own)
    for field, column in NUMBERS:
        _note_stored_otherwise(session, field, column)
    note(
        session,
        "SELECT i.row_number, NULL, 'same-officer', :message, jsonb_build_object('row', g.first),"
        " false FROM incoming i JOIN (SELECT target_id, min(row_number) AS first FROM incoming"
        " WHERE target_id IS NOT NULL AND NOT bad GROUP BY target_id HAVING count(*) > 1) g"
        " ON g.target_id = i.target_id AND i.row_number > g.first WHERE NOT EXISTS (SELECT 1 FROM"
        " incoming_fault f WHERE f.row_number = i.row_number AND NOT f.warning)",
        message=_SAME,
    )
    mark_bad(session)
    if own is not None:
        _note_kept(session)
    _find_changes(session, own)


def _match(session: Any) -> None:
    parts = [
        f"SELECT i.row_number, {rank} AS rank, '{field}' AS field, o.id, o.sub_county_id"
        f" FROM incoming i JOIN officer o ON o.{column} = i.{column}"
        for rank, (field, column) in enumerate(NUMBERS)
    ]
    made = "CREATE TEMP TABLE incoming_match ON COMMIT DROP AS " + " UNION ALL ".join(parts)
    session.execute(text(made))
    session.execute(
        text(
            "UPDATE incoming i SET target_id = m.id FROM (SELECT DISTINCT ON (row_number)"
            " row_number, id FROM incoming_match ORDER BY row_number, rank) m"
            " WHERE m.row_number = i.row_number"
        )
    )


def _note_other_officers(session: Any, own: int | None) -> None:
    """The row's numbers belong to several officers."""
    note(
        session,
        "SELECT m.row_number, m.field, 'anothers',"
        " CASE WHEN :own IS NULL OR m.sub_county_id = :own THEN :anothers ELSE :elsewhere END,"
        " CASE WHEN :own IS NULL OR m.sub_county_id = :own"
        " THEN jsonb_build_object('officer_id', m.id) END, false"
        " FROM incoming_match m JOIN incoming i ON i.row_number = m.row_number"
        " WHERE m.id <> i.target_id".replace(":own", "CAST(:own AS integer)"),
        own=own,
        anothers=_ANOTHERS,
        elsewhere=_ELSEWHERE,
    )


def _note_foreign(session: Any, own: int | None) -> None:
    """The officer belongs to another sub-county's director, or to nobody's yet."""
    note(
        session,
        "SELECT DISTINCT ON (m.row_number) m.row_number, m.field, 'registered',"
        " CASE WHEN m.sub_county_id IS NULL THEN :unfinished ELSE :elsewhere END, NULL::jsonb,"
        " false FROM incoming_match m JOIN incoming i ON i.row_number = m.row_number"
        " AND i.target_id = m.id WHERE m.sub_county_id IS NULL OR"
        " m.sub_county_id <> CAST(:own AS integer) ORDER BY m.row_number, m.rank",
        own=own,
        unfinished=_UNFINISHED,
        elsewhere=_ELSEWHERE,
    )


def _note_stored_otherwise(session: Any, field: str, column: str) -> None:
    note(
        session,
        f"SELECT i.row_number, :field, 'stored-otherwise', :message,"
        f" jsonb_build_object('officer_id', o.id), false FROM incoming i JOIN officer o"
        f" ON o.id = i.target_id WHERE o.{column} <> i.{column} AND NOT EXISTS (SELECT 1"
        f" FROM incoming_fault f WHERE f.row_number = i.row_number AND NOT f.warning"
        f" AND (f.field = :field OR f.code = 'registered'))",
        field=field,
        message=_STORED,
    )


def _note_kept(session: Any) -> None:
    for column in _THEIRS:
        differs = f"lower(o.{column}::text) <> lower(i.{column}::text)"
        note(
            session,
            f"SELECT i.row_number, '{column}', 'kept', :message, NULL::jsonb, true FROM incoming i"
            f" JOIN officer o ON o.id = i.target_id WHERE NOT i.bad AND {differs}",
            message=_KEPT,
        )


def _find_changes(session: Any, own: int | None) -> None:
    """`incoming_change`: the officers that would change, as they would be."""
    taken = _OFFICES if own is not None else (*_OFFICES, *_THEIRS, "sub_county_id")
    filled = _FILLED if own is None else (*_FILLED, *_THEIRS)
    after = [f"coalesce(i.{c}, o.{c}) AS {c}" for c in taken]
    after += [f"coalesce(nullif(o.{c}, ''), i.{c}) AS {c}" for c in filled if c in _WORDS]
    after += [f"coalesce(o.{c}, i.{c}) AS {c}" for c in filled if c not in _WORDS]
    differs = [f"(i.{c} IS NOT NULL AND i.{c} IS DISTINCT FROM o.{c})" for c in taken]
    differs += [f"(i.{c} IS NOT NULL AND {_empty(c)})" for c in filled if not c.endswith("_cipher")]
    session.execute(
        text(
            f"CREATE TEMP TABLE incoming_change ON COMMIT DROP AS SELECT o.id, i.row_number,"
            f" {', '.join(after)} FROM incoming i JOIN officer o ON o.id = i.target_id"
            f" WHERE NOT i.bad AND ({' OR '.join(differs)})"
        )
    )


_WORDS = frozenset({"email", "staff_number", "full_name"})


def _empty(column: str) -> str:
    return f"nullif(o.{column}, '') IS NULL" if column in _WORDS else f"o.{column} IS NULL"


def counts(session: Any) -> dict[str, Any]:
    """How many officers are new, change, or are already so."""
    new = number_of(session, "SELECT count(*) FROM incoming WHERE NOT bad AND target_id IS NULL")
    known = number_of(
        session, "SELECT count(*) FROM incoming WHERE NOT bad AND target_id IS NOT NULL"
    )
    changed = number_of(session, "SELECT count(*) FROM incoming_change")
    return {"new": new, "changed": changed, "same": known - changed}


def store(session: Any, *, actor_id: int | None, knows_them: bool) -> list[int]:
    """Stores what is good, in the scope of the session; returns the ids of the new officers."""
    columns = [
        row[0]
        for row in session.execute(
            text(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'incoming_change'::regclass"
                " AND attnum > 0 AND attname NOT IN ('id', 'row_number')"
            )
        )
    ]
    sets = ", ".join(f"{column} = c.{column}" for column in columns)
    session.execute(text(f"UPDATE officer o SET {sets} FROM incoming_change c WHERE c.id = o.id"))
    names = ", ".join(_INSERTED)
    given = ", ".join(f"i.{name}" for name in _INSERTED)
    state = ProfileState.VERIFIED if knows_them else ProfileState.SUBMITTED
    stored = session.execute(
        text(
            f"INSERT INTO officer ({names}, workstation_school_id, state, created_by)"
            f" SELECT {given}, s.id, :state, :actor FROM incoming i LEFT JOIN (SELECT"
            " sub_county_id, lower(name) AS name, min(id) AS id FROM school GROUP BY 1, 2"
            " HAVING count(*) = 1) s ON s.sub_county_id = i.sub_county_id"
            " AND s.name = lower(i.workstation) WHERE NOT i.bad AND i.target_id IS NULL"
            " ORDER BY i.row_number RETURNING id"
        ),
        {"state": str(state), "actor": actor_id},
    )
    return [int(row[0]) for row in stored]


def changed(session: Any) -> list[tuple[int, int]]:
    """The officers that changed, with their sub-counties."""
    rows = session.execute(
        text(
            "SELECT o.id, o.sub_county_id FROM incoming_change c JOIN officer o ON o.id = c.id"
            " ORDER BY o.id"
        )
    )
    return [(int(officer), int(place)) for officer, place in rows]
