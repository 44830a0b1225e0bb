"""Passwords, sign-in windows and typed names, without a database."""

from __future__ import annotations

import argon2
import pytest
from werkzeug.security import generate_password_hash

from app.access import limits, passwords, sessions
from app.access.accounts import stored_username


def test_hash_is_argon2id_of_19_mib() -> None:
    stored = passwords.hashed("tatu-bila-mwezi")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(stored, "tatu-bila-mwezi")
    assert not passwords.matches(stored, "tatu-bila-mwezI")
    assert not passwords.is_outdated(stored)


def test_hashes_of_other_programs_match_and_are_outdated() -> None:
    for stored in (
        generate_password_hash("tatu-bila-mwezi", "scrypt:1024:8:1"),
        argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("tatu-bila-mwezi"),
    ):
        assert passwords.matches(stored, "tatu-bila-mwezi")
        assert passwords.is_outdated(stored)


def test_nobody_costs_one_check_like_somebody() -> None:
    before = passwords.tally["checked"]
    assert not passwords.matches(None, "tatu-bila-mwezi")
    assert passwords.tally["checked"] == before + 1


def test_hash_of_nobody_costs_what_a_stored_one_costs() -> None:
    assert not passwords.is_outdated(passwords._NOBODYS_HASH)


def test_one_time_password_has_50_bits_and_no_lookalikes() -> None:
    assert len(passwords.ONE_TIME_ALPHABET) == len(set(passwords.ONE_TIME_ALPHABET)) == 32
    assert not set(passwords.ONE_TIME_ALPHABET) & set("01lo")
    made = {passwords.one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {10}


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("kifupi7", "password-short"),
        ("m" * 129, "password-long"),
        ("12345678", "password-guessable"),
        ("iloveyou", "password-guessable"),
        ("Liverpool77", "password-guessable"),
        ("Karibu-2026", "password-guessable"),
        ("KCSE11200001", "password-guessable"),
        ("kcse-portal-2026!", "password-guessable"),
        ("aaaaaaaaaaaa", "password-guessable"),
        ("mango ndizi embe", None),
        ("vT9#kqLw", None),
        ("a b c d e f g h", None),
    ],
)
def test_what_a_password_must_not_be(new: str, code: str | None) -> None:
    found = passwords.faults_of(new, again=new, username="KCSE11200001")
    assert [fault.code for fault in found] == ([code] if code else [])


def test_faults_are_all_said_at_once() -> None:
    found = passwords.faults_of("short", again="other", username="x")
    assert [(fault.code, fault.field) for fault in found] == [
        ("password-short", "new_password"),
        ("password-differs", "again"),
    ]


def test_old_password_is_no_new_one() -> None:
    words = "mango ndizi embe"
    found = passwords.faults_of(words, again=words, username="x", old=words)
    assert [fault.code for fault in found] == ["password-same"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0712345678", "254712345678"),
        ("+254 712 345 678", "254712345678"),
        ("254712345678", "254712345678"),
        ("712345678", "254712345678"),
        (" 0112-345-678 ", "254112345678"),
        ("KCSE11200001", "KCSE11200001"),
        ("scde.kisumu-east", "scde.kisumu-east"),
        ("12", "12"),
        ("", ""),
        ("+1 202 555 0100", "+1 202 555 0100"),
    ],
)
def test_mobile_number_in_any_form_is_one_name(typed: str, stored: str) -> None:
    assert stored_username(typed) == stored


@pytest.mark.parametrize(
    ("counted", "before", "passed", "wait"),
    [
        (10, 0, 0.5, 0),
        (11, 0, 0.5, 180),  # the rest of this window, then until a tenth of the next is gone
        (1, 10, 0.0, 30),
        (1, 10, 0.1, 0),
        (5, 6, 0.5, 0),
        (8, 6, 0.5, 50),
    ],
)
def test_windows_slide(counted: int, before: int, passed: float, wait: int) -> None:
    assert limits.wait_for(10, counted, before, passed) == wait


def test_an_ipv6_customer_is_one_address() -> None:
    one, other, next_door = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"
    assert limits._network(one) == limits._network(other) != limits._network(next_door)
    assert limits._network("192.0.2.1") != limits._network("192.0.2.2")


def test_devices_are_named_as_people_name_them() -> None:
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    assert sessions.device_words(phone) == "Chrome on Android"
    assert sessions.device_words("python-requests/2.32") == "python-requests"
    assert sessions.device_words("") == "A device"
