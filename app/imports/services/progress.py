"""How far a job is, written beside its transaction so that the page sees it, and the way to stop it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.imports.services.jobs import Job

Tell = Callable[[str, int], None]
EVERY_SECONDS = 0.5

_SYSTEM = text("SELECT set_config('app.scope_kind', 'system', true)")
_TELL = text(
    "UPDATE list_import SET phase = :phase, rows_checked = :rows WHERE id = :id AND run = :run"
    " AND state IN ('checking', 'storing')"
)


class BrokenOff(Exception):  # noqa: N818 (somebody broke it off: not an error)
    """Somebody broke the job off, or another one took its place."""


def telling(url: Any, job: Job) -> Tell:
    """A function that hears the phase and the rows done; raises BrokenOff when nobody waits."""
    engine = create_engine(url, poolclass=NullPool)
    last: tuple[float, str] = (0.0, "")

    def tell(phase: str, rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if phase == last[1] and now - last[0] < EVERY_SECONDS:
            return
        last = (now, phase)
        with engine.begin() as connection:
            connection.execute(_SYSTEM)
            values = {"phase": phase, "rows": rows, "id": job.import_id, "run": job.run}
            if connection.execute(_TELL, values).rowcount == 0:
                raise BrokenOff

    return tell


def silent(_phase: str, _rows: int) -> None:
    """For jobs that nobody watches."""
