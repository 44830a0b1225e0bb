"""Words of notices that are stored: to whom one goes, which office posted it."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """To whom a notice goes; `directors` are both offices of a sub-county."""

    OFFICERS = "officers"
    CENTRES = "centres"
    NAMED_CENTRES = "named_centres"
    TSC = "tsc"
    SCDE = "scde"
    DIRECTORS = "directors"
    COUNTY = "county"


class Office(StrEnum):
    """The office that posted a notice, and that alone may change or withdraw it."""

    KNEC = "knec"
    TSC = "tsc"
    SCDE = "scde"
