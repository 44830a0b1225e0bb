"""Sessions held on the server: a cookie or token is a secret whose row says whether it still counts.

Times here are real time, whatever the office clock says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import joinedload

from app import clock
from app.access.models import SignInSession, User
from app.extensions import Model

PAGE, TOKEN = "page", "token"
IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=12)
AFTER_SEASON = dt.timedelta(days=14)
LONGEST_SEASON = dt.timedelta(days=180)
SEEN_EVERY = dt.timedelta(minutes=1)
KEPT_AFTER_END = dt.timedelta(days=30)

_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """The account behind a secret, and the session that says so."""

    user: Any
    session_id: str
    is_due: bool
    """Whether the session was last noted as seen more than a minute ago."""


def id_of(secret: str) -> str:
    """The stored name of a secret, from which it cannot be told."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(
    session: Any,
    user: Any,
    *,
    device: str,
    kind: str = PAGE,
    secret: str | None = None,
    season_long: bool = False,
) -> str:
    """Stores a new session of the account and returns its secret.

    It ends after 12 hours at most and when idle for 30 minutes; a season-long one with the
    season. Forgets the account's sessions that ended more than a month ago.
    """
    secret = secret or secrets.token_urlsafe(32)
    now = clock.real_now()
    session.add(
        SignInSession(
            id=id_of(secret),
            user_id=user.id,
            kind=kind,
            epoch=user.session_epoch,
            season_long=season_long,
            device=device[:80],
            created_at=now,
            last_seen_at=now,
            expires_at=now + (_rest_of_season(session) if season_long else LONGEST),
        )
    )
    session.execute(
        delete(SignInSession).where(
            SignInSession.user_id == user.id, SignInSession.expires_at < now - KEPT_AFTER_END
        )
    )
    session.flush()
    return secret


def find(session: Any, secret: str, kind: str) -> Found | None:
    """The account of a secret, its roles loaded, in one query; None when it no longer counts.

    It counts while the row is open, in time and not idle, the account active, and the account's
    epoch still the one at sign-in.
    """
    now = clock.real_now()
    found = (
        session.execute(
            select(User, SignInSession.id, SignInSession.last_seen_at)
            .join(SignInSession, SignInSession.user_id == User.id)
            .options(joinedload(User.roles))
            .where(
                SignInSession.id == id_of(secret),
                SignInSession.kind == kind,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > now,
                or_(
                    SignInSession.season_long,
                    SignInSession.kind == TOKEN,
                    SignInSession.last_seen_at > now - IDLE,
                ),
                SignInSession.epoch == User.session_epoch,
                User.active,
            )
        )
        .unique()
        .first()
    )
    if found is None:
        return None
    user, session_id, last_seen_at = found
    return Found(user, session_id, last_seen_at < now - SEEN_EVERY)


def note_seen(session: Any, session_id: str) -> None:
    """Stores that the session was used just now."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id)
        .values(last_seen_at=clock.real_now())
        .execution_options(synchronize_session=False)
    )


def end_session(session: Any, session_id: str, *, user_id: int | None = None) -> bool:
    """Ends one session, of that account where one is given; False when there is no such one."""
    ending = update(SignInSession).where(
        SignInSession.id == session_id, SignInSession.ended_at.is_(None)
    )
    if user_id is not None:
        ending = ending.where(SignInSession.user_id == user_id)
    ended = session.execute(
        ending.values(ended_at=clock.real_now()).execution_options(synchronize_session=False)
    )
    return bool(ended.rowcount)


def end_all(session: Any, user_id: int, *, besides: str | None = None) -> None:
    """Ends every page and token of an account, the one named excepted.

    Without an exception the account's epoch moves on too, so that nothing issued before counts.
    """
    ending = update(SignInSession).where(
        SignInSession.user_id == user_id, SignInSession.ended_at.is_(None)
    )
    if besides is not None:
        ending = ending.where(SignInSession.id != besides)
    else:
        user: Any = session.get(User, user_id)
        user.session_epoch = user.session_epoch + 1
        session.flush()
    session.execute(
        ending.values(ended_at=clock.real_now()).execution_options(synchronize_session=False)
    )


def sessions_of(session: Any, user_id: int) -> list[SignInSession]:
    """The account's sessions that still count, the one used last first."""
    now = clock.real_now()
    return list(
        session.scalars(
            select(SignInSession)
            .join(User, User.id == SignInSession.user_id)
            .where(
                SignInSession.user_id == user_id,
                SignInSession.ended_at.is_(None),
                SignInSession.expires_at > now,
                or_(
                    SignInSession.season_long,
                    SignInSession.kind == TOKEN,
                    SignInSession.last_seen_at > now - IDLE,
                ),
                SignInSession.epoch == User.session_epoch,
            )
            .order_by(SignInSession.last_seen_at.desc(), SignInSession.id)
        )
    )


def device_words(user_agent: str) -> str:
    """A browser as people name it: "Chrome on Android"; nothing more of it is kept."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for name in _SYSTEMS if name in user_agent), "")
    if browser and system:
        return f"{browser} on {system.replace('Mac OS X', 'Mac').replace('CrOS', 'Chromebook')}"
    word = re.match(r"[A-Za-z][A-Za-z0-9_-]{0,29}", user_agent)
    return browser or system or (word.group() if word else "A device")


def _rest_of_season(session: Any) -> dt.timedelta:
    """Real time until two weeks after the last day of the series in hand; 12 hours without one."""
    series = Model.metadata.tables["series"]
    last = session.execute(
        select(series.c.ends_on)
        .where(series.c.status != "finished", series.c.ends_on >= clock.today())
        .order_by(series.c.ends_on)
    ).scalars()
    days = [day - clock.today() for day in last]
    running = [rest for rest in days if rest <= LONGEST_SEASON]
    return max(running) + AFTER_SEASON if running else LONGEST
