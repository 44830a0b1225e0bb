"""While people ask, everything changes: each answer is wholly old or wholly new, and none is missing."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import lmdb
import pytest

from app.results.documents import record_of
from app.results.enums import Grade
from app.results.ledger import follow, ledger_of
from app.results.publishing import store_name
from app.results.sealing import Seal
from deploy import edge_changes_under_load as under_load
from deploy.edge_changes_under_load import KEYS, RELEASES, SIGNER, Office, Outcome
from tests.results.nodes import has_nginx

CANDIDATES = 6_000
"""So many that a store is over ten megabytes, which LMDB gives a reader without being asked."""
SLOW_DAY = 10.0
"""Seconds that a change may take where other tests run beside; the program itself allows two."""


def rehearsed(folder: Path, kinds: list[str], seconds: float, office: Any = Office) -> Outcome:
    if not has_nginx():
        pytest.skip("NO NGINX WITH LUA FOUND: changes under load are not tested")
    folder.chmod(0o755)
    return under_load.rehearsed(folder, kinds, number=CANDIDATES, seconds=seconds, office=office)


def test_every_change_is_whole_on_both_edges_and_through_the_balancer(tmp_path: Path) -> None:
    outcome = rehearsed(tmp_path, ["python", "nginx", "python"], 8)
    assert outcome.faults(SLOW_DAY) == []
    assert list(outcome.changes) == [
        "notice", "corrections", "withdrawals", "next release", "corrections of it",
    ]  # fmt: skip
    assert min(one.answers for one in outcome.heard) > 100


class Mixing(Office):
    """One record of the next release has one subject's grade of the release before."""

    def __init__(self, work: Path, number: int, nodes: int) -> None:
        super().__init__(work, number, nodes)
        who = 33
        right, before = under_load.result(who, 2, 1), under_load.result(who, 1, 1)
        mixed = replace(right, subjects=[before.subjects[0], *right.subjects[1:]])
        index = right.index_number.encode()
        sealed = Seal(KEYS[2]).seal(index, 1, record_of(mixed, RELEASES[2]))
        for folder in self.folders:
            env = lmdb.open(str(folder / store_name(RELEASES[2])), map_size=2**30)
            with env.begin(write=True) as transaction:
                transaction.put(index, sealed)
            env.close()


class Signless(Office):
    """A correction whose mean grade loses its sign on the way."""

    def correct(self, what: str, results: Any, release: int) -> None:
        lost = [replace(one, mean_grade=Grade(one.mean_grade[0])) for one in results]
        super().correct(what, lost, release)


class InTwoSteps(Office):
    """The switch has a middle: first the store, then its key."""

    def turn(self, what: str, **changes: Any) -> None:
        if "store" in changes:
            super().turn(f"{what}, first half", store=changes["store"])
            time.sleep(0.6)
        super().turn(what, **changes)


class Forgetful(Office):
    """The last node hears of no correction of the next release."""

    def correct(self, what: str, results: Any, release: int) -> None:
        forgotten = [self.folders.pop()] if release == 2 else []
        super().correct(what, results, release)
        self.folders += forgotten


class GoingBack(Office):
    """The release before comes back for a moment after the switch."""

    def turn(self, what: str, **changes: Any) -> None:
        before = self.control
        super().turn(what, **changes)
        if "store" in changes:
            time.sleep(0.6)
            super().turn("back", store=before.store, key=before.key)
            time.sleep(0.6)
            super().turn("forth", **changes)
            self.changes = [one for one in self.changes if one[0] not in {"back", "forth"}]


@pytest.mark.parametrize(
    ("office", "fault"),
    [
        (Mixing, "mixed: release 2, version 1: 101"),
        (Signless, "mixed: release 1, version 2: mean_grade"),
        (InTwoSteps, "missing: 503"),
        (Forgetful, "never saw (2, 2)"),
        (GoingBack, "older than the answer before, on one connection"),
    ],
)
def test_what_must_not_be_would_be_found(tmp_path: Path, office: type[Office], fault: str) -> None:
    faults = rehearsed(tmp_path, ["python", "nginx"], 5, office).faults(SLOW_DAY)
    assert any(fault in one for one in faults), faults


def test_a_node_follows_the_ledger_twice_without_harm(tmp_path: Path) -> None:
    office = Office(tmp_path, 50, 1)
    office.correct("corrections", [under_load.result(one, 1, 2) for one in range(10)], 1)
    store = office.folders[0] / store_name(RELEASES[1])
    assert follow(store, ledger_of(store), SIGNER.public_key()) == 0
