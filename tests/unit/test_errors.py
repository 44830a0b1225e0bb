"""Refusals carry what a reader and a program need."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from app.attendance.enums import RegisterState
from app.errors import (
    Conflict,
    IllegalMove,
    NotAllowed,
    NotFound,
    NotSignedIn,
    PortalError,
    Problems,
    RuleBroken,
    TooMany,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (RuleBroken, 422),
        (IllegalMove, 409),
        (Conflict, 409),
        (NotFound, 404),
        (NotAllowed, 403),
        (NotSignedIn, 401),
        (TooMany, 429),
    ],
)
def test_kind_names_its_status(kind: type[PortalError], status: int) -> None:
    assert kind("code", "A sentence.").as_problem() == {
        "status": status,
        "code": "code",
        "title": "A sentence.",
    }


def test_facts_fill_the_sentence_in_either_language() -> None:
    error = RuleBroken("post-full", "%(role)s is full.", facts={"role": "Supervisor"})
    assert str(error) == "Supervisor is full."
    swahili = {"%(role)s is full.": "%(role)s imejaa."}
    assert error.as_problem(swahili.__getitem__)["title"] == "Supervisor imejaa."


def test_percent_sign_in_a_sentence_without_gaps_is_kept() -> None:
    error = RuleBroken("share", "A share is at most 100 %.", facts={"share": 120})
    assert str(error) == "A share is at most 100 %."


def test_facts_become_plain_json() -> None:
    facts = {
        "state": RegisterState.LOCKED,
        "day": date(2026, 11, 2),
        "at": datetime(2026, 11, 2, 6, tzinfo=UTC),
        "missing": (3, 1),
        "both": {"yours": {"mark": "late"}, "theirs": None},
        "roles": frozenset({"b", "a"}),
    }
    body = Conflict("stale", "Changed elsewhere.", field="version", facts=facts).as_problem()
    assert json.loads(json.dumps(body)) == {
        "status": 409,
        "code": "stale",
        "title": "Changed elsewhere.",
        "field": "version",
        "facts": {
            "state": "locked",
            "day": "2026-11-02",
            "at": "2026-11-02T06:00:00+00:00",
            "missing": [3, 1],
            "both": {"yours": {"mark": "late"}, "theirs": None},
            "roles": ["a", "b"],
        },
    }


def test_all_problems_of_a_form_are_raised_once() -> None:
    problems = Problems()
    problems.add("phone", "Type a Kenyan mobile number.", field="phone")
    problems.add("name", "Type at least %(n)s letters.", field="name", facts={"n": 2})
    assert len(problems) == 2
    with pytest.raises(RuleBroken) as refused:
        problems.refuse_if_any()
    assert refused.value.code == "phone"
    assert refused.value.as_problem()["problems"] == [
        {"code": "phone", "title": "Type a Kenyan mobile number.", "field": "phone"},
        {"code": "name", "title": "Type at least 2 letters.", "field": "name", "facts": {"n": 2}},
    ]


def test_form_without_problems_is_not_refused() -> None:
    problems = Problems()
    problems.refuse_if_any()
    assert not problems
