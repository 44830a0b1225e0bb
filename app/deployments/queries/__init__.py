"""Reads of deployments: for their screens, and what bars whom from which post."""

from app.deployments.queries.concerns import (
    ConcernLine,
    concerns_about,
    concerns_in,
    has_open_concern,
    open_concerns,
    unpublished_and_questioned,
)
from app.deployments.queries.corrections import (
    CorrectionLine,
    corrections_in,
    corrections_of,
    declined_and_empty,
    open_corrections,
)
from app.deployments.queries.fitness import Seating, bars_of, bars_of_deployments

__all__ = [
    "ConcernLine",
    "CorrectionLine",
    "Seating",
    "bars_of",
    "bars_of_deployments",
    "concerns_about",
    "concerns_in",
    "corrections_in",
    "corrections_of",
    "declined_and_empty",
    "has_open_concern",
    "open_concerns",
    "open_corrections",
    "unpublished_and_questioned",
]
