"""The Kiswahili catalogue keeps up with the sources: nothing that people read stays English."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from config import CHECKOUT

KISWAHILI = CHECKOUT / "views" / "translations" / "sw" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"lazy_gettext": None, "N_": None, "NN_": (1, 2)}
METHODS = {".py": "python", ".html": "jinja2"}
READ_BY_CENTRES_AND_OFFICERS = (
    "app/notices",
    "views/templates/letters/_slip.html",
    "views/templates/results/_channels.html",
    "views/templates/letters/verify.html",
    "app/privacy",
    "app/procedures/notices.py",
    "views/notices",
    "views/privacy",
    "views/templates/notices",
    "views/templates/privacy",
    "views/templates/register",
    "views/templates/errors",
    "views/templates/home_officer.html",
    "views/templates/home_plain.html",
    "views/templates/light.html",
    "views/templates/_pieces.html",
    "views/templates/sign_in.html",
    "views/templates/change_password.html",
    "views/templates/sessions.html",
    "views/templates/accounts",
    "views/accounts",
    "app/procedures/officer_accounts.py",
    "app/procedures/number_changes.py",
    "views/templates/help.html",
    "views/registers",
    "views/home",
    "views/access",
    "views/errors.py",
    "views/translations",
    "views/base_refusals.py",
    "views/constraint_words.py",
    "views/templates/vacancies",
    "views/vacancies",
    "app/vacancies",
    "app/attendance",
    "app/access",
    "app/people/fields.py",
    "app/people/machine.py",
    "app/people/readings.py",
    "app/people/formats.py",
    "app/people/services/profiles.py",
    "app/people/services/verification.py",
    "app/people/services/unmasking.py",
    "app/people/services/interests.py",
    "views/profiles",
    "views/templates/profile",
    "app/claims",
    "app/errors.py",
    "app/school_results",
    "views/school_results",
    "views/templates/school_results",
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|%%")

Id = str | tuple[str, str]


def forms_of(one: Id) -> tuple[str, ...]:
    """A message's forms: one, or the singular and the plural."""
    return (one,) if isinstance(one, str) else tuple(one)


def extracted_from(place: str) -> set[Id]:
    """The messages of a file, or of all sources in a folder."""
    root = CHECKOUT / place
    files = [root] if root.is_file() else [one for one in root.rglob("*") if one.suffix in METHODS]
    found: set[Id] = set()
    for path in files:
        for _line, message, _comments, _context in extract_from_file(
            METHODS[path.suffix], path, keywords=KEYWORDS
        ):
            found.add(message if isinstance(message, str) else (message[0], message[1]))
    return found


def untranslated_of(messages: Iterable[Id], catalogue: Catalog) -> list[Id]:
    """The messages that the catalogue lacks, holds as another kind, or leaves empty."""
    return sorted(
        (one for one in messages if not is_translated(one, catalogue.get(one))), key=forms_of
    )


def is_translated(one: Id, entry: Message | None) -> bool:
    """Whether the entry speaks for this message; a pair may also serve its singular alone."""
    if entry is None or entry.fuzzy:
        return False
    pair = isinstance(entry.string, (tuple, list))
    said = entry.string if pair else [entry.string]
    if isinstance(one, tuple) and not (pair and tuple(entry.id) == one):
        return False
    return all(said)


def placeholders(text: str) -> set[str]:
    """The gaps of a message, such as ``%(time)s`` and ``{what}``."""
    return {found.group(0) for found in PLACEHOLDER.finditer(text)}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with KISWAHILI.open("rb") as file:
        return read_po(file, locale="sw")


@pytest.mark.parametrize("place", READ_BY_CENTRES_AND_OFFICERS)
def test_what_centres_and_officers_read_is_in_kiswahili(place: str, catalogue: Catalog) -> None:
    assert (CHECKOUT / place).exists()
    assert untranslated_of(extracted_from(place), catalogue) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("views/templates/register", "Submit the register"),
        ("views/templates/register", ("%(num)s day", "%(num)s days")),
        ("app/attendance", "Marking opens at %(time)s."),
        ("app/claims", ("%(days)s day not payable", "%(days)s days not payable")),
        ("views/home", "%(centre)s: register opened by %(actor)s"),
    ],
)
def test_the_extraction_sees_templates_markers_and_pairs(place: str, message: Id) -> None:
    assert message in extracted_from(place)


def test_a_message_nobody_translated_is_missing(catalogue: Catalog) -> None:
    made_up = "The moon is on the roster."
    pair = ("%(num)s moon", "%(num)s moons")
    assert untranslated_of(["Submit the register", made_up, pair], catalogue) == [pair, made_up]


def test_a_singular_alone_does_not_serve_a_pair(catalogue: Catalog) -> None:
    assert untranslated_of([("Submit the register", "Submit the registers")], catalogue) != []


def test_no_entry_of_the_catalogue_is_empty_or_fuzzy(catalogue: Catalog) -> None:
    ids = [one.id for one in catalogue if one.id]
    assert len(ids) > 1000
    assert untranslated_of(ids, catalogue) == []


def test_the_catalogue_holds_only_what_the_sources_say(catalogue: Catalog) -> None:
    said = {
        forms_of(one)[0]
        for place in ("app", "views", "dashboards", "reports")
        for one in extracted_from(place)
    }
    assert [one.id for one in catalogue if one.id and forms_of(one.id)[0] not in said] == []
    assert dict(catalogue.obsolete) == {}


def test_placeholders_are_those_of_the_english(catalogue: Catalog) -> None:
    wrong = []
    for one in catalogue:
        if one.id:
            english = set().union(*(placeholders(form) for form in forms_of(one.id)))
            wrong += [said for said in forms_of(one.string) if not placeholders(said) <= english]
            last_english, last = forms_of(one.id)[-1], forms_of(one.string)[-1]
            if placeholders(last_english) != placeholders(last):
                wrong.append(last)
    assert wrong == []


def test_a_lost_placeholder_is_seen() -> None:
    assert placeholders("Wasilisha kabla ya saa %(time)s.") == {"%(time)s"}
    assert placeholders("Wasilisha: {what}, 5%%") == {"{what}", "%%"}
    assert placeholders("Wasilisha.") == set()


def test_the_compiled_catalogue_is_that_of_the_source(catalogue: Catalog) -> None:
    compiled = read_mo(io.BytesIO(KISWAHILI.with_suffix(".mo").read_bytes()))
    assert {str(forms_of(one.id)): forms_of(one.string) for one in compiled if one.id} == {
        str(forms_of(one.id)): forms_of(one.string) for one in catalogue if one.id
    }
