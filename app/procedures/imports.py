"""Storing a list: its rows, who may store what of centres, and the sign-ins of new officers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from app.errors import RuleBroken
from app.imports.enums import Kind
from app.imports.models import ListImport
from app.imports.services import TELL, Job, Tools, store_list
from app.permissions import may
from app.procedures.needs import columns_of
from app.procedures.officer_accounts import open_accounts
from app.scoping.scope import Actor
from app.words import N_


def store(tools: Tools, job: Job) -> None:
    """Stores the good rows of a list with everything that follows from them, in one transaction."""
    told = dataclasses.replace(tools, may_store=refuse_others_part, stored_officers=open_sign_ins)
    store_list(told, job)


def needs_headquarters(actor: Actor, kind: str, counts: dict[str, Any]) -> bool:
    """Whether the list holds what the actor may bring and check, but only headquarters stores.

    New centres and candidates decide how many posts there are: see `needs.MAY_CHANGE`.
    """
    if kind == Kind.OFFICERS:
        return False
    if kind == Kind.SCHOOLS:
        return not may(actor, "schools", "add")
    if counts.get("new") and not may(actor, "centres", "add"):
        return True
    allowed = columns_of(actor)
    changing = set(counts.get("columns") or ())
    return allowed is not None and bool(changing - allowed)


def refuse_others_part(actor: Actor, one: ListImport, counts: dict[str, Any]) -> None:
    """Raises RuleBroken for what only headquarters may store."""
    if needs_headquarters(actor, one.kind, counts):
        raise RuleBroken(
            "headquarters-stores",
            N_("New centres and candidates are stored by headquarters, who see your list."),
        )


def open_sign_ins(session: Any, actor: Actor, one: ListImport, officer_ids: Sequence[int]) -> None:
    """Opens the sign-ins of new officers; an SMS tells each where that was chosen."""
    if officer_ids:
        open_accounts(session, actor, officer_ids, tell=bool((one.choices or {}).get(TELL)))
