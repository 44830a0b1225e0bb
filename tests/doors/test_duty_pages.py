"""The officer's answers at the doors, what is wrong with a duty, and the director's answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.deployments.models import Deployment, DeploymentConcern, DeploymentCorrection
from app.people.models import Officer
from app.procedures import duties
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.doors.crud_cast import account, rows
from tests.factories import world
from tests.factories.world_duties import WORDS
from tests.integration.test_letters_services import _proposed, director

EAST, WEST, SCDE = "tsc.kisumu-east", "tsc.kisumu-west", "scde.kisumu-east"


@dataclass(frozen=True)
class Duty:
    """A published duty that nobody marked, and the number that signs its officer in."""

    id: int
    mobile: str

    @property
    def address(self) -> str:
        return f"/me/deployments/{self.id}"


@pytest.fixture
def duty(session: Session) -> Duty:
    scope, actor = director(session)
    made = _proposed(session, scope)
    duties.publish_deployments(scope, actor, [made.id])
    session.commit()
    mobile = rows(session, select(Officer.mobile).where(Officer.id == made.officer_id))[0]
    return Duty(made.id, mobile)


def stored(session: Session, duty: Duty) -> tuple[str, str | None]:
    """Status and reason as they are kept."""
    with scoped_as(session, NATIONAL):
        found = session.get(Deployment, duty.id, populate_existing=True)
        assert found is not None
        return found.status, found.reason


def read(answer: Any) -> str:
    """The page as a person reads it, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def corrections(session: Session) -> list[Any]:
    statement = select(DeploymentCorrection).where(DeploymentCorrection.words != WORDS)
    return rows(session, statement.order_by(DeploymentCorrection.id))


def test_home_puts_the_duty_that_waits_at_the_top(client_of: Any, duty: Duty) -> None:
    page = client_of(duty.mobile).get("/me/").get_data(as_text=True)
    asked = page.index("Do you accept this duty?")
    assert asked < page.index("Your duty</h2>")
    assert f'action="{duty.address}/accept"' in page
    assert f'href="{duty.address}/decline"' in page


def test_accepting_is_one_post_and_the_question_goes(
    session: Session, client_of: Any, duty: Duty
) -> None:
    client = client_of(duty.mobile)
    assert "1 duty waits for your answer." in read(client.get("/me/deployments/"))
    answer = client.post(f"{duty.address}/accept")
    assert (answer.status_code, answer.location) == (303, f"/me/deployments/#duty-{duty.id}")
    assert stored(session, duty)[0] == "accepted"
    page = read(client.get("/me/deployments/"))
    assert "You have accepted this duty." in page
    assert "Do you accept this duty?" not in page
    assert "Do you accept this duty?" not in read(client.get("/me/"))


def test_accepting_twice_is_said_in_a_sentence(client_of: Any, duty: Duty) -> None:
    client = client_of(duty.mobile)
    client.post(f"{duty.address}/accept")
    client.get("/me/deployments/")
    assert client.post(f"{duty.address}/accept").status_code == 303
    assert "This duty was accepted already." in read(client.get("/me/deployments/"))


def test_declining_asks_why_on_a_page_of_its_own(
    session: Session, client_of: Any, duty: Duty
) -> None:
    client = client_of(duty.mobile)
    page = read(client.get(f"{duty.address}/decline"))
    assert "Why do you decline?" in page
    assert "Kisumu Day Secondary" in page
    silent = client.post(f"{duty.address}/decline", data={"confirmed": "yes", "reason": " "})
    assert silent.status_code == 422
    assert "Write the reason." in read(silent)
    assert client.post(f"{duty.address}/decline", data={"reason": "Ill"}).status_code == 200
    assert stored(session, duty)[0] == "published"
    sent = {"confirmed": "yes", "reason": "My child is ill."}
    assert client.post(f"{duty.address}/decline", data=sent).status_code == 303
    assert stored(session, duty) == ("declined", "My child is ill.")
    page = read(client.get("/me/deployments/"))
    assert "Declined" in page
    assert "This letter was withdrawn. My child is ill." in page


def test_duty_taken_back_before_its_first_day_says_that_it_did_not_begin(
    session: Session, client_of: Any, duty: Duty
) -> None:
    scope, actor = director(session)
    duties.withdraw_deployments(scope, actor, [duty.id], "The room was closed.")
    with scoped_as(session, NATIONAL):
        taken = session.get_one(Deployment, duty.id, populate_existing=True)
        assert taken.ends_on < taken.starts_on
    client = client_of(duty.mobile)
    page = read(client.get("/me/deployments/"))
    assert "Withdrawn Did not begin. The room was closed." in page
    client.get("/lang/sw")
    assert "Kazi haikuanza." in read(client.get("/me/deployments/"))


def test_declined_duty_is_told_to_the_director(client_of: Any, duty: Duty) -> None:
    sent = {"confirmed": "yes", "reason": "Ill"}
    client_of(duty.mobile).post(f"{duty.address}/decline", data=sent)
    assert "1 declined: find a stand-in" in read(client_of(EAST).get("/"))
    assert "declined: find" not in read(client_of(WEST).get("/"))


def test_marked_duty_is_not_declined_and_the_page_says_why(
    session: Session, client_of: Any
) -> None:
    mobile = account(session, "an invigilator")
    statement = select(Deployment.id).join(Officer).where(Officer.mobile == mobile)
    pk = rows(session, statement)[0]
    sent = {"confirmed": "yes", "reason": "Tired"}
    answer = client_of(mobile).post(f"/me/deployments/{pk}/decline", data=sent)
    assert answer.status_code == 422
    assert "A day of this duty is marked in the register already." in read(answer)
    assert "Tired" in answer.get_data(as_text=True)


@pytest.mark.parametrize("step", ["accept", "decline", "wrong"])
@pytest.mark.parametrize("who", ["an invigilator", "the centre manager"])
def test_duty_of_another_person_is_not_found(
    session: Session, client_of: Any, duty: Duty, step: str, who: str
) -> None:
    """A colleague, and the manager whose scope reads every duty of the centre."""
    sent = {"confirmed": "yes", "reason": "x", "kind": "role", "words": "x"}
    client = client_of(account(session, who))
    assert client.post(f"{duty.address}/{step}", data=sent).status_code == 404
    if step != "accept":
        assert client.get(f"{duty.address}/{step}").status_code == 404
    assert stored(session, duty)[0] == "published"
    assert corrections(session) == []


@pytest.mark.parametrize("step", ["accept", "decline", "wrong"])
@pytest.mark.parametrize("who", [EAST, SCDE, f"KCSE{world.CENTRE}", "admin"])
def test_nobody_else_may_answer(client_of: Any, duty: Duty, step: str, who: str) -> None:
    assert client_of(who).post(f"{duty.address}/{step}").status_code == 403


def test_stranger_is_sent_to_sign_in(client: Any, duty: Duty) -> None:
    answer = client.post(f"{duty.address}/accept")
    assert answer.status_code in {302, 303, 401}


def test_something_is_wrong_is_asked_and_its_answer_is_read(
    session: Session, client_of: Any, duty: Duty
) -> None:
    officer = client_of(duty.mobile)
    page = officer.get("/me/deployments/").get_data(as_text=True)
    assert f'href="{duty.address}/wrong"' in page
    silent = officer.post(f"{duty.address}/wrong", data={"kind": "", "words": "Other school"})
    assert silent.status_code == 422
    assert "Choose what is wrong" in read(silent)
    assert "Other school" in silent.get_data(as_text=True)
    sent = {"kind": "station", "words": "I was posted to Kisumu Girls."}
    assert officer.post(f"{duty.address}/wrong", data=sent).status_code == 303
    again = officer.post(f"{duty.address}/wrong", data=sent)
    assert again.status_code == 409
    assert "You have said this already." in read(again)
    (asked,) = corrections(session)
    desk = client_of(EAST)
    assert "2 corrections to answer" in read(desk.get("/"))
    page = read(desk.get("/corrections/"))
    assert "I was posted to Kisumu Girls." in page
    assert "Kisumu Day Secondary" in page
    bare = desk.post(f"/corrections/{asked.id}/refuse", data={"answer": ""})
    assert bare.status_code == 422
    assert "Write the answer; the officer reads it." in read(bare)
    said = {"answer": "Kisumu Girls is full."}
    assert desk.post(f"/corrections/{asked.id}/refuse", data=said).status_code == 303
    late = desk.post(f"/corrections/{asked.id}/refuse", data=said)
    assert late.status_code == 409
    assert "This was answered already." in read(late)
    page = read(officer.get("/me/deployments/"))
    assert "Refused I was posted to Kisumu Girls." in page
    assert "Answer: Kisumu Girls is full." in page
    assert "Kisumu Girls is full." in read(desk.get("/corrections/?state=all"))


def asked_for(session: Session, client_of: Any, duty: Duty, kind: str) -> int:
    sent = {"kind": kind, "words": "It is wrong."}
    assert client_of(duty.mobile).post(f"{duty.address}/wrong", data=sent).status_code == 303
    return int(corrections(session)[0].id)


def test_director_changes_the_days_and_the_letter_is_new(
    session: Session, client_of: Any, duty: Duty
) -> None:
    pk, desk = asked_for(session, client_of, duty, "dates"), client_of(EAST)
    wrong = {"kind": "dates", "starts_on": "soon", "ends_on": "2026-11-19", "answer": "Right."}
    answer = desk.post(f"/corrections/{pk}/amend", data=wrong)
    assert (answer.status_code, "Choose a day." in read(answer)) == (422, True)
    early = wrong | {"starts_on": "2026-11-09"}
    answer = desk.post(f"/corrections/{pk}/amend", data=early)
    assert (answer.status_code, "A day that is past cannot be added." in read(answer)) == (
        422,
        True,
    )
    assert 'value="2026-11-09"' in answer.get_data(as_text=True)
    right = wrong | {"starts_on": "2026-11-12"}
    assert desk.post(f"/corrections/{pk}/amend", data=right).status_code == 303
    page = read(client_of(duty.mobile).get("/me/deployments/"))
    assert "Put right It is wrong." in page
    assert "From 12 November 2026" in page
    assert "Version 2, issued" in page


def test_marked_day_is_kept_with_a_sentence(session: Session, client_of: Any) -> None:
    mobile = account(session, "an invigilator")
    statement = select(Deployment.id).join(Officer).where(Officer.mobile == mobile)
    pk = rows(session, statement)[0]
    sent = {"kind": "dates", "words": "Wrong."}
    client_of(mobile).post(f"/me/deployments/{pk}/wrong", data=sent)
    asked = corrections(session)[0].id
    sent = {"kind": "dates", "starts_on": "2026-11-12", "ends_on": "2026-11-19", "answer": "So."}
    answer = client_of(EAST).post(f"/corrections/{asked}/amend", data=sent)
    assert answer.status_code == 422
    assert "A day that is marked already would lose its deployment." in read(answer)


def test_name_is_changed_in_the_profile_first(session: Session, client_of: Any, duty: Duty) -> None:
    pk, desk = asked_for(session, client_of, duty, "name"), client_of(EAST)
    assert "Name on the letter" in read(desk.get("/corrections/"))
    sent = {"kind": "name", "answer": "Done."}
    answer = desk.post(f"/corrections/{pk}/amend", data=sent)
    assert answer.status_code == 422
    assert "Correct the profile first." in read(answer)
    with scoped_as(session, NATIONAL):
        session.execute(
            text("UPDATE officer SET full_name = 'Akinyi Otieno' WHERE mobile = :m"),
            {"m": duty.mobile},
        )
        session.commit()
    assert desk.post(f"/corrections/{pk}/amend", data=sent).status_code == 303
    assert "Name Akinyi Otieno" in read(client_of(duty.mobile).get("/me/deployments/"))


def test_corrections_stay_in_their_sub_county(session: Session, client_of: Any, duty: Duty) -> None:
    pk = asked_for(session, client_of, duty, "role")
    neighbour = client_of(WEST)
    assert "It is wrong." not in read(neighbour.get("/corrections/?state=all"))
    for step in ("amend", "refuse"):
        sent = {"answer": "x", "kind": "name"}
        assert neighbour.post(f"/corrections/{pk}/{step}", data=sent).status_code == 404
    assert corrections(session)[0].state == "open"


@pytest.mark.parametrize(
    ("who", "status"),
    [(SCDE, 200), ("monitor", 200), ("admin", 200), (f"KCSE{world.CENTRE}", 403),
     ("an invigilator", 403), ("payments.clerk", 403)],
)  # fmt: skip
def test_who_reads_corrections(session: Session, client_of: Any, who: str, status: int) -> None:
    client = client_of(account(session, who))
    assert client.get("/corrections/").status_code == status
    assert client.post("/corrections/1/refuse", data={"answer": "x"}).status_code == 403


def test_monitor_reads_no_telephone(session: Session, client_of: Any, duty: Duty) -> None:
    asked_for(session, client_of, duty, "role")
    number = f"tel:+{duty.mobile}"
    assert number in client_of(EAST).get("/corrections/").get_data(as_text=True)
    assert number not in client_of("monitor").get("/corrections/").get_data(as_text=True)


def raised(client_of: Any, pk: int) -> None:
    sent = {
        "action": "raise_concern", "rowid": pk, "reason": "Sister of the head.", "confirmed": "yes",
    }  # fmt: skip
    assert client_of(SCDE).post("/deployments/action_post", data=sent).status_code == 303


def test_concern_is_raised_about_proposed_and_published_and_answered_there(
    session: Session, client_of: Any, duty: Duty
) -> None:
    client = client_of(SCDE)
    assert "Raise a concern" in client.get(f"/deployments/show/{duty.id}").get_data(as_text=True)
    raised(client_of, duty.id)
    assert "2 concerns wait for the director" in read(client.get("/"))
    page = read(client.get("/concerns/"))
    assert "Sister of the head." in page
    assert "Waits for the TSC Sub-County Director" in page
    desk = client_of(EAST)
    assert "2 concerns of the SCDE to answer" in read(desk.get("/"))
    (concern,) = rows(
        session, select(DeploymentConcern).where(DeploymentConcern.deployment_id == duty.id)
    )
    silent = desk.post(f"/concerns/{concern.id}/answer", data={"answer": " "})
    assert (silent.status_code, "Write the answer." in read(silent)) == (422, True)
    said = {"answer": "Checked: no."}
    assert desk.post(f"/concerns/{concern.id}/answer", data=said).status_code == 303
    assert desk.post(f"/concerns/{concern.id}/answer", data=said).status_code == 409
    page = read(client.get("/concerns/?state=answered"))
    assert "Checked: no." in page
    assert "1 concern answered" in page
    assert "Sister of the head." not in read(client.get("/concerns/"))


def test_concern_about_a_proposed_deployment(session: Session, client_of: Any) -> None:
    scope, _actor = director(session)
    pk = _proposed(session, scope).id
    raised(client_of, pk)
    assert "Sister of the head." in read(client_of(EAST).get("/concerns/"))


def test_concern_about_an_ended_deployment_is_refused(
    session: Session, client_of: Any, duty: Duty
) -> None:
    sent = {"action": "withdraw", "rowid": duty.id, "reason": "Ill", "confirmed": "yes"}
    client_of(EAST).post("/deployments/action_post", data=sent)
    page = client_of(SCDE).get(f"/deployments/show/{duty.id}").get_data(as_text=True)
    assert "Raise a concern" not in page
    sent = {"action": "raise_concern", "rowid": duty.id, "reason": "x", "confirmed": "yes"}
    client_of(SCDE).post("/deployments/action_post", data=sent)
    statement = select(DeploymentConcern).where(DeploymentConcern.deployment_id == duty.id)
    assert rows(session, statement) == []


def test_concerns_are_found_by_person_or_centre(
    session: Session, client_of: Any, duty: Duty
) -> None:
    raised(client_of, duty.id)
    (name,) = rows(session, select(Officer.full_name).where(Officer.mobile == duty.mobile))
    desk = client_of(EAST)
    assert "Sister of the head." in read(desk.get("/concerns/", query_string={"q": name}))
    assert "Sister of the head." in read(desk.get("/concerns/?q=kisumu+day"))
    assert "No concern is found" in read(desk.get("/concerns/?q=nobody%25"))


def test_concerns_stay_in_their_sub_county(session: Session, client_of: Any, duty: Duty) -> None:
    raised(client_of, duty.id)
    statement = select(DeploymentConcern.id).where(DeploymentConcern.deployment_id == duty.id)
    (pk,) = rows(session, statement)
    neighbour = client_of(WEST)
    assert "Sister of the head." not in read(neighbour.get("/concerns/"))
    assert neighbour.post(f"/concerns/{pk}/answer", data={"answer": "x"}).status_code == 404
    assert client_of(SCDE).post(f"/concerns/{pk}/answer", data={"answer": "x"}).status_code == 403
    assert client_of(f"KCSE{world.CENTRE}").get("/concerns/").status_code == 403


def test_publishing_late_asks_why_and_keeps_it(session: Session, client_of: Any) -> None:
    scope, _actor = director(session)
    made = _proposed(session, scope)
    made.reason = None
    session.commit()
    pk, desk = made.id, client_of(EAST)
    sent = {"action": "publish", "rowid": pk}
    asked = desk.post("/deployments/action_post", data=sent)
    assert asked.status_code == 422
    assert "Why does this come after the deadline?" in read(asked)
    assert "Deployment closed on Sat 26 Sep. Write why this comes late." in read(asked)
    again = sent | {"confirmed": "yes", "reason": "A colleague fell ill."}
    assert desk.post("/deployments/action_post", data=again).status_code == 303
    assert stored(session, Duty(pk, "")) == ("published", "A colleague fell ill.")
