"""Identity numbers on the profile are given a few times an hour: nobody tries one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.people.models import IdentityClaim, Officer
from app.people.services import profiles
from tests.doors.test_profile_pages import PERSONAL, fill, officer, save
from tests.factories import world_profiles as cast

HELD = "19283746"


def give(client: Any, number: str) -> Any:
    return save(client, "personal", **{**PERSONAL, "national_id": number})


def test_numbers_tried_one_after_the_other_are_refused_alike(
    session: Session, client_of: Any
) -> None:
    client = client_of(cast.DRAFT)
    fill(session, client)
    for nth in range(profiles.MOST_NUMBERS):
        give(client, f"2000000{nth}")
    before = officer(session, cast.DRAFT).national_id_last
    free = give(client, "20000099")
    assert free.status_code == 422
    assert "Too many attempts. Wait 60 minutes" in free.text
    assert officer(session, cast.DRAFT).national_id_last == before
    claims = select(func.count(IdentityClaim.id)).where(
        IdentityClaim.officer_id == officer(session, cast.DRAFT).id,
        IdentityClaim.settled_at.is_(None),
    )
    assert session.scalar(claims) == 0


def test_everything_else_of_the_step_is_stored(session: Session, client_of: Any) -> None:
    client = client_of(cast.DRAFT)
    fill(session, client)
    for nth in range(profiles.MOST_NUMBERS):
        give(client, f"2000000{nth}")
    answer = save(client, "personal", **{**PERSONAL, "national_id": HELD, "year_of_birth": "1991"})
    assert answer.status_code == 422
    assert officer(session, cast.DRAFT).year_of_birth == 1991


def test_the_same_number_again_is_no_try(session: Session, client_of: Any) -> None:
    client = client_of(cast.DRAFT)
    fill(session, client)
    for _ in range(2 * profiles.MOST_NUMBERS):
        assert give(client, "20000001").status_code == 303


@pytest.mark.usefixtures("_often")
def test_without_the_limit_numbers_could_be_tried(session: Session, client_of: Any) -> None:
    """Negative control: the limit is the defence."""
    client = client_of(cast.DRAFT)
    fill(session, client)
    for nth in range(10):
        assert give(client, f"2000000{nth}").status_code == 303
    assert session.scalar(select(func.count(Officer.id)).where(Officer.mobile == cast.DRAFT)) == 1


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "MOST_NUMBERS", 1000)
