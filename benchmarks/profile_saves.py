"""Profile saves per second and p95 in several processes, against the bare UPDATE of the same row.

`python -m benchmarks.profile_saves` makes a database of its own on the bundled server of DATA_DIR
with the small demonstration, drops it afterwards, prints a table and writes
`var/bench/profile_saves.json`. It changes nothing of the portal's own data.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app import clock, factory
from app.access.models import User
from app.db.uow import unit_of_work
from app.extensions import db
from app.people.enums import ProfileGroup
from app.people.services.profiles import save_step
from app.scoping.guard import enter_scope
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, Scope, system_scope
from benchmarks import keep
from benchmarks.register_submit import own_database
from config import Settings, load_settings

PROCESSES = 4
SECONDS = 6.0
WARMING = 20
PEOPLE = text(
    "SELECT u.id FROM officer o JOIN ab_user u ON u.officer_id = o.id WHERE o.state = 'draft'"
    " OR o.state = 'submitted' ORDER BY o.id"
)
DRAFTS = text("UPDATE officer SET state = 'draft', flagged_field = NULL, flag_reason = NULL")
BARE = text(
    "UPDATE officer SET kin_name = :name, profile_version = profile_version + 1 WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class Who:
    """An officer who saves."""

    scope: Scope
    actor: Actor


def people() -> list[Who]:
    """The officers whose profiles are saved, with their own scope."""
    enter_scope(db.session, system_scope("bench"))
    found = []
    for user_id in db.session.scalars(PEOPLE).all():
        user = db.session.get(User, user_id)
        scope, roles = resolve(db.session, user, today=clock.today())
        actor = actor_for(user, roles, session_id="bench", request_id=str(uuid.uuid4()))
        found.append(Who(scope, actor))
    return found


def service(vault: Any) -> Callable[[Who, int], None]:
    """A save of the next of kin, each time with another name."""

    def save(who: Who, number: int) -> None:
        enter_scope(db.session, who.scope)
        typed = {"kin_name": [f"Atieno {spelled(number)}"]}
        save_step(who.scope, who.actor, ProfileGroup.KIN, typed, version=2**30, vault=vault)

    return save


def bare(who: Who, number: int) -> None:
    """The one statement that such a save cannot do without, in a transaction of its own."""
    enter_scope(db.session, who.scope)
    with unit_of_work(db.session) as session:
        session.execute(BARE, {"name": f"Atieno {spelled(number)}", "id": who.actor.officer_id})


def spelled(number: int) -> str:
    """A number in letters: a name holds no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).title()


def work(settings: Settings, which: str, share: int, results: Any) -> None:
    """One process: saves for some seconds its own share of the people, and tells how long each took."""
    logging.disable(logging.INFO)
    flask_app = factory.build_app(settings)
    with flask_app.app_context():
        mine = people()[share::PROCESSES]
        act = bare if which == "bare" else service(flask_app.extensions["vault"])
        for number in range(WARMING):
            act(mine[number % len(mine)], number)
        times, until = [], time.perf_counter() + SECONDS
        while (began := time.perf_counter()) < until:
            number = len(times) + WARMING
            act(mine[number % len(mine)], number)
            times.append((time.perf_counter() - began) * 1000)
        results.put(times)


def measured(settings: Settings, which: str) -> dict[str, float]:
    """Saves a second by all processes together, and the time under which 95 of 100 stay."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [
        context.Process(target=work, args=(settings, which, share, results))
        for share in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    times = sorted(one for _ in workers for one in results.get())
    for worker in workers:
        worker.join()
    return {
        "per_second": len(times) / SECONDS,
        "median_ms": times[len(times) // 2],
        "p95_ms": times[int(len(times) * 0.95)],
    }


def measure(settings: Settings) -> dict[str, Any]:
    """Both, in one run on one database."""
    flask_app = factory.build_app(settings)
    with flask_app.app_context():
        enter_scope(db.session, system_scope("bench"))
        with unit_of_work(db.session) as session:
            session.execute(DRAFTS)
        count = len(people())
        db.session.remove()
        db.engine.dispose()
    saves, plain = measured(settings, "service"), measured(settings, "bare")
    return {
        "processes": PROCESSES,
        "people": count,
        "save": saves,
        "bare_update": plain,
        "update_to_save": plain["per_second"] / saves["per_second"],
    }


def told(found: dict[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [f"Profile saves of {found['people']} drafts in {found['processes']} processes"]
    for name, label in (("save", "a step saved"), ("bare_update", "bare UPDATE")):
        one = found[name]
        lines.append(
            f"  {label:14}{one['per_second']:8.0f} a second   median {one['median_ms']:6.1f} ms"
            f"   p95 {one['p95_ms']:6.1f} ms"
        )
    return "\n".join([*lines, f"  ratio {found['update_to_save']:.1f}"])


def main() -> None:
    """Measures, prints and keeps the result; the log stays silent."""
    logging.disable(logging.INFO)
    with own_database(load_settings()) as settings:
        found = measure(settings)
    print(told(found))
    keep("profile_saves", found)


if __name__ == "__main__":
    main()
