"""Writes of imports: what people ask for, and what the queue does."""

from app.imports.services.files import Upload, add_list, cells_of, own_sub_county, within_scope
from app.imports.services.jobs import Job
from app.imports.services.moves import (
    KEPT_DAYS,
    TELL,
    ask_to_store,
    break_off,
    discard,
    map_columns,
    wipe_old,
)
from app.imports.services.progress import telling
from app.imports.services.work import Tools, check_list, look, store_list

__all__ = [
    "KEPT_DAYS",
    "TELL",
    "Job",
    "Tools",
    "Upload",
    "add_list",
    "ask_to_store",
    "break_off",
    "cells_of",
    "check_list",
    "discard",
    "look",
    "map_columns",
    "own_sub_county",
    "store_list",
    "telling",
    "wipe_old",
    "within_scope",
]
