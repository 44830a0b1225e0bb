"""Tasks of the queue that need no file format: each calls one service with the ids of its job.

The worker opens the application's context and the scope of a named job around every task. A task
must be harmless when it runs twice: a job whose worker died is run again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import current_app

from app.extensions import db
from app.messages import services as messages
from app.people.services import lookalikes
from app.people.services.identity import LOOK_INTO
from app.privacy.services import retention
from app.procedures import notices
from app.proposals import services as proposals
from app.results import services as results

__all__ = ["Task", "Tasks", "register_tasks"]

Work = Callable[..., None]
_SOLVING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Task:
    """A named piece of work; `retries` after a failure, `cron` in UTC for one that recurs."""

    name: str
    work: Work
    retries: int = 0
    cron: str | None = None


@dataclass
class Tasks:
    """The tasks that a worker knows, by name."""

    by_name: dict[str, Task] = field(default_factory=dict)

    def task(
        self, name: str, *, retries: int = 0, cron: str | None = None
    ) -> Callable[[Work], Work]:
        """Registers the function below under a name. A recurring task takes no argument."""

        def registered(work: Work) -> Work:
            if name in self.by_name:
                raise ValueError(f"two tasks are named {name}")
            self.by_name[name] = Task(name, work, retries, cron)
            return work

        return registered


def register_tasks(queue: Tasks) -> None:
    """Adds the tasks of the house."""
    queue.task("messages.send", retries=5)(send_message)
    queue.task("messages.tend", cron="* * * * *")(tend_messages)
    queue.task(lookalikes.LOOK, retries=3)(look_for_lookalikes)
    queue.task(LOOK_INTO, retries=3)(look_into_numbers)
    queue.task("people.lookalikes_all", cron="0 23 * * *")(look_among_everybody)
    queue.task("people.claims", cron="17 * * * *")(settle_claims)
    queue.task("notices.send", retries=5)(send_notice)
    queue.task(proposals.TASK, retries=2)(solve_proposal)
    queue.task("results.count", retries=3)(count_results)
    queue.task("results.build", retries=3)(build_results)
    queue.task("results.open", retries=10)(open_results)
    queue.task("results.correct", retries=10)(correct_results)
    queue.task("results.say", retries=3)(say_on_edge)
    queue.task("results.tend", cron="* * * * *")(say_on_edge)
    queue.task("privacy.retention", retries=2, cron="30 22 * * *")(apply_retention)


def send_message(message_id: int) -> None:
    """Hands one message of the outbox to the gateway, if it is due."""
    messages.send_due(db.session, current_app.extensions["sms_gateway"], message_id)


def look_for_lookalikes(officer_id: int) -> None:
    """Looks whether an officer is here already."""
    lookalikes.look_for(db.session, officer_id)


def look_into_numbers(officer_id: int) -> None:
    """Opens the reviews of numbers that an officer gave and others hold."""
    lookalikes.look_into_numbers(db.session, officer_id)


def look_among_everybody() -> None:
    """Every night at two in Nairobi: look-alikes that no profile brought up."""
    lookalikes.look_among_everybody(db.session)


def settle_claims() -> None:
    """Every hour: claimed numbers that their holder let go become their claimant's."""
    lookalikes.settle_free_claims(db.session)


def tend_messages() -> None:
    """Puts right what dead workers and the passing of time left in the outbox."""
    messages.tend(db.session)


def send_notice(notice_id: int) -> None:
    """Puts the next messages of a notice in the outbox."""
    notices.send_batch(db.session, notice_id)


def apply_retention() -> None:
    """Every night at half past one in Nairobi: rows whose time is over go."""
    retention.apply_periods(db.session)


def solve_proposal(proposal_id: int) -> None:
    """Finds the deployments of a proposal that waits; one at a time in each worker, because solvings
    side by side take each other's processor and nobody gets a proposal sooner."""
    with _SOLVING:
        proposals.solve_proposal(db.session, proposal_id)


def count_results(release_id: int) -> None:
    """Counts a release anew, after results in it changed."""
    results.count_release(release_id)


def build_results(release_id: int) -> None:
    """Builds the store of an approved release."""
    results.build_store(publisher(release_id), release_id)


def open_results(release_id: int) -> None:
    """At its minute: opens a release."""
    results.open_release(publisher(release_id), release_id)


def correct_results(release_id: int, index_number: str) -> None:
    """Sends one result as it stands to every node."""
    results.correct_result(publisher(release_id), release_id, index_number)


def say_on_edge() -> None:
    """Puts the notice and the numbers to call of this moment on every page of the edge."""
    settings = current_app.extensions["settings"]
    token = results.counts_token_from(settings.key("SIGNING_KEY"))
    results.say(settings.data_dir / "results", counts_token=token)


def publisher(release_id: int) -> results.Publisher:
    """Where the stores of results stand, and who signs their corrections."""
    settings = current_app.extensions["settings"]
    return results.Publisher(
        settings.data_dir / "results",
        current_app.extensions["vault"],
        results.signer_from(settings.key("SIGNING_KEY")),
        results.telling_release(db.engine.url, release_id),
        results.counts_token_from(settings.key("SIGNING_KEY")),
    )
