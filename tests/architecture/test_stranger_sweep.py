"""Nobody who is not signed in gets anything but what the public may see: walked from the map."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import world
from tests.factories.addresses import place, targets, text_of

PUBLIC = {
    "/login/",
    "/account/create/",
    "/account/forgot/",
    "/account/forgot/code/",
    "/account/number/lost/",
    "/account/number/lost/codes/",
    "/help/",
    "/privacy/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/static/<path:filename>",
    "/static/appbuilder/<path:filename>",
    "/api/v1/security/login",
    "/verify/",
    "/verify/<string:code>",
    "/verify/key.pem",
    "/verify/ended.txt",
    "/VERIFY/<string:code>",
}
"""What strangers may open, each by decision; /metrics only from this machine."""

SAFE_REDIRECTS = ("/login/", "http://localhost/login/")


def test_strangers_are_sent_to_the_sign_in_or_refused(
    app: Flask, session: Session, client: Any
) -> None:
    let_in = []
    for target in targets(app, place(session, world.CENTRE)):
        if target.rule in PUBLIC or target.rule.startswith("/lang/"):
            continue
        answer = client.open(target.address, method=target.method)
        to_sign_in = answer.status_code in (301, 302, 303, 307, 308) and (
            answer.headers["Location"].startswith(SAFE_REDIRECTS)
        )
        if not to_sign_in and answer.status_code not in (400, 401, 403, 404, 405):
            let_in.append(f"{target}: {answer.status_code}")
    assert let_in == []


def test_no_answer_to_a_stranger_names_anybody(app: Flask, session: Session, client: Any) -> None:
    here = place(session, world.CENTRE)
    told = [
        f"{target}: {word}"
        for target in targets(app, here)
        if target.method == "GET"
        for body in [text_of(client.get(target.address))]
        for word in here.words
        if word in body and word not in target.address
    ]
    assert told == []


def test_sweep_would_notice_an_open_page(app: Flask, session: Session, client_of: Any) -> None:
    """Positive control: for somebody signed in, many of the same addresses do answer."""
    director = client_of("tsc.kisumu-east")
    answered = [
        target
        for target in targets(app, place(session, world.CENTRE))
        if target.method == "GET" and director.get(target.address).status_code == 200
    ]
    assert len(answered) > 20


@pytest.mark.parametrize("rule", sorted(PUBLIC))
def test_public_addresses_exist(app: Flask, rule: str) -> None:
    assert rule in {known.rule for known in app.url_map.iter_rules()}
