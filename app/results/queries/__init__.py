"""Reads of results: releases and their counts, one candidate with the history, all as documents."""

from app.results.queries.candidates import (
    candidate_in,
    centres_off,
    faults_of,
    lines_of,
    versions_of,
)
from app.results.queries.figures import are_open
from app.results.queries.records import records, records_at, records_of, release_document
from app.results.queries.releases import files_in, release_of, releases
from app.results.queries.standing import Standing, release_named, standing

__all__ = [
    "Standing",
    "are_open",
    "candidate_in",
    "centres_off",
    "faults_of",
    "files_in",
    "lines_of",
    "records",
    "records_at",
    "records_of",
    "release_document",
    "release_named",
    "release_of",
    "releases",
    "standing",
    "versions_of",
]
