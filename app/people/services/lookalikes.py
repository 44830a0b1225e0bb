"""Two officers who may be one person: found through an index, and put before a director.

The looking is done by jobs of the queue, under a scope over everybody, so that no page waits and
no page tells. What was dismissed as different people is not proposed again for its likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.orm import aliased

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import vault_of
from app.messages.enums import MessageKind
from app.messages.services import post
from app.people.identity_texts import GIVEN_ELSEWHERE
from app.people.matching import REVIEW_FROM, Person, keys_of, likeness, sought_by
from app.people.models import IdentityClaim, Officer
from app.people.services.identity import KINDS, take
from app.scoping.scope import system_actor

__all__ = [
    "LOOK",
    "check_lookalikes",
    "look_among_everybody",
    "look_for",
    "look_into_numbers",
    "settle_free_claims",
]

LOOK = "people.lookalikes"
FINDER = system_actor("look-alikes")
NEAR_YEARS = 1
CHUNK = 2_000

_PERSON = (
    Officer.id,
    Officer.full_name,
    Officer.year_of_birth,
    Officer.gender,
    Officer.workstation,
    Officer.sub_county_id,
    Officer.kin_telephone,
)
_IS_SOMEBODY = and_(Officer.merged_into_id.is_(None), Officer.full_name != "")

STORED_KEYS = text(
    "SELECT officer_id, array_agg(key ORDER BY key), array_agg(year ORDER BY key) FROM name_key"
    " WHERE officer_id = ANY (:ids) GROUP BY officer_id"
)
FORGET_KEYS = text("DELETE FROM name_key WHERE officer_id = ANY (:ids)")
STORE_KEYS = text(
    "INSERT INTO name_key (officer_id, key, year) SELECT * FROM unnest(CAST(:officers AS int[]),"
    " CAST(:keys AS bigint[]), CAST(:years AS smallint[])) ON CONFLICT DO NOTHING"
)
CANDIDATES = text("""
    SELECT s.officer_id, k.officer_id
    FROM unnest(CAST(:officers AS int[]), CAST(:keys AS bigint[]), CAST(:years AS smallint[]))
      AS s (officer_id, key, year)
    JOIN name_key k ON k.key = s.key AND k.year BETWEEN s.year - :near AND s.year + :near
    WHERE k.officer_id <> s.officer_id AND (NOT :later OR k.officer_id > s.officer_id)
    UNION
    SELECT s.officer_id, k.officer_id
    FROM unnest(CAST(:officers AS int[]), CAST(:keys AS bigint[]), CAST(:years AS smallint[]))
      AS s (officer_id, key, year)
    JOIN name_key k ON k.key = s.key AND k.year IS NULL
    WHERE k.officer_id <> s.officer_id AND (NOT :later OR k.officer_id > s.officer_id)
    UNION
    SELECT s.officer_id, k.officer_id
    FROM unnest(CAST(:officers AS int[]), CAST(:keys AS bigint[]), CAST(:years AS smallint[]))
      AS s (officer_id, key, year)
    JOIN name_key k ON k.key = s.key AND k.year IS NOT NULL
    WHERE s.year IS NULL
      AND k.officer_id <> s.officer_id AND (NOT :later OR k.officer_id > s.officer_id)
""")
"""Pairs that share an entry: of years near each other, or where one of the two has none."""

OPEN_REVIEW = text("""
    INSERT INTO lookalike (officer_id, other_id, sub_county_id, other_sub_county_id, score, reasons)
    SELECT low.id, high.id, low.sub_county_id, high.sub_county_id, :score, CAST(:reasons AS jsonb)
    FROM officer low, officer high WHERE low.id = :low AND high.id = :high
    ON CONFLICT (officer_id, other_id) DO UPDATE
    SET score = GREATEST(lookalike.score, excluded.score), state = 'open',
      decision_reason = NULL, decided_at = NULL, decided_by = NULL,
      reasons = (SELECT jsonb_agg(DISTINCT r) FROM
        jsonb_array_elements(lookalike.reasons || excluded.reasons) r)
    WHERE NOT lookalike.reasons @> excluded.reasons
      AND (lookalike.state = 'open' OR (:anew AND lookalike.state = 'dismissed'))
    RETURNING id, sub_county_id, (xmax = 0) AS is_new
""")


def check_lookalikes(session: Any, officer: Officer) -> None:
    """Has somebody look, soon, whether this officer is here already; the caller does not wait."""
    defer(session, LOOK, once=f"{LOOK}:{officer.id}", officer_id=officer.id)


def look_for(session: Any, officer_id: int) -> int:
    """Looks for the officer's look-alikes among everybody; the number that need a review."""
    with unit_of_work(session):
        people = _people(session, Officer.id == officer_id)
        if not people:
            session.execute(FORGET_KEYS, {"ids": [officer_id]})
            return 0
        _note_keys(session, people)
        return _review_pairs(session, people, later=False)


def look_among_everybody(
    session: Any, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> int:
    """Looks through all officers, a transaction for each part; the number that need a review.

    It finds those whom no profile brought before it: added by an office, imported, or long here.
    """
    ids = list(session.scalars(select(Officer.id).where(_IS_SOMEBODY).order_by(Officer.id)))
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    for number, part in enumerate(parts):
        with unit_of_work(session):
            _note_keys(session, _people(session, Officer.id.in_(part)))
        progress(number + 1, 2 * len(parts))
    found = 0
    for number, part in enumerate(parts):
        with unit_of_work(session):
            found += _review_pairs(session, _people(session, Officer.id.in_(part)), later=True)
        progress(len(parts) + number + 1, 2 * len(parts))
    return found


def look_into_numbers(session: Any, officer_id: int) -> int:
    """Opens a review of each number that the officer gave and another holds; how many there are.

    The holder is told by SMS that somebody gave their number, and not who. A number that nobody
    holds any more becomes the officer's own.
    """
    with unit_of_work(session):
        claims = session.scalars(_unsettled().where(IdentityClaim.officer_id == officer_id)).all()
        waiting = [claim for claim in claims if not _settle(session, claim)]
        for claim in waiting:
            holder = _holder(session, claim)
            if holder is not None:
                open_review(session, officer_id, holder.id, score=100, reasons=(claim.kind,))
                _tell_holder(session, holder, claim)
        return len(waiting)


def settle_free_claims(session: Any) -> int:
    """Gives every number that nobody holds to the only officer who claims it; how many.

    Where several claim one, a person decides.
    """
    with unit_of_work(session):
        return sum(_settle(session, claim) for claim in session.scalars(_unsettled()).all())


def open_review(
    session: Any, one: int, other: int, *, score: int, reasons: Sequence[str]
) -> int | None:
    """Puts two officers before a person; None where that is so already, or was decided.

    A number given twice opens a review again that was dismissed for its likeness alone.
    """
    low, high = sorted((one, other))
    found = session.execute(
        OPEN_REVIEW,
        {
            "low": low,
            "high": high,
            "score": score,
            "reasons": _json(reasons),
            "anew": bool(set(reasons) & set(KINDS)),
        },
    ).first()
    if found is None:
        return None
    subject = Subject("lookalike", found.id, sub_county_id=found.sub_county_id)
    record(session, FINDER, "lookalike.found", subject, after=sorted(reasons))
    return int(found.id)


def _json(words: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in sorted(words)) + "]"


def _people(session: Any, which: ColumnElement[bool]) -> dict[int, Person]:
    """What the score reads of these officers."""
    rows = session.execute(select(*_PERSON).where(which, _IS_SOMEBODY))
    return {officer_id: Person(*facts) for officer_id, *facts in rows}


def _note_keys(session: Any, people: dict[int, Person]) -> None:
    """Brings the index up to date for these officers; writes only what is not there yet."""
    wanted = {officer_id: sorted(keys_of(one)) for officer_id, one in people.items()}
    stored = {
        officer_id: list(zip(keys, years, strict=True))
        for officer_id, keys, years in session.execute(STORED_KEYS, {"ids": list(people)})
    }
    stale = [one for one, keys in wanted.items() if stored.get(one, []) != keys]
    if stale:
        session.execute(FORGET_KEYS, {"ids": stale})
        session.execute(STORE_KEYS, _columns((one, wanted[one]) for one in stale))


def _columns(entries: Iterable[tuple[int, Iterable[tuple[int, int | None]]]]) -> dict[str, Any]:
    rows = [(one, key, year) for one, keys in entries for key, year in keys]
    officers, keys, years = zip(*rows, strict=True) if rows else ((), (), ())
    return {"officers": list(officers), "keys": list(keys), "years": list(years)}


def _review_pairs(session: Any, people: dict[int, Person], *, later: bool) -> int:
    """Scores everybody who shares an entry with these people; how many need a review now."""
    sought = _columns((officer_id, sought_by(one)) for officer_id, one in people.items())
    pairs = session.execute(CANDIDATES, sought | {"near": NEAR_YEARS, "later": later}).all()
    others = {other for _one, other in pairs} - people.keys()
    known = people | (_people(session, Officer.id.in_(others)) if others else {})
    return sum(_is_reviewed(session, known, *pair) for pair in pairs)


def _is_reviewed(session: Any, known: dict[int, Person], one: int, other: int) -> bool:
    if one not in known or other not in known:
        return False
    found = likeness(known[one], known[other])
    if found.score < REVIEW_FROM:
        return False
    return open_review(session, one, other, score=found.score, reasons=found.reasons) is not None


def _tell_holder(session: Any, holder: Officer, claim: IdentityClaim) -> None:
    if holder.mobile:
        post(
            session,
            to=holder.mobile,
            text=GIVEN_ELSEWHERE[claim.kind],
            kind=MessageKind.IDENTITY,
            facts={"last": claim.last},
            intent=f"identity:{claim.kind}:{holder.id}:{claim.officer_id}",
        )


def _unsettled() -> Any:
    return (
        select(IdentityClaim).where(IdentityClaim.settled_at.is_(None)).order_by(IdentityClaim.id)
    )


def _holder(session: Any, claim: IdentityClaim) -> Officer | None:
    """The officer whose own the claimed number is; nobody else's claim counts."""
    column, value = _where_held(session, claim)
    held = select(Officer).where(column == value, Officer.id != claim.officer_id)
    found: Officer | None = session.scalars(held).first()
    return found


def _where_held(session: Any, claim: IdentityClaim) -> tuple[Any, Any]:
    name = KINDS[claim.kind].columns[0]
    return getattr(Officer, name), _columns_of(session, claim)[name]


def _columns_of(session: Any, claim: IdentityClaim) -> Mapping[str, Any]:
    """The claimed number as an officer's own columns would hold it."""
    known = KINDS[claim.kind]
    if claim.kind == "tsc_number":
        return {known.columns[0]: vault_of(session).unseal(claim.cipher, context=known.context)}
    return dict(zip(known.columns, (claim.number_index, claim.cipher, claim.last), strict=True))


def _settle(session: Any, claim: IdentityClaim) -> bool:
    """Makes a claimed number the claimant's own where nobody holds it and nobody else claims it."""
    if _holder(session, claim) is not None or _is_contested(session, claim):
        return False
    if not take(session, claim.officer_id, _columns_of(session, claim)):
        return False
    claim.settled_at = clock.real_now()
    officer = session.get(Officer, claim.officer_id)
    session.expire(officer)
    subject = Subject("officer", officer.id, officer.sub_county_id, officer_id=officer.id)
    record(session, FINDER, "identity.settled", subject, after=claim.kind)
    return True


def _is_contested(session: Any, claim: IdentityClaim) -> bool:
    rival = aliased(IdentityClaim)
    rivals = select(rival.id).where(
        rival.kind == claim.kind,
        rival.number_index == claim.number_index,
        rival.settled_at.is_(None),
        rival.officer_id != claim.officer_id,
    )
    return session.scalars(rivals).first() is not None
