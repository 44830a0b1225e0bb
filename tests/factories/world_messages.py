"""Messages of the fixed world: one delivered, one that failed, one in doubt; none with a text.

Their texts would be sealed under keys that only a run of the tests knows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.messages.models import Message

WHEN = dt.datetime(2026, 11, 10, 6, 0, tzinfo=dt.UTC)


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    for number, (state, kind, reason, doubts) in enumerate(
        (
            ("delivered", "credentials", None, 0),
            ("failed", "notice", "network:AbsentSubscriber", 0),
            ("in_doubt", "deployment", "no-answer:ReadTimeoutError", 2),
        ),
        1,
    ):
        gone = state != "in_doubt"
        b.add(
            Message(
                number=f"25479900000{number}",
                prefix="25479900",
                kind=kind,
                locale="en",
                segments=1,
                state=state,
                reason=reason,
                attempts=max(1, doubts),
                doubts=doubts,
                possible_duplicate=doubts > 1,
                gateway="africastalking",
                gateway_id=f"ATXid_world_{number}" if gone else None,
                estimated_cents=80,
                cost_cents=80 if gone else None,
                created_at=WHEN,
                first_try_at=WHEN,
                sent_at=WHEN if gone else None,
                delivered_at=WHEN if state == "delivered" else None,
                expires_at=WHEN + dt.timedelta(days=1),
            )
        )
