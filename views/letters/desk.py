"""From a stored letter to its paper: what it says, its identity numbers, its signed code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app

from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.extensions import db
from app.letters import content as contents
from app.letters.check import Claims
from app.letters.content import Content, Wording
from app.letters.models import Letter
from app.letters.queries import content_of, damaged, issued_on
from app.letters.rules import initials_of, spaced
from app.letters.services import remember_key
from app.letters.signing import Signer, signer_from
from app.people.services import NATIONAL_ID
from reports.pdf.letter import LetterSheet
from reports.pdf.letter_words import WORDS
from views.words import mobile

LAYOUT = 1
"""Counts up when the paper looks different for the same letter."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every paper of this portal needs: its keys and its public address."""

    signer: Signer
    vault: Vault
    address: str

    def token(self, letter: Letter, content: Content) -> str:
        """The signed text of the letter's QR code."""
        officer = letter.officer
        return self.signer.token(
            Claims(
                code=letter.code,
                version=letter.version,
                initials=initials_of(content.name),
                id_last=officer.national_id_last if _same_numbers(letter) else None,
                centre_code=content.centre_code,
                role=content.role_code,
                examination=content.examination,
                first_day=content.first_day,
                last_day=content.last_day,
            )
        )

    def sheet(self, letter: Letter, language: str) -> LetterSheet:
        """The letter as its paper says it in the language."""
        content, words = content_of(letter), WORDS[language]
        wording = wording_of(letter, content, language)
        values = contents.values_of(content, language=language, serial=letter.serial)
        host = self.address.partition("//")[2]
        return LetterSheet(
            language=language,
            reference=letter.reference,
            version=letter.version,
            issued=contents.day_on_paper(issued_on(letter), language),
            name=content.name,
            national_id=self._national_id(letter) or words.not_recorded,
            tsc_number=_tsc_number(letter) or words.not_recorded,
            mobile=mobile(content.mobile),
            sub_county=content.sub_county,
            county=content.county,
            examination=content.series,
            role=values["role"],
            centre=content.centre,
            centre_code=content.centre_code,
            from_to=f"{values['first_day']} – {values['last_day']}",
            days=values["days"],
            rate=values["rate"] if content.rate is not None else words.no_rate,
            subject=wording.subject.upper(),
            paragraphs=wording.paragraphs,
            duties=wording.duties,
            qr=f"{self.address}/VERIFY/{self.token(letter, content)}".upper(),
            address=f"{host}/verify/",
            code=spaced(letter.code),
            stamp=words.stamps.get(letter.state, ""),
        )

    def etag(self, letter: Letter, *variants: object) -> str:
        """Changes with everything that the letter's paper shows."""
        numbers = contents.identity_digest(
            letter.officer.national_id_index, letter.officer.tsc_number
        )
        said = (LAYOUT, letter.digest.hex(), letter.state, numbers.hex(), self.address)
        parts = "|".join(map(str, (*said, self.signer.key_id.hex(), *variants)))
        return hashlib.sha256(parts.encode()).hexdigest()[:32]

    def _national_id(self, letter: Letter) -> str | None:
        cipher = letter.officer.national_id_cipher
        if cipher is None or not _same_numbers(letter):
            return None
        return self.vault.unseal(cipher, context=NATIONAL_ID)


def wording_of(letter: Letter, content: Content, language: str) -> Wording:
    """The letter's words in a language. Raises Conflict where its template was changed."""
    template = letter.template_sw if language == "sw" else letter.template
    if _digest_of(template.texts) != content.texts[language]:
        raise damaged()
    return contents.worded(content, template.texts, language=language, serial=letter.serial)


@lru_cache(maxsize=512)
def _digest_of(texts: tuple[str, str, str]) -> str:
    return contents.digest_of_texts(*texts)


def _same_numbers(letter: Letter) -> bool:
    """Whether the officer's numbers are those the letter was issued for: others are not put on it."""
    officer = letter.officer
    now = contents.identity_digest(officer.national_id_index, officer.tsc_number)
    return now == bytes(letter.identity)


def _tsc_number(letter: Letter) -> str | None:
    return letter.officer.tsc_number if _same_numbers(letter) else None


def desk() -> Desk:
    """This portal's desk; its key is made known to those who check letters."""
    found: Desk | None = current_app.extensions.get("letter_desk")
    if found is None:
        found = plain_desk()
        with unit_of_work(db.session) as session:
            remember_key(session, found.signer.public.public_bytes_raw())
        current_app.extensions["letter_desk"] = found
    return found


def plain_desk() -> Desk:
    """The desk without a word to the database."""
    settings: Any = current_app.extensions["settings"]
    return Desk(
        _signer(settings.key("SIGNING_KEY")), current_app.extensions["vault"], address_of(settings)
    )


@lru_cache(maxsize=4)
def _signer(secret: str) -> Signer:
    return signer_from(secret)


def address_of(settings: Any) -> str:
    """Where people reach the portal, as it stands on paper; never what a request claims."""
    if settings.is_production and settings.trusted_hosts:
        return f"https://{settings.trusted_hosts[0]}"
    return f"http://{settings.host}:{settings.port}"
