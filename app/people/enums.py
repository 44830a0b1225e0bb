"""Words of people that are stored."""

from enum import StrEnum


class ProfileState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    FLAGGED = "flagged"


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"
