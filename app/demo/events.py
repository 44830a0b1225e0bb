"""The season's events, chained per centre with the very hash of the audit trail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.attendance.machine import move_for
from app.audit.services import GENESIS, chained_hash
from app.demo import accounts, season
from app.demo.registers import EAT, Register, Step, steps

COLUMNS = (
    *("at", "actor_id", "actor_name", "session_id", "request_id", "action", "entity"),
    *("entity_id", "sub_county_id", "centre_id", "officer_id", "reason", "before", "after"),
    *("chain", "position", "previous_hash", "hash"),
)
_PUBLISHED = dt.datetime(2026, 9, 25, 15, 0, tzinfo=EAT)


def moves(registers: Iterable[Register], names: dict[int, str]) -> Iterator[tuple[Any, ...]]:
    """Every move of every register; `names` are the actors' by account."""
    for register in registers:
        for step in steps(register):
            by = actor_of(register, step)
            yield (
                *(register.id, register.centre.id, register.centre.sub_county.id, step.act),
                *(step.before, step.after, step.reason, list(step.rows), step.at),
                *(by, names[by] if by else register.centre.name if step.by_centre else "KNEC"),
            )


def actor_of(register: Register, step: Step) -> int | None:
    """The account that made the move; the end of a season locks by itself."""
    if step.by_centre:
        return account_of(register)
    return None if step.act == "lock" else accounts.confirmer_of(register.centre)


def account_of(register: Register) -> int | None:
    """The centre's account, or at a store the SCDE's; the centres of an earlier year have none."""
    centre = register.centre
    if centre.kind == "store":
        return accounts.scde_account(centre.sub_county.id)
    return accounts.centre_account(centre.id) if accounts.has_login(centre) else None


def chained_events(
    registers: Iterable[Register], names: dict[int, str], heads: dict[str, tuple[int, bytes]]
) -> Iterator[tuple[Any, ...]]:
    """The running season's events in the order of their chains; `heads` receives each chain's end."""
    before = 0
    for register in registers:
        centre = register.centre
        if centre.series is not season.RUNNING:
            continue
        if centre.id != before:
            before = centre.id
            by = accounts.tsc_account(centre.sub_county.id)
            people = sum(d.status in {"accepted", "published"} for d in centre.deployments)
            row = _row(register, _PUBLISHED, by, names[by], "deployments.published")
            row |= {"entity": "centre", "entity_id": str(centre.id), "after": {"people": people}}
            yield _chained(row, heads)
        for step in steps(register):
            act = move_for(step.before, step.act)
            actor = actor_of(register, step)
            row = _row(register, step.at, actor, names[actor or 0], act.audit_word)
            row |= {"reason": step.reason, "before": {"state": _word(step.before)}}
            row |= {"after": {"state": str(step.after)}}
            yield _chained(row, heads)


def _word(state: str | None) -> str | None:
    return None if state is None else str(state)


def _row(
    register: Register, at: dt.datetime, actor_id: int | None, actor_name: str, action: str
) -> dict[str, Any]:
    centre = register.centre
    return {
        "at": at,
        "actor_id": actor_id,
        "actor_name": actor_name,
        "session_id": None,
        "request_id": None,
        "action": action,
        "entity": "register",
        "entity_id": str(register.id),
        "sub_county_id": centre.sub_county.id,
        "centre_id": centre.id,
        "officer_id": None,
        "reason": None,
        "before": None,
        "after": None,
        "chain": f"centre:{centre.id}",
    }


def _chained(row: dict[str, Any], heads: dict[str, tuple[int, bytes]]) -> tuple[Any, ...]:
    position, previous = heads.get(row["chain"], (0, GENESIS))
    row["position"] = position + 1
    digest = chained_hash(previous, row)
    heads[row["chain"]] = (position + 1, digest)
    stored = row | {name: json.dumps(row[name]) for name in ("before", "after")}
    return (*(stored[name] for name in COLUMNS[:-2]), previous, digest)
