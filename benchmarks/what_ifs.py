"""What changed rules would do in the whole country, against a plain read of the same rows.

`python -m benchmarks.what_ifs` adds a synthetic national season (290 sub-counties, 10,765 centres) to
a database of its own on the bundled server of DATA_DIR, asks what other rules of eligibility would do
in each sub-county, as the page and its script ask, and what another ratio would do to every post;
drops the database, prints a table and writes `var/bench/what_ifs.json`. The peer reads the rows that
the answer follows from, and does nothing with them. `BENCH_SUB_COUNTIES=29` makes it smaller.
"""

from __future__ import annotations

import logging
import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.access.models import User
from app.deployments.rule_changes import RuleChange
from app.exams.enums import EligibilityKind as Kind
from app.exams.models import RatioRule, StaffRole
from app.extensions import db
from app.factory import build_app
from app.procedures.what_if_posts import PostsOutcome, what_ratio_rule_would_do
from app.procedures.what_if_rules import Outcome, what_rule_would_do
from app.proposals.queries.season import season_of, sub_counties_of
from app.scoping.guard import enter_scope
from app.scoping.resolve import actor_for, resolve
from app.scoping.scope import Actor, Scope, system_scope
from app.vacancies.eligibility import EligibilityRules
from app.vacancies.queries.rules import rules_by_id
from benchmarks import keep
from benchmarks.proposals_stored import nation, timed
from benchmarks.register_submit import own_database
from config import load_settings

ASKED = ((Kind.NOT_SERVED_HERE, {"years": 6}), (Kind.EXPERIENCE, {"years": 12}))
CANDIDATES_PER = 25
ROWS = (
    "SELECT * FROM officer WHERE sub_county_id = :place",
    "SELECT d.* FROM deployment d JOIN officer o ON o.id = d.officer_id"
    " WHERE o.sub_county_id = :place",
    "SELECT * FROM service_history WHERE sub_county_id = :place",
    "SELECT p.*, c.school_id FROM post p JOIN centre c ON c.id = p.centre_id"
    " WHERE p.sub_county_id = :place AND p.series_id = :series",
)
POSTS = (
    "SELECT c.id, c.candidates, p.* FROM post p JOIN centre c ON c.id = p.centre_id"
    " JOIN staff_role r ON r.id = p.role_id"
    " WHERE p.series_id = :series AND r.code = 'invigilator'"
)


def administrator() -> tuple[Scope, Actor]:
    """Who may ask about the whole country."""
    enter_scope(db.session, system_scope("bench"))
    user = db.session.scalars(select(User).where(User.username == "admin")).one()
    scope, held = resolve(db.session, user, today=clock.today())
    enter_scope(db.session, scope)
    return scope, actor_for(user, held, session_id="bench", request_id="bench")


def changes(series_id: int) -> Iterator[tuple[str, tuple[EligibilityRules, RuleChange]]]:
    """Rules of invigilators in force, each with another number in it."""
    season, rules = season_of(db.session, series_id), tuple(rules_by_id(db.session).values())
    for kind, parameters in ASKED:
        old = next(
            one
            for one in rules
            if (one.kind, one.role_code) == (kind, "invigilator")
            and one.examination_code == season.examination_code
            and one.effective_to is None
        )
        new = replace(old, parameters=parameters)
        yield str(kind), (EligibilityRules(rules), RuleChange(old, new))


def read(series_id: int, place: int) -> int:
    """How many rows the what-if of a sub-county follows from; all of them are read."""
    given = {"place": place, "series": series_id}
    found = 0
    for statement in ROWS:
        asked = given if ":series" in statement else {"place": place}
        found += len(db.session.execute(text(statement), asked).all())
    return found


def of_rules(series_id: int) -> dict[str, Any]:
    """Each change asked of every sub-county, one after the other."""
    scope, actor = administrator()
    places = sub_counties_of(db.session, series_id)
    plain = [timed(partial(read, series_id, place)) for place in places]
    found: dict[str, Any] = {
        "sub_counties": len(places),
        "rows": sum(rows for _, rows in plain),
        "read_ms": statistics.median(spent for spent, _ in plain),
        "rules": {},
    }
    for kind, change in changes(series_id):

        def ask(place: int, change: Any = change) -> Outcome:
            return what_rule_would_do(
                db.session, scope, actor, series_id=series_id, sub_county_id=place, change=change
            )

        told = [timed(partial(ask, place)) for place in places]
        times = [spent for spent, _ in told]
        found["rules"][kind] = {
            "people": sum(one.people for _, one in told),
            "barred": sum(one.total.barred for _, one in told),
            "median_ms": statistics.median(times),
            "longest_ms": max(times),
            "country_seconds": sum(times) / 1000,
            "times_plain_read": sum(times) / sum(spent for spent, _ in plain),
        }
    return found


def of_a_ratio(series_id: int) -> dict[str, Any]:
    """One invigilator for 25 candidates instead of 20, over the whole country in one answer."""
    scope, actor = administrator()
    season = season_of(db.session, series_id)
    rule = db.session.scalars(
        select(RatioRule)
        .join(StaffRole, StaffRole.id == RatioRule.role_id)
        .where(
            RatioRule.examination_id == season.examination_id,
            StaffRole.code == "invigilator",
            RatioRule.effective_to.is_(None),
        )
    ).one()
    values = {column.key: getattr(rule, column.key) for column in RatioRule.__table__.columns}
    values |= {"candidates_per": CANDIDATES_PER}

    def ask() -> PostsOutcome:
        return what_ratio_rule_would_do(db.session, scope, actor, values=values, pk=rule.id)

    def rows() -> int:
        return len(db.session.execute(text(POSTS), {"series": series_id}).all())

    told, plain = [timed(ask) for _ in range(3)], [timed(rows) for _ in range(3)]
    spent, least = (statistics.median(one for one, _ in runs) for runs in (told, plain))
    return {
        "posts": plain[0][1],
        "changed": len(told[0][1].steps),
        "ms": spent,
        "read_ms": least,
        "times_plain_read": spent / least,
    }


def told(found: dict[str, Any], ratio: dict[str, Any]) -> Iterator[str]:
    """The table, line by line."""
    yield (
        f"{found['sub_counties']} sub-counties, {found['rows']:,} rows; read and left alone:"
        f" {found['read_ms']:.0f} ms each"
    )
    for kind, one in found["rules"].items():
        yield (
            f"{kind}: bars {one['barred']:,} of {one['people']:,} people; a sub-county"
            f" {one['median_ms']:.0f} ms, the longest {one['longest_ms']:.0f} ms, the country"
            f" {one['country_seconds']:.1f} s, {one['times_plain_read']:.1f} times the plain read"
        )
    yield (
        f"another ratio: {ratio['changed']:,} of {ratio['posts']:,} posts change: {ratio['ms']:.0f} ms"
        f" in one answer, {ratio['times_plain_read']:.1f} times the plain read"
    )


def main() -> None:
    """Prints the table and keeps it."""
    logging.disable(logging.INFO)
    with own_database(load_settings()) as settings:
        app = build_app(settings, doors=[])
        with app.app_context():
            enter_scope(db.session, system_scope("bench"))
            series_id = nation()
            found, ratio = of_rules(series_id), of_a_ratio(series_id)
            db.session.remove()
            db.engine.dispose()
    for line in told(found, ratio):
        print(line)
    keep("what_ifs", found | {"ratio": ratio})


if __name__ == "__main__":
    main()
