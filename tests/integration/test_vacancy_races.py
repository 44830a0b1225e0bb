"""Two directors, two tabs: no post is offered twice, nothing is advertised twice, nobody applies twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.scoping.guard import scoped_as
from app.vacancies import services
from tests.databases import Urls
from tests.factories import world
from tests.factories.races import at_once
from tests.factories.registers import EVERYTHING, acting_as

DIRECTOR = "tsc.kisumu-east"


def value(office: Flask, statement: str) -> int:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        return int(world.one(db.session, statement))


CLOSED = (
    "SELECT v.id FROM vacancy v JOIN sub_county s ON s.id = v.sub_county_id"
    " WHERE s.slug = 'kisumu-east' AND v.state = 'closed'"
)
HELD = f"SELECT count(*) FROM application WHERE state = 'selected' AND vacancy_id = ({CLOSED})"


def on_the_shortlist(office: Flask) -> list[int]:
    """Both applications to the closed vacancy of one post, shortlisted."""
    with office.app_context():
        with scoped_as(db.session, EVERYTHING):
            ids = db.session.execute(
                text(f"SELECT id FROM application WHERE vacancy_id = ({CLOSED}) ORDER BY id")
            ).scalars()
            found = list(ids)
        who = acting_as(DIRECTOR)
        services.shortlist_applications(who.scope, who.actor, found)
        db.session.remove()
    return found


def selecting(application: int) -> Callable[[], Any]:
    def work() -> Any:
        who = acting_as(DIRECTOR)
        return services.select_applications(who.scope, who.actor, [application])

    return work


def test_two_selections_at_once_for_one_post_make_one_offer(office: Flask) -> None:
    first, second = on_the_shortlist(office)
    results = at_once(office, selecting(first), selecting(second))
    refused = [one for one in results if isinstance(one, DBAPIError)]
    assert len(refused) == 1
    assert "every post is offered already" in str(refused[0])
    assert value(office, HELD) == 1


def test_without_the_trigger_two_offers_would_be_made(office: Flask, own_database: Urls) -> None:
    """Negative control: with the database's count off, the same race gives one post twice."""
    first, second = on_the_shortlist(office)
    owner = create_engine(own_database.owner)
    with owner.begin() as connection:
        connection.execute(
            text("ALTER TABLE application DISABLE TRIGGER application_application_within_posts")
        )
    owner.dispose()
    results = at_once(office, selecting(first), selecting(second))
    assert results == [None, None]
    assert value(office, HELD) == 2


def test_one_application_comes_of_three_taps_at_once(office: Flask) -> None:
    mobile = "254712%06d" % value(  # noqa: UP031 (a number with leading zeros)
        office,
        "SELECT right(o.mobile, 6)::int FROM officer o WHERE o.workstation = 'Kisumu East Boys'"
        " ORDER BY o.id LIMIT 1",
    )
    vacancy = value(office, f"SELECT id FROM vacancy WHERE state = 'open' AND sub_county_id ="
                    f" (SELECT sub_county_id FROM vacancy WHERE id = ({CLOSED}))")  # fmt: skip

    def applying() -> Any:
        me = acting_as(mobile)
        return services.apply_for(me.scope, me.actor, vacancy).id

    results = at_once(office, applying, applying, applying)
    assert sum(isinstance(one, int) for one in results) == 1
    assert value(office, f"SELECT count(*) FROM application WHERE vacancy_id = {vacancy}") == 1
    assert value(office, "SELECT count(*) FROM message WHERE intent LIKE 'application-move:%'") == 1


def test_what_is_missing_is_advertised_once_by_two_directors(office: Flask) -> None:
    with office.app_context(), scoped_as(db.session, EVERYTHING):
        db.session.execute(
            text(
                "UPDATE post SET required = required + 2 WHERE centre_id = (SELECT id FROM centre"
                f" WHERE code = '{world.CENTRE}') AND role_id = (SELECT id FROM staff_role"
                " WHERE code = 'invigilator')"
            )
        )
        db.session.commit()
        db.session.remove()
    series = value(office, "SELECT id FROM series WHERE code = 'KCSE-2026'")
    place = value(office, "SELECT id FROM sub_county WHERE slug = 'kisumu-east'")

    def advertising() -> Any:
        who = acting_as(DIRECTOR)
        return services.advertise_missing(
            who.scope, who.actor, series_id=series, sub_county_id=place
        )

    assert sorted(at_once(office, advertising, advertising)) == [0, 2]
    made = "SELECT coalesce(sum(posts), 0) FROM vacancy WHERE state = 'open'"
    assert value(office, f"{made} AND series_id = {series}") == 2
