"""Results by telephone in tests: a release with its channels on, a telephone, and what it receives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from app.db.vault import vault_of
from app.extensions import db
from app.messages.models import Message
from app.messages.services.outbox import BODY
from app.results import by_phone, services
from app.results.edge import Edge
from app.results.enums import Channel
from app.results.models import ResultRelease
from app.scoping.guard import scoped_as
from tests.factories import results as made

SENDER = "254712000222"
_ids = count(1)


def switched(release: ResultRelease, channel: Channel, *, on: bool = True) -> None:
    """The approver switches a channel."""
    who = made.approver()
    with scoped_as(db.session, who.scope):
        services.switch_channel(
            who.scope, who.actor, release.id, channel, on=on, reason="Tried in a county."
        )


@dataclass
class Phones:
    """The gateway's side of the portal, over the edge that reads a folder."""

    client: Any
    secret: str
    edge: Edge

    def text(self, words: str, *, number: str = SENDER, key: str = "") -> list[str]:
        """Sends a text message in; every message that its number has been sent so far."""
        form = {"from": f"+{number}", "to": "22262", "text": words, "id": key or f"in-{next(_ids)}"}
        assert self.client.post(f"/hooks/sms/inbound/{self.secret}", data=form).status_code == 200
        return bodies_to(number)

    def answer(self, words: str, **more: str) -> str:
        """The one message that answers a text message."""
        number = more.get("number", SENDER)
        before = len(bodies_to(number))
        [found] = self.text(words, **more)[before:]
        return found

    def dial(self, typed: str, *, number: str = SENDER, session: str = "") -> str:
        """One step of a USSD session; what the telephone shows."""
        form = {
            "sessionId": session or f"session-{next(_ids)}",
            "serviceCode": "*222#",
            "phoneNumber": f"+{number}",
            "networkCode": "63902",
            "text": typed,
        }
        answer = self.client.post(f"/hooks/ussd/{self.secret}", data=form)
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))

    def json(self, index: str, name: str) -> dict[str, Any]:
        """The public answer for programs, from the same edge."""
        return dict(json.loads(self._asked(index, name, "application/json")))

    def page(self, index: str, name: str, language: str = "en") -> str:
        """The public page, from the same edge."""
        return self._asked(index, name, "text/html", language)

    def _asked(self, index: str, name: str, kind: str, language: str = "en") -> str:
        query = urlencode({"index": index, "name": name, "lang": language})
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/results/",
            "QUERY_STRING": query,
            "HTTP_ACCEPT": kind,
            "REMOTE_ADDR": "192.0.2.7",
        }
        return b"".join(self.edge(environ, lambda *_: None)).decode()


def bodies_to(number: str) -> list[str]:
    """The words of every message to a number that was not withheld, the oldest first."""
    db.session.expire_all()
    rows = db.session.scalars(
        select(Message)
        .where(Message.number == number, Message.state != "withheld")
        .order_by(Message.id)
    )
    vault = vault_of(db.session)
    return [vault.unseal(one.body, context=BODY) for one in rows if one.body]


@contextmanager
def phones(client: Any, secret: str, folder: Path) -> Iterator[Phones]:
    """Telephones over an edge of this process, as a server of the portal has one."""
    edge = Edge(folder)
    by_phone.configure(by_phone.Store(folder, edge.look))
    try:
        yield Phones(client, secret, edge)
    finally:
        by_phone.configure(None)
