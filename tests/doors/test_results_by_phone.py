"""Results by SMS and USSD: asked for, off unless switched on, the same as page and JSON, limited."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.uow import unit_of_work
from app.errors import IllegalMove, NotAllowed, RuleBroken
from app.extensions import db
from app.logs import JsonLines
from app.messages.enums import MessageKind
from app.messages.models import Message, MessageBudget, SmsInbound
from app.messages.rules import segments_of
from app.messages.services import Report, note_delivery, post, send_due
from app.procedures import results_by_phone
from app.results import by_phone, services, texts
from app.results.control import read_control
from app.results.documents import Opened, Release
from app.results.enums import Channel
from app.results.machine import Change
from app.results.models import ResultQuestion, ResultRelease
from app.results.pages import Contacts, shells_of
from app.results.services.edge_words import say_in
from app.scoping.guard import scoped_as
from tests.doors.test_result_check import STANDS, said
from tests.factories import results as made
from tests.factories.phones import SENDER, Phones, bodies_to, phones, switched
from tests.factories.registers import acting_as
from tests.factories.results import EVERYTHING, rows
from tests.factories.telephones import network
from tests.factories.world_results import HERE, index_number
from tests.integration.test_messages_sending import gateway_at

FIRST, SECOND = index_number(HERE, 1), index_number(HERE, 2)
ADDRESS = "http://127.0.0.1:8080"
OFF = texts.OFF.spoken({"address": ADDRESS}, "en")
NOTHING = texts.NOTHING.spoken({}, "en")
GRADES = "101 ENG A-, 102 KIS B+, 121 MAT C-, 231 BIO A, 233 CHE B, 311 HIS D+, 565 BUS E"
ASKED = f"KCSE {FIRST} Amina"


@pytest.fixture
def secret(app: Flask) -> str:
    return str(app.config["SMS_HOOK_SECRET"])


@pytest.fixture
def release(session: Session, tmp_path: Path) -> ResultRelease:
    return made.released(made.loaded(*rows(4)), tmp_path)


@pytest.fixture
def phone(
    client: FlaskClient, secret: str, tmp_path: Path, release: ResultRelease
) -> Iterator[Phones]:
    """Telephones over the open release, both channels on."""
    switched(release, Channel.SMS)
    switched(release, Channel.USSD)
    with phones(client, secret, tmp_path) as found:
        yield found


@pytest.fixture
def phone_off(
    client: FlaskClient, secret: str, tmp_path: Path, release: ResultRelease
) -> Iterator[Phones]:
    with phones(client, secret, tmp_path) as found:
        yield found


def code_of(phone: Phones) -> str:
    return str(phone.json(FIRST, "Amina")["check_code"])


# SMS -------------------------------------------------------------------------------------------


def test_text_is_answered_with_every_grade_and_sign(phone: Phones, release: ResultRelease) -> None:
    assert phone.answer(ASKED) == (
        f"KCSE 2025, release {release.number}\n{FIRST} A.B.N.\nMEAN B- (MINUS)\n{GRADES}\n"
        f"Version 1. Check code {code_of(phone)}"
    )


def test_kiswahili_word_is_answered_in_kiswahili(phone: Phones, release: ResultRelease) -> None:
    assert phone.answer(f"Matokeo {FIRST} Ng'ang'a") == (
        f"KCSE 2025, toleo {release.number}\n{FIRST} A.B.N.\nWASTANI B- (MINUS)\n{GRADES}\n"
        f"Nakala 1. Nambari ya uhakiki {code_of(phone)}"
    )


@pytest.mark.parametrize(
    "words",
    [
        f"kcse {FIRST} amina",
        f"KCSE{FIRST}Amina",
        f"Kcse Amina {FIRST}",
        f"  Results: {FIRST}, NGANGA.",
        f"MATOKEO ya kcse {FIRST[:8]}/{FIRST[8:]} bo",
        f"KCSE {FIRST[:3]} {FIRST[3:8]}-{FIRST[8:]}  Amina Ng'ang'a",
        f"{FIRST} kcse Amina",
    ],
)
def test_forgiving_forms(phone: Phones, words: str) -> None:
    words = words.replace(" ya ", " ")
    assert GRADES in phone.answer(words)


def test_signs_survive_the_gateway_in_the_small_alphabet(session: Session, phone: Phones) -> None:
    """As the network receives them over HTTP: none is a space, and no letter doubles the cost."""
    body = phone.answer(ASKED)
    message = session.scalars(select(Message).where(Message.kind == "result")).one()
    with network() as machine:
        send_due(session, gateway_at(machine.url, seconds=3), message.id)
        [received] = [one.form["message"] for one in machine.received]
    assert received == body
    assert re.findall(r"[A-E][+-]", received.partition("MEAN")[2].partition("Version")[0]) == [
        "B-",
        "A-",
        "B+",
        "C-",
        "D+",
    ]
    assert (segments_of(body), message.segments) == (2, 2)
    assert segments_of("a" * 306) == 2


def test_sms_page_and_json_say_the_same(phone: Phones) -> None:
    sms, page, document = (
        phone.answer(ASKED),
        phone.page(FIRST, "Amina"),
        phone.json(FIRST, "Amina"),
    )
    from_json = [f"{one['code']} {one['grade']}" for one in document["subjects"]]
    from_sms = [
        f"{code} {grade}" for code, grade in re.findall(r"(\d{3}) [A-Z]{3} (\S+?)(?:,|\n)", sms)
    ]
    from_page = [
        f"{code} {grade}" for code, grade in re.findall(r"<tr><td>(\d+)<th.*?<b>(.*?)</b>", page)
    ]
    assert from_sms == from_json == from_page
    assert len(from_sms) == 7
    assert f"MEAN {document['mean_grade_words']}\n" in sms
    assert document["mean_grade_words"] in page
    assert document["check_code"] in sms
    assert document["check_code"] in page


def test_code_of_a_text_is_checked_at_the_portal(client: FlaskClient, phone: Phones) -> None:
    assert said(client, phone.answer(ASKED).rpartition(" ")[2]) == STANDS


@pytest.mark.parametrize(
    "words", [f"KCSE {FIRST} Otieno", f"KCSE {FIRST} Ami", "KCSE 42238101999 Amina"]
)
def test_wrong_and_unknown_are_one_sentence(phone: Phones, words: str) -> None:
    assert phone.answer(words) == NOTHING


@pytest.mark.parametrize("words", ["KCSE", f"KCSE {FIRST}", "KCSE Amina", "KCSE 4223810100 Amina"])
def test_what_lacks_something_is_told_how(session: Session, phone: Phones, words: str) -> None:
    assert phone.answer(words) == texts.HOW.en
    assert session.scalar(select(func.count()).select_from(ResultQuestion)) == 0


def test_result_that_is_kept_back_says_so_and_no_grade(
    client: FlaskClient, secret: str, tmp_path: Path, release: ResultRelease
) -> None:
    switched(release, Channel.SMS)
    made.changed(release.id, FIRST, Change.WITHHOLD)
    with scoped_as(db.session, EVERYTHING):
        services.correct_result(made.publisher(tmp_path), release.id, FIRST)
    with phones(client, secret, tmp_path) as phone:
        sms = phone.answer(ASKED)
    assert "This result is withheld (W)" in sms
    assert re.findall(r"\b[A-E][+-]|MEAN", sms) == []


def test_off_until_it_is_switched_on_and_off_again_at_once(
    phone_off: Phones, release: ResultRelease
) -> None:
    assert phone_off.answer(ASKED) == OFF
    switched(release, Channel.USSD)
    assert phone_off.answer(ASKED) == OFF
    switched(release, Channel.SMS)
    assert GRADES in phone_off.answer(ASKED)
    switched(release, Channel.SMS, on=False)
    assert phone_off.answer(ASKED) == OFF


def test_off_release_is_not_even_asked(phone_off: Phones) -> None:
    """Whoever guesses while it is off wears out nobody's tries on the page."""
    for tail in range(4):
        phone_off.text(f"KCSE {FIRST} Otieno", number=f"25471200030{tail}")
    assert phone_off.edge.look(FIRST, "Amina") is not None


def test_superseding_release_starts_off(
    client: FlaskClient, secret: str, tmp_path: Path, release: ResultRelease
) -> None:
    switched(release, Channel.SMS)
    made.released(made.loaded(*rows(4)), tmp_path)
    with phones(client, secret, tmp_path) as phone:
        assert phone.answer(ASKED) == OFF


def test_nothing_is_told_before_the_minute(
    session: Session, client: FlaskClient, secret: str, tmp_path: Path
) -> None:
    waiting = made.released(made.loaded(*rows(4)), tmp_path, minutes=10)
    switched(waiting, Channel.SMS)
    switched(waiting, Channel.USSD)
    with phones(client, secret, tmp_path) as phone:
        sms, shown = phone.answer(ASKED), phone.dial(f"1*{FIRST}*Amina")
    at = "Wed 11 Nov 2026, 07:30"
    assert sms == texts.EARLY.spoken({"at": at}, "en")
    assert shown == f"END {sms}"


def test_edge_alone_would_keep_the_minute_too(session: Session, tmp_path: Path) -> None:
    """Negative control of the wall behind: without the key the edge shows nobody."""
    made.released(made.loaded(*rows(4)), tmp_path, minutes=10)
    from app.results.edge import Edge

    assert Edge(tmp_path).look(FIRST, "Amina") is None


def test_telephone_that_asked_often_is_told_once_an_hour(session: Session, phone: Phones) -> None:
    said_so = texts.LIMITED.spoken({"address": ADDRESS}, "en")
    answers = [phone.answer(ASKED) for _ in range(5)]
    assert [GRADES in one for one in answers] == [True] * 5
    assert phone.answer(ASKED) == said_so
    assert phone.text(ASKED)[-1] == said_so
    assert len(bodies_to(SENDER)) == 6
    assert phone.dial(f"1*{FIRST}*Amina") == f"END {said_so}"
    assert GRADES in phone.answer(ASKED, number="254712000333")


def test_answers_without_a_result_count_too_and_silence_is_no_answer(phone: Phones) -> None:
    """What lacks a name costs a message like any other: beyond the budget one sentence says so."""
    for _ in range(4):
        assert phone.answer("KCSE") == texts.HOW.en
    assert GRADES in phone.answer(ASKED)
    assert phone.answer(ASKED) == texts.LIMITED.spoken({"address": ADDRESS}, "en")
    assert len(phone.text(ASKED)) == 6


def test_limit_is_the_row_of_the_budget(session: Session, phone: Phones) -> None:
    """Negative control: with a wider row the sixth question is answered."""
    session.execute(
        text(
            "UPDATE message_budget SET most_messages = 50 WHERE kind = 'result' AND measure = 'number'"
        )
    )
    session.commit()
    assert [GRADES in phone.answer(ASKED) for _ in range(6)] == [True] * 6


def test_results_have_a_budget_of_their_own_within_everything(session: Session) -> None:
    rows_of = {
        (one.measure, one.kind, one.window_minutes): (one.most_messages, one.most_kes)
        for one in session.scalars(select(MessageBudget))
    }
    for minutes in (60, 1440):
        whole, own = rows_of["everything", None, minutes], rows_of["everything", "result", minutes]
        assert whole[1] is not None
        assert own[1] is not None
        assert own[1] * 2 <= whole[1]


def test_guesses_wear_out_the_share_of_the_telephone_and_not_the_pages(phone: Phones) -> None:
    for number in ("254712000301", "254712000302", "254712000303"):
        assert phone.answer(f"KCSE {FIRST} Otieno", number=number) == NOTHING
    assert phone.answer(ASKED) == NOTHING
    assert phone.json(FIRST, "Amina")["index_number"] == FIRST
    assert GRADES in phone.answer(f"KCSE {SECOND} Amina")


def test_switch_takes_the_share_of_the_telephone_from_the_page_and_gives_it_back(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    def kept() -> int:
        say_in(session, tmp_path, counts_token="token")
        control = read_control(tmp_path)
        assert control is not None
        return control.misses_by_phone

    assert kept() == 0
    switched(release, Channel.SMS)
    switched(release, Channel.USSD)
    assert kept() == 3
    switched(release, Channel.SMS, on=False)
    assert kept() == 3
    switched(release, Channel.USSD, on=False)
    assert kept() == 0


def test_one_message_is_answered_once(session: Session, phone: Phones) -> None:
    for _ in range(3):
        phone.text(ASKED, key="ATPid_7")
    assert len(bodies_to(SENDER)) == 1
    assert session.scalar(select(func.count()).select_from(ResultQuestion)) == 1


def test_nobody_is_sent_what_they_did_not_ask_for(
    session: Session, phone: Phones, release: ResultRelease, tmp_path: Path
) -> None:
    """A release, its switch and a correction send nothing; each message answers one that came in."""
    assert session.scalars(select(Message.id).where(Message.kind == "result")).all() == []
    phone.answer(ASKED)
    came = session.scalars(select(SmsInbound.id)).all()
    intents = session.scalars(select(Message.intent).where(Message.kind == "result")).all()
    assert intents == [f"results:sms:{one}" for one in came]


@pytest.mark.parametrize("whose", ["nobody's", "another number's"])
def test_database_stores_no_result_that_nobody_asked_for(
    session: Session, phone: Phones, whose: str
) -> None:
    """Whatever the code does: the wall behind it."""
    phone.answer(ASKED, number="254712000444")
    came = session.scalars(select(SmsInbound.id)).one()
    with unit_of_work(session):
        session.execute(text("DELETE FROM message"))
        again = post(
            session, to="254712000444", text=texts.HOW, kind=MessageKind.RESULT,
            intent=f"results:sms:{came}",
        )  # fmt: skip
    assert again.state == "waiting"
    intent = f"results:sms:{came}" if whose == "another number's" else "results:to-everybody"
    with pytest.raises(DBAPIError, match="nobody asked for this result"), unit_of_work(session):
        post(session, to=SENDER, text=texts.HOW, kind=MessageKind.RESULT, intent=intent)


def test_process_without_the_store_says_so(session: Session, phone: Phones) -> None:
    by_phone.configure(None)
    assert phone.answer(ASKED) == texts.BUSY.spoken({"address": ADDRESS}, "en")


def test_answer_is_sealed_and_wiped_once_delivered(session: Session, phone: Phones) -> None:
    phone.answer(ASKED)
    message = session.scalars(select(Message).where(Message.kind == "result")).one()
    assert message.body is not None
    assert b"MEAN" not in message.body
    with network() as machine:
        send_due(session, gateway_at(machine.url, seconds=3), message.id)
    session.refresh(message)
    note_delivery(session, Report(str(message.gateway_id), "Success"))
    session.refresh(message)
    assert (message.state, message.body) == ("delivered", None)


def test_log_and_counter_hold_nothing_of_anybody(
    session: Session, phone: Phones, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone.answer(ASKED)
    phone.dial(f"1*{FIRST}*Amina")
    lines = [JsonLines().format(record) for record in caplog.records]
    told = "\n".join(line for line in lines if '"log": "sajili' in line)
    assert "/hooks/ussd/<secret>" in told
    for word in (secret, SENDER, FIRST, "Amina", "ENG", "B-"):
        assert word not in told
    counted = session.execute(text("SELECT * FROM result_question")).all()
    assert len(counted) == 2
    assert [word for word in (SENDER, FIRST, "Amina") if word in repr(counted)] == []


# USSD ------------------------------------------------------------------------------------------


def walked(phone: Phones, start: str) -> list[str]:
    """Every screen of a session from the answer on."""
    screens = [phone.dial(start, session="one")]
    while screens[-1].startswith("CON "):
        start += "*0"
        screens.append(phone.dial(start, session="one"))
    return screens


def test_ussd_asks_step_by_step_and_answers_on_small_screens(
    session: Session, phone: Phones, release: ResultRelease
) -> None:
    assert phone.dial("") == ("CON Exam results / Matokeo ya mtihani\n1. English\n2. Kiswahili")
    assert phone.dial("1") == "CON Index number (11 digits, as on the examination card):"
    assert phone.dial(f"1*{FIRST}") == "CON One registered name of the candidate, whole:"
    screens = walked(phone, f"1*{FIRST}*Amina")
    assert len(screens) > 1
    assert max(len(screen) for screen in screens) <= 182
    assert [screen.endswith("\n0. More") for screen in screens] == [True] * (len(screens) - 1) + [
        False
    ]
    lines = [line for one in screens for line in one[4:].split("\n") if line != "0. More"]
    assert lines == [
        f"KCSE 2025, release {release.number}", f"{FIRST} A.B.N.", "MEAN B- (MINUS)",
        "101 ENG A- (MINUS)", "102 KIS B+ (PLUS)", "121 MAT C- (MINUS)", "231 BIO A (PLAIN)",
        "233 CHE B (PLAIN)", "311 HIS D+ (PLUS)", "565 BUS E (PLAIN)",
        f"Version 1. Check code {code_of(phone)}",
    ]  # fmt: skip
    assert session.scalar(select(func.count()).select_from(ResultQuestion)) == 1


def test_ussd_in_kiswahili(phone: Phones) -> None:
    assert phone.dial("2").startswith("CON Nambari ya mtahiniwa")
    screens = walked(phone, f"2*{FIRST}*Amina")
    assert "WASTANI B- (MINUS)" in screens[0]
    assert screens[0].endswith("\n0. Zaidi")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1*123", texts.MALFORMED.en),
        ("2*abc", texts.MALFORMED.sw),
        (f"1*{FIRST}*Otieno", NOTHING),
        ("1*42238101999*Amina", NOTHING),
        (f"1*{FIRST}*", NOTHING),
    ],
)
def test_ussd_ends_with_a_sentence(phone: Phones, typed: str, words: str) -> None:
    assert phone.dial(typed) == f"END {words}"


def test_ussd_is_off_until_it_is_switched_on(phone_off: Phones, release: ResultRelease) -> None:
    switched(release, Channel.SMS)
    assert phone_off.dial("1") == phone_off.dial(f"1*{FIRST}*Amina") == f"END {OFF}"
    switched(release, Channel.USSD)
    assert "MEAN" in phone_off.dial(f"1*{FIRST}*Amina")
    switched(release, Channel.USSD, on=False)
    assert phone_off.dial(f"1*{FIRST}*Amina") == f"END {OFF}"


def corrected_between_screens(phone: Phones, folder: Path) -> list[str]:
    """Two screens of a session; after the first the store has another version."""

    def look(index: str, name: str) -> Opened | None:
        found = phone.edge.look(index, name)
        return found and replace(found, json=json.dumps({**found.document, "version": 2}).encode())

    first = phone.dial(f"1*{FIRST}*Amina", session="one")
    by_phone.configure(by_phone.Store(folder, look))
    return [first, phone.dial(f"1*{FIRST}*Amina*0", session="one")]


def test_screens_of_a_session_are_of_one_version(phone: Phones, tmp_path: Path) -> None:
    first, second = corrected_between_screens(phone, tmp_path)
    assert first.startswith("CON ")
    assert second == f"END {texts.CHANGED.en}"
    assert phone.dial(f"1*{FIRST}*Amina", session="two").startswith("CON ")


def test_without_the_version_screens_would_be_mixed(
    phone: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a session that has forgotten what it showed reads on in the new version."""
    monkeypatch.setattr(results_by_phone, "_read_before", lambda *_: None)
    _first, second = corrected_between_screens(phone, tmp_path)
    assert "Version 2." in second


def test_every_sentence_fits_its_screen_and_the_small_alphabet() -> None:
    facts = {"address": "https://www.sajili.knec.ac.ke", "at": "Mon 11 Jan 2027, 11:00"}
    said = (texts.OFF, texts.EARLY, texts.HOW, texts.NOTHING, texts.LIMITED, texts.BUSY)
    for one in (*said, texts.CHANGED):
        for language in ("en", "sw"):
            words = one.spoken(facts, language)
            assert len(words) <= 178, words
            assert segments_of(words) <= 2


def test_longest_result_is_in_the_small_alphabet_and_on_small_screens() -> None:
    """Nine subjects, and every letter in a grade's place, in both languages."""
    subjects = [
        {"code": f"{n}00", "name": "Ünïted Studies", "grade": "A-", "grade_words": "A- (MINUS)"}
        for n in range(1, 10)
    ]
    document = {
        "release": {"number": 12, "series": "KCSE 2026"}, "index_number": FIRST, "version": 12,
        "check_code": "ABCD-EFGH-JKLM", "mean_grade_words": "U (REQUIREMENTS NOT MET)",
        "subjects": subjects,
    }  # fmt: skip
    for kind in ("result", "absent", "cancelled", "unmet", "pended", "withheld"):
        for language in ("en", "sw"):
            lines = by_phone.lines_of({**document, "status": kind}, "A.B.C.D.", language)
            assert segments_of(by_phone.sms_of(lines)) <= 2
            screens = by_phone.screens_of(lines, "0. Zaidi")
            assert max(len(f"CON {screen}") for screen in screens) <= 182


@pytest.mark.parametrize("wrong", ["x", "", "a" * 3000])
def test_ussd_without_the_secret_is_not_here(client: FlaskClient, secret: str, wrong: str) -> None:
    form = {"sessionId": "s", "phoneNumber": f"+{SENDER}", "text": ""}
    for address in (f"/hooks/ussd/{wrong}", f"/hooks/ussd/{secret[:-1]}"):
        assert client.post(address, data=form).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"sessionId": ""},
        {"sessionId": "a b"},
        {"phoneNumber": "x"},
        {"text": None},
        {"text": "a\0"},
    ],
)
def test_malformed_ussd_is_refused_in_4xx(
    client: FlaskClient, secret: str, changes: dict[str, str | None]
) -> None:
    form = {"sessionId": "s", "phoneNumber": f"+{SENDER}", "text": ""} | changes
    sent = {name: value for name, value in form.items() if value is not None}
    assert client.post(f"/hooks/ussd/{secret}", data=sent).status_code == 400


# The switch ------------------------------------------------------------------------------------


def test_approver_switches_on_the_page_with_a_reason(
    session: Session, client_of: object, release: ResultRelease
) -> None:
    approver = client_of("results.approver")  # type: ignore[operator]
    page, address = f"/result-releases/{release.id}", f"/result-releases/{release.id}/channels/sms"
    assert "Switch SMS on" in approver.get(page).text
    refused = approver.post(address, data={"on": "yes", "sms-reason": " "})
    assert (refused.status_code, "Write the reason." in refused.text) == (422, True)
    done = approver.post(address, data={"on": "yes", "sms-reason": "Agreed with the networks"})
    assert done.status_code == 303
    shown = approver.get(page).text
    assert "Switch SMS off" in shown
    assert "Agreed with the networks" in shown
    assert approver.post(f"{page}/channels/fax", data={"on": "yes"}).status_code == 404
    officer = client_of("results.officer")  # type: ignore[operator]
    assert "Switch SMS" not in officer.get(page).text
    assert officer.post(address, data={"on": "no", "sms-reason": "x"}).status_code in (302, 403)
    assert "Switch SMS off" in approver.get(page).text


@pytest.mark.parametrize("username", ["results.officer", "admin", "monitor"])
def test_nobody_else_switches(session: Session, release: ResultRelease, username: str) -> None:
    who = acting_as(username)
    with scoped_as(session, who.scope), pytest.raises(NotAllowed):
        services.switch_channel(
            who.scope, who.actor, release.id, Channel.SMS, on=True, reason="Because."
        )


def test_switch_that_changes_nothing_is_refused(session: Session, release: ResultRelease) -> None:
    with pytest.raises(RuleBroken):
        switched(release, Channel.SMS, on=False)
    switched(release, Channel.SMS)
    with pytest.raises(RuleBroken):
        switched(release, Channel.SMS)


def test_only_an_approved_or_open_release_is_switched_on(
    session: Session, release: ResultRelease, tmp_path: Path
) -> None:
    switched(release, Channel.SMS)
    later = made.loaded(*rows(4))
    with pytest.raises(IllegalMove):
        switched(later, Channel.SMS)
    made.released(later, tmp_path)
    with pytest.raises(IllegalMove):
        switched(release, Channel.USSD)
    switched(release, Channel.SMS, on=False)


@pytest.mark.parametrize(
    "act", ["UPDATE result_switch SET is_on = true", "DELETE FROM result_switch"]
)
def test_switches_are_only_ever_added(session: Session, release: ResultRelease, act: str) -> None:
    switched(release, Channel.SMS)
    with pytest.raises(DBAPIError):
        session.execute(text(act))
    session.rollback()


def test_page_and_form_say_that_nothing_comes_unasked() -> None:
    release = Release(1, "KCSE 2026", 2026, "2027-01-11T11:00+03:00")
    shells = shells_of(release, Contacts())
    for page in ("form", "result", "early", "missed", "withheld"):
        assert b"KNEC never sends results that nobody asked for." in shells[f"{page}:en"]
        assert b"KNEC haitumi kamwe matokeo ambayo hayakuombwa." in shells[f"{page}:sw"]
