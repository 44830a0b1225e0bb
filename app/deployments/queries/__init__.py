"""Reads of deployments: for their screens, and what bars whom from which post."""

from app.deployments.queries.concerns import (
    concerns_about,
    has_open_concern,
    unpublished_and_questioned,
)
from app.deployments.queries.fitness import Seating, bars_of, bars_of_deployments

__all__ = [
    "Seating",
    "bars_of",
    "bars_of_deployments",
    "concerns_about",
    "has_open_concern",
    "unpublished_and_questioned",
]
