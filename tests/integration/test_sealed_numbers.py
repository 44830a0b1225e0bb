"""Identity, PIN and account numbers stand nowhere in clear: by the tables' shape, and by looking."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask
from sqlalchemy import Column, Integer, LargeBinary, String, Table, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Session

from app.access.models import User
from app.db.vault import vault_of
from app.extensions import Model
from app.people.enums import ProfileGroup
from app.people.queries import profiles as reads
from app.people.services import officers, profiles
from app.people.services.identity import give_numbers
from app.scoping.guard import enter_scope
from app.scoping.scope import system_scope
from tests.factories import world
from tests.factories.registers import acting_as

NUMBERS = ("national_id", "kra_pin", "nssf", "sha", "account")
PIECES = ("_cipher", "_index")
SHOWN = ("_last",)
IN_CLEAR = {
    "officer.tsc_number": "the employer's number, on letters and registers by the council's order",
    "officer.staff_number": "the employer's number, on letters and registers by the council's order",
    "result_subject.share": "a share of candidates, in thousandths",
}
"""Numbers of a person that are no identity number, each with its reason."""
CANARY_ID, CANARY_PIN, CANARY_ACCOUNT = "98765401", "A098765401Q", "55443322110"
CANARY_NSSF, CANARY_SHA = "2099887766", "CR7766554433"


def badly_kept(tables: Any) -> list[str]:
    """Columns named like a number that hold it in clear, or more of it than the last three."""
    found = []
    for table in tables:
        for column in table.columns:
            known = f"{table.name}.{column.name}" in IN_CLEAR
            if known or not any(number in column.name for number in NUMBERS):
                continue
            binary = isinstance(column.type, LargeBinary | BYTEA)
            last = column.name.endswith(SHOWN) and getattr(column.type, "length", 99) <= 3
            if not last and not (binary and column.name.endswith(PIECES)):
                found.append(f"{table.name}.{column.name}")
    return sorted(found)


def test_columns_named_like_numbers_hold_ciphers_and_indexes_only(app: Flask) -> None:
    assert badly_kept(Model.metadata.tables.values()) == []


def test_a_number_in_clear_would_be_noticed(app: Flask) -> None:
    """Negative control."""
    careless = Table(
        "careless", Model.metadata, Column("id", Integer, primary_key=True),
        Column("national_id", String(10)), Column("account_last", String(8)),
        Column("kra_pin_cipher", LargeBinary),
    )  # fmt: skip
    try:
        tables = Model.metadata.tables.values()
        assert badly_kept(tables) == ["careless.account_last", "careless.national_id"]
    finally:
        Model.metadata.remove(careless)


def texts_of_database(session: Session) -> str:
    """Every value of every table as text, as a dump would hold it, bytes in hexadecimal."""
    tables = session.scalars(
        text(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
            " 'public'::regnamespace ORDER BY 1"
        )
    ).all()
    rows: list[str] = []
    for table in tables:
        rows += session.scalars(text(f'SELECT "{table}"::text FROM "{table}"')).all()
    return "\n".join(rows)


def traces(session: Session, *numbers: str) -> list[str]:
    """The numbers that the database holds in clear, as text or as plain bytes."""
    enter_scope(session, system_scope("test"))
    whole = texts_of_database(session)
    return [one for one in numbers if one in whole or one.encode().hex() in whole]


def test_number_given_to_an_office_is_nowhere_in_clear(session: Session) -> None:
    who = acting_as("tsc.kisumu-east")
    officers.add_officer(
        who.scope,
        who.actor,
        vault=vault_of(session),
        values={
            "full_name": "Canary Zawadi",
            "mobile": "254799112233",
            "national_id": CANARY_ID,
            "kra_pin": CANARY_PIN,
            "sub_county_id": min(who.scope.sub_county_ids),
        },
    )
    session.flush()
    assert traces(session, CANARY_ID, CANARY_PIN) == []
    assert traces(session, "Canary Zawadi") == ["Canary Zawadi"]


def test_number_that_somebody_else_holds_is_nowhere_in_clear(session: Session) -> None:
    """A claim on a number is sealed like the number itself, and so is the job that looks into it."""
    from app.people.models import Officer

    enter_scope(session, system_scope("test"))
    people = session.query(Officer).order_by(Officer.id).limit(2).all()
    actor = acting_as("admin").actor
    enter_scope(session, system_scope("test"))
    for officer in people:
        give_numbers(
            session, actor, officer, vault_of(session),
            {"national_id": CANARY_ID, "kra_pin": CANARY_PIN},
        )  # fmt: skip
    session.flush()
    assert traces(session, CANARY_ID, CANARY_PIN) == []


def test_numbers_of_a_profile_are_nowhere_in_clear(session: Session) -> None:
    mobile = world.one(
        session, "SELECT username FROM ab_user WHERE officer_id IS NOT NULL ORDER BY id LIMIT 1"
    )
    who, vault = acting_as(str(mobile)), vault_of(session)
    typed = {
        ProfileGroup.PERSONAL: {"national_id": CANARY_ID, "kra_pin": CANARY_PIN,
                                "nssf": CANARY_NSSF, "sha": CANARY_SHA},
        ProfileGroup.BANK: {"account": CANARY_ACCOUNT, "bank_branch": "Canary Bank"},
    }  # fmt: skip
    for group, values in typed.items():
        version = reads.own_profile(
            who.scope, who.actor, vault, on=dt.date(2026, 11, 11)
        ).officer.profile_version
        given = {name: [value] for name, value in values.items()}
        saved = profiles.save_step(who.scope, who.actor, group, given, version=version, vault=vault)
        assert set(values) <= set(saved.changed), saved.problems
    session.flush()
    found = traces(session, CANARY_ID, CANARY_PIN, CANARY_NSSF, CANARY_SHA, CANARY_ACCOUNT)
    assert found == []
    assert traces(session, "Canary Bank") == ["Canary Bank"]
    stored = session.execute(
        text(
            "SELECT account_cipher, sha_cipher, national_id_cipher FROM officer o JOIN ab_user u"
            " ON u.officer_id = o.id WHERE u.username = :m"
        ),
        {"m": mobile},
    ).one()
    assert [bool(one) for one in stored] == [True, True, True]
    assert session.query(User).count() > 0
