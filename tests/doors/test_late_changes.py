"""After the deadline of deployment every change of who serves where says why, at every door."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, text, update
from sqlalchemy.orm import Session

from app.deployments.models import Deployment
from app.deployments.services import Placing, place
from app.errors import RuleBroken
from app.exams.models import Deadline
from app.scoping.guard import scoped_as
from tests.doors.test_crud_deployments import EAST, events
from tests.factories import world
from tests.integration.test_duties import ARRANGE
from tests.integration.test_letters_services import _proposed, director

CLOSED = "Deployment closed on Sat 26 Sep. Write why this comes late."
WHY = "The centre was merged with the next one."


@pytest.fixture
def proposed(session: Session) -> int:
    """A deployment that nobody was told of, made with a reason of its own."""
    scope, _actor = director(session)
    made = _proposed(session, scope)
    made.reason = "Made when somebody fell ill."
    session.commit()
    return made.id


def stands(session: Session, pk: int) -> bool:
    session.expire_all()
    with scoped_as(session, ARRANGE):
        return session.get(Deployment, pk) is not None


def open_again(session: Session) -> None:
    """Moves the deadline into the future."""
    with scoped_as(session, ARRANGE):
        later = func.now() + text("interval '10 years'")
        session.execute(
            update(Deadline).where(Deadline.code == "deployment").values(falls_at=later)
        )
        session.commit()


def test_deleting_asks_why_and_keeps_it(session: Session, client_of: Any, proposed: int) -> None:
    desk, address = client_of(EAST), f"/deployments/delete/{proposed}"
    asked = desk.post(address)
    page = asked.get_data(as_text=True)
    assert (asked.status_code, CLOSED in page, f'action="{address}"' in page) == (422, True, True)
    assert stands(session, proposed)
    blank = desk.post(address, data={"confirmed": "yes", "reason": "  "})
    assert (blank.status_code, stands(session, proposed)) == (422, True)
    done = desk.post(address, data={"confirmed": "yes", "reason": WHY})
    assert (done.status_code, stands(session, proposed)) == (303, False)
    (event,) = events(session, "deployment.deleted")
    assert (event.entity_id, event.reason) == (str(proposed), WHY)


def test_program_deletes_for_a_reason_only(
    session: Session, client: Any, token_of: Any, proposed: int
) -> None:
    address, headers = f"/api/v1/deployments/{proposed}", token_of(EAST)
    refused = client.delete(address, headers=headers)
    told = refused.get_json()
    assert (refused.status_code, told["code"], told["field"]) == (422, "deadline-passed", "reason")
    for odd in ([WHY], {"reason": 7}):
        assert client.delete(address, headers=headers, json=odd).status_code == 400
    assert stands(session, proposed)
    assert client.delete(address, headers=headers, json={"reason": WHY}).status_code == 200
    assert not stands(session, proposed)
    assert [one.reason for one in events(session, "deployment.deleted")] == [WHY]


def test_program_changes_for_a_reason_of_this_change(
    session: Session, client: Any, token_of: Any, proposed: int
) -> None:
    """What was said when it was made does not speak for what is changed later."""
    address, headers = f"/api/v1/deployments/{proposed}", token_of(EAST)
    change = {"ends_on": world.TODAY.isoformat()}
    refused = client.put(address, headers=headers, json=change)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "deadline-passed")
    done = client.put(address, headers=headers, json=change | {"reason": WHY})
    assert (done.status_code, done.get_json()["result"]["reason"]) == (200, WHY)
    assert [one.reason for one in events(session, "deployment.changed")] == [WHY]


def test_before_the_deadline_nothing_is_asked(
    session: Session, client_of: Any, client: Any, token_of: Any, proposed: int
) -> None:
    open_again(session)
    change = {"ends_on": world.TODAY.isoformat()}
    kept = client.put(f"/api/v1/deployments/{proposed}", headers=token_of(EAST), json=change)
    assert kept.get_json()["result"]["reason"] == "Made when somebody fell ill."
    assert client_of(EAST).post(f"/deployments/delete/{proposed}").status_code == 303
    assert not stands(session, proposed)


def test_nobody_is_placed_late_without_a_reason(session: Session, proposed: int) -> None:
    """The one step behind redeployment, swap, stand-in and walk-in."""
    _scope, actor = director(session)
    made = session.get(Deployment, proposed)
    placing = Placing(made.officer_id, made.post_id, made.starts_on, made.ends_on, reason=" ")
    session.delete(made)
    session.flush()
    with pytest.raises(RuleBroken) as refused:
        place(session, actor, placing)
    assert (refused.value.code, refused.value.field) == ("deadline-passed", "reason")


def test_document_says_what_a_deletion_takes(client: Any, token_of: Any) -> None:
    paths = client.get("/api/v1/_openapi", headers=token_of(EAST)).get_json()["paths"]
    deletion = paths["/api/v1/deployments/{pk}"]["delete"]
    schema = deletion["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {"reason": {"type": "string"}}
    assert "requestBody" not in paths["/api/v1/centres/{pk}"]["delete"]
