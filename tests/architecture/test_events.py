"""Every service that opens a transaction writes an event in it, or is listed with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from config import CHECKOUT

OPENS = {"unit_of_work", "in_one_transaction"}
WRITES_EVENT = frozenset({"record", "record_all"})

WITHOUT_EVENT = {
    "app/access/limits.py:count_try": "attempts are counted; the log says who guessed",
    "app/access/limits.py:count_ask": "wishes are counted; what comes of them has its event",
    "app/access/codes.py:is_right": "tries are counted; a reset or a move has its event",
    "app/access/services.py:sign_in": "sessions are rows of their own, and the log notes them",
    "app/access/services.py:issue_token": "sessions are rows of their own, and the log notes them",
    "app/access/services.py:sign_out": "sessions are rows of their own, and the log notes them",
    "app/access/services.py:end_own_session": "a device signed out, by its own holder",
    "app/access/services.py:end_other_sessions": "devices signed out, by their own holder",
    "app/access/services.py:end_sessions": "part of acts that have their event",
    "app/notices/services.py:put_away": "a notice seen, by its own reader",
    "app/access/services.py:choose_language": "how the screen reads, nothing of the trade",
    "app/messages/services/incoming.py:receive": "what somebody texted is a row of its own",
    "app/messages/services/incoming.py:_count_failure": "what somebody texted is a row of its own",
    "app/people/services/identity.py:give_numbers": "part of a saved profile, which has its event",
    "app/access/limits.py:count_check": "guesses are counted; the log says who guessed",
    "app/messages/services/deliveries.py:note_delivery": "a report of the network is a row of its own",
    "app/messages/services/incoming.py:answer_inbound": "the answer to a keyword writes its own event",
    "app/messages/services/sending.py:_claim": "what becomes of a message is written on its own row",
    "app/messages/services/sending.py:send_due": "what becomes of a message is written on its own row",
    "app/messages/services/tending.py:tend": "what becomes of a message is written on its own row",
    "app/procedures/notices.py:sms_plan": "a question: nothing is changed",
    "app/procedures/officer_accounts.py:tell_added": "each message is a row; the import has its event",
    "app/results/services/proving.py:count_release": "counts follow from changes, which have theirs",
    "app/results/services/edge_words.py:say": "what stands on the edge follows from notices and contacts, which have theirs",
    "app/results/services/nodes.py:hear_nodes": "what a node told is a row of its own",
    "app/procedures/publication.py:preview": "a question: nothing is changed",
    "app/proposals/services/solving.py:solve_proposal": "the outcome is the proposal's own row; asking has its event",
}
"""Services that open a transaction without an event, each with its reason."""


def services() -> Iterator[Path]:
    for path in sorted((CHECKOUT / "app").rglob("*.py")):
        parts = path.relative_to(CHECKOUT / "app").parts
        if parts[0] not in {"demo", "db", "migrations", "tasks.py", "worker.py"}:
            yield path


def names_used(node: ast.FunctionDef) -> set[str]:
    """What a function calls or hands on, by its last name; its own variables are not meant."""
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    own = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    own |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    of_modules = {
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and one.value.id not in own
    }
    return ({one.id for one in names} - own) | of_modules


def without_event(sources: dict[str, str]) -> set[str]:
    """The functions that open a transaction and reach no event, followed through their calls."""
    uses: dict[str, set[str]] = {}
    openers: dict[str, set[str]] = {}
    for place, source in sources.items():
        for one in ast.parse(source).body:
            if isinstance(one, ast.FunctionDef):
                found = {_known_as(name, place) for name in names_used(one)}
                name = _known_as(one.name, place)
                uses[name] = uses.get(name, set()) | found
                if found & OPENS:
                    openers[f"{place}:{one.name}"] = found
    return {name for name, found in openers.items() if not _reaches(found, uses)}


def _known_as(name: str, place: str) -> str:
    """A private name is its module's own."""
    return f"{place}:{name}" if name.startswith("_") else name


def _reaches(found: set[str], uses: dict[str, set[str]]) -> bool:
    """Whether an event is written by these names or by what they use in turn."""
    seen, ahead = set(found), list(found)
    while ahead:
        for name in uses.get(ahead.pop(), ()):
            if name not in seen:
                seen.add(name)
                ahead.append(name)
    return bool(WRITES_EVENT & seen)


def test_every_transaction_of_a_service_writes_an_event() -> None:
    sources = {
        path.relative_to(CHECKOUT).as_posix(): path.read_text(encoding="utf-8")
        for path in services()
    }
    assert without_event(sources) == set(WITHOUT_EVENT)


def test_service_without_an_event_would_be_noticed() -> None:
    silent = "def pay(session):\n    with unit_of_work(session):\n        change(session)\n"
    change = "def change(session):\n    session.add(1)\n"
    assert without_event({"a.py": silent, "b.py": change}) == {"a.py:pay"}
    noted = change.replace("session.add(1)", "record(session)")
    assert without_event({"a.py": silent, "b.py": noted}) == set()
