"""Centres and candidates of a list: which are new, what changes, and the posts that follow.

Told apart by their code in the series. A list without codes names schools by the Ministry's code
instead: their centres get codes that the portal makes and marks as made.
"""

# ruff: noqa: S608 (the names in statements are our own columns, never words of a file)

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from app.errors import RuleBroken
from app.imports.enums import Kind
from app.imports.mapping import Choices
from app.imports.services.schools import add_missing, match_schools
from app.imports.services.staging import mark_bad, note, note_twice, number_of
from app.vacancies.services import recompute_posts
from app.words import N_

CHANGING = ("name", "candidates", "rooms", "telephone", "lon", "lat")

_TWICE = N_("Row %(row)s has it too.")
_SAME_NAME = N_("Row %(row)s has this name in the same sub-county. Both are kept; check them.")
_UNKNOWN = N_("There is no centre with this code in %(series)s.")
_STORE = N_("This is a store: it has no candidates.")
_NOT_YOURS = N_("This centre is not in your sub-county.")
_MOVED = N_("This centre is stored in another sub-county. Change it on its own page.")
_HOST = N_("There is no centre with this code in the same sub-county.")
_HOST_ITSELF = N_("A centre cannot host itself.")
_SCHOOL = N_("No school has this code. The centre is kept without its school.")
_FULL = N_("The sub-county has no code left for this centre.")


def check(session: Any, kind: Kind, choices: Choices, *, series: Any, own: int | None) -> None:
    """Notes every fault that only the whole list and the database can show.

    `series` has the id and the name; `own` is the sub-county of a director's list.
    """
    made = choices.make_codes and kind is Kind.CENTRES
    note_twice(session, "moe_code" if made else "code", "moe_code" if made else "code", _TWICE)
    match_schools(session)
    _match(session, series.id, made=made)
    _note_places(session, own)
    if kind is Kind.CANDIDATES:
        note(
            session,
            "SELECT row_number, 'code', 'centre-unknown', :message,"
            " jsonb_build_object('series', CAST(:series AS text)), false FROM incoming"
            " WHERE code IS NOT NULL AND target_id IS NULL",
            message=_UNKNOWN,
            series=series.name,
        )
    else:
        _note_same_names(session)
    note(
        session,
        "SELECT i.row_number, 'candidates', 'store', :message, NULL::jsonb, false FROM incoming i"
        " JOIN centre c ON c.id = i.target_id WHERE c.kind = 'store' AND i.candidates > 0",
        message=_STORE,
    )
    if not made and kind is Kind.CENTRES:
        _note_schools(session)
    mark_bad(session)
    if made:
        _make_codes(session, series.id)
    _note_hosts(session, series.id)
    mark_bad(session)
    find_changes(session)


def _match(session: Any, series_id: int, *, made: bool) -> None:
    on = "c.school_id = i.school_id" if made else "c.code = i.code"
    session.execute(
        text(
            f"UPDATE incoming i SET target_id = c.id, code = c.code FROM centre c"
            f" WHERE c.series_id = :series AND {on}"
        ),
        {"series": series_id},
    )


def _note_places(session: Any, own: int | None) -> None:
    note(
        session,
        "SELECT i.row_number, 'code', 'not-yours', :message, NULL::jsonb, false FROM incoming i"
        " JOIN centre c ON c.id = i.target_id WHERE c.sub_county_id <> CAST(:own AS integer)",
        own=own,
        message=_NOT_YOURS,
    )
    note(
        session,
        "SELECT i.row_number, 'sub_county', 'moved', :message, NULL::jsonb, false FROM incoming i"
        " JOIN centre c ON c.id = i.target_id WHERE c.sub_county_id <> i.sub_county_id"
        " AND CAST(:own AS integer) IS NULL",
        own=own,
        message=_MOVED,
    )


def _note_same_names(session: Any) -> None:
    note(
        session,
        "SELECT i.row_number, 'name', 'same-name', :message, jsonb_build_object('row', g.first),"
        " true FROM incoming i JOIN (SELECT sub_county_id, lower(name) AS name, min(row_number)"
        " AS first FROM incoming WHERE name IS NOT NULL AND NOT bad GROUP BY 1, 2"
        " HAVING count(*) > 1) g ON g.sub_county_id = i.sub_county_id AND g.name = lower(i.name)"
        " WHERE NOT i.bad AND i.row_number > g.first",
        message=_SAME_NAME,
    )


def _note_schools(session: Any) -> None:
    note(
        session,
        "SELECT row_number, 'moe_code', 'school-unknown', :message, NULL::jsonb, true"
        " FROM incoming WHERE moe_code IS NOT NULL AND school_id IS NULL AND NOT bad",
        message=_SCHOOL,
    )


def _note_hosts(session: Any, series_id: int) -> None:
    note(
        session,
        "SELECT row_number, 'hosting_code', 'host-itself', :message, NULL::jsonb, false"
        " FROM incoming WHERE hosting_code = code",
        message=_HOST_ITSELF,
    )
    note(
        session,
        "SELECT i.row_number, 'hosting_code', 'host-unknown', :message, NULL::jsonb, false"
        " FROM incoming i WHERE i.hosting_code IS NOT NULL AND i.hosting_code <> i.code"
        " AND NOT EXISTS (SELECT 1 FROM incoming h WHERE h.code = i.hosting_code AND NOT h.bad"
        " AND h.sub_county_id = i.sub_county_id) AND NOT EXISTS (SELECT 1 FROM centre c"
        " WHERE c.series_id = :series AND c.code = i.hosting_code"
        " AND c.sub_county_id = i.sub_county_id)",
        series=series_id,
        message=_HOST,
    )


def _make_codes(session: Any, series_id: int) -> None:
    """The next free codes of each sub-county, in the order of the rows."""
    session.execute(
        text(
            "WITH free AS (SELECT p.id, p.head || lpad(n::text, 3, '0') AS code, row_number()"
            " OVER (PARTITION BY p.id ORDER BY n) AS nth FROM (SELECT s.id, y.code || s.code AS head"
            " FROM sub_county s JOIN county y ON y.id = s.county_id WHERE s.id IN"
            " (SELECT sub_county_id FROM incoming)) p CROSS JOIN generate_series(1, 999) n"
            " WHERE NOT EXISTS (SELECT 1 FROM centre c WHERE c.series_id = :series"
            " AND c.code = p.head || lpad(n::text, 3, '0'))), wanted AS (SELECT row_number,"
            " sub_county_id, row_number() OVER (PARTITION BY sub_county_id ORDER BY row_number)"
            " AS nth FROM incoming WHERE NOT bad AND target_id IS NULL)"
            " UPDATE incoming i SET code = f.code, code_made = true FROM wanted w JOIN free f"
            " ON f.id = w.sub_county_id AND f.nth = w.nth WHERE w.row_number = i.row_number"
        ),
        {"series": series_id},
    )
    note(
        session,
        "SELECT row_number, 'code', 'no-code-left', :message, NULL::jsonb, false FROM incoming"
        " WHERE NOT bad AND code IS NULL",
        message=_FULL,
    )


def find_changes(session: Any) -> None:
    """`incoming_change`: the centres that would change, with what would."""
    differs = {c: f"(i.{c} IS NOT NULL AND i.{c} IS DISTINCT FROM c.{c})" for c in CHANGING}
    differs["hosting_centre_id"] = (
        "(i.hosting_code IS NOT NULL AND i.hosting_code IS DISTINCT FROM h.code)"
    )
    differs["school_id"] = "(i.school_id IS NOT NULL AND i.school_id IS DISTINCT FROM c.school_id)"
    named = ", ".join(f"CASE WHEN {rule} THEN '{name}' END" for name, rule in differs.items())
    session.execute(text("DROP TABLE IF EXISTS pg_temp.incoming_change"))
    session.execute(
        text(
            "CREATE TEMP TABLE incoming_change ON COMMIT DROP AS SELECT c.id, i.row_number,"
            f" array_remove(ARRAY[{named}], NULL) AS columns FROM incoming i"
            " JOIN centre c ON c.id = i.target_id LEFT JOIN centre h ON h.id = c.hosting_centre_id"
            f" WHERE NOT i.bad AND ({' OR '.join(differs.values())})"
        )
    )


def counts(session: Any) -> dict[str, Any]:
    """How many centres are new, change (and in which columns), or are already so."""
    new = number_of(session, "SELECT count(*) FROM incoming WHERE NOT bad AND target_id IS NULL")
    known = number_of(
        session, "SELECT count(*) FROM incoming WHERE NOT bad AND target_id IS NOT NULL"
    )
    changed = number_of(session, "SELECT count(*) FROM incoming_change")
    rows = session.execute(
        text(
            "SELECT one, count(*) FROM incoming_change, unnest(columns) AS one"
            " GROUP BY one ORDER BY one"
        )
    )
    columns = {name: int(number) for name, number in rows}
    made = number_of(
        session,
        "SELECT count(*) FROM incoming WHERE NOT bad AND code_made AND target_id IS NULL",
    )
    return {
        "new": new,
        "changed": changed,
        "same": known - changed,
        "columns": columns,
        "made_codes": made,
    }


def store(session: Any, series_id: int) -> tuple[list[int], set[int]]:
    """Stores what is good; returns the ids of new and changed centres, and of the hosts whose
    posts follow."""
    add_missing(session, only_new=True)
    before = _hosts(session)
    new = session.execute(
        text(
            "INSERT INTO centre (series_id, school_id, sub_county_id, kind, code, name, candidates,"
            " rooms, telephone, lon, lat, code_made) SELECT :series, school_id, sub_county_id,"
            " 'school', code, name, coalesce(candidates, 0), rooms, telephone, lon, lat, code_made"
            " FROM incoming WHERE NOT bad AND target_id IS NULL ORDER BY row_number RETURNING id"
        ),
        {"series": series_id},
    )
    new_ids = [int(row[0]) for row in new]
    sets = ", ".join(f"{c} = coalesce(i.{c}, c.{c})" for c in (*CHANGING, "school_id"))
    session.execute(
        text(
            f"UPDATE centre c SET {sets} FROM incoming i WHERE c.id = i.target_id AND NOT i.bad"
            " AND EXISTS (SELECT 1 FROM incoming_change x WHERE x.id = c.id)"
        )
    )
    session.execute(
        text(
            "UPDATE centre c SET hosting_centre_id = h.id FROM incoming i, centre h"
            " WHERE c.series_id = :series AND h.series_id = :series AND c.code = i.code"
            " AND h.code = i.hosting_code AND NOT i.bad"
            " AND c.hosting_centre_id IS DISTINCT FROM h.id"
        ),
        {"series": series_id},
    )
    touched = session.execute(text("SELECT id FROM incoming_change")).scalars().all()
    ids = [*new_ids, *map(int, touched)]
    return ids, {*ids, *before, *_hosts(session), *_hosts_of(session, ids)}


def _hosts(session: Any) -> set[int]:
    found = session.execute(
        text(
            "SELECT DISTINCT c.hosting_centre_id FROM incoming_change x JOIN centre c"
            " ON c.id = x.id WHERE c.hosting_centre_id IS NOT NULL"
        )
    )
    return {int(row[0]) for row in found}


def _hosts_of(session: Any, ids: Iterable[int]) -> set[int]:
    found = session.execute(
        text(
            "SELECT DISTINCT hosting_centre_id FROM centre WHERE id = ANY(:ids)"
            " AND hosting_centre_id IS NOT NULL"
        ),
        {"ids": list(ids)},
    )
    return {int(row[0]) for row in found}


def refused_posts(session: Any, series_id: int, ids: Iterable[int]) -> dict[int, RuleBroken]:
    """Computes the posts of these centres again; those that would lose filled places, and why.

    The posts of the others are stored. Halves what is refused until single centres are left.
    """
    listed = sorted(ids)
    try:
        with session.begin_nested():
            recompute_posts(session, series_id, listed)
    except RuleBroken as refusal:
        if len(listed) == 1:
            return {listed[0]: refusal}
        middle = len(listed) // 2
        return refused_posts(session, series_id, listed[:middle]) | refused_posts(
            session, series_id, listed[middle:]
        )
    return {}


def note_refused(session: Any, refused: dict[int, RuleBroken]) -> None:
    """Faults at the candidates of the rows whose centre, or whose host, keeps its filled posts."""
    for centre_id, refusal in refused.items():
        note(
            session,
            "SELECT i.row_number, 'candidates', :code, :message, CAST(:facts AS jsonb), false"
            " FROM incoming i LEFT JOIN centre c ON c.id = i.target_id"
            " WHERE NOT i.bad AND (c.id = :centre OR c.hosting_centre_id = :centre"
            " OR i.hosting_code = (SELECT code FROM centre WHERE id = :centre))",
            code=refusal.code,
            message=refusal.message,
            facts=_json(refusal.facts),
            centre=centre_id,
        )
    mark_bad(session)


def _json(facts: Any) -> str:
    import json

    return json.dumps(dict(facts), default=str)


def posts_by_role(session: Any, ids: Iterable[int]) -> dict[str, int]:
    """How many posts these centres have, by the name of the role."""
    rows = session.execute(
        text(
            "SELECT r.name, sum(p.required) FROM post p JOIN staff_role r ON r.id = p.role_id"
            " WHERE p.centre_id = ANY(:ids) GROUP BY r.name, r.position ORDER BY r.position"
        ),
        {"ids": list(ids)},
    )
    return {name: int(number) for name, number in rows}


def changed(session: Any, ids: Iterable[int]) -> list[Any]:
    """The stored centres as their events tell them: id, sub-county, code, name, candidates."""
    return list(
        session.execute(
            text(
                "SELECT id, sub_county_id, code, name, candidates FROM centre"
                " WHERE id = ANY(:ids) ORDER BY id"
            ),
            {"ids": list(ids)},
        )
    )
