"""Messages of the fixed world: some sent, one that failed, one in doubt."""

from __future__ import annotations

from typing import Any


def build(_b: Any) -> None:
    """Adds the rows; `_b` is the builder of `world`."""
