"""What a mark must say before it may be stored, and where two people's marks differ."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.attendance.enums import MarkStatus
from app.errors import Problems
from app.words import N_

LONGEST_REASON = 200
LONGEST_REMARK = 300
MOST_MINUTES_LATE = 600

REASONS: tuple[str, ...] = (
    N_("Transport"),
    N_("Illness"),
    N_("Family emergency"),
    N_("Weather or roads"),
    N_("Sent to another duty"),
    N_("No word from the officer"),
)
"""Why an officer is late or absent: the choices on the page, stored as these words; a program may
send its own."""


@dataclass(frozen=True, slots=True)
class GivenMark:
    """What somebody says of one deployment on one day, before it is stored."""

    deployment_id: int
    status: MarkStatus
    minutes_late: int | None = None
    reason: str | None = None
    remark: str | None = None

    @property
    def says(self) -> tuple[object, ...]:
        """The mark without whose it is, for comparison."""
        return self.status, self.minutes_late, self.reason, self.remark


@dataclass(frozen=True, slots=True)
class Difference:
    """One deployment for which two people say different things; None is *not marked*."""

    deployment_id: int
    mine: GivenMark
    theirs: GivenMark | None


def tidy(given: GivenMark) -> GivenMark:
    """The mark with only what its status carries: minutes for late, a reason unless present."""
    late = given.status is MarkStatus.LATE
    here = given.status is MarkStatus.PRESENT
    return GivenMark(
        deployment_id=given.deployment_id,
        status=given.status,
        minutes_late=given.minutes_late if late else None,
        reason=None if here else _one_line(given.reason),
        remark=_one_line(given.remark),
    )


def check_marks(
    marks: Sequence[GivenMark],
    names: Mapping[int, str],
    *,
    complete: bool,
    late_reason: bool = False,
) -> tuple[GivenMark, ...]:
    """The marks, tidied; raises RuleBroken with every fault.

    `names` are the people on the register by deployment. With `complete` all of them must be
    marked, and the refusal lists who is missing. With `late_reason` a late mark says why: the page
    asks for it, a program may leave it out.
    """
    problems = Problems()
    tidied = tuple(tidy(mark) for mark in marks)
    missing = [{"deployment_id": i, "name": names[i]} for i in names.keys() - _ids(tidied)]
    if complete and missing:
        missing.sort(key=lambda one: list(names).index(int(str(one["deployment_id"]))))
        said = N_("Nobody may be left out. Mark these people too.")
        problems.add("marks-missing", said, field="marks", facts={"missing": missing})
    if len(_ids(tidied)) < len(tidied):
        problems.add("mark-twice", N_("Somebody is marked twice."), field="marks")
    for mark in tidied:
        _check(mark, names, problems)
        if late_reason and mark.status is MarkStatus.LATE and not mark.reason:
            said = N_("Choose why they were late.")
            problems.add("late-reason", said, field=f"reason-{mark.deployment_id}")
    problems.refuse_if_any()
    return tidied


def _check(mark: GivenMark, names: Mapping[int, str], problems: Problems) -> None:
    one = mark.deployment_id
    if one not in names:
        said = N_("Somebody marked here is not on this register.")
        problems.add("not-on-register", said, field=f"status-{one}", facts={"deployment_id": one})
        return
    if mark.status is MarkStatus.LATE and not 1 <= (mark.minutes_late or 0) <= MOST_MINUTES_LATE:
        said = N_("Write how many minutes late, from 1 to 600.")
        problems.add("late-minutes", said, field=f"minutes-{one}")
    for text, most, field in (
        (mark.reason, LONGEST_REASON, "reason"),
        (mark.remark, LONGEST_REMARK, "remark"),
    ):
        if text and len(text) > most:
            said = N_("Shorten this to %(most)s characters.")
            problems.add("too-long", said, field=f"{field}-{one}", facts={"most": most})


def differences(
    mine: Iterable[GivenMark], theirs: Mapping[int, GivenMark]
) -> tuple[Difference, ...]:
    """Where my marks differ from the stored ones; a row nobody stored is no difference."""
    return tuple(
        Difference(mark.deployment_id, mark, theirs[mark.deployment_id])
        for mark in map(tidy, mine)
        if mark.deployment_id in theirs and theirs[mark.deployment_id].says != mark.says
    )


def _ids(marks: Iterable[GivenMark]) -> set[int]:
    return {mark.deployment_id for mark in marks}


def _one_line(text: str | None) -> str | None:
    """The text composed (NFC), without control characters and doubled spaces; None when empty."""
    if not text:
        return None
    plain = "".join(
        " " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c
        for c in unicodedata.normalize("NFC", text)
    )
    return " ".join(plain.split()) or None
