"""Reads of deployments: for their screens, and what bars whom from which post."""

from app.deployments.queries.concerns import (
    ConcernLine,
    concerns_about,
    concerns_in,
    has_open_concern,
    open_concerns,
    unpublished_and_questioned,
)
from app.deployments.queries.fitness import Seating, bars_of, bars_of_deployments

__all__ = [
    "ConcernLine",
    "Seating",
    "bars_of",
    "bars_of_deployments",
    "concerns_about",
    "concerns_in",
    "has_open_concern",
    "open_concerns",
    "unpublished_and_questioned",
]
