"""What a cell of a list may hold: the same formats as the forms, and every other column's own rule."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import PortalError, RuleBroken
from app.words import N_

Check = Callable[[str], Any]

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})
_WHOLE = re.compile(r"\d{1,3}(,\d{3})+|\d+")
_DATE = re.compile(r"(?:\d{1,2}[/.-]\d{1,2}[/.-])?(\d{4})(?:-\d{1,2}-\d{1,2})?")
_GENDERS = {
    **dict.fromkeys(("f", "female", "woman", "ke", "mke", "mwanamke", "w"), "female"),
    **dict.fromkeys(("m", "male", "man", "me", "mume", "mwanaume"), "male"),
}
_LEVELS = {
    **dict.fromkeys(("primary", "pri", "primary school", "msingi"), "Primary"),
    **dict.fromkeys(("secondary", "sec", "secondary school", "sekondari"), "Secondary"),
    **dict.fromkeys(("junior", "junior secondary", "jss"), "Junior"),
}
_OWNERSHIPS = {
    **dict.fromkeys(("public", "government", "umma"), "Public"),
    **dict.fromkeys(("private", "binafsi"), "Private"),
}


def refused(code: str, words: str, **facts: object) -> RuleBroken:
    """The refusal of one cell."""
    return RuleBroken(code, words, facts=facts)


def text_of(longest: int) -> Check:
    """A check of plain words up to a length, with straight apostrophes."""

    def check(text: str) -> str:
        plain = text.translate(_APOSTROPHES)
        if len(plain) > longest:
            raise refused("too-long", N_("This is longer than %(most)s characters."), most=longest)
        if not plain.isprintable():
            raise refused("unprintable", N_("This holds characters that cannot be printed."))
        return plain

    return check


def place_name(text: str) -> str:
    """The name of a school or centre, without stray quotation marks around it."""
    plain: str = text_of(160)(text).strip(" '\",;.$")
    if not any(map(str.isalpha, plain)):
        raise refused("place-name", N_("Write the name with letters."))
    return plain


def gender(text: str) -> str:
    """`female` or `male`, from the words and letters that lists use."""
    found = _GENDERS.get(text.casefold().rstrip("."))
    if found is None:
        raise refused("gender", N_("Write F or M."))
    return found


def year_of_birth(text: str) -> int:
    """The year, also where the whole date is given."""
    found = _DATE.fullmatch(text)
    year = int(found[1]) if found else 0
    if not 1930 <= year <= 2015:
        raise refused("year-of-birth", N_("Write the year of birth, such as 1985."))
    return year


def whole(low: int, high: int) -> Check:
    """A check of a whole number within limits; thousands may have commas."""

    def check(text: str) -> int:
        plain = text.replace(" ", "")
        number = int(plain.replace(",", "")[:12]) if _WHOLE.fullmatch(plain) else -1
        if not low <= number <= high:
            raise refused(
                "whole-number",
                N_("Write a whole number from %(low)s to %(high)s."),
                low=low,
                high=f"{high:,}",
            )
        return number

    return check


def degrees(low: float, high: float) -> Check:
    """A check of a coordinate in decimal degrees within Kenya."""

    def check(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise refused(
                "degrees",
                N_("Write decimal degrees from %(low)s to %(high)s: the point must lie in Kenya."),
                low=low,
                high=high,
            )
        return number

    return check


def centre_code(text: str) -> str:
    """A centre's 8 digits; a leading zero that a spreadsheet dropped is put back."""
    plain = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{7,8}", plain):
        raise refused("centre-code", N_("A centre's code has 8 digits."))
    return plain.zfill(8)


def level(text: str) -> str:
    """The level of a school."""
    return _one_of(_LEVELS, text, N_("Write Primary, Junior or Secondary."))


def ownership(text: str) -> str:
    """Whether a school is public or private."""
    return _one_of(_OWNERSHIPS, text, N_("Write Public or Private."))


def _one_of(known: Mapping[str, str], text: str, sentence: str) -> str:
    found = known.get(text.casefold().strip(". "))
    if found is None:
        raise refused("not-listed", sentence)
    return found


def letters(name: str) -> str:
    """Only the letters, for names that differ in case, hyphens, slashes and apostrophes."""
    plain = re.sub(r"[^a-z]", "", name.casefold())
    return plain.removesuffix("county").removesuffix("sub") if plain != "county" else plain


@dataclass(frozen=True, slots=True)
class Place:
    """A sub-county as rows name it; `boundary` is its name in the outlines."""

    id: int
    name: str
    code: str
    county: str
    county_code: str
    boundary: str | None = None


@dataclass(frozen=True)
class Places:
    """The sub-counties by every spelling, and the one that all rows must lie in, if there is one."""

    everywhere: tuple[Place, ...]
    own: Place | None = None
    _by_words: dict[str, list[Place]] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )
    _found: dict[tuple[str, str], Place | RuleBroken] = dataclasses.field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        for place in self.everywhere:
            names = {place.code, letters(place.name), letters(place.boundary or place.name)}
            for name in names:
                self._by_words.setdefault(name, []).append(place)

    def named(self, sub_county: str, county: str) -> Place:
        """The sub-county of these cells; a director's own where both are empty.

        Raises RuleBroken for one that is not known, not told apart, or not the director's.
        """
        key = (sub_county, county)
        found = self._found.get(key)
        if found is None:
            try:
                found = self._find(sub_county, county)
            except RuleBroken as error:
                found = error
            self._found[key] = found
        if isinstance(found, RuleBroken):
            raise found
        return found

    def _find(self, sub_county: str, county: str) -> Place:
        if not sub_county and self.own is not None:
            return self.own
        if not sub_county:
            raise refused("missing", N_("This is missing."))
        plain = sub_county if sub_county.isdecimal() else letters(sub_county)
        fitting = self._by_words.get(plain, [])
        if len(fitting) > 1 and county:
            wanted = (letters(county), county.zfill(2))
            fitting = [p for p in fitting if letters(p.county) in wanted or p.county_code in wanted]
        if not fitting:
            raise refused("place-unknown", N_("There is no sub-county of this name."))
        if len(fitting) > 1:
            raise refused(
                "place-twice",
                N_("Several counties have a sub-county of this name: add the county."),
            )
        if self.own is not None and fitting[0] != self.own:
            raise refused(
                "not-yours",
                N_("Your list may hold rows of %(own)s only."),
                own=self.own.name,
            )
        return fitting[0]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell of a row, or only worth a look (`warning`)."""

    row: int
    field: str | None
    code: str
    message: str
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
    warning: bool = False


def fault_of(row: int, name: str | None, error: PortalError) -> Fault:
    """The refusal of a cell as its fault."""
    return Fault(row, name, error.code, error.message, dict(error.facts))


def remembered(check: Check) -> Check:
    """The check with its answers kept, for columns whose few values repeat."""
    kept: dict[str, Any] = {}

    def checked(text: str) -> Any:
        try:
            found = kept[text]
        except KeyError:
            try:
                found = check(text)
            except RuleBroken as error:
                found = error
            if len(kept) < 50_000:
                kept[text] = found
        if isinstance(found, RuleBroken):
            raise found
        return found

    return checked
