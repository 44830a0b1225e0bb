"""Gateways to the telephone networks behind one interface: a text goes in, a receipt comes out.

A receipt says what is known of the message's fate. Only what certainly never reached the network
may be tried again freely; an answer that was lost leaves the message in doubt.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    SSLError,
)

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 20.0
LARGEST_ANSWER = 64 * 1024
LIVE_URL = "https://api.africastalking.com"

ACCEPTED_CODES = frozenset({100, 101, 102})
"""Processed, sent, queued (Africa's Talking, "Sending SMS": status codes)."""
PASSING_CODES = frozenset({401, 405, 500, 501})
"""Risk hold, insufficient balance, internal and gateway errors: not sent, worth another try."""
LOST_ANSWERS = frozenset({408, 502, 504})
"""HTTP statuses by which a proxy says that it did not hear what the gateway did."""
REFUSALS = frozenset({400, 401, 403, 404, 405, 413, 415, 422})
"""HTTP statuses that say the request itself is wrong; a wrong key is mended by us, so 401 passes."""


class Fate(StrEnum):
    """What is known after one try."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one try; the cost in Kenya cents where the gateway said it."""

    fate: Fate
    gateway_id: str | None = None
    cost_cents: int | None = None
    reason: str | None = None


class Gateway(Protocol):
    """A way to the networks. `send` never raises: whatever happens is a receipt."""

    @property
    def name(self) -> str:
        """What is stored with each message that went this way."""
        ...

    def send(self, to: str, text: str, *, kind: str) -> Receipt:
        """Hands one message over; `to` is 254 and nine digits."""
        ...


@dataclass(frozen=True)
class Outbox:
    """The local gateway: the outbox itself is where messages are read. Costs nothing.

    `say` receives one line for each message, for whoever watches the launcher.
    """

    say: Callable[[str], object] | None = None
    name: str = "outbox"

    def send(self, to: str, text: str, *, kind: str) -> Receipt:
        """Accepts the message at once."""
        if self.say is not None:
            self.say(f"SMS to {to} [{kind}]: {' '.join(text.split())}")
        return Receipt(Fate.ACCEPTED, cost_cents=0)


class AfricasTalking:
    """Africa's Talking's bulk messaging: POST /version1/messaging, one recipient a request.

    The call knows no idempotency key, so nothing is repeated here: no retry, no redirect.
    """

    name = "africastalking"

    def __init__(
        self,
        *,
        username: str,
        api_key: str,
        url: str = LIVE_URL,
        sender: str | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._address = url.rstrip("/") + "/version1/messaging"
        self._username, self._sender = username, sender
        self._headers = {
            "apiKey": api_key,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._pool = urllib3.PoolManager(
            maxsize=8,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=answer_seconds),
            retries=False,
        )

    def __repr__(self) -> str:
        return f"AfricasTalking({urlsplit(self._address).hostname})"

    def send(self, to: str, text: str, *, kind: str) -> Receipt:
        """One request for one recipient; `kind` is ours alone and not told."""
        del kind
        form = {"username": self._username, "to": f"+{to}", "message": text, "enqueue": "1"}
        if self._sender:
            form["from"] = self._sender
        try:
            status, answer = self._post(urlencode(form))
        except (ConnectTimeoutError, NewConnectionError, LocationParseError) as error:
            return Receipt(Fate.NOT_SENT, reason=f"connection:{type(error).__name__}")
        except SSLError as error:
            return _after_ssl(error)
        except (HTTPError, OSError, ValueError) as error:
            return Receipt(Fate.IN_DOUBT, reason=f"no-answer:{type(error).__name__}")
        return receipt_of(status, answer)

    def _post(self, body: str) -> tuple[int, bytes]:
        response = self._pool.request(
            "POST",
            self._address,
            body=body,
            headers=self._headers,
            redirect=False,
            preload_content=False,
        )
        try:
            return response.status, response.read(LARGEST_ANSWER)
        finally:
            response.release_conn()


def _after_ssl(error: SSLError) -> Receipt:
    """A certificate is looked at before anything is said; any other fault may come after."""
    before = isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError)
    fate = Fate.NOT_SENT if before else Fate.IN_DOUBT
    return Receipt(fate, reason="connection:certificate" if before else "no-answer:SSLError")


def receipt_of(status: int, answer: bytes) -> Receipt:
    """What an answer of Africa's Talking says about the one recipient.

    A whole answer with an error status is the gateway's own word that it did not take the message.
    """
    if status in LOST_ANSWERS:
        return Receipt(Fate.IN_DOUBT, reason=f"http:{status}")
    if status not in (200, 201):
        refused = status in REFUSALS and status != 401
        return Receipt(Fate.REFUSED if refused else Fate.NOT_SENT, reason=f"http:{status}")
    try:
        data = json.loads(answer)["SMSMessageData"]
        recipients, said = data["Recipients"], str(data.get("Message", ""))
        first = recipients[0] if recipients else None
        return _of_recipient(first) if first is not None else _of_nobody(said)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Receipt(Fate.IN_DOUBT, reason="answer-unreadable")


def _of_nobody(said: str) -> Receipt:
    """No recipient was taken: the message says why in one word, such as InvalidSenderId."""
    return Receipt(Fate.REFUSED, reason=_code(said) or "no-recipient")


def _of_recipient(recipient: Mapping[str, Any]) -> Receipt:
    code, words = int(recipient["statusCode"]), _code(str(recipient.get("status", "")))
    if code in ACCEPTED_CODES:
        found = str(recipient.get("messageId") or "")[:100]
        known = found if found and found != "None" else None
        return Receipt(Fate.ACCEPTED, known, cents_of(str(recipient.get("cost", ""))))
    fate = Fate.NOT_SENT if code in PASSING_CODES else Fate.REFUSED
    return Receipt(fate, reason=f"gateway:{code}:{words}")


def cents_of(cost: str) -> int | None:
    """A cost such as ``KES 0.8000`` in Kenya cents, rounded up; None for another currency."""
    found = re.fullmatch(r"\s*KES\s*([0-9]{1,6}(?:\.[0-9]{1,8})?)\s*", cost)
    return None if found is None else ceil(Decimal(found[1]) * 100)


def _code(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "", words)[:40]
