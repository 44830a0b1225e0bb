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
