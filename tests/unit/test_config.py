"""Settings: what they say, and each reason for which the portal must not start."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config import CHECKOUT, KEYS, ConfigurationError, default_data_dir, load_settings

KEY_TEXT = "Zq8wLp3xVn6tRb1yKd5mHf9sJc2g-"
PRODUCTION = {name: f"{KEY_TEXT}{number:07}" for number, name in enumerate(KEYS)} | {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://sajili_app:pw@db.example/sajili",
    "TRUSTED_HOSTS": "portal.example",
}


def refusals(changes: dict[str, str], *, base: dict[str, str] = PRODUCTION) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(base | changes)
    return refused.value.problems


def test_complete_production_settings_start() -> None:
    settings = load_settings(PRODUCTION)
    assert settings.is_production
    assert settings.trusted_hosts == ("portal.example",)
    assert settings.key("SECRET_KEY") == f"{KEY_TEXT}0000000"


def test_database_address_speaks_psycopg_whichever_way_it_is_spelled() -> None:
    spelled = [
        "postgresql://a:p%40w@h/d",
        "postgres://a:p%40w@h/d",
        "postgresql+psycopg://a:p%40w@h/d",
    ]
    seen = {load_settings(PRODUCTION | {"DATABASE_URL": url}).database_url for url in spelled}
    assert seen == {"postgresql+psycopg://a:p%40w@h/d"}


@pytest.mark.parametrize("name", KEYS)
def test_production_without_a_key_is_refused(name: str) -> None:
    assert refusals({name: ""}) == [f"{name} is missing: production makes no keys of its own."]


@pytest.mark.parametrize("name", KEYS)
def test_short_key_is_refused(name: str) -> None:
    assert refusals({name: "Zq8wLp3xVn6tRb1yKd5mHf9sJc2gXyz"}) == [
        f"{name} is shorter than 32 characters."
    ]


@pytest.mark.parametrize(
    "value",
    ["please-change-me-please-change-me-1", "thisismyscretkey-0123456789abcdef", "a" * 40],
)
def test_default_key_is_refused(value: str) -> None:
    assert refusals({"SECRET_KEY": value}) == [
        "SECRET_KEY looks like an example: make a random one."
    ]


def test_shared_key_is_refused() -> None:
    assert refusals({"TOKEN_KEY": PRODUCTION["SECRET_KEY"]}) == [
        "SECRET_KEY and TOKEN_KEY are the same: each needs a value of its own."
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"DATABASE_URL": ""},
            "DATABASE_URL is missing: production uses a PostgreSQL server of its own.",
        ),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG must be off in production."),
        (
            {"SMS_GATEWAY": "africastalking", "AFRICASTALKING_USERNAME": "sajili"},
            "AFRICASTALKING_API_KEY is missing: SMS_GATEWAY=africastalking sends with it.",
        ),
        (
            {"SMS_GATEWAY": "africastalking", "AFRICASTALKING_API_KEY": "k" * 40},
            "AFRICASTALKING_USERNAME is missing: SMS_GATEWAY=africastalking sends with it.",
        ),
        *(
            (
                {
                    "SMS_GATEWAY": "africastalking",
                    "AFRICASTALKING_USERNAME": "sajili",
                    "AFRICASTALKING_API_KEY": "k" * 40,
                    "AFRICASTALKING_URL": url,
                },
                "AFRICASTALKING_URL must be an https address.",
            )
            for url in ("http://api.africastalking.com", "http://127.0.0.1:1", "https://[", "x")
        ),
        (
            {"TRUSTED_HOSTS": ""},
            "TRUSTED_HOSTS is missing: name the hosts that the portal answers to.",
        ),
        (
            {"TRUSTED_HOSTS": "*"},
            "TRUSTED_HOSTS is missing: name the hosts that the portal answers to.",
        ),
        (
            {"NOW": "2026-11-12T08:00:00+03:00"},
            "NOW freezes office time and is refused in production.",
        ),
        (
            {"DATABASE_OWNER_URL": "postgresql://sajili_app:other@db.example/sajili"},
            "DATABASE_URL and DATABASE_OWNER_URL sign in as the same role: the portal must use "
            "one that owns no table, or row-level security protects nothing.",
        ),
        (
            {"DATABASE_OWNER_URL": "postgresql://sajili_owner:pw@db.example/other"},
            "DATABASE_URL and DATABASE_OWNER_URL name different databases.",
        ),
        ({"TLS_CERT": __file__}, "TLS_CERT and TLS_KEY belong together: set both or neither."),
        (
            {"TLS_CERT": __file__, "TLS_KEY": "/nowhere.pem"},
            "TLS_KEY names /nowhere.pem, which is not a file.",
        ),
        (
            {"DATABASE_URL": "mysql://root@db/x"},
            "DATABASE_URL: must name a PostgreSQL database: no other is supported.",
        ),
        (
            {"DATABASE_URL": "nonsense"},
            "DATABASE_URL: is not a database address such as postgresql://host/name.",
        ),
    ],
)
def test_wrong_production_setting_is_refused(changes: dict[str, str], sentence: str) -> None:
    assert refusals(changes) == [sentence]


def test_more_than_one_thread_is_refused_everywhere(tmp_path: Path) -> None:
    local = {"DATA_DIR": str(tmp_path), "BLOCKING_THREADS": "2"}
    assert refusals(local, base={}) == [
        "BLOCKING_THREADS must be 1: the framework keeps one user's filters where another "
        "thread would read them. Use more WORKERS instead."
    ]


def test_every_problem_is_told_at_once() -> None:
    assert len(refusals({"SECRET_KEY": "", "TOKEN_KEY": "short", "TRUSTED_HOSTS": ""})) == 3


def test_refusal_of_a_secret_does_not_print_it() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(PRODUCTION | {"SECRET_KEY": "hunter2", "PORT": "hunter3"})
    assert "hunter" not in str(refused.value)


def test_naive_now_is_refused(tmp_path: Path) -> None:
    problems = refusals({"NOW": "2026-11-12T08:00:00", "DATA_DIR": str(tmp_path)}, base={})
    assert problems == ["NOW: Input should have timezone info."]


def test_local_portal_makes_its_keys_once_and_keeps_them_private(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path / "data"), "NOW": "2026-11-12T08:00:00+03:00"}
    first, second = load_settings(environment), load_settings(environment)
    keys = [first.key(name) for name in KEYS]
    files = list((tmp_path / "data" / "keys").iterdir())
    assert keys == [second.key(name) for name in KEYS]
    assert len(set(keys)) == len(KEYS)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert sorted(file.name for file in files) == sorted(name.lower() for name in KEYS)
    assert first.now == datetime(2026, 11, 12, 5, tzinfo=UTC)


def test_secrets_do_not_show_in_the_settings_own_text(tmp_path: Path) -> None:
    settings = load_settings({"DATA_DIR": str(tmp_path)})
    assert settings.key("SECRET_KEY") not in repr(settings)


def test_default_data_dir_belongs_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1000)
    assert default_data_dir() == CHECKOUT / "var"
    monkeypatch.setattr("os.getuid", lambda: 0)
    assert default_data_dir().parent == Path("/var/lib/sajili")
