"""Look-alikes of the fixed world: in each sub-county a review, a claim, and a merge that was done."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.people.models import IdentityClaim, Lookalike, Officer, OfficerMerge
from app.places.models import SubCounty
from tests.factories import world


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    users = dict(b.session.execute(select(world.User.username, world.User.id)).all())
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.id)).all():
        first, second = b.session.scalars(
            select(Officer)
            .where(Officer.sub_county_id == place.id, Officer.workstation == f"{place.name} Boys")
            .order_by(Officer.id)
            .limit(2)
        ).all()
        b.add(
            IdentityClaim(
                officer_id=second.id,
                sub_county_id=place.id,
                kind="national_id",
                cipher=b"sealed",
                number_index=first.national_id_index,
                last=first.national_id_last,
            )
        )
        b.add(_review(first, second, reasons=["national_id"], score=100))
        _merged(b, first, maker=users[f"tsc.{place.slug}"], checker=users["admin"])


def _review(one: Officer, other: Officer, **found: Any) -> Lookalike:
    low, high = sorted((one, other), key=lambda officer: officer.id)
    return Lookalike(
        officer_id=low.id,
        other_id=high.id,
        sub_county_id=low.sub_county_id,
        other_sub_county_id=high.sub_county_id,
        **found,
    )


def _merged(b: Any, survivor: Officer, *, maker: int, checker: int) -> None:
    """Somebody who had registered twice: the second record keeps its name and no number."""
    gone = b.add(
        Officer(
            full_name=survivor.full_name,
            mobile=None,
            state="draft",
            sub_county_id=survivor.sub_county_id,
            merged_into_id=survivor.id,
        )
    )
    case = b.add(
        _review(
            survivor,
            gone,
            reasons=["name"],
            score=85,
            state="merged",
            survivor_id=survivor.id,
            kept={},
            proposal_reason="The same person registered twice.",
            proposed_at=world.NOW,
            proposed_by=maker,
            decision_reason="Seen with both papers.",
            decided_at=world.NOW,
            decided_by=checker,
        )
    )
    b.add(
        OfficerMerge(
            lookalike_id=case.id,
            survivor_id=survivor.id,
            merged_id=gone.id,
            sub_county_id=survivor.sub_county_id,
            other_sub_county_id=gone.sub_county_id,
            reason="The same person registered twice.",
            proposed_by=maker,
            proposed_at=world.NOW,
            approved_by=checker,
            before={},
            after={},
            sealed=b"sealed",
        )
    )
