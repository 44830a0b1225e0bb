"""How telephone and identity numbers are spelled: one normal form each, or a sentence why not.

Sources: the Communications Authority's numbering plan (through `phonenumbers`), the revenue
authority's PIN (through `stdnum.ke.pin`); national ID and TSC number as on their cards.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from stdnum.exceptions import ValidationError
from stdnum.ke import pin

from app.errors import RuleBroken
from app.words import N_

__all__ = [
    "account_number",
    "email",
    "kra_pin",
    "member_number",
    "mobile",
    "national_id",
    "person_name",
    "tsc_number",
    "words",
]

_MOBILE = re.compile(r"254[17]\d{8}")
_DIALLED = re.compile(r"(?:\+?254|00254|0)?([17][0-9]{8})")
_SPACES = re.compile(r"[\s().\-\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060\ufeff]+")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
_NAME = re.compile(r"[^\W\d_]+(?:[ '.\-]+[^\W\d_]+)*\.?")
LONGEST_NAME = 120


def mobile(text: str, *, field: str = "mobile") -> str:
    """A Kenyan mobile number as 254 and nine digits; 07…, 01…, +254… and 254… are understood.

    Raises RuleBroken `mobile-number` for anything else.
    """
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text or ""))
    usual = _DIALLED.fullmatch(plain)
    if usual and _in_use(usual[1][:3]):
        return f"254{usual[1]}"
    wrong = RuleBroken(
        "mobile-number",
        N_("Write a Kenyan mobile number, such as 0712 345 678 or 0110 345 678."),
        field=field,
    )
    if not re.fullmatch(r"\+?\d{9,15}", plain):
        raise wrong
    if re.fullmatch(r"(00)?254\d{9}", plain):
        plain = "+" + plain.removeprefix("00")
    try:
        number = phonenumbers.parse(plain, "KE")
    except phonenumbers.NumberParseException:
        raise wrong from None
    stored = f"{number.country_code}{number.national_number}"
    if not (_MOBILE.fullmatch(stored) and phonenumbers.is_valid_number(number)):
        raise wrong
    return stored


@lru_cache(maxsize=256)
def _in_use(head: str) -> bool:
    """Whether Kenya's plan gives mobile numbers these first three digits, which alone decide."""
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+254{head}000000"))


def national_id(text: str, *, field: str = "national_id") -> str:
    """A national ID's digits. Raises RuleBroken `national-id`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text or ""))
    if not re.fullmatch(r"[0-9]{6,10}", plain):
        raise RuleBroken("national-id", N_("A national ID has 6 to 10 digits."), field=field)
    return plain


def kra_pin(text: str, *, field: str = "kra_pin") -> str:
    """A person's KRA PIN in capitals. Raises RuleBroken `kra-pin`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text or "")).upper()
    try:
        return str(pin.validate(plain))
    except ValidationError:
        words = N_("A KRA PIN reads A012345678Z.")
        raise RuleBroken("kra-pin", words, field=field) from None


def tsc_number(text: str, *, field: str = "tsc_number") -> str:
    """A TSC number's digits, as printed on the card. Raises RuleBroken `tsc-number`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text or ""))
    plain = re.sub(r"(?i)^tsc[/:]?", "", plain)
    if not re.fullmatch(r"[0-9]{5,8}", plain):
        raise RuleBroken("tsc-number", N_("A TSC number has 5 to 8 digits."), field=field)
    return plain


def person_name(text: str, *, field: str = "full_name") -> str:
    """A name with single spaces and straight apostrophes: letters, spaces, ' - and . only.

    Raises RuleBroken `person-name`, also where only one name is given.
    """
    plain = unicodedata.normalize("NFC", text or "").translate(_APOSTROPHES)
    plain = re.sub(r"\s+", " ", plain).strip()
    if not _NAME.fullmatch(plain) or len(plain) > LONGEST_NAME:
        words = N_("Write a name with letters, spaces, apostrophes and hyphens only.")
        raise RuleBroken("person-name", words, field=field)
    if " " not in plain:
        raise RuleBroken("one-name", N_("Write at least two names."), field=field)
    return plain


def email(text: str, *, field: str = "email") -> str:
    """An e-mail address. Raises RuleBroken `email`."""
    plain = unicodedata.normalize("NFKC", text or "").strip()
    if len(plain) > LONGEST_NAME or not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", plain):
        said = N_("Write an e-mail address such as name@example.com.")
        raise RuleBroken("email", said, field=field)
    return plain


def member_number(text: str, *, field: str) -> str:
    """A fund's or an employer's number: letters, digits, / and -. Raises RuleBroken `number`."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or "")).upper()
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9/\-]{3,19}", plain) or not re.search(r"\d", plain):
        said = N_("Write the number as on the card: 4 to 20 letters and digits.")
        raise RuleBroken("number", said, field=field)
    return plain


def account_number(text: str, *, field: str = "account") -> str:
    """A bank account's digits. Raises RuleBroken `account`."""
    plain = _SPACES.sub("", unicodedata.normalize("NFKC", text or ""))
    if not re.fullmatch(r"[0-9]{6,20}", plain):
        raise RuleBroken("account", N_("An account number has 6 to 20 digits."), field=field)
    return plain


def words(text: str, *, field: str, longest: int = 80) -> str:
    """One line of words with single spaces. Raises RuleBroken `words`."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text or "").translate(_APOSTROPHES))
    plain = plain.strip()
    fine = 2 <= len(plain) <= longest and re.search(r"[^\W\d_]", plain)
    if not fine or not plain.isprintable() or re.search(r"[<>=@]", plain):
        said = N_("Write it in words: 2 to %(longest)s letters.")
        raise RuleBroken("words", said, field=field, facts={"longest": longest})
    return plain
