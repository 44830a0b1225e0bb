"""Marks as lines for COPY: 96 in 100 present, some late with minutes and a reason, some absent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from app.attendance.enums import RegisterState
from app.attendance.rules import REASONS
from app.demo.registers import RETURN_REASONS, Register, marked_at
from app.demo.staffing import Deployment

COLUMNS = (
    *("id", "register_id", "centre_id", "sub_county_id", "day", "deployment_id", "officer_id"),
    *("role_id", "status", "minutes_late", "reason", "remark", "self_marked", "marked_by_id"),
    *("marked_at", "marked_by_user"),
)
_LATE, _ABSENT = 0.025, 0.015
_REASONS = tuple(REASONS)
_REMARKS = ("Sent a colleague's apology", "Came with the papers' lorry", "Replaced by the deputy")


@dataclass(slots=True)
class Exceptions:
    """What later parts of the demonstration speak about, filled while the marks are made."""

    corrected: list[tuple[int, str]] = field(default_factory=list)
    away: list[tuple[Register, Deployment, str]] = field(default_factory=list)


def mark_lines(
    registers: Iterable[Register],
    *,
    seed: int,
    role_ids: dict[str, int],
    user_of: Callable[[Register], int | None],
    exceptions: Exceptions,
) -> Iterator[str]:
    """One line for each mark; an open register is marked only in part."""
    number, place, rng, worse = 0, 0, Random(), 1.0
    for register in registers:
        sub_county_id = register.centre.sub_county.id
        if sub_county_id != place:
            place = sub_county_id
            rng = Random(f"{seed}:marks:{register.centre.series.code}:{place}")
            worse = 0.5 + 1.4 * rng.random() * rng.random()
        marker = register.marker.id
        head = f"{register.id}\t{register.centre.id}\t{place}\t{register.day}"
        user = user_of(register) or "\\N"
        tail = f"{marker}\t{instant(marked_at(register))}\t{user}\n"
        roster = register.roster
        if register.state is RegisterState.OPEN:
            roster = roster[: 1 + len(roster) // 3]
        for deployment in roster:
            number += 1
            chance = rng.random() / worse
            if deployment is roster[-1]:
                if register.corrected:
                    exceptions.corrected.append((number, register.corrected))
                chance = _last_row(register, chance)
            said = _PRESENT
            if chance < _LATE + _ABSENT:
                said = _exception(chance, rng)
                exceptions.away.append((register, deployment, said))
            self_marked = "t" if deployment.id == marker else "f"
            yield (
                f"{number}\t{head}\t{deployment.id}\t{deployment.officer.id}\t"
                f"{role_ids[deployment.post.role]}\t{said}\t{self_marked}\t{tail}"
            )


_PRESENT = "present\t\\N\t\\N\t\\N"


def _last_row(register: Register, chance: float) -> float:
    """The last row of a returned register says what is doubted; corrected, it says absent."""
    if register.corrected:
        return _ABSENT / 2
    doubted = RETURN_REASONS.get(register.return_reason or "")
    return {"late": _ABSENT, "absent": _ABSENT / 2, "present": 1.0}.get(doubted or "", chance)


def _exception(chance: float, rng: Random) -> str:
    reason = rng.choice(_REASONS)
    remark = rng.choice(_REMARKS) if rng.random() < 0.04 else "\\N"
    if chance < _ABSENT:
        return f"absent\t\\N\t{reason}\t{remark}"
    return f"late\t{rng.randrange(1, 19) * 5}\t{reason}\t{remark}"


def instant(at: dt.datetime) -> str:
    """An instant as PostgreSQL reads it."""
    return at.isoformat(sep=" ")
