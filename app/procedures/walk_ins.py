"""The director decides on somebody who worked without a deployment.

An acceptance makes the deployment with its letter and SMS and takes the centre's mark into the
day's register, all in one unit of work; what is paid is then decided as for everybody else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, select, update

from app.attendance.enums import MarkStatus
from app.attendance.rules import GivenMark
from app.attendance.services import Taking, Word, register_to_take_in, take_in
from app.audit.services import Subject, record
from app.db.retries import in_one_transaction
from app.db.vault import vault_of
from app.deployments.models import Deployment, Post
from app.deployments.services import Placing
from app.deployments.services.steps import post_to_fill
from app.errors import RuleBroken
from app.exams.models import Series, StaffRole
from app.extensions import Model, db
from app.messages.enums import MessageKind
from app.messages.quoting import quoted
from app.messages.services import post
from app.people.models import Officer
from app.permissions import require
from app.places.models import Centre
from app.procedures import duties
from app.reference.services import within
from app.scoping.guard import scoped_as
from app.scoping.scope import Actor, Scope, system_scope
from app.walk_ins import services, texts
from app.walk_ins.models import WalkIn
from app.walk_ins.queries import absent_holder, neighbour_of, person_of, places_filled
from app.words import N_, day_in, day_words

__all__ = ["accept_walk_in", "refuse_walk_in"]

TELLING = system_scope("walk-ins")
"""Reads and deploys whoever the number belongs to, wherever their workstation lies."""


def accept_walk_in(
    scope: Scope, actor: Actor, walk_in_id: int, *, to_the_end: bool = False
) -> Deployment:
    """Takes them on for the day, or until the end of the series, and their mark into the register.

    Raises NotFound outside the scope, IllegalMove where it was decided already or the register is
    confirmed, and RuleBroken where nobody in the country has the number, every place of the role is
    filled by people who are not marked absent, a rule bars them, or the rules ask for nobody in the role on that day.
    """
    require(actor, "walk-ins", "decide")

    def work() -> Deployment:
        one = services.locked(scope, walk_in_id)
        taking = register_to_take_in(scope, actor, one.centre_id, one.day)
        officer_id, reach = _known(scope, one)
        centre = within(db.session, Centre, scope, one.centre_id)
        place = post_to_fill(db.session, actor, centre, db.session.get(StaffRole, one.role_id))
        last = db.session.get(Series, one.series_id).ends_on if to_the_end else one.day
        holder = None if to_the_end else _yielding(scope, actor, one, place)
        placing = Placing(
            officer_id,
            place.id,
            one.day,
            last,
            reason=f"Walk-in of {day_words(one.day)}.",
            accepted=True,
            follows=holder.id if holder else None,
            slot=holder.slot if holder else None,
        )
        with scoped_as(db.session, reach):
            deployment = duties.place_officer(db.session, actor, placing, text=texts.ACCEPTED)
            _take_in(actor, taking, one, deployment)
            services.accept(actor, one, deployment)
        return deployment

    return in_one_transaction(db.session, work)


def refuse_walk_in(scope: Scope, actor: Actor, walk_in_id: int, *, reason: str) -> None:
    """Refuses the entry for a reason; an officer whose number it is hears it by SMS."""
    require(actor, "walk-ins", "decide")

    def work() -> None:
        one = services.locked(scope, walk_in_id)
        said = services.refuse(actor, one, reason)
        _tell_refused(one, said)

    in_one_transaction(db.session, work)


def _known(scope: Scope, one: WalkIn) -> tuple[int, Scope]:
    """Whose number it is, and the scope in which they are deployed: the director's own, or for
    somebody of another sub-county that of walk-ins, once the place was found in the director's."""
    vault = vault_of(db.session)
    person = person_of(db.session, scope, one, vault)
    if person is not None:
        return person.officer_id, scope
    neighbour = neighbour_of(db.session, one, vault)
    if neighbour is None:
        raise RuleBroken("walk-in-unknown", N_("No officer of the country has this number."))
    return neighbour.officer_id, TELLING


def _yielding(scope: Scope, actor: Actor, one: WalkIn, place: Post) -> Row[Any] | None:
    """Whoever is marked absent yields the day, where every place is filled; the database sees to it
    that nobody else does."""
    if places_filled(db.session, place.id, one.day) < place.required:
        return None
    holder = absent_holder(db.session, scope, place.id, one.day)
    if holder is not None:
        day = func.datemultirange(func.daterange(one.day, one.day, "[]"))
        officer_id = db.session.scalar(
            update(Deployment)
            .where(Deployment.id == holder.id)
            .values(yielded=Deployment.yielded.op("+")(day))
            .returning(Deployment.officer_id)
            .execution_options(synchronize_session=False)
        )
        subject = Subject("deployment", holder.id, one.sub_county_id, one.centre_id, officer_id)
        yielded = {"day": one.day.isoformat()}
        record(db.session, actor, "deployment.yielded", subject, after=yielded)
    return holder


def _take_in(actor: Actor, taking: Taking, one: WalkIn, deployment: Deployment) -> None:
    mark = GivenMark(
        deployment.id,
        MarkStatus(one.status),
        minutes_late=one.minutes_late,
        reason=one.late_reason,
        remark=one.why,
    )
    word = Word(mark, marked_by=one.marked_by_id, entered_by=one.entered_by)
    take_in(db.session, actor, taking, word=word, reason=deployment.reason or "")


def _tell_refused(one: WalkIn, reason: str) -> None:
    """The SMS to whoever the number belongs to, wherever their workstation lies."""
    if one.officer_id is None:
        return
    user = Model.metadata.tables["ab_user"]
    with scoped_as(db.session, TELLING):
        row = db.session.execute(
            select(Officer.mobile, user.c.locale, Centre.name)
            .select_from(Officer)
            .join(Centre, Centre.id == one.centre_id)
            .outerjoin(user, user.c.officer_id == Officer.id)
            .where(Officer.id == one.officer_id, Officer.mobile.is_not(None))
        ).first()
    if row is None:
        return
    said = quoted(reason, most=texts.LONGEST_REASON)
    post(
        db.session,
        to=row.mobile,
        text=texts.REFUSED if said else texts.REFUSED_UNSAID,
        kind=MessageKind.DEPLOYMENT,
        facts={
            "station": row.name[: duties.LONGEST_STATION],
            "day": day_in(one.day, row.locale),
            "reason": said if said.endswith((".", "!", "?")) else f"{said}.",
        },
        locale=row.locale,
        intent=f"walk-in:refused:{one.id}",
    )
