"""A proposal is published in one act: deployments, letters and SMS, after a look at the difference.

What was looked at carries a digest; whatever changed since is shown again before anything is done.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, delete, select

from app import clock
from app.audit.services import Subject, record
from app.db.retries import in_one_transaction
from app.db.uow import unit_of_work
from app.deployments import texts
from app.deployments.models import Deployment, DeploymentConcern
from app.deployments.queries import ConcernLine, bars_of_deployments, open_concerns
from app.deployments.services import answer_concern
from app.deployments.services import publish_deployments as publish_all
from app.deployments.services.steps import late_since
from app.errors import Conflict, Problems
from app.letters.services import issue_letters
from app.messages.enums import MessageKind
from app.messages.queries import messages_left, price_per_segment_cents
from app.permissions import require
from app.procedures.duties import segments_to_tell, tell
from app.proposals import queries
from app.proposals.enums import ProposalState
from app.proposals.models import Proposal, ProposalPick
from app.proposals.services import ready
from app.scoping.scope import Actor, Scope
from app.vacancies.eligibility import Bar
from app.words import N_

__all__ = ["Barred", "Preview", "Said", "preview", "publish_proposal"]

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Barred:
    """Somebody proposed whom a rule bars by now: left out when the rest is published."""

    pick: Row[Any]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would change: who is added, who is left out, what it costs, what waits.

    `digest` names the very picks that were shown. `late_since` is the deadline that has passed.
    """

    proposal: Proposal
    digest: str
    added: Sequence[Row[Any]]
    barred: Sequence[Barred]
    concerns: Sequence[ConcernLine]
    gaps: Sequence[Row[Any]]
    sms_kes: int
    sms_allowed: int | None
    late_since: dt.date | None

    @property
    def people(self) -> int:
        return len(self.added)

    @property
    def empty(self) -> int:
        """Places that stay empty: those nobody can fill, and those of who is left out."""
        return sum(int(one.places) for one in self.gaps) + len(self.barred)

    @property
    def sms_fits(self) -> bool:
        """Whether today's budget holds all of the messages; those beyond it wait or are withheld."""
        return self.sms_allowed is None or self.people <= self.sms_allowed


@dataclass(frozen=True, slots=True)
class Said:
    """What the director says as they publish: which picks were seen, why it is late, which concerns
    were read (by their id), and answers to some by deployment."""

    digest: str
    reason: str | None = None
    read: Collection[int] = ()
    answers: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """What was done: how many are published, and how many were left out."""

    people: int
    left_out: int


def preview(session: Any, scope: Scope, actor: Actor, proposal_id: int) -> Preview:
    """The difference that publishing a ready proposal would make now; nothing is changed."""
    require(actor, "proposals", "publish")
    with unit_of_work(session):
        return _preview(session, scope, ready(session, scope, proposal_id))


def publish_proposal(
    session: Any, scope: Scope, actor: Actor, proposal_id: int, said: Said
) -> Published:
    """Publishes every pick that nothing bars by now, with its letter and its SMS.

    Conflict where the picks are not those that were shown; RuleBroken where it comes late without
    a reason, or a concern was neither read nor answered; IllegalMove unless the proposal is ready.
    """
    require(actor, "proposals", "publish")

    def act() -> Published:
        return _published(session, scope, actor, proposal_id, said)

    return in_one_transaction(session, act)


def _published(session: Any, scope: Scope, actor: Actor, proposal_id: int, said: Said) -> Published:
    with unit_of_work(session):
        proposal = ready(session, scope, proposal_id)
        shown = _preview(session, scope, proposal)
        _refuse_stale(shown, said)
        _refuse_unsaid(shown, said)
        for deployment_id, answer in said.answers.items():
            answer_concern(scope, actor, [deployment_id], answer)
        _leave_out(session, actor, shown)
        ids = [one.deployment_id for one in shown.added]
        late = " ".join((said.reason or "").split()) or None
        found = publish_all(scope, actor, ids, reason=late)
        issue_letters(session, actor, found)
        tell(session, found, texts.PUBLISHED, intent="published")
        proposal.state, proposal.ended_at = ProposalState.PUBLISHED, clock.now()
        proposal.ended_by = actor.user_id
        session.flush()
        _note(session, actor, shown, said)
    return Published(shown.people, len(shown.barred))


def _preview(session: Any, scope: Scope, proposal: Proposal) -> Preview:
    picks, _total = queries.pick_lines(session, scope, proposal.id)
    proposed = [one for one in picks if one.status == "proposed"]
    deployments = session.scalars(
        select(Deployment).where(Deployment.id.in_([one.deployment_id for one in proposed]))
    ).all()
    reasons = bars_of_deployments(session, deployments)
    added = sorted(
        (one for one in proposed if one.deployment_id not in reasons),
        key=lambda one: (one.centre, one.centre_id, one.role_id, one.slot),
    )
    ids = {one.deployment_id for one in proposed}
    concerns = [
        one for one in open_concerns(session, scope, proposal.series_id) if one.deployment_id in ids
    ]
    segments = segments_to_tell(session, [one.deployment_id for one in added], texts.PUBLISHED)
    cents = price_per_segment_cents(session)
    return Preview(
        proposal=proposal,
        digest=_digest(proposal, proposed, reasons),
        added=added,
        barred=[
            Barred(one, reasons[one.deployment_id])
            for one in proposed
            if one.deployment_id in reasons
        ],
        concerns=concerns,
        gaps=queries.gap_lines(session, scope, proposal.id),
        sms_kes=-(-sum(segments) * cents // 100),
        sms_allowed=messages_left(
            session,
            MessageKind.DEPLOYMENT,
            max(segments, default=1) * cents,
            shortest_minutes=DAY_MINUTES,
        ),
        late_since=late_since(session, proposal.series_id),
    )


def _digest(
    proposal: Proposal, picks: Sequence[Row[Any]], barred: Mapping[int, tuple[Bar, ...]]
) -> str:
    """What tells one set of picks from another: who, where, when, and who is left out."""
    told = sorted(
        (
            one.deployment_id,
            one.officer_id,
            one.post_id,
            one.starts_on.isoformat(),
            one.ends_on.isoformat(),
            one.deployment_id in barred,
        )
        for one in picks
    )
    return hashlib.sha256(repr((proposal.id, told)).encode()).hexdigest()[:32]


def _refuse_stale(shown: Preview, said: Said) -> None:
    if said.digest != shown.digest:
        raise Conflict(
            "proposal-changed",
            N_("The proposal has changed since you looked. Look again, then publish."),
            facts={"seen": said.digest, "now": shown.digest},
        )


def _refuse_unsaid(shown: Preview, said: Said) -> None:
    """All at once: nobody to publish, no reason after the deadline, concerns not read."""
    faults = Problems()
    if not shown.people:
        faults.add("nobody-to-publish", N_("Nobody is left in this proposal to publish."))
    if shown.late_since is not None and not (said.reason or "").strip():
        faults.add(
            "deadline-passed",
            N_("Deployment closed on %(day)s. Write why this comes late."),
            field="reason",
            facts={"day": shown.late_since},
        )
    for one in shown.concerns:
        if one.id not in said.read and one.deployment_id not in said.answers:
            faults.add(
                "concern-unread",
                N_("Read or answer the concern about %(officer)s."),
                field=f"concern-{one.id}",
                facts={"officer": one.officer, "concern": one.id},
            )
    faults.refuse_if_any()


def _leave_out(session: Any, actor: Actor, shown: Preview) -> None:
    """Takes back the picks of people whom a rule bars by now: nobody was told of them."""
    gone = [one.pick.deployment_id for one in shown.barred]
    for table, column in (
        (DeploymentConcern, DeploymentConcern.deployment_id),
        (ProposalPick, ProposalPick.deployment_id),
        (Deployment, Deployment.id),
    ):
        session.execute(
            delete(table).where(column.in_(gone)),
            execution_options={"synchronize_session": "fetch"},
        )
    for one in shown.barred:
        pick = one.pick
        subject = Subject(
            "deployment",
            pick.deployment_id,
            shown.proposal.sub_county_id,
            pick.centre_id,
            pick.officer_id,
        )
        rules = {"bars": [str(bar.kind) for bar in one.bars]}
        record(session, actor, "deployment.deleted", subject, after=rules)


def _note(session: Any, actor: Actor, shown: Preview, said: Said) -> None:
    proposal = shown.proposal
    subject = Subject("proposal", proposal.id, proposal.sub_county_id)
    after = {
        "people": shown.people,
        "left_out": [one.pick.officer_id for one in shown.barred],
        "empty": shown.empty,
        "concerns_read": sorted(set(said.read) & {one.id for one in shown.concerns}),
    }
    record(session, actor, "proposal.published", subject, after=after, reason=said.reason)
