"""Steps that every act on a deployment shares: load and lock, find a place, say what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.audit.services import Subject, record, record_all
from app.deployments.enums import UNPUBLISHED
from app.deployments.models import Deployment, Post
from app.errors import IllegalMove, NotFound, Problems, RuleBroken
from app.exams.models import Deadline, Series, StaffRole
from app.extensions import Model
from app.permissions import Role, may, require
from app.places.enums import CentreKind
from app.places.models import Centre
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope
from app.vacancies.eligibility import Bar
from app.words import N_, day_words

DEADLINE = "deployment"


def fills_stores_only(actor: Actor) -> bool:
    """True for who deploys store staff and nobody else: the SCDE."""
    return Role.SCDE in actor.roles and not may(actor, "deployments", "publish")


def require_for(actor: Actor, act: str, session: Any, found: Iterable[Deployment]) -> None:
    """Raises NotAllowed unless the actor may do this to every one of the deployments.

    The SCDE does to those of stores what the TSC director does to all; RuleBroken for a school's.
    """
    if may(actor, "deployments", act):
        return
    require(actor, "deployments", f"{act}_stores")
    centres = {one.centre_id for one in found}
    kinds = session.scalars(select(Centre.kind).where(Centre.id.in_(centres))).all()
    if any(kind != CentreKind.STORE for kind in kinds):
        said = N_("You deploy store staff. The TSC director deploys to schools.")
        raise RuleBroken("store-staff-only", said)


def locked(session: Any, scope: Scope, ids: Iterable[int]) -> list[Deployment]:
    """The deployments of these ids, locked in order; NotFound unless every one is in scope."""
    wanted = sorted(set(ids))
    statement = restrict(select(Deployment), Deployment, scope).where(Deployment.id.in_(wanted))
    found = session.scalars(
        statement.order_by(Deployment.id)
        .with_for_update(of=Deployment)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise NotFound("not-found", N_("That record was not found."))
    return list(found)


def post_to_fill(session: Any, actor: Actor, centre: Centre, role: StaffRole) -> Post:
    """The centre's post of the role, locked against other directors; RuleBroken where none is."""
    if fills_stores_only(actor) and centre.kind != CentreKind.STORE:
        raise RuleBroken(
            "store-staff-only",
            N_("You deploy store staff. The TSC director deploys to schools."),
            field="centre_id",
        )
    post: Post | None = session.scalars(
        select(Post).where(Post.centre_id == centre.id, Post.role_id == role.id).with_for_update()
    ).one_or_none()
    if post is None or post.required == 0:
        raise RuleBroken(
            "no-such-post",
            N_("The rules give %(centre)s no post of %(role)s."),
            field="role_id",
            facts={"centre": str(centre), "role": role.name},
        )
    return post


def refuse_dates(session: Any, series_id: int, first: dt.date, last: dt.date) -> None:
    series = session.get(Series, series_id)
    faults = Problems()
    if last < first:
        faults.add("ends-before-start", N_("The last day is before the first."), field="ends_on")
    facts = {"first": day_words(series.starts_on), "last": day_words(series.ends_on)}
    outside = N_("The series runs from %(first)s to %(last)s.")
    if not series.starts_on <= first <= series.ends_on:
        faults.add("outside-series", outside, field="starts_on", facts=facts)
    if not series.starts_on <= last <= series.ends_on:
        faults.add("outside-series", outside, field="ends_on", facts=facts)
    faults.refuse_if_any()


def free_slot(
    session: Any,
    post: Post,
    first: dt.date,
    last: dt.date,
    *,
    besides: int = 0,
    rather: int | None = None,
) -> int:
    """The place `rather` wanted, else the first one, that nobody holds on any of these days."""
    taken = set(
        session.scalars(
            select(Deployment.slot).where(
                Deployment.post_id == post.id,
                Deployment.id != besides,
                Deployment.holds.op("&&")(func.daterange(first, last, "[]")),
            )
        )
    )
    free = [slot for slot in range(1, post.required + 1) if slot not in taken]
    if free:
        return rather if rather in free else free[0]
    raise RuleBroken(
        "posts-filled",
        N_("All %(posts)s posts of %(role)s are filled on these days."),
        field="role_id",
        facts={"posts": post.required, "role": post.role.name},
    )


def reason_after_deadline(session: Any, series_id: int, reason: str | None) -> str | None:
    """The reason as given; RuleBroken where there is none and deployment has closed.

    Every act of an office that changes who serves where asks this: made, edited, deleted, chosen
    by hand in a proposal, placed, published, amended, a proposal discarded. To withdraw, replace,
    swap or rotate always needs a reason; an officer answers freely. What the solver proposes is
    nobody's decision yet: its reason is said when it is published.
    """
    closed = late_since(session, series_id)
    if closed is not None and not (reason or "").strip():
        raise RuleBroken(
            "deadline-passed",
            N_("Deployment closed on %(day)s. Write why this comes late."),
            field="reason",
            facts={"day": day_words(closed)},
        )
    return reason


def late_since(session: Any, series_id: int) -> dt.date | None:
    """The day on which deployment to the series closed; None while it is open, or where no row
    says that it closes."""
    falls_at = session.scalars(
        select(Deadline.falls_at).where(Deadline.series_id == series_id, Deadline.code == DEADLINE)
    ).one_or_none()
    return clock.nairobi(falls_at).date() if falls_at and clock.now() > falls_at else None


def refuse_late_without_reason(
    session: Any, deployments: Iterable[Deployment], reason: str | None
) -> None:
    """RuleBroken after the deadline where a deployment has no reason, neither this nor its own."""
    silent = {one.series_id for one in deployments if not (reason or one.reason or "").strip()}
    for series_id in sorted(silent):
        reason_after_deadline(session, series_id, None)


def refuse_published(deployment: Deployment) -> None:
    if deployment.status not in UNPUBLISHED:
        raise IllegalMove(
            "published-already",
            N_("This deployment is published. Withdraw it with a reason instead."),
        )


def last_day_served(session: Any, deployment: Deployment) -> dt.date:
    """The day the deployment ends when withdrawn now: no marked day loses its deployment."""
    mark = Model.metadata.tables["mark"]
    marked = session.scalar(
        select(func.max(mark.c.day)).where(mark.c.deployment_id == deployment.id)
    )
    yesterday = clock.today() - dt.timedelta(days=1)
    unserved = deployment.starts_on - dt.timedelta(days=1)
    served = max(day for day in (yesterday, marked, unserved) if day is not None)
    return min(deployment.ends_on, served)


def terms(deployment: Deployment) -> dict[str, Any]:
    return {
        "officer": deployment.officer_id,
        "centre": deployment.centre_id,
        "role": deployment.role_id,
        "place": deployment.slot,
        "from": deployment.starts_on.isoformat(),
        "to": deployment.ends_on.isoformat(),
        "status": str(deployment.status),
    }


def note(session: Any, actor: Actor, what: str, deployment: Deployment, **said: Any) -> None:
    record(session, actor, f"deployment.{what}", _subject(deployment), **said)


def note_all(
    session: Any, actor: Actor, what: str, deployments: Iterable[Deployment], **said: Any
) -> None:
    """The same event of every one of the deployments, with a handful of statements."""
    entries = [{"subject": _subject(one), **said} for one in deployments]
    record_all(session, actor, f"deployment.{what}", entries)


def _subject(deployment: Deployment) -> Subject:
    return Subject(
        "deployment",
        deployment.id,
        deployment.sub_county_id,
        deployment.centre_id,
        deployment.officer_id,
    )


def refuse_barred(reasons: Sequence[Bar]) -> None:
    """RuleBroken with every rule that bars the officer from the post."""
    faults = Problems()
    for bar in reasons:
        faults.add(
            f"barred-{bar.kind.value.replace('_', '-')}",
            bar.sentence.message,
            field="officer_id",
            facts=bar.sentence.facts,
        )
    faults.refuse_if_any()
