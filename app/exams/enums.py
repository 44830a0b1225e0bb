"""Words of examinations that are stored."""

from enum import StrEnum


class DayKind(StrEnum):
    REHEARSAL = "rehearsal"
    ORAL = "oral"
    PRACTICAL = "practical"
    WRITTEN = "written"


class SeriesStatus(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"


class RuleBasis(StrEnum):
    """What a ratio rule counts from: a centre's candidates, or a fixed number for a county."""

    CENTRE = "centre"
    COUNTY = "county"


class EligibilityKind(StrEnum):
    """What an eligibility rule looks at; each kind has its check in `app.vacancies.eligibility`."""

    PROFILE_VERIFIED = "profile_verified"
    TSC_EMPLOYED = "tsc_employed"
    NUMBER_GIVEN = "number_given"
    NOT_SERVED_HERE = "not_served_here"
    NOT_OWN_WORKSTATION = "not_own_workstation"
    NO_DECLARED_INTEREST = "no_declared_interest"
    TEACHES_AT = "teaches_at"
    EXPERIENCE = "experience"
    QUALIFICATION = "qualification"
    READS_BRAILLE = "reads_braille"
    ONE_POST_A_DAY = "one_post_a_day"
    WEEKLY_ROTATION = "weekly_rotation"


class RankCriterion(StrEnum):
    """What orders the applicants of a vacancy; each has its measure in `app.vacancies.ranking`."""

    DISTANCE = "distance"
    EXPERIENCE = "experience"
    LEFT_OUT = "left_out"
    VERIFIED = "verified"
