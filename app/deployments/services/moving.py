"""Steps of moving somebody on duty to another post: which day is possible, and what is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select

from app import clock
from app.deployments.enums import DeploymentAct, DeploymentStatus
from app.deployments.machine import status_after
from app.deployments.models import Deployment, Post
from app.errors import Problems, RuleBroken
from app.extensions import Model
from app.words import N_, day_words

__all__ = ["first_possible_day", "refuse_day", "refuse_off_duty", "refuse_post"]


def first_possible_day(session: Any, deployment: Deployment) -> dt.date:
    """The first day from which somebody may serve elsewhere: no day gone by, no day marked."""
    mark = Model.metadata.tables["mark"]
    marked = session.scalar(
        select(func.max(mark.c.day)).where(mark.c.deployment_id == deployment.id)
    )
    after = marked + dt.timedelta(days=1) if marked else deployment.starts_on
    return max(clock.today(), deployment.starts_on, after)


def refuse_off_duty(deployment: Deployment) -> None:
    """IllegalMove unless the deployment stands and may be replaced."""
    status = DeploymentStatus(deployment.status)
    status_after(status, DeploymentAct.REPLACE, officer=deployment.officer.full_name)


def refuse_day(
    session: Any, deployment: Deployment, from_day: dt.date, *, settled: dt.date | None = None
) -> None:
    """RuleBroken with the first possible day where the move cannot begin on this one.

    `settled` is the last day of the new centre whose register is closed already.
    """
    first = first_possible_day(session, deployment)
    if settled is not None:
        first = max(first, settled + dt.timedelta(days=1))
    facts = {"officer": deployment.officer.full_name, "last": day_words(deployment.ends_on)}
    faults = Problems()
    if first > deployment.ends_on:
        said = N_("%(officer)s serves until %(last)s, and no day is left to move.")
        faults.add("no-day-left", said, field="from_day", facts=facts)
    elif from_day < first:
        said = N_(
            "%(officer)s can move on %(first)s at the earliest: days that are marked stay where they"
            " were worked, and days gone by are not changed."
        )
        faults.add(
            "day-too-early", said, field="from_day", facts=facts | {"first": day_words(first)}
        )
    elif from_day > deployment.ends_on:
        said = N_("%(officer)s serves until %(last)s: choose a day up to then.")
        faults.add("day-too-late", said, field="from_day", facts=facts)
    faults.refuse_if_any()


def refuse_post(deployment: Deployment, post: Post) -> None:
    """RuleBroken where the post is the same one, or of another series."""
    if post.id == deployment.post_id:
        said = N_("%(officer)s holds this post already. Choose another centre or role.")
        facts = {"officer": deployment.officer.full_name}
        raise RuleBroken("same-post", said, field="post_id", facts=facts)
    if post.series_id != deployment.series_id:
        said = N_("Choose a post of the same examination series.")
        raise RuleBroken("other-series", said, field="post_id")
