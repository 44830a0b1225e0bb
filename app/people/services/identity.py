"""Identity numbers as their holders give them: each becomes somebody's own only once.

The database decides whose a number is, by its unique indexes. Whoever gives a number that another
officer holds gets the same answer, from the same statements, as whoever gives a free one: the
number is kept as a sealed claim, and a job of the queue tells those who must know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, delete, or_, text, update
from sqlalchemy.exc import IntegrityError

from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.people.models import IdentityClaim, Officer
from app.people.services.officers import KRA_PIN, NATIONAL_ID
from app.scoping.scope import Actor

__all__ = ["KINDS", "LOOK_INTO", "Given", "give_numbers", "take"]

TSC_NUMBER = "officer.tsc_number"
LOOK_INTO = "people.numbers_given"
SHOWN = 3
_TAKEN = "23505"


@dataclass(frozen=True, slots=True)
class Given:
    """One number, sealed: what a claim stores, and what an officer's own columns would."""

    kind: str
    cipher: bytes
    index: bytes
    last: str
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of number: where it is sealed, and the officer's columns; the first is unique."""

    context: str
    columns: tuple[str, ...]
    values: Callable[[bytes, bytes, str], tuple[Any, ...]]


KINDS: Mapping[str, Kind] = {
    "kra_pin": Kind(
        KRA_PIN,
        ("kra_pin_index", "kra_pin_cipher", "kra_pin_last"),
        lambda cipher, index, plain: (index, cipher, plain[-SHOWN:]),
    ),
    "national_id": Kind(
        NATIONAL_ID,
        ("national_id_index", "national_id_cipher", "national_id_last"),
        lambda cipher, index, plain: (index, cipher, plain[-SHOWN:]),
    ),
    "tsc_number": Kind(TSC_NUMBER, ("tsc_number",), lambda _cipher, _index, plain: (plain,)),
}
"""In the order in which they are taken, the same for everybody, so that no two wait for each other."""

CLAIM_REST = text("""
    INSERT INTO identity_claim (officer_id, sub_county_id, kind, cipher, number_index, last)
    SELECT o.id, o.sub_county_id, g.kind, g.cipher, g.number_index, g.last
    FROM officer o, unnest(CAST(:kinds AS text[]), CAST(:ciphers AS bytea[]),
      CAST(:indexes AS bytea[]), CAST(:lasts AS text[])) AS g (kind, cipher, number_index, last)
    WHERE o.id = :officer_id AND g.kind <> ALL (CAST(:held AS text[]))
""")


def give_numbers(
    session: Any, actor: Actor, officer: Officer, vault: Vault, numbers: Mapping[str, str]
) -> None:
    """The officer gives `national_id`, `kra_pin` or `tsc_number`, each in its normal form.

    A free number becomes theirs; one that another officer holds becomes a sealed claim, and a job
    opens its review. The number of that kind given before is theirs no more. Statements, answer
    and time are the same whether a number is free or held. The caller records the event.
    """
    del actor
    given = [sealed_number(vault, kind, numbers[kind]) for kind in KINDS if numbers.get(kind)]
    if not given:
        return
    with unit_of_work(session):
        session.flush()
        _let_go(session, officer.id, given)
        held = [one.kind for one in given if take(session, officer.id, one.columns)]
        _claim_rest(session, officer.id, given, held)
        defer(session, LOOK_INTO, once=f"{LOOK_INTO}:{officer.id}", officer_id=officer.id)
        session.expire(officer, [name for one in given for name in one.columns])


def sealed_number(vault: Vault, kind: str, plain: str) -> Given:
    """A number in its normal form as it is stored."""
    known = KINDS[kind]
    cipher = vault.seal(plain, context=known.context)
    index = vault.index(plain, context=known.context)
    columns = dict(zip(known.columns, known.values(cipher, index, plain), strict=True))
    return Given(kind, cipher, index, plain[-SHOWN:], columns)


def take(session: Any, officer_id: int, columns: Mapping[str, Any]) -> bool:
    """Makes a number the officer's own where it is free; the unique index says whether it is."""
    try:
        with session.begin_nested():
            session.execute(_own(officer_id).values(**columns))
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _TAKEN:
            raise
        return False
    return True


def _let_go(session: Any, officer_id: int, given: list[Given]) -> None:
    """Takes from the officer the numbers that they held and give otherwise now."""
    values, differs = {}, []
    for one in given:
        first, *_rest = one.columns
        column = getattr(Officer, first)
        changed = and_(column.is_not(None), column != one.columns[first])
        differs.append(changed)
        for name in one.columns:
            values[name] = case((changed, None), else_=getattr(Officer, name))
    session.execute(_own(officer_id).where(or_(*differs)).values(**values))


def _claim_rest(session: Any, officer_id: int, given: list[Given], held: list[str]) -> None:
    """Stores as claims what was not free, in place of earlier claims of those kinds."""
    session.execute(
        delete(IdentityClaim)
        .where(
            IdentityClaim.officer_id == officer_id,
            IdentityClaim.kind.in_([one.kind for one in given]),
            IdentityClaim.settled_at.is_(None),
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        CLAIM_REST,
        {
            "officer_id": officer_id,
            "kinds": [one.kind for one in given],
            "ciphers": [one.cipher for one in given],
            "indexes": [one.index for one in given],
            "lasts": [one.last for one in given],
            "held": held,
        },
    )


def _own(officer_id: int) -> Any:
    return (
        update(Officer).where(Officer.id == officer_id).execution_options(synchronize_session=False)
    )
