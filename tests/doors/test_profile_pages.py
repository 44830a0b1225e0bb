"""An officer's own profile on its pages: steps, refusals, matching, conflicts, sending, confirming."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import Officer, ProfileMove, SeriesConfirmation
from app.places.models import SubCounty
from app.scoping.guard import enter_scope
from app.scoping.scope import NATIONAL
from tests.factories import world_profiles as cast

STEPS = ("duties", "personal", "bank", "qualification", "workstation", "kin")
PERSONAL = {
    "full_name": "Jane Wanjiku Mwangi",
    "mpesa_name": "MWANGI JANE",
    "year_of_birth": "1990",
    "gender": "female",
    "national_id": "23 456 789",
    "kra_pin": "a012345678z",
}
BANK = {"bank_name": "Equity Bank", "bank_branch": "Kisumu", "account": "0123 456 789"}
QUALIFICATION = {
    "qualification_level": "diploma",
    "qualification_institution": "Kisumu Polytechnic",
    "qualification_course": "Education",
}
KIN = {"kin_name": "Atieno Ouma", "kin_telephone": "0722 000 001", "kin_relationship": "sibling"}


def officer(session: Session, mobile: str) -> Officer:
    session.expire_all()
    enter_scope(session, NATIONAL)
    return session.scalars(select(Officer).where(Officer.mobile == mobile)).one()


def page(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.unescape(str(answer.text))


def version(session: Session, mobile: str) -> str:
    return str(officer(session, mobile).profile_version)


def save(client: Any, step: str, **fields: Any) -> Any:
    return client.post(f"/me/profile/{step}/", data={"act": "save", "version": "99", **fields})


def workstation(session: Session, **changes: str) -> dict[str, str]:
    enter_scope(session, NATIONAL)
    place = session.scalars(select(SubCounty).where(SubCounty.code == cast.CODE)).one()
    return {
        "employer_kind": "tsc",
        "tsc_number": "654321",
        "sub_county": str(place.id),
        "workstation": "kisumu east girls",
        "designation": "Teacher",
        "teaches_at": "primary",
    } | changes


def fill(session: Session, client: Any) -> None:
    for step, fields in (
        ("duties", {"wanted_roles": ["invigilator"]}),
        ("personal", PERSONAL),
        ("bank", BANK),
        ("qualification", QUALIFICATION),
        ("workstation", workstation(session)),
        ("kin", KIN),
    ):
        answer = save(client, step, **fields)
        assert answer.status_code == 303, answer.text


@pytest.mark.parametrize("step", STEPS)
def test_each_step_opens_for_somebody_who_has_given_nothing(client_of: Any, step: str) -> None:
    text = page(client_of(cast.BLANK), f"/me/profile/{step}/")
    assert f"Step {STEPS.index(step) + 1} of 6" in text


def test_overview_says_what_is_missing_and_why_it_matters(client_of: Any) -> None:
    text = page(client_of(cast.BLANK), "/me/profile/")
    assert "things missing, about" in text
    assert "A name that M-Pesa does not know sends your pay back." in text


def test_a_blank_account_has_a_sensible_home(client_of: Any) -> None:
    text = page(client_of(cast.BLANK), "/me/")
    assert "Your profile: " in text
    assert "<h1></h1>" not in text


def test_the_whole_path_from_nothing_to_sent(session: Session, client_of: Any) -> None:
    client = client_of(cast.BLANK)
    fill(session, client)
    stored = officer(session, cast.BLANK)
    assert stored.full_name == "Jane Wanjiku Mwangi"
    assert stored.workstation == "Kisumu East Girls"
    assert stored.workstation_school_id is not None
    assert stored.national_id_last == "789"
    assert stored.account_last == "789"
    assert stored.employer == "Teachers Service Commission"
    assert stored.state == "draft"
    assert client.post("/me/profile/submit").status_code == 303
    assert client.post("/me/profile/submit").status_code == 303
    assert officer(session, cast.BLANK).state == "submitted"
    acts = session.scalars(
        select(ProfileMove.act).where(ProfileMove.officer_id == stored.id).order_by(ProfileMove.id)
    ).all()
    assert acts == [*(["save"] * 6), "submit"]


def test_what_is_valid_is_saved_and_the_rest_stays_typed(session: Session, client_of: Any) -> None:
    answer = save(client_of(cast.BLANK), "personal", **PERSONAL | {"year_of_birth": "19ninety"})
    text = html.unescape(answer.text)
    assert answer.status_code == 422
    assert 'value="19ninety"' in text
    assert "Write a year from 1930 to 2008." in text
    assert "What is right is saved." in text
    stored = officer(session, cast.BLANK)
    assert (stored.full_name, stored.year_of_birth) == ("Jane Wanjiku Mwangi", None)


def test_nothing_sealed_comes_back_in_full(session: Session, client_of: Any) -> None:
    client = client_of(cast.BLANK)
    fill(session, client)
    for step in STEPS:
        text = page(client, f"/me/profile/{step}/")
        assert re.findall("23456789|A012345678Z|0123456789|654321", text) == []
    assert "We have •••••789. Leave it empty to keep it." in page(client, "/me/profile/bank/")


def test_a_sealed_number_left_empty_stays(session: Session, client_of: Any) -> None:
    client = client_of(cast.BLANK)
    fill(session, client)
    save(client, "bank", **BANK | {"account": "", "bank_branch": "Nakuru"})
    stored = officer(session, cast.BLANK)
    assert (stored.account_last, stored.bank_branch) == ("789", "Nakuru")


def test_sending_what_lacks_something_names_each_field(client_of: Any) -> None:
    answer = client_of(cast.BLANK).post("/me/profile/submit")
    assert answer.status_code == 422
    assert "Next of kin" in answer.text
    assert "Work title is needed." in answer.text


def test_the_match_of_names_is_said_after_saving(client_of: Any) -> None:
    client = client_of(cast.BLANK)
    wrong = PERSONAL | {"mpesa_name": "Mary Atieno"}
    answer = save(client, "personal", **wrong)
    assert answer.location.endswith("/me/profile/personal/?saved=1#match")
    assert "The two names differ (0 of 100)" in page(client, "/me/profile/personal/")


def test_the_next_of_kin_has_a_telephone_of_their_own(client_of: Any) -> None:
    answer = save(client_of(cast.BLANK), "kin", kin_telephone=f"0{cast.BLANK[3:]}")
    assert answer.status_code == 422
    assert "This is your own number. Write one on which they answer." in answer.text


def test_a_refused_name_stands_beside_no_match(client_of: Any) -> None:
    client = client_of(cast.BLANK)
    save(client, "personal", **PERSONAL)
    assert "The two names agree" in page(client, "/me/profile/personal/")
    answer = save(client, "personal", **{**PERSONAL, "mpesa_name": "x"})
    assert answer.status_code == 422
    assert "The two names agree" not in answer.text


def test_the_match_of_names_is_said_as_one_types(client_of: Any) -> None:
    names = {"full_name": "John Otieno", "mpesa_name": "OTIENO JOHN"}
    answer = client_of(cast.BLANK).post("/me/profile/match", data=names)
    assert answer.get_json()["sentence"] == "The two names agree (100 of 100)."


def test_sub_counties_follow_the_county_without_a_script(session: Session, client_of: Any) -> None:
    enter_scope(session, NATIONAL)
    place = session.scalars(select(SubCounty).where(SubCounty.code == cast.CODE)).one()
    sent = {"act": "county", "sub_county_county": str(place.county_id), "designation": "Teac"}
    answer = client_of(cast.BLANK).post("/me/profile/workstation/", data=sent)
    assert answer.status_code == 200
    assert "Kisumu West" in answer.text
    assert "Nakuru Town East" not in answer.text
    assert 'value="Teac"' in answer.text


def test_schools_are_found_without_a_script(session: Session, client_of: Any) -> None:
    sent = workstation(session, workstation="girls") | {"act": "find"}
    answer = client_of(cast.BLANK).post("/me/profile/workstation/", data=sent)
    assert "Is it one of these?" in answer.text
    assert "Kisumu East Girls" in answer.text


def test_schools_are_offered_as_one_types(session: Session, client_of: Any) -> None:
    place = workstation(session)["sub_county"]
    found = client_of(cast.BLANK).get(f"/me/profile/schools/?sub_county={place}&q=east%20gi")
    assert [one["name"] for one in found.get_json()] == ["Kisumu East Girls"]


def test_two_phones_on_one_step_keep_both_values(session: Session, client_of: Any) -> None:
    first, second = client_of(cast.VERIFIED), client_of(cast.VERIFIED)
    seen = version(session, cast.VERIFIED)
    save(first, "kin", **KIN | {"kin_name": "Awuor Ouma"}, version=seen)
    answer = save(second, "kin", **KIN | {"kin_name": "Auma Ouma"}, version=seen)
    assert answer.status_code == 409
    assert "Auma Ouma" in answer.text
    assert "Saved on the other phone:" in answer.text
    assert "<b>Awuor Ouma</b>" in answer.text
    assert officer(session, cast.VERIFIED).kin_name == "Awuor Ouma"


def test_two_phones_on_two_steps_do_not_disturb_each_other(
    session: Session, client_of: Any
) -> None:
    seen = version(session, cast.VERIFIED)
    save(client_of(cast.VERIFIED), "kin", **KIN | {"kin_name": "Awuor Ouma"}, version=seen)
    answer = save(client_of(cast.VERIFIED), "bank", **BANK, version=seen)
    assert answer.status_code == 303


def test_the_same_step_twice_changes_nothing(session: Session, client_of: Any) -> None:
    client, seen = client_of(cast.BLANK), version(session, cast.BLANK)
    for _ in range(2):
        assert save(client, "personal", **PERSONAL, version=seen).status_code == 303
    assert officer(session, cast.BLANK).profile_version == 1


def test_an_edit_after_verification_opens_only_what_it_touches(
    session: Session, client_of: Any
) -> None:
    save(client_of(cast.VERIFIED), "bank", **BANK)
    stored = officer(session, cast.VERIFIED)
    assert stored.state == "submitted"
    assert set(STEPS) - set(stored.verified_groups) == {"bank"}


def test_what_is_needed_cannot_be_emptied_once_sent(session: Session, client_of: Any) -> None:
    answer = save(client_of(cast.SUBMITTED), "kin", **KIN | {"kin_name": ""})
    assert answer.status_code == 422
    assert "This is needed, so that it cannot be emptied." in answer.text
    assert officer(session, cast.SUBMITTED).kin_name == "Atieno Ouma"


def test_other_work_that_needs_more_says_what(session: Session, client_of: Any) -> None:
    answer = save(client_of(cast.SUBMITTED), "duties", wanted_roles=["supervisor", "driver"])
    assert answer.status_code == 303
    assert officer(session, cast.SUBMITTED).wanted_roles == ["supervisor", "driver"]
    stored = officer(session, cast.SUBMITTED)
    stored.tsc_number = None
    stored.wanted_roles = ["driver"]
    session.commit()
    refused = save(client_of(cast.SUBMITTED), "duties", wanted_roles=["supervisor"])
    assert "This work needs more first: TSC number." in refused.text


def test_answering_a_flag_sends_the_profile_again(session: Session, client_of: Any) -> None:
    client = client_of(cast.FLAGGED)
    assert "Nobody answers this number." in page(client, "/me/profile/kin/")
    save(client, "bank", **BANK)
    assert officer(session, cast.FLAGGED).state == "flagged"
    save(client, "kin", **KIN | {"kin_telephone": "0733 000 002"})
    stored = officer(session, cast.FLAGGED)
    assert (stored.state, stored.flagged_field) == ("submitted", None)


def test_a_new_series_asks_once(session: Session, client_of: Any) -> None:
    client = client_of(cast.SUBMITTED)
    assert "are these still right?" in page(client, "/me/")
    assert client.post("/me/profile/confirm", data={"answer": "same"}).location == "/me/"
    assert "are these still right?" not in page(client, "/me/")
    mine = officer(session, cast.SUBMITTED).id
    rows = session.scalars(
        select(SeriesConfirmation.answer).where(SeriesConfirmation.officer_id == mine)
    ).all()
    assert set(rows) == {"same"}


def test_something_changed_leads_to_the_workstation(client_of: Any) -> None:
    answer = client_of(cast.VERIFIED).post("/me/profile/confirm", data={"answer": "changed"})
    assert answer.location == "/me/profile/workstation/"


def test_interests_are_declared_and_taken_away(session: Session, client_of: Any) -> None:
    client, place = client_of(cast.SUBMITTED), workstation(session)["sub_county"]
    address = "/me/profile/interests/"
    found = client.post(address, data={"act": "find", "sub_county": place, "q": "girls"})
    school = re.search(r'name="school"\s+value="(\d+)"', found.text)
    assert school is not None
    sent = {"school": school.group(1), "why": "own_child"}
    assert client.post(address, data=sent).status_code == 303
    assert "Take away" in page(client, address)
    client.post(address, data={"remove": school.group(1)})
    assert "Take away" not in page(client, address)
    assert client.post(address, data={"why": "own_child"}).status_code == 422


@pytest.mark.parametrize(
    ("step", "field", "text", "sentence"),
    [
        ("personal", "full_name", "Jane", "Write at least two names."),
        ("personal", "national_id", "12", "A national ID has 6 to 10 digits."),
        ("personal", "kra_pin", "A1", "A KRA PIN reads A012345678Z."),
        ("personal", "email", "me", "Write an e-mail address such as name@example.com."),
        ("personal", "gender", "robot", "Choose one of the list."),
        ("bank", "account", "12", "An account number has 6 to 20 digits."),
        ("bank", "bank_name", "Bank of the Moon", "Choose one of the list."),
        ("kin", "kin_telephone", "123", "Write a Kenyan mobile number"),
        ("workstation", "sub_county", "999999", "Choose one of the list."),
        ("workstation", "tsc_number", "12", "A TSC number has 5 to 8 digits."),
        ("workstation", "started_on", "2031-01-01", "Choose a day that has come already."),
    ],
)
def test_each_wrong_field_has_its_sentence(
    client_of: Any, step: str, field: str, text: str, sentence: str
) -> None:
    answer = save(client_of(cast.BLANK), step, **{field: text})
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.text)


def test_steps_that_do_not_exist_are_not_found(client_of: Any) -> None:
    assert client_of(cast.BLANK).get("/me/profile/hobbies/").status_code == 404


@pytest.mark.parametrize("who", ["tsc.kisumu-east", "admin", "monitor"])
def test_staff_have_no_profile_of_their_own(client_of: Any, who: str) -> None:
    assert client_of(who).get("/me/profile/").status_code == 403


def test_first_visit_of_a_step_is_light(client_of: Any) -> None:
    client = client_of(cast.SUBMITTED)
    sizes = [len(client.get(f"/me/profile/{step}/").data) for step in STEPS]
    assert max(sizes) < 40_000
