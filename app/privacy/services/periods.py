"""Retention periods kept by the administrator: ended rather than rewritten."""

from __future__ import annotations

from functools import partial

from app.privacy.models import RetentionPeriod
from app.reference.services import Records, end_record

PERIODS = Records(RetentionPeriod, "retention-periods")
end_periods = partial(end_record, PERIODS)
"""Ends periods: they hold up to and with the last day, and stay on record."""
