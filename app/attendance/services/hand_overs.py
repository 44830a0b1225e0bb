"""The hand-over form of a stay: written by who serves it, kept as a draft, submitted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.attendance.models import HandOver
from app.attendance.queries.hand_overs import Form, form_of
from app.attendance.queries.histories import with_own_centres
from app.audit import services as audit
from app.db.retries import in_one_transaction
from app.deployments.models import Deployment
from app.errors import IllegalMove, Problems, RuleBroken
from app.extensions import db
from app.permissions import require
from app.scoping.scope import Actor, Scope
from app.words import N_

__all__ = ["Written", "write_hand_over"]

LONGEST_NOTE = 200
LONGEST_ISSUE = 300
LONGEST_TEXT = 2000
MOST_ISSUES = 20
MOST_ABSENT = 9999


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: notes by deployment, issues with whether they are open still."""

    notes: Mapping[int, str] = field(default_factory=dict)
    issues: Sequence[tuple[str, bool]] = ()
    absent_candidates: int | None = None
    absentees: str = ""
    hardships: str = ""


def write_hand_over(
    scope: Scope, actor: Actor, deployment_id: int, written: Written, *, submit: bool = False
) -> int:
    """Stores the form of one's own stay; with `submit` it stands as written. Returns its key.

    Raises NotFound for a stay that is nobody's or somebody else's, RuleBroken before the stay has
    begun and for what is too long, IllegalMove for a form that was submitted.
    """
    require(actor, "hand-overs", "write")

    def work() -> int:
        form = form_of(scope, actor, deployment_id)
        if form.deployment.starts_on > clock.today():
            raise RuleBroken("stay-to-come", N_("Your stay here has not begun yet."))
        values = _checked(form, written)
        now = clock.now()
        values |= {"changed_at": now, "submitted_at": now if submit else None}
        with with_own_centres(scope):
            stored = _stored(form.deployment, values)
            what = "hand_over.submitted" if submit else "hand_over.written"
            audit.record(
                db.session,
                actor,
                what,
                _subject(stored, form.deployment),
                after={"deployment": deployment_id, "issues": len(values["issues"])},
            )
        return stored

    return in_one_transaction(db.session, work)


def _stored(stay: Deployment, values: dict[str, Any]) -> int:
    """Writes the row of the stay; one that was submitted is left alone, and said."""
    table = HandOver.__table__
    own = {
        "deployment_id": stay.id,
        "centre_id": stay.centre_id,
        "sub_county_id": stay.sub_county_id,
        "role_id": stay.role_id,
        "officer_id": stay.officer_id,
        "from_day": stay.starts_on,
    }
    stored = db.session.execute(
        insert(table)
        .values(**own, **values)
        .on_conflict_do_update(
            index_elements=["deployment_id"], set_=values, where=table.c.submitted_at.is_(None)
        )
        .returning(table.c.id)
    ).scalar_one_or_none()
    if stored is None:
        said = N_("This form is submitted and stands as written.")
        raise IllegalMove("submitted-already", said)
    db.session.expire_all()
    return int(stored)


def _checked(form: Form, written: Written) -> dict[str, Any]:
    """The values as they are stored; raises RuleBroken with everything that is wrong."""
    faults = Problems()
    known = {one.deployment_id for one in form.people}
    notes = {key: _tidied(note) for key, note in written.notes.items() if key in known}
    issues = [(_tidied(text), still) for text, still in written.issues if _tidied(text)]
    for key, note in notes.items():
        _refuse_longer(faults, note, LONGEST_NOTE, f"note-{key}")
    for number, (text, _still) in enumerate(issues):
        _refuse_longer(faults, text, LONGEST_ISSUE, f"issue-{number}")
    for name in ("absentees", "hardships"):
        _refuse_longer(faults, getattr(written, name), LONGEST_TEXT, name)
    if len(issues) > MOST_ISSUES:
        said = N_("Write at most %(most)s issues.")
        faults.add("too-many", said, field="issue-0", facts={"most": MOST_ISSUES})
    absent = written.absent_candidates
    if absent is not None and not 0 <= absent <= MOST_ABSENT:
        said = N_("Write how many candidates were absent, as a number.")
        faults.add("not-a-number", said, field="absent_candidates")
    faults.refuse_if_any()
    people = [
        {"deployment_id": one.deployment_id, "note": notes.get(one.deployment_id, "")}
        for one in form.people
    ]
    return {
        "people": people,
        "issues": [{"text": text, "open": still} for text, still in issues],
        "absent_candidates": absent,
        "absentees": written.absentees.strip(),
        "hardships": written.hardships.strip(),
    }


def _refuse_longer(faults: Problems, said: str, most: int, name: str) -> None:
    if len(said) > most:
        words = N_("Shorten this to %(most)s characters.")
        faults.add("too-long", words, field=name, facts={"most": most})


def _tidied(words: str) -> str:
    return " ".join(words.split())


def _subject(hand_over_id: int, stay: Deployment) -> audit.Subject:
    return audit.Subject(
        "hand_over",
        hand_over_id,
        sub_county_id=stay.sub_county_id,
        centre_id=stay.centre_id,
        officer_id=stay.officer_id,
    )
