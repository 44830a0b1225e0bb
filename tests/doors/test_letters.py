"""Letters at the doors: the paper read back, the code checked by strangers, the officer's page."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.vault import Vault
from app.letters import check
from app.letters.queries import letter_in
from app.people.models import Officer
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world
from tests.factories.letters import (
    NATIONAL_ID,
    Given,
    given,
    letter_at,
    pages_of,
    qr_texts,
    set_state,
    with_numbers,
)

LIGHTEST = 20_000


@pytest.fixture
def vault(app: Flask) -> Vault:
    found: Vault = app.extensions["vault"]
    return found


@pytest.fixture
def letter(session: Session, vault: Vault) -> Given:
    """A letter whose officer's numbers can be read."""
    return with_numbers(session, vault)


def words_of(answer: Any) -> str:
    """The page as a person reads it, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def paper(client: Any, letter: Given, **asked: str) -> Any:
    return client.get(f"/letters/{letter.id}.pdf", query_string=asked)


def test_officer_reads_every_field_on_one_page(
    session: Session, client_of: Any, letter: Given
) -> None:
    answer = paper(client_of(letter.mobile), letter)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert len(answer.data) < 100_000
    (page,) = pages_of(answer.data)
    digits = letter.mobile
    expected = {
        letter.reference,
        letter.name,
        NATIONAL_ID,
        letter.tsc_number,
        f"0{digits[3:6]} {digits[6:9]} {digits[9:]}",
        "KCSE 2026",
        "Invigilator",
        f"{world.CENTRE} Kisumu Day Secondary",
        "28 October 2026 – 19 November 2026",
        "23 days",
        "KSh 550",
        "THROUGH",
        "The TSC Sub-County Director, Kisumu East, Kisumu",
        "Payment is based on days worked.",
        "1.    Be in the room half an hour before the paper.",
        "2.    Count the scripts.",
        "DUTY OF INVIGILATOR AT KISUMU DAY SECONDARY",
        letter.code_words,
    }
    lines = {line.strip() for line in page.splitlines()}
    assert expected - lines == set()


def test_kiswahili_letter_says_the_same(session: Session, client_of: Any, letter: Given) -> None:
    (page,) = pages_of(paper(client_of(letter.mobile), letter, language="sw").data)
    lines = {line.strip() for line in page.splitlines()}
    expected = {
        "BARUA YA KUPANGIWA KAZI",
        "KUPITIA",
        "Msimamizi",
        "28 Oktoba 2026 – 19 Novemba 2026",
        "siku 23",
        NATIONAL_ID,
        "Malipo hutegemea siku zilizofanyiwa kazi.",
    }
    assert expected - lines == set()


def test_code_on_paper_is_signed_and_leads_to_the_check(
    app: Flask, session: Session, client: Any, client_of: Any, letter: Given
) -> None:
    (said,) = qr_texts(paper(client_of(letter.mobile), letter).data)
    address, _, token = said.rpartition("/")
    assert address == "HTTP://127.0.0.1:8080/VERIFY"
    keys = check.keys_from(client.get("/verify/key.pem").data)
    claims = check.read(token, keys)
    assert (claims.code, claims.version, claims.id_last, claims.centre_code, claims.role) == (
        letter.code,
        letter.version,
        NATIONAL_ID[-3:],
        world.CENTRE,
        "invigilator",
    )
    for there in (f"/VERIFY/{token}", f"/verify/{token.lower()}", f"/verify/{letter.code_words}"):
        answer = client.get(there)
        assert answer.status_code == 200
        assert "This letter is valid." in words_of(answer)


def test_check_says_initials_centre_role_and_dates_only(
    session: Session, client: Any, letter: Given
) -> None:
    page = words_of(client.get(f"/verify/{letter.code}"))
    secrets = [
        *letter.name.split(),
        letter.mobile,
        letter.mobile[3:],
        letter.tsc_number,
        NATIONAL_ID,
    ]
    assert [one for one in secrets if one in page] == []
    initials = "".join(f"{word[0]}." for word in letter.name.split())
    assert f"Officer {initials} " in page
    assert f"Centre {world.CENTRE} Kisumu Day Secondary" in page
    assert "Role Invigilator" in page
    assert "Wed 28 Oct 2026 to Thu 19 Nov 2026" in page


@pytest.mark.parametrize(
    "words",
    [
        ("replaced", "This letter was replaced.", "Barua hii ilibadilishwa."),
        ("withdrawn", "This letter was withdrawn.", "Barua hii iliondolewa."),
    ],
)
def test_ended_letter_says_so_everywhere(
    session: Session, client: Any, client_of: Any, letter: Given, words: tuple[str, str, str]
) -> None:
    act, english, kiswahili = words
    officer = client_of(letter.mobile)
    set_state(session, letter, act)
    assert english in words_of(client.get(f"/verify/{letter.code}"))
    client.get("/lang/sw")
    assert kiswahili in words_of(client.get(f"/verify/{letter.code}"))
    page = words_of(officer.get("/me/deployments/"))
    assert f"{english} Redeployed" in page
    (paper_text,) = pages_of(paper(officer, letter).data)
    assert act.upper() in paper_text


def test_forged_and_unknown_codes_are_one_plain_page(
    session: Session, client: Any, client_of: Any, letter: Given
) -> None:
    (said,) = qr_texts(paper(client_of(letter.mobile), letter).data)
    token = said.rpartition("/")[2]
    swapped = ("A" if token[30] != "A" else "B").join((token[:30], token[31:]))
    pages = {
        words_of(answer)
        for code in (swapped, token[:-3], "23456789ABCD", "x", "unreadable", "%F0%9F%98%80" * 30)
        if (answer := client.get(f"/verify/{code}")).status_code == 404
    }
    assert len(pages) == 1
    assert "This is no letter and no result of the examinations council." in pages.pop()


def test_token_of_an_old_key_holds_and_of_a_revoked_one_does_not(
    app: Flask, session: Session, client: Any, letter: Given
) -> None:
    from app.letters.signing import signer_from

    old = signer_from("an older key of this portal, long enough")
    claims = _claims(session, letter)
    token = old.token(claims)
    assert client.get(f"/verify/{token}").status_code == 404
    session.execute(
        text("INSERT INTO letter_key (public_key) VALUES (:key)"),
        {"key": old.public.public_bytes_raw()},
    )
    session.commit()
    assert client.get(f"/verify/{token}").status_code == 200
    keys = check.keys_from(client.get("/verify/key.pem").data)
    assert list(keys)[-1] == old.key_id
    assert len(keys) >= 2


def _claims(session: Session, letter: Given) -> check.Claims:
    from app.letters.queries import content_of

    with scoped_as(session, NATIONAL):
        content = content_of(letter_in(session, NATIONAL, letter.id))
    return check.Claims(
        code=letter.code,
        version=letter.version,
        initials="A.B.",
        id_last=None,
        centre_code=content.centre_code,
        role=content.role_code,
        examination=content.examination,
        first_day=content.first_day,
        last_day=content.last_day,
    )


def test_guessing_codes_is_slowed_and_checking_letters_is_not(
    session: Session, client: Any, letter: Given
) -> None:
    assert {client.get(f"/verify/{letter.code}").status_code for _ in range(62)} == {200}
    statuses = [client.get("/verify/23456789ABCD").status_code for _ in range(62)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_whoever_guessed_too_often_hears_nothing_of_a_letter_either(
    session: Session, client: Any, letter: Given
) -> None:
    for _ in range(60):
        assert client.get("/verify/23456789ABCD").status_code == 404
    answer = client.get(f"/verify/{letter.code}")
    assert (answer.status_code, "This letter is valid." in answer.text) == (429, False)
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    away = {"REMOTE_ADDR": "192.0.2.9"}
    assert client.get(f"/verify/{letter.code}", environ_base=away).status_code == 200


def test_public_page_is_light_and_has_no_script(client: Any, letter: Given) -> None:
    import gzip

    page = client.get(f"/verify/{letter.code}").get_data()
    assert b"<script" not in page
    sheets = set(re.findall(rb'href="(/static/[^"?]+\.css)', page))
    parts = [page, *(client.get(sheet.decode()).get_data() for sheet in sheets)]
    assert sum(len(gzip.compress(part)) for part in parts) < LIGHTEST
    assert len(page) < LIGHTEST


def test_typed_code_leads_to_its_page(client: Any, letter: Given) -> None:
    answer = client.get("/verify/", query_string={"code": letter.code_words.lower()})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/verify/{letter.code}")


@pytest.fixture
def scanned(client_of: Any, letter: Given) -> str:
    """What a scanner reads from the letter's paper."""
    (said,) = qr_texts(paper(client_of(letter.mobile), letter).data)
    return said


def test_offline_check_needs_the_key_alone_and_knows_ended_letters(
    session: Session, client: Any, letter: Given, scanned: str, tmp_path: Path
) -> None:
    said = scanned
    keys, ended = tmp_path / "key.pem", tmp_path / "ended.txt"
    keys.write_bytes(client.get("/verify/key.pem").data)
    ended.write_bytes(client.get("/verify/ended.txt").data)
    assert letter.code.encode() not in ended.read_bytes()
    asked = [str(keys), "--ended", str(ended), said]
    assert offline(asked) == (0, "VALID as of 2026-11-11T07:20+0300")
    set_state(session, letter, "withdrawn")
    ended.write_bytes(client.get("/verify/ended.txt").data)
    assert offline(asked) == (0, "WITHDRAWN as of 2026-11-11T07:20+0300")
    assert offline([str(keys), said[:-5] + "AAAAA"]) == (1, "NOT GENUINE")


def offline(arguments: list[str]) -> tuple[int, str]:
    """The exit code and first words of the script, run as a file of its own in an empty place."""
    alone = Path(tempfile.mkdtemp()) / "check.py"
    shutil.copy(check.__file__, alone)
    done = subprocess.run(
        [sys.executable, "-I", str(alone), *arguments],
        capture_output=True, text=True, check=False, cwd=alone.parent,
    )  # fmt: skip
    return done.returncode, done.stdout.partition(": ")[0]


def test_number_corrected_after_the_issue_is_not_put_on_the_letter(
    session: Session, client_of: Any, vault: Vault, letter: Given
) -> None:
    from app.people.services.officers import sealed

    with scoped_as(session, NATIONAL):
        officer = session.get(Officer, letter.officer_id)
        for name, value in sealed(vault, "31999888", None).items():
            setattr(officer, name, value)
        session.commit()
    (page,) = pages_of(paper(client_of(letter.mobile), letter).data)
    assert "31999888" not in page
    assert "not on record" in page


def test_unchanged_letter_is_not_drawn_again(
    session: Session, client_of: Any, letter: Given
) -> None:
    client = client_of(letter.mobile)
    first = paper(client, letter)
    again = client.get(
        f"/letters/{letter.id}.pdf", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert paper(client, letter).data == first.data
    assert paper(client, letter, language="sw").headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("tsc.kisumu-east", 200),
        ("scde.kisumu-east", 200),
        ("admin", 200),
        ("tsc.kisumu-west", 404),
        ("scde.kisumu-west", 404),
        ("monitor", 403),
        ("county.kisumu", 403),
        ("payments.clerk", 403),
        (f"KCSE{world.CENTRE}", 403),
    ],
)
def test_who_may_read_a_letter(client_of: Any, letter: Given, who: str, status: int) -> None:
    assert paper(client_of(who), letter).status_code == status


def test_another_officer_does_not_find_it(session: Session, client_of: Any, letter: Given) -> None:
    with scoped_as(session, NATIONAL):
        other = given(session, letter_at(session, role="supervisor"))
    assert paper(client_of(other.mobile), letter).status_code == 404
    assert paper(client_of(other.mobile), other).status_code == 200


def test_officers_page_has_every_field_of_the_letter(
    session: Session, client_of: Any, letter: Given
) -> None:
    answer = client_of(letter.mobile).get("/me/deployments/")
    page = words_of(answer)
    for said in (
        f"Reference {letter.reference}",
        "Examination KCSE 2026",
        "Role Invigilator",
        f"Duty station {world.CENTRE} Kisumu Day Secondary",
        "From 28 October 2026",
        "To 19 November 2026",
        "Duration 23 days",
        "Pay for a day KSh 550",
        f"National ID •••••{NATIONAL_ID[-3:]}",
        "Through The TSC Sub-County Director, Kisumu East, Kisumu",
        "Count the scripts.",
        "Version 2, issued on",
    ):
        assert said in page, said
    assert NATIONAL_ID not in page
    links = re.findall(r'href="(/letters/[^"]+)"', answer.get_data(as_text=True))
    address = f"/letters/{letter.id}.pdf"
    assert links[:4] == [
        address, f"{address}?download=1", f"{address}?print=1", f"{address}?language=sw",
    ]  # fmt: skip


def test_taking_and_printing_say_so(session: Session, client_of: Any, letter: Given) -> None:
    client = client_of(letter.mobile)
    taken = paper(client, letter, download="1").headers["Content-Disposition"]
    assert taken.startswith('attachment; filename="letter-kcse-invigilator-2026-')
    assert b"/N /Print" in paper(client, letter, print="1").data
    assert b"/N /Print" not in paper(client, letter).data


def test_director_writes_a_letter_anew_with_a_reason(
    session: Session, client_of: Any, letter: Given
) -> None:
    director = client_of("tsc.kisumu-east")
    asked = director.post(f"/letters/action/reissue/{letter.id}")
    assert "Why is it written anew?" in words_of(asked)
    done = director.post(
        "/letters/action_post",
        data={
            "action": "reissue",
            "rowid": letter.id,
            "confirmed": "yes",
            "reason": "Centre moved",
        },
    )
    assert done.status_code == 303
    with scoped_as(session, NATIONAL):
        assert letter_at(session).version == letter.version + 1


def test_template_with_more_than_placeholders_is_refused_in_words(client_of: Any) -> None:
    admin = client_of("admin")
    values = {
        "language": "en",
        "subject": "{{ name.__class__ }}",
        "body": "Hello {{ name }}",
        "duties": "One",
        "effective_from": "2027-01-01",
    }
    refused = admin.post("/letter-templates/add", data=values)
    assert refused.status_code == 422
    assert "Only plain placeholders such as {{ name }} may stand in braces" in words_of(refused)
    fine = admin.post(
        "/letter-templates/add", data=values | {"subject": "{{ role }}", "examination": "2"}
    )
    assert fine.status_code == 303


def test_template_has_a_preview_of_a_sample_officer(session: Session, client_of: Any) -> None:
    pk = session.execute(text("SELECT min(id) FROM letter_template")).scalar_one()
    answer = client_of("admin").post(f"/letter-templates/action/preview/{pk}")
    (page,) = pages_of(answer.data)
    assert "SAMPLE" in page
    assert "Achieng Wanjiru Ng'ang'a" in page


HOSTILE = [
    '<b>O\'Brien</b> & "Sons" ; DROP',
    "{{ 7*7 }} {% raw %} Ng'ang'a",
    "Mũthoni Kĩmani Ŵanjirũ",
    "W" * 100,
    "\u202eevil\u0000\u200b name",
    "張 偉 Ωmega",
]


@pytest.mark.parametrize("name", [one.replace("\u0000", "") for one in HOSTILE])
def test_hostile_names_are_only_text(
    session: Session, client_of: Any, vault: Vault, name: str
) -> None:
    letter = with_numbers(session, vault, full_name=name)
    answer = paper(client_of(letter.mobile), letter)
    assert answer.status_code == 200
    assert len(pages_of(answer.data)) == 1
    assert len(answer.data) < 100_000
    assert len(qr_texts(answer.data)) == 1
