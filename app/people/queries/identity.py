"""The identity numbers of an officer as they gave them, masked, whoever holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.people.models import IdentityClaim, Officer

__all__ = ["HIDDEN", "shown_numbers"]

HIDDEN = "•••••"


def shown_numbers(session: Any, officer: Officer) -> Mapping[str, str]:
    """`national_id`, `kra_pin` and `tsc_number` with all but the last three characters hidden.

    What was given last, whether it became the officer's own or is still a claim; a kind that was
    never given is left out.
    """
    own = {
        "national_id": (officer.national_id_index, officer.national_id_last),
        "kra_pin": (officer.kra_pin_index, officer.kra_pin_last),
        "tsc_number": (officer.tsc_number, (officer.tsc_number or "")[-3:]),
    }
    shown = {kind: HIDDEN + (last or "") for kind, (held, last) in own.items() if held}
    claims = session.execute(
        select(IdentityClaim.kind, IdentityClaim.last).where(
            IdentityClaim.officer_id == officer.id, IdentityClaim.settled_at.is_(None)
        )
    )
    return shown | {kind: HIDDEN + last for kind, last in claims}
