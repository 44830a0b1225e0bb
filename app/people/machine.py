"""A profile's states and moves as one table, which also names the acts and the audit words.

Decisions. A save after verification sends the profile back to *submitted* with the touched group
open; what was not touched stays verified. Correcting the very field that was flagged answers the
flag and submits at once, so that one text message and one step settle it. A director may verify a
flagged profile whose papers they have seen. Nobody verifies a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.errors import IllegalMove
from app.people.enums import ProfileAct, ProfileGroup, ProfileState
from app.words import N_


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the table.

    `may` is the act on `resource` in the permission matrix, `audit_word` the name of the event.
    """

    before: ProfileState
    act: ProfileAct
    after: ProfileState
    resource: str
    may: str
    label: str
    audit_word: str
    needs_reason: bool = False


_S, _A = ProfileState, ProfileAct
OWN, OFFICE = "own-profile", "profiles"
_SAVE, _SUBMIT = N_("Save"), N_("Send for verification")
_VERIFY, _FLAG = N_("Verify"), N_("Flag a field")


def _own(before: ProfileState, act: ProfileAct, after: ProfileState, word: str) -> Move:
    submits = act is _A.SUBMIT
    label, may = (_SUBMIT, "submit") if submits else (_SAVE, "edit")
    return Move(before, act, after, OWN, may, label, f"profile.{word}")


def _office(before: ProfileState, act: ProfileAct, after: ProfileState, word: str) -> Move:
    flags = act is _A.FLAG
    label = _FLAG if flags else _VERIFY
    return Move(before, act, after, OFFICE, str(act), label, f"profile.{word}", needs_reason=flags)


MOVES: tuple[Move, ...] = (
    _own(_S.DRAFT, _A.SAVE, _S.DRAFT, "saved"),
    _own(_S.SUBMITTED, _A.SAVE, _S.SUBMITTED, "saved"),
    _own(_S.VERIFIED, _A.SAVE, _S.SUBMITTED, "reopened"),
    _own(_S.FLAGGED, _A.SAVE, _S.FLAGGED, "saved"),
    _own(_S.FLAGGED, _A.ANSWER, _S.SUBMITTED, "answered"),
    _own(_S.DRAFT, _A.SUBMIT, _S.SUBMITTED, "submitted"),
    _own(_S.FLAGGED, _A.SUBMIT, _S.SUBMITTED, "resubmitted"),
    _office(_S.SUBMITTED, _A.VERIFY, _S.VERIFIED, "verified"),
    _office(_S.FLAGGED, _A.VERIFY, _S.VERIFIED, "verified"),
    _office(_S.SUBMITTED, _A.FLAG, _S.FLAGGED, "flagged"),
    _office(_S.VERIFIED, _A.FLAG, _S.FLAGGED, "flagged"),
    _office(_S.FLAGGED, _A.FLAG, _S.FLAGGED, "flagged"),
)
_TABLE = {(move.before, move.act): move for move in MOVES}

STATE_WORDS: dict[ProfileState, str] = {
    _S.DRAFT: N_("Draft"),
    _S.SUBMITTED: N_("Submitted"),
    _S.VERIFIED: N_("Verified"),
    _S.FLAGGED: N_("Flagged"),
}
_REFUSALS: dict[ProfileState, str] = {
    _S.DRAFT: N_("This profile is a draft: its owner has to send it for verification first."),
    _S.SUBMITTED: N_("This profile is with the director for verification already."),
    _S.VERIFIED: N_("This profile is verified already."),
    _S.FLAGGED: N_("This profile is flagged: its owner has to put that right first."),
}


def move_for(state: ProfileState, act: ProfileAct) -> Move:
    """The line of the table for this act in this state; raises IllegalMove when there is none."""
    move = _TABLE.get((state, act))
    if move is None:
        facts = {"state": str(state), "act": str(act)}
        raise IllegalMove("profile-move", _REFUSALS[state], facts=facts)
    return move


def moves_from(state: ProfileState, may: Callable[[str, str], bool]) -> tuple[Move, ...]:
    """The moves open to somebody who may do certain acts on certain resources."""
    return tuple(m for m in MOVES if m.before == state and may(m.resource, m.may))


def still_verified(
    state: ProfileState, verified: Iterable[str], touched: ProfileGroup
) -> tuple[ProfileGroup, ...]:
    """The groups that stay verified when one is touched, in their order."""
    before = verified_groups(state, verified)
    return tuple(group for group in before if group is not touched)


def verified_groups(state: ProfileState, verified: Iterable[str]) -> tuple[ProfileGroup, ...]:
    """The verified groups of a profile: all of a verified one, else those marked so."""
    if state is ProfileState.VERIFIED:
        return tuple(ProfileGroup)
    marked = set(verified)
    return tuple(group for group in ProfileGroup if str(group) in marked)
