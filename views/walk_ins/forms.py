"""What the form of a walk-in says, read into the value of the service."""

from __future__ import annotations

from collections.abc import Mapping

from app.walk_ins.rules import Entry

LONGEST = 1000


def entry_in_form(form: Mapping[str, str]) -> Entry:
    """The entry as it was typed; what is no number becomes none, for the rules to refuse."""

    def said(name: str) -> str:
        return form.get(name, "")[:LONGEST]

    return Entry(
        kind=said("kind"),
        number=said("number"),
        role_id=_whole(said("role")),
        name=said("name"),
        why=said("why"),
        status=said("status"),
        minutes_late=_whole(said("minutes")),
        late_reason=said("late_reason") or None,
        marked_by=_whole(said("marked_by")),
    )


def _whole(text: str) -> int | None:
    plain = text.strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 9:
        return None
    return int(plain)
