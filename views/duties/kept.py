"""The answer to a correction that was begun: kept for whoever wrote it while they look elsewhere.

It stays in the browser's signed cookie, out of every address, and is forgotten once it is sent.
"""

from __future__ import annotations

from flask import session

__all__ = ["forget_answer", "keep_answer", "kept_answer"]

KEY = "correction_answer"
LONGEST = 500


def keep_answer(correction_id: int, answer: str) -> None:
    """Keeps what was typed for one correction, in the place of what was kept before."""
    session[KEY] = [correction_id, answer.strip()[:LONGEST]]


def kept_answer(correction_id: int) -> str:
    """What was typed for the correction before; empty where nothing was."""
    kept = session.get(KEY)
    return str(kept[1]) if kept and kept[0] == correction_id else ""


def forget_answer(correction_id: int) -> None:
    """Forgets what was kept for the correction."""
    if kept_answer(correction_id):
        session.pop(KEY)
