"""What the history says of a stored list: each record that it changed, and where centres came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.audit.services import Subject, record
from app.scoping.scope import Actor


def officers_changed(
    session: Any, actor: Actor, import_id: int, changed: Sequence[tuple[int, int]]
) -> None:
    """An event for each officer that a list changes; new ones are told by the list's own event."""
    for officer_id, sub_county_id in changed:
        subject = Subject("officer", officer_id, sub_county_id, officer_id=officer_id)
        record(session, actor, "officer.changed", subject, after={"import": import_id})


def centres_stored(session: Any, actor: Actor, import_id: int, stored: Sequence[Any]) -> None:
    """An event for each centre that a list added or changed, in the centre's own chain."""
    for row in stored:
        subject = Subject("centre", row.id, row.sub_county_id, centre_id=row.id)
        after = {"import": import_id, "code": row.code, "candidates": row.candidates}
        record(session, actor, "centre.imported", subject, after=after)
