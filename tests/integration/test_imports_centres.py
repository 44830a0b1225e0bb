"""Lists of centres, candidates and schools: what changes, the posts that follow, made codes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import Event
from app.deployments.models import Post
from app.extensions import db
from app.imports.enums import Kind, State
from app.imports.mapping import Choices
from app.places.models import Centre, School
from app.scoping.guard import scoped_as
from tests.factories import lists, world
from tests.factories.lists import as_csv
from tests.factories.registers import EVERYTHING, Someone, acting_as

HEADINGS = (
    "Centre code", "Name", "Sub-county", "Candidates", "Rooms", "Telephone", "Hosting centre",
    "Longitude", "Latitude",
)  # fmt: skip
SERIES = "KCSE-2026"
NEW = "42238051"


@pytest.fixture
def hq(session: Session) -> Someone:
    return acting_as("admin")


def centre_row(code: str = NEW, **changes: Any) -> list[Any]:
    row = {
        "code": code,
        "name": "Obwolo Secondary",
        "sub_county": "Kisumu East",
        "candidates": 45,
        "rooms": 3,
        "telephone": "0722 000 009",
        "host": "",
        "lon": 34.8,
        "lat": -0.1,
    } | changes
    return list(row.values())


def centre(code: str, series: str = SERIES) -> Centre:
    from app.exams.models import Series

    with scoped_as(db.session, EVERYTHING):
        db.session.expire_all()
        return db.session.scalars(
            select(Centre).join(Series).where(Centre.code == code, Series.code == series)
        ).one()


def posts(code: str) -> dict[str, int]:
    from app.exams.models import StaffRole

    with scoped_as(db.session, EVERYTHING):
        rows = db.session.execute(
            select(StaffRole.code, Post.required)
            .join(StaffRole, StaffRole.id == Post.role_id)
            .where(Post.centre_id == centre(code).id)
        )
        return dict(rows.tuples().all())


def brought(who: Someone, *rows: list[Any]) -> int:
    return lists.brought(who, as_csv(HEADINGS, rows), Kind.CENTRES, series=SERIES)


def counted(who: Someone, *rows: tuple[str, Any]) -> int:
    body = as_csv(("Centre code", "Candidates"), rows)
    return lists.brought(who, body, Kind.CANDIDATES, series=SERIES)


def test_new_centre_comes_with_the_posts_of_its_candidates(hq: Someone) -> None:
    import_id = brought(hq, centre_row())
    one = lists.checked(hq, import_id)
    assert (one.counts["new"], one.counts["rejected"]) == (1, 0)
    assert {"role": "Invigilator", "before": 0, "after": 3} in one.counts["posts"]
    with scoped_as(db.session, EVERYTHING):
        assert db.session.scalars(select(Centre).where(Centre.code == NEW)).all() == []
    lists.stored(hq, import_id)
    assert posts(NEW) == {
        "centre_manager": 1, "supervisor": 1, "invigilator": 3, "security": 2, "clerk": 1,
    }  # fmt: skip
    stored = centre(NEW)
    assert (stored.telephone, stored.rooms, stored.code_made) == ("254722000009", 3, False)
    with scoped_as(db.session, EVERYTHING):
        actions = db.session.scalars(select(Event.action).where(Event.centre_id == stored.id)).all()
    assert actions == ["centre.imported"]


def test_centre_stored_as_it_is_stays_untouched(hq: Someone) -> None:
    first = brought(hq, centre_row())
    lists.checked(hq, first)
    lists.stored(hq, first)
    again = lists.checked(hq, brought(hq, centre_row()))
    assert (again.counts["new"], again.counts["changed"], again.counts["same"]) == (0, 0, 1)


def test_host_may_come_in_the_same_list_and_must_be_near(hq: Someone) -> None:
    import_id = brought(
        hq,
        centre_row("42238051", candidates=20, host="42238052"),
        centre_row("42238052", name="Rabuor Secondary"),
        centre_row("42238053", name="Kibos Secondary", host="42239001"),
        centre_row("42238054", name="Chiga Secondary", host="42238054"),
    )
    lists.checked(hq, import_id)
    assert lists.faults(import_id) == [
        (4, "hosting_code", "host-unknown"),
        (5, "hosting_code", "host-itself"),
    ]
    lists.stored(hq, import_id)
    assert centre("42238051").hosting_centre_id == centre("42238052").id
    assert posts("42238052")["invigilator"] == 4


def test_candidates_move_the_posts_and_say_so_before(hq: Someone) -> None:
    import_id = counted(hq, (world.CENTRE, "120"), ("99999999", 3), (world.SECOND_CENTRE, "many"))
    one = lists.checked(hq, import_id)
    assert lists.faults(import_id) == [
        (3, "code", "centre-unknown"),
        (4, "candidates", "whole-number"),
    ]
    assert one.counts["columns"] == {"candidates": 1}
    assert {"role": "Invigilator", "before": 4, "after": 6} in one.counts["posts"]
    assert posts(world.CENTRE)["invigilator"] == 4
    lists.stored(hq, import_id)
    assert centre(world.CENTRE).candidates == 120
    assert posts(world.CENTRE)["invigilator"] == 6


def test_candidates_that_would_empty_filled_posts_are_a_fault(hq: Someone) -> None:
    import_id = counted(hq, (world.CENTRE, 40), (world.SECOND_CENTRE, 120))
    one = lists.checked(hq, import_id)
    assert lists.faults(import_id) == [(2, "candidates", "posts-filled")]
    assert (one.counts["changed"], one.counts["rejected"]) == (1, 1)
    lists.stored(hq, import_id)
    assert centre(world.CENTRE).candidates == 80
    assert centre(world.SECOND_CENTRE).candidates == 120


def test_directors_counts_are_stored_by_headquarters(session: Session) -> None:
    director = acting_as("tsc.kisumu-east")
    import_id = counted(director, (world.CENTRE, 120), (world.NEXT_DOOR, 120))
    lists.checked(director, import_id)
    assert lists.faults(import_id) == [(3, "code", "not-yours")]
    one = lists.stored(director, import_id)
    assert (one.state, one.problem["code"]) == (State.CHECKED, "headquarters-stores")
    assert centre(world.CENTRE).candidates == 80
    assert lists.stored(acting_as("admin"), import_id).state == State.STORED
    assert centre(world.CENTRE).candidates == 120
    assert centre(world.NEXT_DOOR).candidates == 80


def test_director_stores_the_telephones_of_his_centres(session: Session) -> None:
    director = acting_as("tsc.kisumu-east")
    body = as_csv(
        ("Centre code", "Name", "Telephone"),
        [(world.CENTRE, "Kisumu Day Secondary", "0722000077")],
    )
    import_id = lists.brought(director, body, Kind.CENTRES, series=SERIES)
    lists.checked(director, import_id)
    assert lists.stored(director, import_id).state == State.STORED
    assert centre(world.CENTRE).telephone == "254722000077"


def test_schools_are_told_apart_by_the_ministrys_code(hq: Someone) -> None:
    headings = ("MoE code", "Name", "Level", "Status", "Sub-county", "Ward")
    rows = [
        ("M238", "Kisumu East Girls' School", "Secondary", "Public", "Kisumu East", "Kolwa"),
        ("M900", "Ng\u2019ura  Primary", "Primary", "Public", "Kisumu East", "Kajulu"),
        ("M901", "Nobody's", "", "Public", "Kisumu East", ""),
    ]
    import_id = lists.brought(hq, as_csv(headings, rows), Kind.SCHOOLS)
    one = lists.checked(hq, import_id)
    assert lists.faults(import_id) == [(4, "level", "missing")]
    assert (one.counts["new"], one.counts["changed"]) == (1, 1)
    lists.stored(hq, import_id)
    names = dict(
        db.session.execute(
            select(School.moe_code, School.name).where(School.moe_code.in_(["M238", "M900"]))
        )
        .tuples()
        .all()
    )
    assert names == {"M238": "Kisumu East Girls' School", "M900": "Ng'ura Primary"}


def test_list_without_codes_gets_made_ones_that_stay(hq: Someone) -> None:
    headings = ("MoE code", "Name", "Level", "Sub-county", "Candidates")
    rows = [
        ("M238", "Kisumu East Girls", "Secondary", "Kisumu East", 60),
        ("M950", "Kadero Secondary", "Secondary", "Kisumu East", 40),
        ("M951", "Kadero Primary", "Primary", "Kisumu East", 40),
    ]
    made = Choices(make_codes=True, only_level="Secondary")
    import_id = lists.brought(hq, as_csv(headings, rows), Kind.CENTRES, series=SERIES)
    one = lists.checked(hq, import_id, choices=made)
    assert (one.counts["new"], one.counts["left_out"], one.counts["made_codes"]) == (2, 1, 2)
    lists.stored(hq, import_id)
    with scoped_as(db.session, EVERYTHING):
        found = db.session.execute(
            select(Centre.code, Centre.name).where(Centre.code_made).order_by(Centre.code)
        ).all()
    assert [tuple(row) for row in found] == [
        ("42238003", "Kisumu East Girls"),
        ("42238004", "Kadero Secondary"),
    ]
    again = lists.brought(hq, as_csv(headings, rows), Kind.CENTRES, series=SERIES)
    one = lists.checked(hq, again, choices=made)
    assert (one.counts["new"], one.counts["same"], one.counts["made_codes"]) == (0, 2, 0)


def test_code_of_another_sub_county_and_point_elsewhere_are_only_told(hq: Someone) -> None:
    import_id = brought(hq, centre_row("42239051", lon=36.07, lat=-0.3))
    one = lists.checked(hq, import_id)
    assert one.counts["rejected"] == 0
    assert lists.faults(import_id, warning=True) == [
        (2, "code", "code-elsewhere"),
        (2, "lat", "point-elsewhere"),
    ]


def test_ended_series_takes_no_list(hq: Someone) -> None:
    from app.errors import RuleBroken

    with pytest.raises(RuleBroken) as refusal:
        lists.brought(hq, as_csv(HEADINGS, [centre_row()]), Kind.CENTRES, series="KCSE-2025")
    assert refusal.value.code == "series-ended"
