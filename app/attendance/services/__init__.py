"""What is done to the daily register, each act one transaction that reads like the office's."""

from app.attendance.services.disputes import answer_dispute, raise_dispute
from app.attendance.services.marking import (
    Marking,
    as_values,
    mark_register,
    markers_for,
    marking_refusal,
    open_register,
)
from app.attendance.services.review import (
    Outcome,
    Refusal,
    confirm_register,
    confirm_registers,
    lock_day,
    remark_on_rows,
    reopen_register,
    return_register,
)
from app.attendance.services.rosters import confirm_roster
from app.attendance.services.taking_in import (
    Taking,
    Word,
    register_to_take_in,
    take_in,
)

__all__ = [
    "Marking",
    "Outcome",
    "Refusal",
    "Taking",
    "Word",
    "answer_dispute",
    "as_values",
    "confirm_register",
    "confirm_registers",
    "confirm_roster",
    "lock_day",
    "mark_register",
    "markers_for",
    "marking_refusal",
    "open_register",
    "raise_dispute",
    "register_to_take_in",
    "remark_on_rows",
    "reopen_register",
    "return_register",
    "take_in",
]
