"""Values that many ask for at once, kept for a few seconds in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import current_app

__all__ = ["keep"]

MOST = 200
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


def keep(key: tuple[Any, ...], make: Callable[[], Any], seconds: float) -> Any:
    """The value of less than so many seconds ago, else a fresh one; never kept in a test.

    The key names the scope: what one reader was shown is shown to nobody who reaches less.
    """
    if current_app.testing:
        return make()
    now = time.monotonic()
    if len(_kept) >= MOST:
        for old in [name for name, (until, _) in _kept.items() if until < now] or list(_kept):
            del _kept[old]
    if key not in _kept or _kept[key][0] < now:
        _kept[key] = (time.monotonic() + seconds, make())
    return _kept[key][1]
