"""Typed settings from the environment; refuses to start when they are wrong."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

CHECKOUT = Path(__file__).resolve().parent
KEYS = ("SECRET_KEY", "TOKEN_KEY", "INDEX_KEY", "FIELD_KEY", "SIGNING_KEY", "SMS_HOOK_SECRET")
SHORTEST_KEY = 32  # characters
_DEFAULTS = ("change", "default", "example", "password", "replace", "secret", "thisis")


class ConfigurationError(SystemExit):
    """The portal must not start; one sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(["The portal does not start:", *[f"- {p}" for p in problems]]))


def default_data_dir() -> Path:
    """`var/` in the checkout; for root a folder under /var/lib that belongs to this checkout."""
    if os.getuid() != 0:
        return CHECKOUT / "var"
    return Path("/var/lib/sajili") / hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:8]


class Settings(BaseSettings):
    """Everything that differs between a laptop, a test and the ministry's servers."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    app_env: Literal["local", "test", "production"] = "local"
    flask_debug: bool = False
    now: AwareDatetime | None = None
    """Freezes office time; local and test only."""

    database_url: str | None = None
    database_owner_url: str | None = None
    data_dir: Path = Field(default_factory=default_data_dir)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535)
    workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=1, le=256)
    blocking_threads: int = 1
    queue_workers: int = Field(default_factory=lambda: min(4, os.cpu_count() or 1), ge=0, le=64)
    """Processes beside the server that run the queue's jobs; 0 where they run elsewhere."""
    workers_lifetime: int = Field(default=3600, ge=60)
    """Seconds after which a worker is replaced by a fresh one."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    edge_host: str = "127.0.0.1"
    edge_port: int = Field(default=8081, ge=1, le=65535)
    edge_tls_cert: Path | None = None
    edge_tls_key: Path | None = None
    """The public edge of the results listens apart from the portal, with its own certificate."""
    edge_nodes: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses of the edge's nodes on other machines, which are asked what they answered."""
    trusted_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    proxy_hops: int = Field(default=0, ge=0, le=5)
    """How many proxies of ours stand before the portal and set forwarding headers."""

    secret_key: SecretStr | None = None
    token_key: SecretStr | None = None
    index_key: SecretStr | None = None
    field_key: SecretStr | None = None
    signing_key: SecretStr | None = None
    sms_hook_secret: SecretStr | None = None
    metrics_token: SecretStr | None = None
    sms_gateway: Literal["outbox", "africastalking"] = "outbox"
    africastalking_username: str | None = None
    africastalking_api_key: SecretStr | None = None
    africastalking_url: str = "https://api.africastalking.com"
    sms_sender: str | None = Field(default=None, max_length=15)
    """The name or short code that messages come from; the gateway's own where it is missing."""
    sms_short_code: str = Field(default="22262", pattern=r"^[0-9]{3,8}$")
    """Where officers text PASSWORD to."""

    @field_validator("trusted_hosts", "edge_nodes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(host.strip() for host in value.split(",") if host.strip())
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _speak_psycopg(cls, value: str | None) -> str | None:
        return value and _psycopg_url(value)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def debug(self) -> bool:
        return self.flask_debug

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    def key(self, name: str) -> str:
        """The plain text of one of `KEYS`."""
        value: SecretStr | None = getattr(self, name.lower())
        if value is None:
            raise ConfigurationError([f"{name} is missing."])
        return value.get_secret_value()

    def with_local_keys(self) -> Self:
        """The same settings, each missing key read from `data_dir`/keys or made there once."""
        missing = [name for name in KEYS if getattr(self, name.lower()) is None]
        made = {name.lower(): SecretStr(_local_key(self.data_dir, name)) for name in missing}
        return self.model_copy(update=made)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the process's environment, or from a given one.

    Creates the missing keys of a local or test portal. Raises ConfigurationError with every
    reason why the portal must not start.
    """
    try:
        settings = Settings() if environment is None else _given(environment)
    except ValidationError as error:
        raise ConfigurationError([_sentence(detail) for detail in error.errors()]) from None
    if problems := faults(settings):
        raise ConfigurationError(problems)
    return settings if settings.is_production else settings.with_local_keys()


def faults(settings: Settings) -> list[str]:
    """Every reason why a portal with these settings must not start."""
    found = [*_server_faults(settings), *_database_faults(settings), *_key_faults(settings)]
    found += _gateway_faults(settings)
    return found + (_production_faults(settings) if settings.is_production else [])


def _server_faults(settings: Settings) -> list[str]:
    found = []
    if settings.blocking_threads != 1:
        found.append(
            "BLOCKING_THREADS must be 1: the framework keeps one user's filters where another "
            "thread would read them. Use more WORKERS instead."
        )
    if (settings.tls_cert is None) != (settings.tls_key is None):
        found.append("TLS_CERT and TLS_KEY belong together: set both or neither.")
    if (settings.edge_tls_cert is None) != (settings.edge_tls_key is None):
        found.append("EDGE_TLS_CERT and EDGE_TLS_KEY belong together: set both or neither.")
    for name in ("tls_cert", "tls_key", "edge_tls_cert", "edge_tls_key"):
        path = getattr(settings, name)
        if path is not None and not path.is_file():
            found.append(f"{name.upper()} names {path}, which is not a file.")
    return found + [
        f"EDGE_NODES names {address}: write https://host, or http:// for a private network's address."
        for address in settings.edge_nodes
        if not _is_node(address)
    ]


def _is_node(address: str) -> bool:
    """Whether a node may be asked there: the token that is shown to it never crosses an open net."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
        if not host or parts.path or parts.query or parts.fragment or parts.username:
            return False
        return parts.scheme == "https" or (
            parts.scheme == "http" and (host == "localhost" or ip_address(host).is_private)
        )
    except ValueError:
        return False


def _gateway_faults(settings: Settings) -> list[str]:
    if settings.sms_gateway != "africastalking":
        return []
    found = [
        f"{name} is missing: SMS_GATEWAY=africastalking sends with it."
        for name in ("AFRICASTALKING_USERNAME", "AFRICASTALKING_API_KEY")
        if not getattr(settings, name.lower())
    ]
    if not _is_safe_address(settings.africastalking_url, at_home=not settings.is_production):
        found.append("AFRICASTALKING_URL must be an https address.")
    return found


def _is_safe_address(value: str, *, at_home: bool) -> bool:
    try:
        address = urlsplit(value)
        host = address.hostname
    except ValueError:
        return False
    this_machine = at_home and host in ("localhost", "127.0.0.1", "::1")
    return bool(host) and (address.scheme == "https" or this_machine)


def _database_faults(settings: Settings) -> list[str]:
    if not settings.database_url or not settings.database_owner_url:
        return []
    application, owner = make_url(settings.database_url), make_url(settings.database_owner_url)
    if application.username == owner.username:
        return [
            "DATABASE_URL and DATABASE_OWNER_URL sign in as the same role: the portal must use "
            "one that owns no table, or row-level security protects nothing."
        ]
    if _place(application) != _place(owner):
        return ["DATABASE_URL and DATABASE_OWNER_URL name different databases."]
    return []


def _place(url: URL) -> tuple[object, ...]:
    return url.host or url.query.get("host"), url.port or 5432, url.database


def _key_faults(settings: Settings) -> list[str]:
    found = []
    names_by_value: dict[str, list[str]] = {}
    for name in (*KEYS, "METRICS_TOKEN"):
        value: SecretStr | None = getattr(settings, name.lower())
        if value is None:
            continue
        plain = value.get_secret_value()
        names_by_value.setdefault(plain, []).append(name)
        if len(plain) < SHORTEST_KEY:
            found.append(f"{name} is shorter than {SHORTEST_KEY} characters.")
        elif _looks_default(plain):
            found.append(f"{name} looks like an example: make a random one.")
    for names in names_by_value.values():
        if len(names) > 1:
            found.append(f"{' and '.join(names)} are the same: each needs a value of its own.")
    return found


def _looks_default(plain: str) -> bool:
    lowered = plain.lower().replace("-", "").replace("_", "").replace(" ", "")
    return len(set(plain)) < 10 or any(word in lowered for word in _DEFAULTS)


def _production_faults(settings: Settings) -> list[str]:
    missing = [name for name in KEYS if getattr(settings, name.lower()) is None]
    found = [f"{name} is missing: production makes no keys of its own." for name in missing]
    if not settings.database_url:
        found.append("DATABASE_URL is missing: production uses a PostgreSQL server of its own.")
    if settings.flask_debug:
        found.append("FLASK_DEBUG must be off in production.")
    if not settings.trusted_hosts or "*" in settings.trusted_hosts:
        found.append("TRUSTED_HOSTS is missing: name the hosts that the portal answers to.")
    if settings.now is not None:
        found.append("NOW freezes office time and is refused in production.")
    return found


def _psycopg_url(value: str) -> str:
    """The same address for psycopg 3, whichever way PostgreSQL is spelled."""
    try:
        url = make_url(value)
    except ArgumentError:
        raise ValueError("is not a database address such as postgresql://host/name") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("must name a PostgreSQL database: no other is supported")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class _Given(Settings):
    """Settings that look at nothing but what they are given."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def _given(environment: Mapping[str, str]) -> Settings:
    named = {name: environment.get(name.upper()) for name in Settings.model_fields}
    return _Given.model_validate({name: value for name, value in named.items() if value})


def _sentence(detail: Mapping[str, object]) -> str:
    """A pydantic error without the value, which may be a secret."""
    place = detail["loc"]
    name = str(place[0]).upper() if isinstance(place, tuple) and place else "The environment"
    return f"{name}: {str(detail['msg']).removeprefix('Value error, ')}."


def _local_key(data_dir: Path, name: str) -> str:
    """A key kept in a file of mode 0600; several processes may ask for it at once."""
    folder = data_dir / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name.lower()
    if not path.exists():
        unfinished = folder / f".{name.lower()}.{os.getpid()}"
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
        unfinished.unlink()
    return path.read_text()
