"""The outbox in Prometheus' words: how much waits, how old it is, what was spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.messages.queries import Standing, standing


def measured() -> bytes:
    """Gauges of the outbox, read from the database now; nothing while it does not answer."""
    from prometheus_client import CollectorRegistry, generate_latest

    try:
        stand = standing(db.session)
    except SQLAlchemyError:
        db.session.rollback()
        return b""
    registry = CollectorRegistry()
    registry.register(_Outbox(stand))
    return bytes(generate_latest(registry))


class _Outbox:
    """A collector of one moment's figures."""

    def __init__(self, stand: Standing) -> None:
        self._stand = stand

    def collect(self) -> Iterator[Any]:
        """The gauges."""
        from prometheus_client.core import GaugeMetricFamily

        stand = self._stand
        counts = GaugeMetricFamily(
            "sajili_messages",
            "Messages by state; failed and withheld of one day.",
            labels=["state"],
        )
        for state, number in (
            ("waiting", stand.waiting),
            ("sending", stand.sending),
            ("in_doubt", stand.in_doubt),
            ("failed", stand.failed_today),
            ("withheld", stand.withheld_today),
        ):
            counts.add_metric([state], number)
        yield counts
        yield GaugeMetricFamily(
            "sajili_messages_oldest_waiting_seconds",
            "How long the oldest message that is due has waited.",
            value=stand.oldest_waiting_seconds or 0,
        )
        yield GaugeMetricFamily(
            "sajili_messages_spent_hour_kes",
            "What messages cost in the last hour, in Kenya shillings.",
            value=stand.spent_hour_cents / 100,
        )
