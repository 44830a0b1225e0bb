"""Vetting on pages: the queue, verifying in bulk, flagging with an SMS, reading numbers in full."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.access.models import User
from app.messages.models import Message
from app.people.models import IdentityClaim, Officer, ProfileMove, Unmasking, UnmaskLimit
from app.people.queries import verification as queries
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL
from tests.doors.test_profile_pages import BANK, PERSONAL, officer, page, save
from tests.factories import world_profiles as cast

EAST, WEST = "tsc.kisumu-east", "tsc.kisumu-west"
QUEUE = "/profiles/queue/"


def seen(session: Session, mobile: str) -> str:
    found = officer(session, mobile)
    return f"{found.id}:{found.profile_version}"


def verify(client: Any, *picks: str, confirmed: str = "yes") -> Any:
    return client.post("/profiles/verify", data={"pick": list(picks), "confirmed": confirmed})


def test_queue_shows_who_waits_and_what_was_checked(session: Session, client_of: Any) -> None:
    text = page(client_of(EAST), QUEUE)
    assert str(officer(session, cast.SUBMITTED)) in text
    assert str(officer(session, cast.VERIFIED)) not in text
    assert "2 missing" in text
    assert "Missing:" not in text
    assert "1 profile waits" in text


def test_what_is_missing_is_named_on_the_profile(session: Session, client_of: Any) -> None:
    text = page(client_of(EAST), f"/profiles/{officer(session, cast.SUBMITTED).id}/")
    assert "Missing: KRA PIN, Account number" in text


def test_a_teacher_at_a_school_that_no_list_has_is_looked_into(
    session: Session, client_of: Any
) -> None:
    found = officer(session, cast.SUBMITTED)
    assert "School not in the list" not in page(client_of(EAST), QUEUE)
    found.workstation, found.workstation_school_id = "nya", None
    session.commit()
    assert "School not in the list" in page(client_of(EAST), QUEUE)
    text = page(client_of(EAST), f"/profiles/{found.id}/")
    assert "No school of Kisumu East is called nya" in text
    (checked,) = queries.checked(session, [found], on=clock.today())
    assert (checked.is_unlisted, checked.is_clear) == (True, False)
    found.employer_kind = "ministry"
    (checked,) = queries.checked(session, [found], on=clock.today())
    assert not checked.is_unlisted


def test_queue_filters_by_state_and_by_checks(session: Session, client_of: Any) -> None:
    client = client_of(EAST)
    assert str(officer(session, cast.FLAGGED)) in page(client, f"{QUEUE}?state=flagged")
    assert str(officer(session, cast.DRAFT)) in page(client, f"{QUEUE}?state=draft")
    assert str(officer(session, cast.SUBMITTED)) not in page(client, f"{QUEUE}?clear=yes")


def test_queue_of_the_neighbour_holds_nobody_of_ours(session: Session, client_of: Any) -> None:
    text = page(client_of(WEST), QUEUE)
    assert str(officer(session, cast.SUBMITTED)) not in text
    assert str(officer(session, cast.mobile("239", "submitted"))) in text


def test_the_nation_sees_sub_counties_to_choose(client_of: Any) -> None:
    text = page(client_of("admin"), QUEUE)
    assert "Kisumu West" in text
    assert "Nakuru Town East" in text


def test_verifying_asks_once_then_verifies_all_ticked(session: Session, client_of: Any) -> None:
    client, picks = client_of(EAST), [seen(session, cast.SUBMITTED), seen(session, cast.FLAGGED)]
    asked = verify(client, *picks, confirmed="")
    assert "Verify 2 profiles" in asked.text
    assert officer(session, cast.SUBMITTED).state == "submitted"
    assert verify(client, *picks).status_code == 303
    assert [officer(session, one).state for one in (cast.SUBMITTED, cast.FLAGGED)] == [
        "verified",
        "verified",
    ]
    assert "2 profiles verified." in client.get(QUEUE).text


def test_a_profile_changed_since_is_not_verified(session: Session, client_of: Any) -> None:
    pick = seen(session, cast.SUBMITTED)
    save(client_of(cast.SUBMITTED), "bank", **BANK)
    client = client_of(EAST)
    verify(client, pick)
    assert officer(session, cast.SUBMITTED).state == "submitted"
    assert "was changed since you opened the page" in client.get(QUEUE).text


def test_a_profile_that_lacks_something_is_not_verified(session: Session, client_of: Any) -> None:
    stored = officer(session, cast.SUBMITTED)
    stored.kin_name = None
    session.commit()
    client = client_of(EAST)
    verify(client, seen(session, cast.SUBMITTED))
    assert officer(session, cast.SUBMITTED).state == "submitted"
    assert "Name of your next of kin is needed." in client.get(QUEUE).text


def test_a_draft_is_never_verified(session: Session, client_of: Any) -> None:
    verify(client_of(EAST), seen(session, cast.DRAFT))
    assert officer(session, cast.DRAFT).state == "draft"


@pytest.mark.parametrize("act", ["flag", "unmask", ""])
def test_the_neighbours_profile_is_not_found(session: Session, client_of: Any, act: str) -> None:
    theirs = officer(session, cast.mobile("239", "submitted")).id
    client = client_of(EAST)
    sent = {"field": "national_id", "reason": "Because I would like to."}
    answer = (
        client.post(f"/profiles/{theirs}/{act}", data=sent)
        if act
        else client.get(f"/profiles/{theirs}/")
    )
    assert answer.status_code == 404
    assert verify(client, f"{theirs}:0").status_code == 404


def test_who_is_only_deployed_here_is_vetted_elsewhere(session: Session, client_of: Any) -> None:
    """Seen in the officers' list through a deployment, but not a profile of this sub-county."""
    from app.deployments.models import Deployment

    enter_scope(session, NATIONAL)
    theirs = officer(session, cast.mobile("239", "verified"))
    line = session.scalars(
        select(Deployment)
        .join(Officer, Officer.id == Deployment.officer_id)
        .where(Deployment.sub_county_id == officer(session, cast.VERIFIED).sub_county_id)
        .order_by(Deployment.id.desc())
    ).first()
    assert line is not None
    line.officer_id = theirs.id
    session.commit()
    client = client_of(EAST)
    assert client.get(f"/officers/show/{theirs.id}").status_code == 200
    assert client.get(f"/profiles/{theirs.id}/").status_code == 404


def test_flagging_tells_the_officer_by_sms_in_their_language(
    app: Any, session: Session, client_of: Any
) -> None:
    from app.messages.services.outbox import BODY

    found = officer(session, cast.SUBMITTED)
    account = session.scalars(select(User).where(User.officer_id == found.id)).one()
    account.locale = "sw"
    session.commit()
    sent = {"field": "kin_telephone", "reason": "Nobody answers.", "version": "0"}
    assert client_of(EAST).post(f"/profiles/{found.id}/flag", data=sent).status_code == 303
    stored = officer(session, cast.SUBMITTED)
    assert (stored.state, stored.flagged_field) == ("flagged", "kin_telephone")
    enter_scope(session, NATIONAL)
    message = session.scalars(
        select(Message).where(Message.number == cast.SUBMITTED, Message.kind == "profile")
    ).one()
    body = app.extensions["vault"].unseal(bytes(message.body), context=BODY)
    assert "simu ya jamaa wa karibu" in body
    assert body.endswith("/me/profile/mend/kin_telephone")


def test_the_link_of_the_sms_opens_the_field(session: Session, client_of: Any) -> None:
    text = page(client_of(cast.FLAGGED), "/me/profile/kin/")
    assert 'id="kin_telephone"' in text
    assert "Nobody answers this number." in text


def test_the_link_of_the_sms_survives_the_sign_in(client: Any, client_of: Any) -> None:
    link = "/me/profile/mend/kin_telephone"
    assert client.get(link).location.endswith(f"/login/?next={link}")
    answer = client_of(cast.FLAGGED).get(link)
    assert answer.location == "/me/profile/kin/#kin_telephone"
    assert client_of(cast.FLAGGED).get("/me/profile/mend/no_such").status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"field": "", "reason": "Nobody answers."}, "Choose the field that is not right."),
        ({"field": "kin_name", "reason": " "}, "Say in a few words what is not right"),
    ],
)
def test_flagging_needs_a_field_and_a_reason(
    session: Session, client_of: Any, sent: dict[str, str], sentence: str
) -> None:
    found = officer(session, cast.SUBMITTED).id
    answer = client_of(EAST).post(f"/profiles/{found}/flag", data=sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert officer(session, cast.SUBMITTED).state == "submitted"


def test_verified_groups_stay_through_a_flag_and_its_answer(
    session: Session, client_of: Any
) -> None:
    found = officer(session, cast.VERIFIED)
    sent = {"field": "account", "reason": "The account is closed.", "version": "0"}
    client_of(EAST).post(f"/profiles/{found.id}/flag", data=sent)
    save(client_of(cast.VERIFIED), "bank", **BANK)
    stored = officer(session, cast.VERIFIED)
    assert stored.state == "submitted"
    assert "bank" not in stored.verified_groups
    assert len(stored.verified_groups) == 5


def with_numbers(session: Session, client_of: Any) -> int:
    """The submitted person with sealed numbers of this run's keys."""
    save(client_of(cast.SUBMITTED), "personal", **PERSONAL)
    save(client_of(cast.SUBMITTED), "bank", **BANK)
    return int(officer(session, cast.SUBMITTED).id)


def test_numbers_are_masked_until_a_reason_is_given(session: Session, client_of: Any) -> None:
    found, client = with_numbers(session, client_of), client_of(EAST)
    address = f"/profiles/{found}/"
    assert re.findall("23456789|A012345678Z|0123456789", page(client, address)) == []
    refused = client.post(f"{address}unmask", data={"field": "national_id", "reason": "x"})
    assert refused.status_code == 422
    assert "23456789" not in refused.text
    sent = {"field": "national_id", "reason": "The card at the desk looks altered."}
    answer = client.post(f"{address}unmask", data=sent)
    assert "23456789" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert "23456789" not in page(client, address)
    line = session.scalars(select(Unmasking).where(Unmasking.officer_id == found)).one()
    assert (line.field, line.reason) == ("national_id", sent["reason"])


def test_the_officer_sees_who_read_a_number(session: Session, client_of: Any) -> None:
    found = with_numbers(session, client_of)
    sent = {"field": "kra_pin", "reason": "Asked by the tax office."}
    client_of(EAST).post(f"/profiles/{found}/unmask", data=sent)
    assert "KRA PIN: tsc.kisumu-east" in page(client_of(cast.SUBMITTED), "/me/profile/")


def test_reading_in_full_ends_at_the_limit_of_the_day(session: Session, client_of: Any) -> None:
    found, client = with_numbers(session, client_of), client_of(EAST)
    enter_scope(session, NATIONAL)
    session.scalars(select(UnmaskLimit)).one().per_day = 2
    session.commit()
    sent = {"field": "account", "reason": "Compared with the statement."}
    answers = [client.post(f"/profiles/{found}/unmask", data=sent).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


@pytest.mark.parametrize("who", ["scde.kisumu-east", "monitor", "county.kisumu"])
def test_who_only_watches_reads_no_number(session: Session, client_of: Any, who: str) -> None:
    found, client = with_numbers(session, client_of), client_of(who)
    text = page(client, f"/profiles/{found}/")
    assert "Read a number in full" not in text
    sent = {"field": "account", "reason": "Compared with the statement."}
    assert client.post(f"/profiles/{found}/unmask", data=sent).status_code == 403
    assert client.post(f"/profiles/{found}/flag", data=sent).status_code == 403
    assert verify(client, f"{found}:0").status_code == 403


@pytest.mark.parametrize("who", ["monitor", "county.kisumu"])
def test_watchers_see_no_personal_detail(session: Session, client_of: Any, who: str) -> None:
    found = with_numbers(session, client_of)
    text = html.unescape(client_of(who).get(f"/profiles/{found}/").text)
    hidden = (cast.SUBMITTED[3:], "•••••", "Atieno Ouma", ">1990<")
    assert [word for word in hidden if word in text] == []


def test_history_tells_who_did_what(session: Session, client_of: Any) -> None:
    client = client_of(EAST)
    verify(client, seen(session, cast.SUBMITTED))
    found = officer(session, cast.SUBMITTED).id
    acts = session.scalars(
        select(ProfileMove.act).where(ProfileMove.officer_id == found).order_by(ProfileMove.id)
    ).all()
    assert acts == ["submit", "verify"]
    assert "Verified, tsc.kisumu-east" in page(client, f"/profiles/{found}/")


def test_home_of_a_director_counts_who_waits(client_of: Any) -> None:
    text = page(client_of(EAST), "/")
    assert "profile to verify" in text


def test_requirements_are_dated_data(session: Session, client_of: Any) -> None:
    client = client_of("admin")
    text = page(client, "/profile-requirements/list/")
    assert "TSC number" in text
    sent = {"field": "email", "needed_for": "submit", "effective_from": "2026-11-01", "source": "x"}
    answer = client.post("/profile-requirements/add", data=sent)
    assert answer.status_code == 303, answer.text
    own = page(client_of(cast.SUBMITTED), "/me/profile/")
    assert "E-mail" in own


def test_an_office_that_edits_tells_the_open_telephone(session: Session, client_of: Any) -> None:
    found = officer(session, cast.VERIFIED)
    place, seen_at = found.sub_county_id, str(found.profile_version)
    edited = {"workstation": "Kisumu East Boys", "remark": "Moved."}
    answer = client_of(EAST).post(f"/officers/edit/{found.id}", data=edited)
    assert answer.status_code == 303, answer.text
    sent = {"workstation": "Maseno", "sub_county": str(place), "employer_kind": "tsc"}
    refused = save(client_of(cast.VERIFIED), "workstation", version=seen_at, **sent)
    assert refused.status_code == 409
    assert "<b>Kisumu East Boys</b>" in refused.text


def test_nobody_is_verified_with_a_number_that_another_holds(
    session: Session, client_of: Any
) -> None:
    """Negative control within: once the claim is gone, the same tick verifies."""
    held = officer(session, cast.SUBMITTED)
    claim = IdentityClaim(
        officer_id=held.id,
        sub_county_id=held.sub_county_id,
        kind="national_id",
        cipher=b"sealed",
        number_index=b"index",
        last="678",
    )
    session.add(claim)
    session.commit()
    client = client_of(EAST)
    verify(client, seen(session, cast.SUBMITTED))
    assert officer(session, cast.SUBMITTED).state == "submitted"
    assert "Another record holds this number." in client.get(QUEUE).text
    enter_scope(session, NATIONAL)
    session.delete(session.get_one(IdentityClaim, claim.id))
    session.commit()
    verify(client, seen(session, cast.SUBMITTED))
    assert officer(session, cast.SUBMITTED).state == "verified"
