"""The moves of a release file and of a release, as tables: whatever is not listed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.errors import IllegalMove
from app.results.enums import ReleaseState
from app.words import N_


class FileState(StrEnum):
    RECEIVED = "received"
    TO_MAP = "to_map"
    CHECKING = "checking"
    CHECKED = "checked"
    STORING = "storing"
    STORED = "stored"
    REFUSED = "refused"
    DISCARDED = "discarded"


class FileAct(StrEnum):
    LOOK = "look"
    CHECK = "check"
    REPORT = "report"
    STORE = "store"
    FINISH = "finish"
    REFUSE = "refuse"
    DISCARD = "discard"


class Act(StrEnum):
    """What is done to a release."""

    PROVE = "prove"
    APPROVE = "approve"
    TAKE_BACK = "take_back"
    OPEN = "open"
    SUPERSEDE = "supersede"


class Change(StrEnum):
    """What is done to one candidate's result."""

    WITHHOLD = "withhold"
    CANCEL = "cancel"
    PEND = "pend"
    RESTORE = "restore"
    AMEND = "amend"


_F, _A = FileState, FileAct
FILE_MOVES: Mapping[tuple[FileState, FileAct], FileState] = {
    (_F.RECEIVED, _A.LOOK): _F.TO_MAP,
    (_F.RECEIVED, _A.REFUSE): _F.REFUSED,
    (_F.TO_MAP, _A.CHECK): _F.CHECKING,
    (_F.CHECKED, _A.CHECK): _F.CHECKING,
    (_F.CHECKING, _A.REPORT): _F.CHECKED,
    (_F.CHECKING, _A.REFUSE): _F.TO_MAP,
    (_F.CHECKED, _A.STORE): _F.STORING,
    (_F.STORING, _A.FINISH): _F.STORED,
    (_F.STORING, _A.REFUSE): _F.CHECKED,
    **{
        (state, _A.DISCARD): _F.DISCARDED
        for state in (_F.RECEIVED, _F.TO_MAP, _F.CHECKING, _F.CHECKED)
    },
}
BUSY = frozenset({_F.RECEIVED, _F.CHECKING, _F.STORING})

_R = ReleaseState
RELEASE_MOVES: Mapping[tuple[ReleaseState, Act], ReleaseState] = {
    (_R.LOADED, Act.PROVE): _R.CHECKED,
    (_R.CHECKED, Act.APPROVE): _R.APPROVED,
    (_R.APPROVED, Act.TAKE_BACK): _R.CHECKED,
    (_R.APPROVED, Act.OPEN): _R.RELEASED,
    (_R.RELEASED, Act.SUPERSEDE): _R.SUPERSEDED,
}

CHANGES_IN: Mapping[ReleaseState, frozenset[Change]] = {
    _R.LOADED: frozenset(),
    _R.CHECKED: frozenset(Change),
    _R.APPROVED: frozenset({Change.WITHHOLD, Change.CANCEL, Change.PEND}),
    _R.RELEASED: frozenset(Change),
    _R.SUPERSEDED: frozenset(),
}
"""Between approval and the minute a result may be kept back, but nothing may be added to it."""

LETTER: Mapping[Change, str] = {Change.WITHHOLD: "W", Change.CANCEL: "Y", Change.PEND: "P"}

_MOVED_ON = N_("The file has moved on meanwhile. Look at it again.")
_RELEASE_MOVED_ON = N_("The release has moved on meanwhile. Look at it again.")


def file_after(state: str, act: FileAct) -> str:
    """The file's state after the act. Raises IllegalMove."""
    after = FILE_MOVES.get((FileState(state), act))
    if after is None:
        raise IllegalMove("file-moved-on", _MOVED_ON, facts={"state": state, "act": str(act)})
    return str(after)


def release_after(state: str, act: Act) -> str:
    """The release's state after the act. Raises IllegalMove."""
    after = RELEASE_MOVES.get((ReleaseState(state), act))
    if after is None:
        raise IllegalMove(
            "release-moved-on", _RELEASE_MOVED_ON, facts={"state": state, "act": str(act)}
        )
    return str(after)


def refuse_change(state: str, change: Change) -> None:
    """Raises IllegalMove where a release in this state takes no such change."""
    if change not in CHANGES_IN[ReleaseState(state)]:
        raise IllegalMove(
            "change-not-now",
            N_("This cannot be changed while the release is in this state."),
            facts={"state": state, "act": str(change)},
        )


def file_acts(state: str) -> frozenset[FileAct]:
    """What may be done to a file in this state."""
    return frozenset(act for (before, act) in FILE_MOVES if before == state)


def release_acts(state: str) -> frozenset[Act]:
    """What may be done to a release in this state."""
    return frozenset(act for (before, act) in RELEASE_MOVES if before == state)
