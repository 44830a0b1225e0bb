"""What the papers are drawn from: plain frozen values, no rows of the database and no queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.attendance.enums import MarkStatus, RegisterState


@dataclass(frozen=True, slots=True)
class CentreHead:
    """The centre that a paper belongs to; `examination` is the series' name, KCSE 2026."""

    examination: str
    centre_name: str
    centre_code: str
    sub_county: str
    county: str
    authority: str = "Kenya National Examinations Council"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One officer of the day; `mark` is None while nothing is marked."""

    name: str
    role: str
    tsc_number: str | None = None
    mark: MarkStatus | None = None
    minutes_late: int | None = None
    remark: str = ""
    marked_own_row: bool = False


@dataclass(frozen=True, slots=True)
class RegisterSheet:
    """The register of a centre's day; instants are aware, `state` None is *not opened*.

    `day_kind` says what is held in words, `sessions` when; `digest` identifies the stored state.
    """

    head: CentreHead
    day: date
    day_kind: str
    rows: tuple[RegisterRow, ...]
    state: RegisterState | None
    version: int
    printed_at: datetime
    sessions: str = ""
    candidates: int | None = None
    submitted_at: datetime | None = None
    marked_by: str = ""
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class SeasonDay:
    """A day of the season's calendar with the state of the centre's register."""

    day: date
    payable: bool
    state: RegisterState | None


@dataclass(frozen=True, slots=True)
class SeasonRow:
    """One officer's season: a mark for each day, in the order of the days."""

    name: str
    role: str
    marks: tuple[MarkStatus | None, ...]
    tsc_number: str | None = None


@dataclass(frozen=True, slots=True)
class SeasonSheet:
    """A centre's whole season; `marks` of a row stand for days off duty when None."""

    head: CentreHead
    days: tuple[SeasonDay, ...]
    rows: tuple[SeasonRow, ...]
    printed_at: datetime


@dataclass(frozen=True, slots=True)
class PasswordSlip:
    """One centre's sign-in, printed once."""

    centre_name: str
    centre_code: str
    sub_county: str
    user_name: str
    password: str


@dataclass(frozen=True, slots=True)
class SlipSheet:
    """Slips to be cut apart; `address` is where to sign in, `desk` whom to telephone."""

    examination: str
    slips: tuple[PasswordSlip, ...]
    address: str
    issued_by: str
    issued_at: datetime
    desk: str = ""
    authority: str = "Kenya National Examinations Council"


@dataclass(frozen=True, slots=True)
class ResultSlip:
    """One candidate's result as it stands on paper: grades in letters and words.

    `said` stands where there is no mean grade to show; `address` is what the QR code says, in
    capitals; `version` tells of the release, its minute and the candidate's version.
    """

    index_number: str
    names: str
    school: str
    mean: str
    subjects: tuple[tuple[str, str, str], ...]
    said: str
    version: str
    address: str
