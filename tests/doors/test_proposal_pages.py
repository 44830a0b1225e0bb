"""Proposals at the doors: asked for, waited for, reviewed, changed by hand, published."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.deployments.models import Deployment, DeploymentConcern
from app.deployments.services import raise_concern
from app.letters.models import Letter
from app.messages.models import Message
from app.people.models import Officer
from app.proposals import services
from app.proposals.models import Proposal, ProposalGap, ProposalPick, ProposalRefusal
from app.scoping.guard import scoped_as
from tests.factories import world
from tests.factories.proposals import EXTRA, JOB, TSC, proposed, rows, solved, terms, want_more
from tests.factories.registers import acting_as, statements

SCDE, NEXT = "scde.kisumu-east", "tsc.kisumu-west"
LATE = "Two centres were hosted late"


@pytest.fixture
def wanting(session: Session) -> Session:
    """Four places more than people hold, and six more people, of whom two are barred."""
    with scoped_as(session, JOB):
        want_more(session)
    return session


@pytest.fixture
def ready(wanting: Session) -> Proposal:
    return proposed(wanting)


def words_of(answer: Any) -> str:
    """The page as a person reads it, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def digest_on(answer: Any) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.text)
    assert found
    return found.group(1)


def numbers(session: Session, proposal: int) -> list[int]:
    """The deployments of a proposal."""
    return sorted(one.deployment_id for one in rows(session, ProposalPick, proposal))


def test_director_proposes_waits_and_reviews(client_of: Any, wanting: Session) -> None:
    client = client_of(TSC)
    page = client.get("/proposals/")
    assert "Propose" in words_of(page)
    wanted = terms(wanting)
    form = {"series": wanted["series_id"], "sub_county": wanted["sub_county_id"]}
    asked = client.post("/proposals/", data=form)
    assert asked.status_code == 303
    address = asked.headers["Location"]
    waiting = client.get(address)
    assert 'http-equiv="refresh"' in waiting.text
    assert "being worked out" in words_of(waiting)
    assert client.get("/proposals/").headers["Location"] == address
    solved(wanting, int(address.split("/")[2]))
    done = client.get(address)
    assert 'http-equiv="refresh"' not in done.text
    said = words_of(done)
    assert f"{EXTRA} of {EXTRA} open places are filled. It is the optimum" in said
    assert "1 km from the workstation counts 1, from home 0.5; chosen last year costs 15 km" in said
