"""The fields of a profile in their six steps: why each is asked, and what it does for one's pay.

One table, read by the form, the rules of what is missing, the history and the director's page.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

from app import clock
from app.errors import RuleBroken
from app.people import formats
from app.people.enums import ProfileGroup
from app.words import N_

DATA = Path(__file__).with_name("data")
Read = Callable[[str], object]
Choices = tuple[tuple[str, str], ...]
_G = ProfileGroup


class Kind(StrEnum):
    """How a field is asked and kept; `sealed` and `number` are shown masked and never filled in."""

    TEXT = "text"
    CHOICE = "choice"
    YEAR = "year"
    DAY = "day"
    TICK = "tick"
    ROLES = "roles"
    PLACE = "place"
    SCHOOL = "school"
    NUMBER = "number"
    SEALED = "sealed"


SECRET = frozenset({Kind.NUMBER, Kind.SEALED})


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked: its words, why, what it does for pay, how it is read."""

    name: str
    group: ProfileGroup
    label: str
    why: str
    matters: str
    kind: Kind = Kind.TEXT
    read: Read | None = None
    choices: Choices = ()
    column: str = ""
    optional: bool = False
    inputmode: str | None = None

    @property
    def stored_in(self) -> str:
        """The column that holds it (its cipher, where it is sealed)."""
        return self.column or self.name


GENDERS: Choices = (("female", N_("Female")), ("male", N_("Male")))
LEVELS: Choices = (
    ("certificate", N_("Certificate")),
    ("diploma", N_("Diploma")),
    ("degree", N_("Degree")),
    ("masters", N_("Master's degree")),
    ("doctorate", N_("Doctorate")),
)
EMPLOYERS: Choices = (
    ("tsc", N_("Teachers Service Commission")),
    ("police", N_("National Police Service")),
    ("ministry", N_("Ministry of Education")),
    ("knec", N_("Kenya National Examinations Council")),
    ("other", N_("Another employer")),
)
LEVELS_TAUGHT: Choices = (
    ("primary", N_("Primary school")),
    ("junior", N_("Junior school")),
    ("secondary", N_("Secondary school")),
)
RELATIONS: Choices = (
    ("spouse", N_("Husband or wife")),
    ("parent", N_("Parent")),
    ("child", N_("Child")),
    ("sibling", N_("Brother or sister")),
    ("other", N_("Another relative or friend")),
)
INTERESTS: Choices = (
    ("own_child", N_("My child is a candidate there")),
    ("relative", N_("A close relative learns or works there")),
    ("studied", N_("I worked there before")),
    ("business", N_("I own it or do business with it")),
    ("other", N_("Another interest")),
)


@cache
def banks() -> Choices:
    """The banks by name; an account elsewhere is paid by M-Pesa."""
    with (DATA / "banks.csv").open(encoding="utf-8", newline="") as file:
        names = sorted(row["name"] for row in csv.DictReader(file))
    return tuple((name, name) for name in names)


def year(text: str, *, field: str, first: int, youngest: int = 0) -> int:
    """A year from `first` to `youngest` years before this one. Raises RuleBroken `year`."""
    last = clock.today().year - youngest
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and first <= int(plain[:5]) <= last):
        said = N_("Write a year from %(first)s to %(last)s.")
        raise RuleBroken("year", said, field=field, facts={"first": first, "last": last})
    return int(plain)


def day(text: str, *, field: str) -> dt.date:
    """A day that has come, as 2019-01-31. Raises RuleBroken `day`."""
    try:
        read = dt.date.fromisoformat(text.strip())
    except ValueError:
        read = dt.date.max
    if not dt.date(1950, 1, 1) <= read <= clock.today():
        raise RuleBroken("day", N_("Choose a day that has come already."), field=field)
    return read


def choice(text: str, *, field: str, among: Choices) -> str:
    """One of the stored words of a list. Raises RuleBroken `choice`."""
    if text not in dict(among):
        raise RuleBroken("choice", N_("Choose one of the list."), field=field)
    return text


_IDENTITY = N_("Without it you cannot be told from somebody of the same name, and pay waits.")
_RETURNED = N_("A name that M-Pesa does not know sends your pay back.")
_ELIGIBLE = N_("It decides which duties you may do; without a duty there is no pay.")
_DEPLOYED = N_("The director who deploys you finds you by it; who is not deployed is not paid.")
_TAX = N_("Pay cannot leave without the PIN that tax is kept under.")
_BANK = N_("It is where pay goes when M-Pesa cannot take it.")
_KIN = N_("If something happens to you on duty, this is who is told, and who is paid for you.")
_NONE = N_("Pay does not depend on it.")


def _field(
    name: str, group: ProfileGroup, label: str, why: str, matters: str, **kw: object
) -> Field:
    return Field(name, group, label, why, matters, **kw)  # type: ignore[arg-type]


def _choice(
    name: str, group: ProfileGroup, label: str, why: str, matters: str, *, among: Choices
) -> Field:
    read = partial(choice, field=name, among=among)
    return Field(name, group, label, why, matters, Kind.CHOICE, read, among)


_DUTIES = (
    _field(
        "wanted_roles", _G.DUTIES, N_("Which work do you want to do?"),
        N_("What else we ask depends on it. Choose one or more."), _ELIGIBLE, kind=Kind.ROLES,
    ),
    _field(
        "reads_braille", _G.DUTIES, N_("I read braille"),
        N_("Blind candidates need an invigilator who does."), _NONE, kind=Kind.TICK, optional=True,
    ),
    _field(
        "home_sub_county", _G.DUTIES, N_("Where you live"),
        N_("Duties near your home are offered first."), _NONE,
        kind=Kind.PLACE, column="home_sub_county_id", optional=True,
    ),
)  # fmt: skip
_PERSONAL = (
    _field(
        "full_name", _G.PERSONAL, N_("Full name"),
        N_("As on your national ID. It stands on your letter and in the register."), _RETURNED,
        read=partial(formats.person_name, field="full_name"),
    ),
    _field(
        "mpesa_name", _G.PERSONAL, N_("Name on M-Pesa"),
        N_("Exactly as M-Pesa shows it when somebody sends you money."), _RETURNED,
        read=partial(formats.person_name, field="mpesa_name"),
    ),
    _field(
        "year_of_birth", _G.PERSONAL, N_("Year of birth"),
        N_("It tells you from others of your name."), _IDENTITY,
        kind=Kind.YEAR, inputmode="numeric",
        read=partial(year, field="year_of_birth", first=1930, youngest=18),
    ),
    _choice(
        "gender", _G.PERSONAL, N_("Gender"),
        N_("As on your national ID; for counting only."), _IDENTITY, among=GENDERS,
    ),
    _field(
        "national_id", _G.PERSONAL, N_("National ID number"),
        N_("You show this ID at the centre. It is kept sealed."), _IDENTITY,
        kind=Kind.NUMBER, read=formats.national_id, inputmode="numeric",
        column="national_id_cipher",
    ),
    _field(
        "kra_pin", _G.PERSONAL, N_("KRA PIN"),
        N_("Tax is kept under it. It is kept sealed."), _TAX,
        kind=Kind.NUMBER, read=formats.kra_pin, column="kra_pin_cipher",
    ),
    _field(
        "nssf", _G.PERSONAL, N_("NSSF number"), N_("For your pension, if you have one."), _NONE,
        kind=Kind.SEALED, read=partial(formats.member_number, field="nssf"),
        column="nssf_cipher", optional=True,
    ),
    _field(
        "sha", _G.PERSONAL, N_("SHA or NHIF number"), N_("For your health cover, if you have one."),
        _NONE, kind=Kind.SEALED, read=partial(formats.member_number, field="sha"),
        column="sha_cipher", optional=True,
    ),
    _field(
        "email", _G.PERSONAL, N_("E-mail"), N_("Only if you read it; we write by SMS."), _NONE,
        read=formats.email, optional=True, inputmode="email",
    ),
)  # fmt: skip
_BANKING = (
    Field(
        "bank_name", _G.BANK, N_("Bank"), N_("Used only when M-Pesa cannot take your pay."), _BANK,
        Kind.CHOICE, partial(choice, field="bank_name", among=banks()), banks(),
    ),
    _field(
        "bank_branch", _G.BANK, N_("Branch"), N_("As on your bank card or statement."), _BANK,
        read=partial(formats.words, field="bank_branch"),
    ),
    _field(
        "account", _G.BANK, N_("Account number"), N_("It must be your own. It is kept sealed."),
        _BANK, kind=Kind.SEALED, read=formats.account_number, column="account_cipher",
        inputmode="numeric",
    ),
)  # fmt: skip
_QUALIFICATION = (
    _choice(
        "qualification_level", _G.QUALIFICATION, N_("Highest qualification"),
        N_("Supervisors need a diploma or more."), _ELIGIBLE, among=LEVELS,
    ),
    _field(
        "qualification_institution", _G.QUALIFICATION, N_("College or university"),
        N_("Where you got it."), _ELIGIBLE,
        read=partial(formats.words, field="qualification_institution", longest=120),
    ),
    _field(
        "qualification_course", _G.QUALIFICATION, N_("Course"), N_("What you studied."), _ELIGIBLE,
        read=partial(formats.words, field="qualification_course", longest=120),
    ),
    _field(
        "qualification_from", _G.QUALIFICATION, N_("From year"), N_("When you began."), _NONE,
        kind=Kind.YEAR, read=partial(year, field="qualification_from", first=1950), optional=True,
        inputmode="numeric",
    ),
    _field(
        "qualification_to", _G.QUALIFICATION, N_("To year"), N_("When you finished."), _NONE,
        kind=Kind.YEAR, read=partial(year, field="qualification_to", first=1950), optional=True,
        inputmode="numeric",
    ),
)  # fmt: skip
_WORKSTATION = (
    _choice(
        "employer_kind", _G.WORKSTATION, N_("Employer"), N_("Some duties are for some employers."),
        _ELIGIBLE, among=EMPLOYERS,
    ),
    _field(
        "employer", _G.WORKSTATION, N_("Name of another employer"),
        N_("Only if yours is not in the list."), _NONE,
        read=partial(formats.words, field="employer"), optional=True,
    ),
    _field(
        "tsc_number", _G.WORKSTATION, N_("TSC number"),
        N_("Teachers only: centre managers, supervisors and invigilators."), _IDENTITY,
        kind=Kind.NUMBER, read=formats.tsc_number, column="tsc_number", inputmode="numeric",
        optional=True,
    ),
    _field(
        "staff_number", _G.WORKSTATION, N_("PF or service number"),
        N_("Security, clerks and drivers; without one, your national ID stands for it."),
        _IDENTITY, read=partial(formats.member_number, field="staff_number"), optional=True,
    ),
    _field(
        "sub_county", _G.WORKSTATION, N_("Sub-county where you work"),
        N_("Its TSC director verifies and deploys you."), _DEPLOYED, kind=Kind.PLACE,
        column="sub_county_id",
    ),
    _field(
        "workstation", _G.WORKSTATION, N_("School or office where you work"),
        N_("Nobody serves at their own workstation."), _DEPLOYED, kind=Kind.SCHOOL,
        read=partial(formats.words, field="workstation", longest=160),
    ),
    _field(
        "designation", _G.WORKSTATION, N_("Work title"),
        N_("As your employer calls it, such as Senior teacher."), _ELIGIBLE,
        read=partial(formats.words, field="designation"),
    ),
    Field(
        "teaches_at", _G.WORKSTATION, N_("If you teach: where?"),
        N_("Some examinations take teachers of one kind of school."), _ELIGIBLE,
        Kind.CHOICE, partial(choice, field="teaches_at", among=LEVELS_TAUGHT), LEVELS_TAUGHT,
        optional=True,
    ),
    _field(
        "started_on", _G.WORKSTATION, N_("Working there since"),
        N_("Some duties ask for years of experience."), _ELIGIBLE, kind=Kind.DAY,
        read=partial(day, field="started_on"), optional=True,
    ),
)  # fmt: skip
_NEXT_OF_KIN = (
    _field(
        "kin_name", _G.KIN, N_("Name of your next of kin"),
        N_("Whom we tell if something happens to you on duty."), _KIN,
        read=partial(formats.person_name, field="kin_name"),
    ),
    _field(
        "kin_telephone", _G.KIN, N_("Their telephone number"), N_("A number that they answer."),
        _KIN, read=partial(formats.mobile, field="kin_telephone"), inputmode="tel",
    ),
    _choice(
        "kin_relationship", _G.KIN, N_("What they are to you"), N_("So that we speak fittingly."),
        _KIN, among=RELATIONS,
    ),
)  # fmt: skip

FIELDS: tuple[Field, ...] = (
    *_DUTIES, *_PERSONAL, *_BANKING, *_QUALIFICATION, *_WORKSTATION, *_NEXT_OF_KIN,
)  # fmt: skip
FIELD: Mapping[str, Field] = {field.name: field for field in FIELDS}
GROUP_WORDS: Mapping[ProfileGroup, str] = {
    _G.DUTIES: N_("The work you want"),
    _G.PERSONAL: N_("About you"),
    _G.BANK: N_("Bank"),
    _G.QUALIFICATION: N_("Qualification"),
    _G.WORKSTATION: N_("Where you work"),
    _G.KIN: N_("Next of kin"),
}


def fields_of(group: ProfileGroup) -> tuple[Field, ...]:
    """The fields of a step, in their order."""
    return tuple(field for field in FIELDS if field.group is group)
