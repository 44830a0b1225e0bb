"""Forms of places, season, people and access: what each role may change, and what follows from it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import SignInSession, User
from app.attendance.models import Dispute, Incident, Register
from app.audit.models import Event
from app.deployments.models import Post
from app.exams.models import DayRate, RatioRule
from app.people.models import CentreLogin, Officer
from app.places.models import Centre, County, OfficeContact, SubCounty
from tests.doors.crud_cast import row, rows
from tests.doors.test_crud_attacks import spare
from tests.factories import world

EAST, SCDE, OWN = "tsc.kisumu-east", "scde.kisumu-east", f"KCSE{world.CENTRE}"


def centre(session: Session, code: str = world.CENTRE) -> Any:
    return row(session, select(Centre).where(Centre.code == code))


def posts(session: Session, code: str) -> dict[int, int]:
    statement = select(Post).join(Centre, Centre.id == Post.centre_id).where(Centre.code == code)
    return {post.role_id: post.required for post in rows(session, statement)}


def last_event(session: Session, action: str) -> Any:
    return rows(session, select(Event).where(Event.action == action).order_by(Event.id))[-1]


# Centres


def test_centre_changes_its_telephone_and_nothing_else(session: Session, client_of: Any) -> None:
    own = centre(session)
    sent = {
        "telephone": "0722 000 111",
        "email": "",
        "rooms": "7",
        "name": "Palace",
        "candidates": "9",
    }
    assert client_of(OWN).post(f"/centres/edit/{own.id}", data=sent).status_code == 303
    after = centre(session)
    assert (after.telephone, after.rooms) == ("254722000111", 7)
    assert (after.name, after.candidates) == (own.name, own.candidates)
    event = last_event(session, "centre.changed")
    assert event.after == {"telephone": "given", "rooms": 7}


def test_centre_form_shows_only_its_own_columns(session: Session, client_of: Any) -> None:
    page = client_of(OWN).get(f"/centres/edit/{centre(session).id}").get_data(as_text=True)
    named = set(re.findall(r'name="(\w+)"', page))
    assert named & {c.name for c in Centre.__table__.columns} == {"telephone", "email", "rooms"}


def test_programs_of_a_centre_are_told_which_column_is_not_theirs(
    session: Session, client: Any, token_of: Any
) -> None:
    own = centre(session)
    answer = client.put(
        f"/api/v1/centres/{own.id}", json={"candidates": 900}, headers=token_of(OWN)
    )
    assert (answer.status_code, answer.get_json()["field"]) == (403, "candidates")


def test_director_chooses_the_hosting_centre_and_the_posts_follow(
    session: Session, client_of: Any
) -> None:
    store_less = centre(session, world.SECOND_CENTRE)
    sent = {"hosting_centre": world.CENTRE, "contact_name": "", "telephone": "", "email": ""}
    sent["confirmed"] = "yes"
    answer = client_of(EAST).post(f"/centres/edit/{store_less.id}", data=sent)
    assert answer.status_code == 422
    assert "Withdraw the others first." in answer.get_data(as_text=True)
    assert centre(session, world.SECOND_CENTRE).hosting_centre_id is None


def test_more_candidates_need_more_posts_in_the_same_change(
    session: Session, client: Any, token_of: Any
) -> None:
    own, before = centre(session), sum(posts(session, world.CENTRE).values())
    answer = client.put(
        f"/api/v1/centres/{own.id}", json={"candidates": 300}, headers=token_of("admin")
    )
    assert answer.status_code == 200
    wanted = {"invigilator": 15, "supervisor": 2, "security": 3, "centre_manager": 1, "clerk": 1}
    assert sum(posts(session, world.CENTRE).values()) == sum(wanted.values()) > before


def test_new_centre_gets_its_posts_and_a_wrong_code_is_said(
    session: Session, client_of: Any
) -> None:
    own, admin = centre(session), client_of("admin")
    sent = {
        "series": own.series_id,
        "sub_county": own.sub_county_id,
        "kind": "school",
        "code": "4223",
        "name": "New School",
        "candidates": "45",
    }
    refused = admin.post("/centres/add", data=sent)
    assert refused.status_code == 422
    assert "code has 8 digits." in refused.get_data(as_text=True).replace("&#39;", "'")
    assert admin.post("/centres/add", data=sent | {"code": "42238077"}).status_code == 303
    assert sorted(posts(session, "42238077").values()) == [1, 1, 1, 2, 3]


def test_offices_keep_their_own_telephone_numbers_only(session: Session, client_of: Any) -> None:
    contacts = {
        contact.office: contact
        for contact in rows(
            session,
            select(OfficeContact)
            .join(SubCounty, SubCounty.id == OfficeContact.sub_county_id)
            .where(SubCounty.slug == "kisumu-east"),
        )
    }
    director, sent = client_of(EAST), {"name": "TSC", "telephone": "057 111"}
    assert (
        director.post(f"/office-contacts/edit/{contacts['tsc'].id}", data=sent).status_code == 303
    )
    assert (
        director.post(f"/office-contacts/edit/{contacts['scde'].id}", data=sent).status_code == 403
    )
    west = row(
        session,
        select(OfficeContact)
        .join(SubCounty, SubCounty.id == OfficeContact.sub_county_id)
        .where(SubCounty.slug == "kisumu-west", OfficeContact.office == "tsc"),
    )
    assert director.post(f"/office-contacts/edit/{west.id}", data=sent).status_code == 404


# Rules and rates


def test_used_rule_is_neither_changed_nor_deleted_but_ended(
    session: Session, client: Any, client_of: Any, token_of: Any
) -> None:
    rate = rows(session, select(DayRate).order_by(DayRate.id))[0]
    headers = token_of("admin")
    changed = client.put(f"/api/v1/day-rates/{rate.id}", json={"kes_per_day": 9}, headers=headers)
    assert (changed.status_code, changed.get_json()["code"]) == (422, "rule-in-use")
    deleted = client.delete(f"/api/v1/day-rates/{rate.id}", headers=headers)
    assert deleted.status_code == 422
    assert "end it" in deleted.get_json()["title"]
    sent = {"action": "end", "rowid": rate.id, "confirmed": "yes", "reason": "2026-12-31"}
    assert client_of("admin").post("/day-rates/action_post", data=sent).status_code == 303
    assert (
        str(row(session, select(DayRate.effective_to).where(DayRate.id == rate.id))) == "2026-12-31"
    )
    wrong = client_of("admin").post("/day-rates/action_post", data=sent | {"reason": "soon"})
    assert wrong.status_code == 422


def test_new_ratio_rule_changes_the_posts_of_the_season(session: Session, client_of: Any) -> None:
    rule = row(
        session,
        select(RatioRule).where(RatioRule.candidates_per == 200).order_by(RatioRule.id).limit(1),
    )
    before = posts(session, world.CENTRE)
    sent = {
        "examination": rule.examination_id,
        "role": 6,
        "basis": "centre",
        "fixed": "2",
        "extra": "0",
        "day_kinds": ["written"],
        "effective_from": "2026-01-01",
        "source": "circular of 2026",
    }
    answer = client_of("admin").post("/ratio-rules/add", data={**sent, "confirmed": "yes"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    assert posts(session, world.CENTRE) == before | {6: 2}


def test_two_rules_for_the_same_days_are_refused_in_words(client_of: Any, session: Session) -> None:
    rule = rows(session, select(RatioRule).order_by(RatioRule.id))[0]
    sent = {
        "examination": rule.examination_id,
        "role": rule.role_id,
        "basis": "centre",
        "fixed": "2",
        "extra": "0",
        "day_kinds": ["written"],
        "effective_from": "2026-01-01",
        "source": "x",
    }
    answer = client_of("admin").post("/ratio-rules/add", data={**sent, "confirmed": "yes"})
    assert answer.status_code == 422
    assert "End it first." in answer.get_data(as_text=True)


# People


def test_director_adds_an_officer_whose_numbers_are_sealed(
    session: Session, client_of: Any
) -> None:
    east = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    sent = {
        "full_name": "Zainab Juma", "mobile": "0733 222 111", "sub_county": east,
        "national_id": "23456789", "kra_pin": "a012345678z", "tsc_number": "654321",
    }  # fmt: skip
    assert client_of(EAST).post("/officers/add", data=sent).status_code == 303
    officer = row(session, select(Officer).where(Officer.mobile == "254733222111"))
    assert (officer.national_id_last, officer.state) == ("789", "verified")
    assert b"23456789" not in officer.national_id_cipher
    page = client_of(EAST).get(f"/officers/show/{officer.id}").get_data(as_text=True)
    assert ("•••••789" in page, "23456789" in page) == (True, False)
    event = last_event(session, "officer.added")
    assert "Zainab" not in str(event.after)
    other = sent | {"mobile": "0733 222 112", "tsc_number": "1234567", "kra_pin": ""}
    again = client_of(EAST).post("/officers/add", data=other)
    assert again.status_code == 422
    assert "Another officer has this identity number." in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mobile": "12345"}, "Write a mobile number such as 0712 345 678."),
        ({"national_id": "12"}, "A national ID has 6 to 10 digits."),
        ({"kra_pin": "XYZ"}, "A KRA PIN reads A012345678Z."),
        ({"email": "x"}, "This is not an e-mail address."),
        ({"tsc_number": "abc"}, "A TSC number has 5 to 8 digits."),
        ({"full_name": "A\x07B"}, "Leave out characters that cannot be printed."),
    ],
)
def test_faults_of_an_officers_form_stand_at_their_fields(
    session: Session, client_of: Any, changes: dict[str, str], sentence: str
) -> None:
    east = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    sent = {"full_name": "Zainab Juma", "mobile": "0733222111", "sub_county": east} | changes
    answer = client_of(EAST).post("/officers/add", data=sent)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)


def test_centre_sees_its_roster_by_name_role_and_telephone(
    session: Session, client_of: Any
) -> None:
    page = client_of(OWN).get("/officers/list/").get_data(as_text=True)
    assert "0712" in page
    assert "TSC number" not in page
    stranger = spare(session, "kisumu-east")
    assert client_of(OWN).get(f"/officers/show/{stranger.id}").status_code == 404


# Sign-ins and accounts


def slips_on(page: str) -> list[str]:
    return re.findall(r'<dd class="code">([^<]+)</dd>', page)[2::3]


def test_passwords_are_issued_as_slips_shown_once_and_end_old_sessions(
    session: Session, client_of: Any
) -> None:
    old = client_of(OWN)
    logins = rows(session, select(CentreLogin).where(CentreLogin.username.like("%42238%")))
    sent = {"action": "issue_password", "rowid": [login.id for login in logins]}
    answer = client_of(EAST).post("/centre-logins/action_post", data=sent)
    passwords = slips_on(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert len(set(passwords)) == len(logins) == 3
    assert "no-store" in answer.headers["Cache-Control"]
    user = row(session, select(User).where(User.username == OWN))
    assert user.must_change_password
    assert all(password not in user.password for password in passwords)
    assert old.get("/centres/show/1").status_code == 302
    assert (
        rows(
            session,
            select(SignInSession.id).where(
                SignInSession.user_id == user.id, SignInSession.ended_at.is_(None)
            ),
        )
        == []
    )


def test_one_foreign_sign_in_among_the_chosen_issues_none(session: Session, client_of: Any) -> None:
    logins = {login.username: login for login in rows(session, select(CentreLogin))}
    chosen = [logins[OWN].id, logins[f"KCSE{world.NEXT_DOOR}"].id]
    answer = client_of(EAST).post(
        "/centre-logins/action_post", data={"action": "issue_password", "rowid": chosen}
    )
    assert answer.status_code == 404
    assert not row(session, select(User.must_change_password).where(User.username == OWN))


def test_deactivated_sign_in_is_out_at_once(session: Session, client_of: Any) -> None:
    centre_client = client_of(OWN)
    login = row(session, select(CentreLogin).where(CentreLogin.username == OWN))
    sent = {"action": "deactivate", "rowid": login.id, "confirmed": "yes", "reason": "Lost phone."}
    assert client_of(EAST).post("/centre-logins/action_post", data=sent).status_code == 303
    assert not row(session, select(CentreLogin.active).where(CentreLogin.id == login.id))
    assert centre_client.get(f"/centres/show/{centre(session).id}").status_code == 302


def test_administrator_opens_a_centre_sign_in_closes_and_deletes_it(
    session: Session, client_of: Any
) -> None:
    admin, store = client_of("admin"), "42238900"
    assert admin.post("/centre-logins/add", data={"centre": store}).status_code == 303
    login = row(session, select(CentreLogin).where(CentreLogin.username == f"KCSE{store}"))
    admin.post(f"/centre-logins/delete/{login.id}")
    assert len(rows(session, select(CentreLogin).where(CentreLogin.id == login.id))) == 1
    assert admin.post(f"/centre-logins/edit/{login.id}", data={"untouched": "1"}).status_code == 303
    gone = admin.post(f"/centre-logins/delete/{login.id}", follow_redirects=True)
    assert "Deleted." in gone.get_data(as_text=True)
    assert rows(session, select(CentreLogin).where(CentreLogin.id == login.id)) == []


def test_administrator_opens_changes_and_closes_an_account(
    session: Session, client_of: Any
) -> None:
    east = row(session, select(SubCounty.id).where(SubCounty.slug == "kisumu-east"))
    sent = {
        "username": "tsc.new", "first_name": "New", "last_name": "Director",
        "roles": ["TSC Sub-County Director"], "sub_county": east,
    }  # fmt: skip
    admin = client_of("admin")
    answer = admin.post("/users/add", data=sent)
    assert answer.status_code == 200
    assert len(slips_on(answer.get_data(as_text=True))) == 1
    user = row(session, select(User).where(User.username == "tsc.new"))
    assert (user.sub_county_id, user.must_change_password) == (east, True)
    signed_in = client_of(EAST)
    director = row(session, select(User).where(User.username == EAST))
    change = {"first_name": "A", "last_name": "B", "roles": ["SCDE"], "sub_county": east}
    assert admin.post(f"/users/edit/{director.id}", data=change).status_code == 303
    assert signed_in.get("/centres/list/").status_code == 302


def test_administrator_cannot_lock_themself_out(session: Session, client_of: Any) -> None:
    me = row(session, select(User).where(User.username == "admin"))
    admin = client_of("admin")
    change = {"first_name": "A", "last_name": "B", "roles": ["KNEC Monitor"]}
    assert admin.post(f"/users/edit/{me.id}", data=change).status_code == 422
    close = {"action": "deactivate", "rowid": me.id, "confirmed": "yes", "reason": "Bye."}
    admin.post("/users/action_post", data=close)
    assert row(session, select(User.active).where(User.id == me.id))


# Attendance


def test_registers_are_confirmed_in_one_act(session: Session, client_of: Any) -> None:
    waiting = rows(
        session,
        select(Register)
        .join(Centre, Centre.id == Register.centre_id)
        .where(Centre.code.in_((world.CENTRE, world.PRIMARY)), Register.state == "submitted"),
    )
    sent = {"action": "confirm", "rowid": [register.id for register in waiting]}
    client_of(SCDE).post("/registers/action_post", data=sent)
    ids = [register.id for register in waiting]
    assert len(ids) == 2
    stored = rows(session, select(Register).where(Register.id.in_(ids)).order_by(Register.id))
    assert "confirmed" in {register.state for register in stored}


def test_register_is_returned_with_its_reason(session: Session, client_of: Any) -> None:
    register = row(
        session,
        select(Register)
        .join(Centre, Centre.id == Register.centre_id)
        .where(Centre.code == world.CENTRE, Register.state == "submitted"),
    )
    sent = {"action": "return", "rowid": register.id, "confirmed": "yes", "reason": "Unsigned."}
    assert client_of(SCDE).post("/registers/action_post", data=sent).status_code == 303
    after = row(session, select(Register).where(Register.id == register.id))
    assert (after.state, after.return_reason) == ("returned", "Unsigned.")


def test_register_rows_lead_to_the_registers_page(session: Session, client_of: Any) -> None:
    page = client_of(SCDE).get("/registers/list/").get_data(as_text=True)
    assert f'href="/register/{world.CENTRE}/{world.YESTERDAY.isoformat()}"' in page


def test_mark_shows_its_history(session: Session, client_of: Any) -> None:
    page = client_of(SCDE).get("/marks/list/?_flt_0_status=late").get_data(as_text=True)
    address = re.search(r'href="(/marks/show/\d+)"', page)
    assert address
    shown = client_of(SCDE).get(address[1]).get_data(as_text=True)
    assert "History" in shown
    assert "Transport" in shown


def test_dispute_is_answered_by_the_director(session: Session, client_of: Any) -> None:
    dispute = row(
        session,
        select(Dispute)
        .join(Centre, Centre.id == Dispute.centre_id)
        .where(Centre.code == world.CENTRE),
    )
    sent = {"action": "answer_upheld", "rowid": dispute.id, "confirmed": "yes", "reason": "Seen."}
    assert client_of(SCDE).post("/disputes/action_post", data=sent).status_code == 403
    assert client_of(EAST).post("/disputes/action_post", data=sent).status_code == 303
    after = row(session, select(Dispute).where(Dispute.id == dispute.id))
    assert (after.state, after.answer) == ("upheld", "Seen.")


def test_incident_is_written_changed_and_submitted_by_its_centre(
    session: Session, client_of: Any
) -> None:
    client = client_of(OWN)
    sent = {"day": "2026-11-11", "kind": "incident", "title": "No light", "details": "From 8 to 9."}
    assert client.post("/incidents/add", data=sent).status_code == 303
    report = row(session, select(Incident).where(Incident.title == "No light"))
    assert report.centre_id == centre(session).id
    assert (
        client.post(f"/incidents/edit/{report.id}", data=sent | {"title": "Dark"}).status_code
        == 303
    )
    assert client.post(f"/incidents/action/submit/{report.id}").status_code == 303
    assert client.post(f"/incidents/edit/{report.id}", data=sent).status_code == 422
    future = client.post("/incidents/add", data=sent | {"day": "2026-11-12"})
    assert future.status_code == 422
    assert "This day has not come yet." in future.get_data(as_text=True)


def test_every_change_of_reference_data_writes_an_event(session: Session, client_of: Any) -> None:
    client_of("admin").post("/counties/add", data={"code": "01", "name": "Mombasa"})
    added = row(session, select(County).where(County.code == "01"))
    event = last_event(session, "county.added")
    assert (event.entity_id, event.after) == (str(added.id), {"code": "01", "name": "Mombasa"})
    client_of("admin").post(f"/counties/delete/{added.id}")
    assert last_event(session, "county.deleted").entity_id == str(added.id)
