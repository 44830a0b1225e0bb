"""Arranges letters for tests: an officer with numbers that can be read, and QR codes read back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pypdf
import pypdfium2
import zxingcpp
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db.vault import Vault
from app.deployments.models import Deployment
from app.letters.content import identity_digest
from app.letters.models import Letter
from app.people.models import Officer
from app.people.services.officers import sealed
from app.places.models import Centre
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, system_actor
from tests.factories import world

NATIONAL_ID = "28123456"


@dataclass(frozen=True)
class Given:
    """What a test knows of a letter, whatever its session may see."""

    id: int
    code: str
    code_words: str
    reference: str
    version: int
    officer_id: int
    sub_county_id: int
    name: str
    mobile: str
    tsc_number: str


def given(session: Session, letter: Letter) -> Given:
    """The letter and its officer as plain values."""
    officer = session.get(Officer, letter.officer_id)
    assert officer is not None
    return Given(
        id=letter.id,
        code=letter.code,
        code_words=letter.code_words,
        reference=letter.reference,
        version=letter.version,
        officer_id=letter.officer_id,
        sub_county_id=letter.sub_county_id,
        name=officer.full_name,
        mobile=officer.mobile,
        tsc_number=officer.tsc_number or "",
    )


def letter_at(session: Session, code: str = world.CENTRE, role: str = "invigilator") -> Letter:
    """The newest letter of the first person of a role at a centre."""
    found: Letter = session.scalars(
        select(Letter)
        .join(Deployment, Deployment.id == Letter.deployment_id)
        .join(Centre, Centre.id == Letter.centre_id)
        .where(Centre.code == code, Letter.role.has(code=role))
        .order_by(Letter.deployment_id, Letter.version.desc())
        .execution_options(populate_existing=True)
    ).first()
    return found


def with_numbers(session: Session, vault: Vault, **changes: Any) -> Given:
    """A letter issued to an officer whose identity number can be opened."""
    from app.letters import services

    with scoped_as(session, NATIONAL):
        letter = letter_at(session)
        officer = session.get(Officer, letter.officer_id)
        for name, value in {**sealed(vault, NATIONAL_ID, None), **changes}.items():
            setattr(officer, name, value)
        session.flush()
        deployment = session.get(Deployment, letter.deployment_id)
        services.replace_letters(session, system_actor("test"), [deployment], "Numbers given")
        session.commit()
        fresh = letter_at(session)
        assert identity_digest(officer.national_id_index, officer.tsc_number) == fresh.identity
        return given(session, fresh)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def qr_texts(pdf: bytes, *, most: int = 50) -> list[str]:
    """What the QR codes of a PDF's first pages say when they are printed and scanned."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pictures = [
            document[number].render(scale=2.5, grayscale=True).to_pil()
            for number in range(min(most, len(document)))
        ]
    finally:
        document.close()
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(picture)]


def set_state(session: Session, letter: Given, act: str, reason: str = "Redeployed") -> None:
    """Ends a letter by a line of its history."""
    with scoped_as(session, NATIONAL):
        session.execute(
            text(
                "INSERT INTO letter_move (letter_id, officer_id, sub_county_id, act, reason,"
                " actor_name) VALUES (:letter, :officer, :place, :act, :reason, 'Test')"
            ),
            {
                "letter": letter.id, "officer": letter.officer_id, "place": letter.sub_county_id,
                "act": act, "reason": reason,
            },
        )  # fmt: skip
        session.commit()
