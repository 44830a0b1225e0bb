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
from app.proposals.models import Proposal, ProposalPick, ProposalRefusal
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


def test_worker_that_failed_is_said_and_asked_again(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number = ready.id
    with scoped_as(wanting, JOB):
        found = wanting.get_one(Proposal, number)
        found.state, found.failure = "failed", "The proposal could not be solved. Ask for it again."
        wanting.flush()
    client = client_of(TSC)
    assert "could not be solved" in words_of(client.get(f"/proposals/{number}/"))
    client.post(f"/proposals/{number}/", data={"act": "solve"})
    assert "being worked out" in words_of(client.get(f"/proposals/{number}/"))


def test_every_pick_refusal_and_gap_explains_itself(client_of: Any, wanting: Session) -> None:
    with scoped_as(wanting, JOB):
        barred = Officer.full_name.in_([f"Person Number {one}" for one in "ABCD"])
        wanting.execute(update(Officer).where(barred).values(teaches_at="secondary"))
    proposal = proposed(wanting)
    number, client = proposal.id, client_of(TSC)
    picks = words_of(client.get(f"/proposals/{number}/?show=all"))
    assert "workstation" in picks
    assert "Not chosen last year." in picks
    refused = words_of(client.get(f"/proposals/{number}/?show=refused"))
    assert "Person Number F Rules in the way: Years in service, Teaches at a level." in refused
    gaps = words_of(client.get(f"/proposals/{number}/?show=gaps"))
    assert "people are kept out by one rule alone: " in gaps
    assert "Teaches at a level 4" in gaps


def test_filters_narrow_and_unknown_ones_do_no_harm(client_of: Any, ready: Proposal) -> None:
    client, address = client_of(TSC), f"/proposals/{ready.id}/"
    assert "Kisumu Day Secondary" in words_of(client.get(f"{address}?show=all&role=99999"))
    nobody = words_of(client.get(f"{address}?show=all&centre=99999"))
    assert "Nobody of this kind" in nobody
    for odd in ("show=x", "show=all&page=0", "show=all&page=999999999", "centre=a&role=-1"):
        assert client.get(f"{address}?{odd}").status_code == 200


def test_picks_are_locked_singly_together_and_all(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    client, number = client_of(TSC), ready.id
    ids = numbers(wanting, number)

    def locked() -> list[int]:
        found = rows(wanting, ProposalPick, number)
        return sorted(one.deployment_id for one in found if one.locked)

    address = f"/proposals/{number}/"
    answer = client.post(address, data={"lock": ids[0], "show": "all"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}?show=all")
    assert locked() == ids[:1]
    client.post(address, data={"act": "lock", "pick": ids[1:3]})
    assert locked() == ids[:3]
    client.post(address, data={"act": "unlock", "pick": ids[:1]})
    assert locked() == ids[1:3]
    client.post(address, data={"act": "lock_all"})
    assert locked() == ids
    client.post(address, data={"act": "unlock_all"})
    assert locked() == []


def test_rest_is_solved_again_around_what_is_locked(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    client, number = client_of(TSC), ready.id
    ids = numbers(wanting, number)
    client.post(f"/proposals/{number}/", data={"lock": ids[0]})
    answer = client.post(f"/proposals/{number}/", data={"act": "solve", "home": "0"})
    assert answer.status_code == 303
    solved(wanting, number)
    assert ids[0] in numbers(wanting, number)
    assert "from home 0;" in words_of(client.get(f"/proposals/{number}/"))
    assert "1 was kept." in words_of(client.get(f"/proposals/{number}/"))


def test_weights_out_of_range_are_kept_and_said_at_their_field(
    client_of: Any, ready: Proposal
) -> None:
    typed = {"act": "solve", "home": "far", "workstation": "7", "women_share": "120"}
    answer = client_of(TSC).post(f"/proposals/{ready.id}/", data=typed)
    assert answer.status_code == 422
    assert 'value="far"' in answer.text
    assert 'value="7"' in answer.text
    assert 'href="#home"' in answer.text
    assert 'href="#women_share"' in answer.text


def test_somebody_else_is_chosen_by_hand_and_stays(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    client, number = client_of(TSC), ready.id
    with scoped_as(wanting, JOB):
        spare = Officer(
            full_name="Late Comer", mobile="254799000099", state="verified", gender="female",
            national_id_index=b"late", tsc_number="770099", employer_kind="tsc",
            teaches_at="primary", started_on="2015-01-01", qualification_level="diploma",
            sub_county_id=ready.sub_county_id, wanted_roles=["invigilator"],
        )  # fmt: skip
        wanting.add(spare)
        wanting.flush()
        newcomer = spare.id
    first = numbers(wanting, number)[0]
    page = client.get(f"/proposals/{number}/picks/{first}/")
    assert "Late Comer" in words_of(page)
    silent = client.post(f"/proposals/{number}/picks/{first}/", data={"officer": newcomer})
    assert silent.status_code == 422
    assert "Deployment closed on Sat 26 Sep. Write why this comes late." in words_of(silent)
    sent = {"officer": newcomer, "reason": LATE}
    answer = client.post(f"/proposals/{number}/picks/{first}/", data=sent)
    assert answer.status_code == 303
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        chosen = wanting.get_one(Deployment, first)
        assert (chosen.officer_id, chosen.reason) == (newcomer, LATE)
        assert wanting.get_one(ProposalPick, first).locked is True
        assert len(rows(wanting, ProposalRefusal, number)) >= 3
    barred = client.post(f"/proposals/{number}/picks/{first}/", data={"officer": 99999})
    assert barred.status_code == 422
    assert "not free for the place" in words_of(barred)


def test_scde_raises_a_concern_that_stays_and_shows(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, scde = ready.id, client_of(SCDE)
    first = numbers(wanting, number)[0]
    page = scde.get(f"/proposals/{number}/?show=all")
    assert f"/proposals/{number}/picks/{first}/concern" in page.text
    assert 'name="lock"' not in page.text
    empty = scde.post(f"/proposals/{number}/picks/{first}/concern", data={"reason": " "})
    assert (empty.status_code, "Write the reason." in empty.text) == (422, True)
    told = scde.post(f"/proposals/{number}/picks/{first}/concern", data={"reason": "A cousin"})
    assert told.status_code == 303
    director = client_of(TSC)
    assert "Concern" in words_of(director.get(f"/proposals/{number}/"))
    director.post(f"/proposals/{number}/", data={"act": "solve"})
    solved(wanting, number)
    assert first in numbers(wanting, number)
    assert director.post(
        f"/proposals/{number}/picks/{first}/concern", data={"reason": "x"}
    ).status_code in {403, 404}


def test_discard_asks_once_and_leaves_nothing(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(TSC)
    who = acting_as(SCDE)
    first = numbers(wanting, number)[0]
    raise_concern(who.scope, who.actor, [first], "A cousin")
    assert "leaves it" in words_of(client.get(f"/proposals/{number}/discard"))
    assert client.post(f"/proposals/{number}/discard").status_code == 200
    assert numbers(wanting, number)
    silent = client.post(f"/proposals/{number}/discard", data={"confirmed": "yes"})
    assert silent.status_code == 422
    assert "Deployment closed on Sat 26 Sep. Write why this comes late." in words_of(silent)
    assert numbers(wanting, number)
    sent = {"confirmed": "yes", "reason": LATE}
    gone = client.post(f"/proposals/{number}/discard", data=sent)
    assert gone.status_code == 303
    assert numbers(wanting, number) == []
    assert client.post(f"/proposals/{number}/discard", data={"confirmed": "yes"}).status_code == 409


def test_publishing_tells_everybody_in_one_act(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(TSC)
    ids = numbers(wanting, number)
    page = client.get(f"/proposals/{number}/publish")
    assert f"Publish {EXTRA} deployments" in words_of(page)
    assert "Today's budget allows" in words_of(page).replace("&#39;", "'")
    form = {"digest": digest_on(page), "reason": LATE}
    answer = client.post(f"/proposals/{number}/publish", data=form)
    assert answer.status_code == 303
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        told = wanting.scalars(select(Deployment).where(Deployment.id.in_(ids))).all()
        assert {(one.status, one.reason) for one in told} == {("published", LATE)}
        letters = wanting.scalar(select(func.count()).where(Letter.deployment_id.in_(ids)))
        intents = [f"deployment:published:{one}" for one in ids]
        posted = wanting.scalar(select(func.count()).where(Message.intent.in_(intents)))
        events = wanting.scalar(
            text("SELECT count(*) FROM event WHERE action = 'proposal.published'")
        )
        assert (letters, posted, events) == (EXTRA, EXTRA, 1)
        assert wanting.get_one(Proposal, number).state == "published"
    again = client.post(f"/proposals/{number}/publish", data=form)
    assert again.status_code == 409


def test_stale_preview_answers_with_the_new_one(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(TSC)
    old = digest_on(client.get(f"/proposals/{number}/publish"))
    with scoped_as(wanting, JOB):
        first = wanting.get_one(Deployment, numbers(wanting, number)[0])
        wanting.delete(wanting.get_one(ProposalPick, first.id))
        wanting.delete(first)
        wanting.flush()
    answer = client.post(f"/proposals/{number}/publish", data={"digest": old, "reason": LATE})
    assert answer.status_code == 409
    assert "has changed since you looked" in words_of(answer)
    assert LATE in answer.text
    fresh = digest_on(answer)
    assert fresh != old
    done = client.post(f"/proposals/{number}/publish", data={"digest": fresh, "reason": LATE})
    assert done.status_code == 303


def test_after_the_deadline_a_reason_is_asked(client_of: Any, ready: Proposal) -> None:
    client, number = client_of(TSC), ready.id
    page = client.get(f"/proposals/{number}/publish")
    assert "Deployment closed on Sat 26 Sep." in words_of(page)
    answer = client.post(f"/proposals/{number}/publish", data={"digest": digest_on(page)})
    assert answer.status_code == 422
    assert "Deployment closed on Sat 26 Sep. Write why this comes late." in words_of(answer)
    assert "2026-09-26" not in words_of(answer)


def test_before_the_deadline_no_reason_is_asked(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    with scoped_as(wanting, JOB):
        wanting.execute(text("UPDATE deadline SET falls_at = '2026-12-01' WHERE code='deployment'"))
    client, number = client_of(TSC), ready.id
    page = client.get(f"/proposals/{number}/publish")
    assert 'name="reason"' not in page.text
    done = client.post(f"/proposals/{number}/publish", data={"digest": digest_on(page)})
    assert done.status_code == 303


def test_concern_is_listed_and_must_be_read_or_answered(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(TSC)
    who = acting_as(SCDE)
    first, second, *_rest = numbers(wanting, number)
    raise_concern(who.scope, who.actor, [first], "A cousin of the principal")
    raise_concern(who.scope, who.actor, [second], "Was absent in 2025")
    page = client.get(f"/proposals/{number}/publish")
    assert "A cousin of the principal" in words_of(page)
    form: dict[str, Any] = {"digest": digest_on(page), "reason": LATE}
    refused = client.post(f"/proposals/{number}/publish", data=form)
    assert refused.status_code == 422
    assert words_of(refused).count("Read or answer the concern about") == 2
    with scoped_as(wanting, JOB):
        read = wanting.scalars(
            select(DeploymentConcern.id).where(DeploymentConcern.deployment_id == first)
        ).one()
    form |= {"read": read, f"answer-{second}": "She brought a doctor's letter."}
    assert client.post(f"/proposals/{number}/publish", data=form).status_code == 303
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        answers = dict(
            wanting.execute(
                select(DeploymentConcern.deployment_id, DeploymentConcern.answer).where(
                    DeploymentConcern.deployment_id.in_([first, second])
                )
            ).all()
        )
    assert answers == {first: None, second: "She brought a doctor's letter."}


def test_who_is_barred_by_now_is_listed_and_left_out(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(TSC)
    first, *rest = numbers(wanting, number)
    with scoped_as(wanting, JOB):
        one = wanting.get_one(Deployment, first)
        wanting.execute(
            update(Officer).where(Officer.id == one.officer_id).values(teaches_at="secondary")
        )
    page = client.get(f"/proposals/{number}/publish")
    assert "Left out: a rule bars them by now" in words_of(page)
    assert f"Publish {EXTRA - 1} deployments" in words_of(page)
    form = {"digest": digest_on(page), "reason": LATE}
    assert client.post(f"/proposals/{number}/publish", data=form).status_code == 303
    with scoped_as(wanting, JOB):
        wanting.expire_all()
        assert wanting.get(Deployment, first) is None
        states = wanting.scalars(select(Deployment.status).where(Deployment.id.in_(rest))).all()
    assert set(states) == {"published"}


def test_director_next_door_finds_nothing(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    number, client = ready.id, client_of(NEXT)
    first = numbers(wanting, number)[0]
    for address in ("", "discard", "publish", f"picks/{first}/", f"picks/{first}/concern"):
        assert client.get(f"/proposals/{number}/{address}").status_code == 404, address
    for address in ("", "discard", "publish", f"picks/{first}/"):
        form = {"act": "lock", "pick": first, "officer": 1, "confirmed": "yes", "digest": "x"}
        answer = client.post(f"/proposals/{number}/{address}", data=form)
        assert answer.status_code == 404, address
    wanted = terms(wanting)
    form = {"series": wanted["series_id"], "sub_county": wanted["sub_county_id"]}
    assert client.post("/proposals/", data=form).status_code == 404
    assert numbers(wanting, number)
    own = wanting.scalars
    with scoped_as(wanting, JOB):
        theirs = own(
            select(Proposal.id).where(Proposal.sub_county_id != ready.sub_county_id)
        ).first()
    assert client.post(f"/proposals/{theirs}/", data={"lock": first}).status_code == 404


@pytest.mark.parametrize(
    ("username", "reads"),
    [
        (SCDE, True),
        ("monitor", True),
        ("county.kisumu", True),
        ("admin", True),
        ("county.nakuru", False),
        (f"KCSE{world.CENTRE}", False),
        ("payments.clerk", False),
    ],
)
def test_others_read_at_most(
    client_of: Any, wanting: Session, ready: Proposal, username: str, *, reads: bool
) -> None:
    number = ready.id
    first = numbers(wanting, number)[0]
    client = client_of(username)
    seen = client.get(f"/proposals/{number}/").status_code
    assert seen == 200 if reads else seen in {302, 403, 404}
    for address in ("", "discard", "publish", f"picks/{first}/"):
        form = {"act": "lock", "pick": first, "confirmed": "yes", "officer": 1}
        answer = client.post(f"/proposals/{number}/{address}", data=form)
        assert answer.status_code in {302, 403, 404}, address
    assert {one.locked for one in rows(wanting, ProposalPick, number)} == {False}
    assert len(numbers(wanting, number)) == EXTRA


def test_administrator_proposes_the_whole_country(
    client_of: Any, wanting: Session, ready: Proposal
) -> None:
    client, series = client_of("admin"), terms(wanting)["series_id"]
    assert "Propose the whole country" in words_of(client.get(f"/proposals/?series={series}"))
    answer = client.post("/proposals/country", data={"series": series})
    assert answer.status_code == 303
    with scoped_as(wanting, JOB):
        waiting = wanting.scalars(select(Proposal.id).where(Proposal.state == "waiting")).all()
        assert wanting.get_one(Proposal, ready.id).state == "ready"
    assert len(waiting) == 2
    progress = words_of(client.get(f"/proposals/?series={series}"))
    assert "2 sub-counties are being worked out." in progress
    assert "2 being worked out" in progress
    for one in waiting:
        solved(wanting, one)
    done = words_of(client.get(f"/proposals/?series={series}"))
    assert "3 ready for review" in done
    assert client_of(TSC).post("/proposals/country", data={"series": series}).status_code in {
        302,
        403,
    }


def test_pages_ask_a_flat_number_of_questions(client_of: Any, session: Session) -> None:
    counts = []
    for posts, start in ((2, 0), (28, 10)):
        with scoped_as(session, JOB):
            want_more(session, posts=posts, people=posts + 4, start=start)
        number = proposed(session).id
        client = client_of(TSC)
        address = f"/proposals/{number}/"
        client.get(f"{address}?show=all")
        found = []
        for page in (f"{address}?show=all", f"{address}publish", f"{address}?show=refused"):
            with statements() as asked:
                assert client.get(page).status_code == 200
            found.append(len(asked))
        counts.append(found)
    assert counts[0] == counts[1]
