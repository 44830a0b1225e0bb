"""The pages of accounts: one answer for every number, typed input kept, whole paths without a script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import limits, passwords
from app.access.models import NumberChange, User
from app.people.models import Officer
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world, world_accounts
from tests.factories.texted import NUMBER, SPELLINGS, code_in, one_time_password, texted

KNOWN, OTHER = "254712000001", "254712000002"
OWN = "mango ndizi embe"
DIRECTOR = "tsc.kisumu-east"


@pytest.fixture(autouse=True)
def _office_time() -> None:
    world.freeze()


@pytest.fixture
def _unlimited(monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.LIMITS, "asks of a number", 1000)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, name
    return found[1]


def send(client: FlaskClient, address: str, **fields: str) -> Any:
    """The form of an address, filled in and sent."""
    token = hidden(client.get("/account/forgot/").text, "csrf_token")
    return client.post(address, data={"csrf_token": token, **fields})


def create(client: FlaskClient, mobile: str, again: str | None = None) -> Any:
    return send(client, "/account/create/", mobile=mobile, again=again or mobile)


def enter(client: FlaskClient, username: str, password: str) -> Any:
    return send(client, "/login/", username=username, password=password)


def shape(answer: Any, *numbers: str) -> tuple[Any, ...]:
    """Everything of an answer that a stranger could compare, what is random in it left out."""
    words = answer.get_data(as_text=True)
    body = re.sub(r'(name="(?:csrf_token|\w*ticket)"\s+value=)"[^"]+"', r"\1", words)
    for number in numbers:
        body = body.replace(number, "N" * len(number))
    changing = {"Set-Cookie", "X-Request-ID", "Content-Security-Policy", "Date"}
    headers = {name: value for name, value in answer.headers if name not in changing}
    return answer.status_code, headers, len(answer.data), body


def test_sign_in_page_leads_to_both(client: FlaskClient) -> None:
    page = client.get("/login/").text
    assert 'href="/account/create/"' in page
    assert 'href="/account/forgot/"' in page


@pytest.mark.usefixtures("_unlimited")
def test_page_after_creating_is_the_same_for_every_number(client: FlaskClient) -> None:
    new, known = create(client, NUMBER), create(client, KNOWN)
    added = create(client, "0799 000 001")
    assert new.status_code == 200
    assert shape(new, NUMBER) == shape(known, KNOWN) == shape(added, "254799000001")
    assert "A message is on its way to 254712345678" in new.text
    assert "Send PASSWORD to 22262" in new.text


@pytest.mark.usefixtures("_unlimited")
def test_closed_and_staff_numbers_are_the_same_too(client: FlaskClient, session: Session) -> None:
    account: Any = session.scalars(select(User).where(User.username == KNOWN)).one()
    account.active = False
    session.commit()
    assert shape(create(client, KNOWN), KNOWN) == shape(create(client, NUMBER), NUMBER)


def test_a_page_that_said_it_would_be_noticed(client: FlaskClient) -> None:
    """Negative control: the comparison sees a word more, and a header more."""
    answer = create(client, NUMBER)
    said = shape(answer, NUMBER)
    answer.headers["X-Registered"] = "no"
    assert shape(answer, NUMBER) != said
    answer = create(client, KNOWN)
    answer.set_data(answer.text.replace("A message is on its way", "You are registered"))
    assert shape(answer, KNOWN)[3] != said[3]


@pytest.mark.usefixtures("_unlimited")
def test_forgotten_page_is_the_same_for_every_number(client: FlaskClient) -> None:
    new = send(client, "/account/forgot/", mobile=NUMBER)
    known = send(client, "/account/forgot/", mobile=KNOWN)
    assert new.status_code == 200
    assert shape(new, NUMBER) == shape(known, KNOWN)
    fields = {"code": "0000 0000", "new_password": OWN, "again": OWN}
    wrong = [
        send(client, "/account/forgot/code/", mobile=n, ticket=hidden(p.text, "ticket"), **fields)
        for n, p in ((NUMBER, new), (KNOWN, known))
    ]
    assert wrong[0].status_code == 422
    assert shape(wrong[0], NUMBER) == shape(wrong[1], KNOWN)


@pytest.mark.usefixtures("_unlimited")
def test_limit_is_the_same_for_every_number(client: FlaskClient, monkeypatch: Any) -> None:
    monkeypatch.setitem(limits.LIMITS, "asks of a number", 1)
    answers = []
    for number in (NUMBER, KNOWN):
        create(client, number)
        answers.append(create(client, number))
    assert [one.status_code for one in answers] == [429, 429]
    plain = [re.sub(r"Wait \d+ minutes", "", one.text) for one in answers]
    sizes = [
        len(re.sub(r'(name="csrf_token" value=)"[^"]+"', "", text).replace(number, ""))
        for text, number in zip(plain, (NUMBER, KNOWN), strict=True)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_taken_twice_over(
    client: FlaskClient, session: Session, spelling: str
) -> None:
    assert "254712345678" in create(client, spelling, "0712345678").text
    with scoped_as(session, NATIONAL):
        assert len(session.scalars(select(Officer).where(Officer.mobile == NUMBER)).all()) == 1


@pytest.mark.parametrize(
    ("mobile", "again", "sentence"),
    [
        ("0712345678", "0712345679", "The two numbers are not the same."),
        ("020 222 3333", "020 222 3333", "Write a Kenyan mobile number"),
        ("+256 712 345678", "+256 712 345678", "Write a Kenyan mobile number"),
        ("0712", "", "Write a Kenyan mobile number"),
        ("<b>0712345678", "0712345678", "Write a Kenyan mobile number"),
    ],
)
def test_wrong_numbers_are_said_and_kept(
    client: FlaskClient, session: Session, mobile: str, again: str, sentence: str
) -> None:
    before = passwords.tally["hashed"]
    answer = send(client, "/account/create/", mobile=mobile, again=again)
    assert answer.status_code == 422
    assert sentence in answer.text
    kept = mobile.replace("<", "&lt;").replace(">", "&gt;")
    assert f'value="{kept}"' in answer.text
    assert passwords.tally["hashed"] == before


def test_page_says_what_is_kept_and_why(client: FlaskClient) -> None:
    page = client.get("/account/create/").text
    assert "What is kept about you, and why" in page
    assert 'type="tel"' in page
    assert 'inputmode="tel"' in page


def test_page_speaks_kiswahili(client: FlaskClient) -> None:
    client.get("/lang/sw")
    page = create(client, NUMBER)
    assert "Ujumbe unakuja kwa 254712345678" in page.text


def first_password(client: FlaskClient, session: Session, mobile: str = NUMBER) -> None:
    """From the number to an own password."""
    create(client, mobile)
    password = one_time_password(texted(session, mobile)[-1])
    assert enter(client, mobile, password).location == "/account/password/"
    answer = send(client, "/account/password/", new_password=OWN, again=OWN)
    assert answer.location == "/"


def test_number_to_own_password_without_a_script(client: FlaskClient, session: Session) -> None:
    first_password(client, session)
    assert client.get("/me/").status_code == 200
    assert "My account" in client.get("/me/").text
    assert NUMBER in client.get("/account/").text


@pytest.mark.parametrize("address", ["/me/", "/account/", "/account/devices/", "/help/", "/"])
def test_officer_with_nothing_but_a_number_may_open_their_pages(
    client: FlaskClient, session: Session, address: str
) -> None:
    first_password(client, session)
    assert client.get(address, follow_redirects=True).status_code == 200


def test_nothing_opens_before_an_own_password_is_chosen(
    client: FlaskClient, session: Session
) -> None:
    create(client, NUMBER)
    enter(client, NUMBER, one_time_password(texted(session, NUMBER)[-1]))
    for address in ("/me/", "/account/", "/account/number/"):
        assert client.get(address).location.startswith("/account/password/")
    page = client.get("/account/password/").text
    assert 'name="old_password"' not in page
    weak = send(client, "/account/password/", new_password="kcse2026", again="kcse2026")
    assert weak.status_code == 422


def test_forgotten_password_is_mended_on_the_page(client: FlaskClient, session: Session) -> None:
    page = send(client, "/account/forgot/", mobile="0712 000 001")
    ticket, code = hidden(page.text, "ticket"), code_in(texted(session, KNOWN)[-1])
    fields = {"mobile": KNOWN, "ticket": ticket, "code": code}
    weak = send(client, "/account/forgot/code/", **fields, new_password="kcse", again="kcse")
    assert weak.status_code == 422
    assert hidden(weak.text, "ticket") == ticket
    assert f'value="{code}"' in weak.text
    done = send(client, "/account/forgot/code/", **fields, new_password=OWN, again=OWN)
    assert (done.status_code, done.location) == (303, "/")
    assert client.get("/me/").status_code == 200


def test_ticket_of_another_page_opens_nothing(client: FlaskClient, session: Session) -> None:
    send(client, "/account/forgot/", mobile=KNOWN)
    mine = send(client, "/account/forgot/", mobile=OTHER)
    fields = {"mobile": KNOWN, "code": code_in(texted(session, OTHER)[-1])}
    fields |= {"new_password": OWN, "again": OWN, "ticket": hidden(mine.text, "ticket")}
    assert send(client, "/account/forgot/code/", **fields).status_code == 422


@pytest.mark.parametrize("address", ["/account/forgot/code/", "/account/number/lost/codes/"])
@pytest.mark.parametrize("fields", [{}, {"mobile": "x" * 5000, "ticket": "y" * 5000}])
def test_pages_of_codes_survive_nonsense(
    client: FlaskClient, address: str, fields: dict[str, str]
) -> None:
    assert client.get(address).status_code == 302
    assert send(client, address, **fields).status_code in (303, 422)


def test_forms_need_their_token(client: FlaskClient) -> None:
    for address in ("/account/create/", "/account/forgot/", "/account/number/lost/"):
        assert client.post(address, data={"mobile": NUMBER, "again": NUMBER}).status_code == 400


def move(client: FlaskClient, session: Session, new: str = NUMBER) -> Any:
    asked = client.post("/account/number/", data={"new_mobile": new, "again": new})
    fields = {name: hidden(asked.text, name) for name in ("old_mobile", "new_mobile")}
    fields |= {name: hidden(asked.text, name) for name in ("new_ticket", "old_ticket")}
    fields["new_code"] = code_in(texted(session, NUMBER)[-1])
    fields["old_code"] = code_in(texted(session, KNOWN)[-1])
    return client.post("/account/number/codes/", data=fields)


def test_officer_moves_to_a_new_number(session: Session, client_of: Any, client: Any) -> None:
    officer = client_of(KNOWN)
    assert 'href="/account/number/"' in officer.get("/account/").text
    answer = move(officer, session, "0712 345 678")
    assert (answer.status_code, answer.location) == (303, "/account/")
    assert NUMBER in officer.get("/account/").text
    assert enter(client, "0712345678", world.PASSWORD).status_code == 302


def test_taken_number_is_answered_like_a_free_one(session: Session, client_of: Any) -> None:
    officer = client_of(KNOWN)
    free, taken = (
        officer.post("/account/number/", data={"new_mobile": one, "again": one})
        for one in (NUMBER, OTHER)
    )
    assert free.status_code == 200
    assert shape(free, NUMBER) == shape(taken, OTHER)


@pytest.mark.usefixtures("_unlimited")
def test_lost_number_is_answered_alike_to_the_end(client: FlaskClient, session: Session) -> None:
    shapes = []
    for old in (KNOWN, "254799100100"):
        fields = {"old_mobile": old, "new_mobile": NUMBER, "again": NUMBER}
        asked = send(client, "/account/number/lost/", **fields)
        carried = {"new_ticket": hidden(asked.text, "new_ticket"), "old_mobile": old}
        carried |= {"new_mobile": NUMBER, "new_code": code_in(texted(session, NUMBER)[-1])}
        waits = send(client, "/account/number/lost/codes/", **carried)
        assert waits.status_code == 200
        shapes.append((shape(asked, old, NUMBER), shape(waits, old, NUMBER)))
    assert shapes[0] == shapes[1]


def waiting(session: Session, slug: str) -> int:
    mobile = world_accounts.NEW_MOBILE[slug]
    with scoped_as(session, NATIONAL):
        return session.scalars(
            select(NumberChange.id).where(NumberChange.new_mobile == mobile)
        ).one()


def test_director_sees_masked_numbers_and_approves_with_a_reason(
    session: Session, client_of: Any
) -> None:
    director, key = client_of(DIRECTOR), waiting(session, "kisumu-east")
    page = director.get("/number-changes/list/").text
    assert "2547•••••001" in page
    assert world_accounts.NEW_MOBILE["kisumu-east"] not in page
    address = f"/number-changes/action/approve/{key}"
    asked = director.post(address)
    assert "How did you make sure who it is?" in asked.text
    sent = {"action": "approve", "rowid": str(key), "confirmed": "yes"}
    none = director.post("/number-changes/action_post", data=sent)
    assert none.status_code == 422
    done = director.post("/number-changes/action_post", data={**sent, "reason": "Saw the card."})
    assert done.status_code == 303
    assert session.scalars(
        select(User.id).where(User.username == world_accounts.NEW_MOBILE["kisumu-east"])
    ).one()


def test_neighbour_s_changes_are_not_found(session: Session, client_of: Any) -> None:
    director, key = client_of(DIRECTOR), waiting(session, "kisumu-west")
    assert director.get(f"/number-changes/show/{key}").status_code == 404
    assert director.post(f"/number-changes/action/approve/{key}").status_code == 404
    masked = "2547•••••002"
    assert masked not in director.get("/number-changes/list/").text


def test_added_officer_gets_credentials(
    app: Flask, session: Session, client_of: Any, client: Any
) -> None:
    with scoped_as(session, NATIONAL):
        place = session.scalars(select(Officer.sub_county_id).where(Officer.mobile == KNOWN)).one()
    values = {"full_name": "Grace Akinyi Otieno", "mobile": "0712 345 678"}
    values["sub_county"] = str(place)
    answer = client_of(DIRECTOR).post("/officers/add", data=values)
    assert answer.status_code in (302, 303), answer.text
    password = one_time_password(texted(session, NUMBER)[-1])
    assert enter(client, NUMBER, password).location == "/account/password/"


def test_centre_and_staff_have_no_number_to_change(client_of: Any) -> None:
    for who in (f"KCSE{world.CENTRE}", DIRECTOR):
        client = client_of(who)
        assert client.get("/account/number/").status_code == 403
        assert "/account/number/" not in client.get("/account/").text
        assert 'href="/account/devices/"' in client.get("/account/").text
