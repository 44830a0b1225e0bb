"""Words of people that are stored."""

from enum import StrEnum


class ProfileState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    FLAGGED = "flagged"


class ProfileAct(StrEnum):
    """What moves a profile; `answer` is the officer's correction of the very field flagged."""

    SAVE = "save"
    ANSWER = "answer"
    SUBMIT = "submit"
    VERIFY = "verify"
    FLAG = "flag"


class ProfileGroup(StrEnum):
    """The steps of a profile, in the order in which they are filled in."""

    DUTIES = "duties"
    PERSONAL = "personal"
    BANK = "bank"
    QUALIFICATION = "qualification"
    WORKSTATION = "workstation"
    KIN = "kin"


class NeededFor(StrEnum):
    """What a profile cannot have without a field."""

    SUBMIT = "submit"
    PAY = "pay"


class SeriesAnswer(StrEnum):
    """What an officer says at a new series about work title, qualification and workstation."""

    SAME = "same"
    CHANGED = "changed"


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"


class EmployerKind(StrEnum):
    TSC = "tsc"
    POLICE = "police"
    MINISTRY = "ministry"
    KNEC = "knec"
    OTHER = "other"
