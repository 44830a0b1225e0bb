"""Lists ask the database equally often for one row and for thirty."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from app.people.models import Officer
from app.places.models import Centre, School, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL
from tests.factories import world
from views.crud import VIEWS

MOST = 25
"""More than any list needs: session, grants, page, its relations, choices of the filters, count."""


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements sent while the block runs, without savepoints and the scope's settings."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")):
            sent.append(statement)

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def many_centres(session: Session) -> None:
    """Thirty more centres, officers and schools in every sub-county."""
    with scoped_as(session, NATIONAL):
        first = session.scalars(select(Centre).where(Centre.code == world.CENTRE)).one()
        for place in session.scalars(select(SubCounty)).all():
            for n in range(30):
                code = f"{42}{place.code}{100 + n}"
                session.add(
                    Centre(
                        series_id=first.series_id,
                        sub_county_id=place.id,
                        code=code,
                        name=f"C {code}",
                    )
                )
                session.add(
                    Officer(full_name=f"O {code}", mobile=f"2547{code}", sub_county_id=place.id)
                )
                session.add(
                    School(
                        name=f"S {code}",
                        level="Primary",
                        ownership="Public",
                        sub_county_id=place.id,
                    )
                )
        session.commit()


@pytest.mark.parametrize("screen", VIEWS, ids=[screen.resource for screen in VIEWS])
def test_list_page_is_flat(app: Flask, session: Session, client_of: Any, screen: Any) -> None:
    client, name = client_of("admin"), screen.__name__
    client.get(f"/{screen.resource}/list/")
    sent = {}
    for size in (1, 30):
        with counted(session) as statements:
            page = client.get(f"/{screen.resource}/list/?psize_{name}={size}")
        assert page.status_code == 200
        sent[size] = len(statements)
    assert sent[1] == sent[30] <= MOST


DRILLS = [(screen, column) for screen in VIEWS for column in screen.drill_columns]


@pytest.mark.parametrize(
    ("screen", "column"), DRILLS, ids=lambda one: getattr(one, "resource", one)
)
def test_list_of_one_related_record_names_it(
    session: Session, client_of: Any, screen: Any, column: str
) -> None:
    related = screen.datamodel.get_related_model(column)
    with scoped_as(session, NATIONAL):
        record = session.scalars(select(related).order_by(related.id).limit(1)).one()
        number, name = record.id, str(record)
    page = client_of("admin").get(f"/{screen.resource}/list/?_flt_0_{column}={number}")
    assert page.status_code == 200
    chip = re.search(r'class="chip"[^>]*>([^<]*)<b>([^<]*)</b>', page.get_data(as_text=True))
    assert chip is not None
    assert html.unescape(chip[2]).strip() == name
    assert chip[1].strip() == f"{column.capitalize()}:"


@pytest.mark.parametrize("resource", ["deployments", "letters", "registers", "marks", "incidents"])
def test_list_of_a_neighbours_centre_is_not_found(
    session: Session, client_of: Any, resource: str
) -> None:
    with scoped_as(session, NATIONAL):
        centres = {
            place: session.scalars(
                select(Centre.id)
                .join(SubCounty, SubCounty.id == Centre.sub_county_id)
                .where(SubCounty.slug == place)
                .limit(1)
            ).one()
            for place in ("kisumu-east", "kisumu-west")
        }
    director = client_of("tsc.kisumu-east")
    pages = {
        place: director.get(f"/{resource}/list/?_flt_0_centre={number}").status_code
        for place, number in centres.items()
    }
    assert pages == {"kisumu-east": 200, "kisumu-west": 404}


@pytest.mark.parametrize("resource", ["centres", "officers", "schools"])
def test_page_and_rest_stay_flat_with_thirty_rows(
    session: Session, client_of: Any, client: Any, token_of: Any, resource: str
) -> None:
    many_centres(session)
    admin, headers = client_of("admin"), token_of("admin")
    admin.get(f"/{resource}/list/")
    sent = []
    for size in (1, 30):
        with counted(session) as statements:
            answer = client.get(f"/api/v1/{resource}/?q=(page_size:{size})", headers=headers)
        assert len(answer.get_json()["result"]) == size
        sent.append(len(statements))
    assert sent[0] == sent[1]


def test_count_would_notice_a_query_for_each_row(session: Session) -> None:
    """Negative control: related records read one by one are counted."""
    with scoped_as(session, NATIONAL), counted(session) as statements:
        for centre in session.scalars(select(Centre)).all():
            session.execute(select(func.count()).select_from(SubCounty)).scalar()
            assert centre.sub_county is not None
    assert len(statements) > 8


def plan_of(session: Session, order: str) -> str:
    """How PostgreSQL reads a page of marks in an order where it may not look at all of them."""
    asked = f"SELECT id FROM mark ORDER BY {order} LIMIT 25"
    with scoped_as(session, NATIONAL):
        for way in ("seqscan", "sort", "bitmapscan"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        return "\n".join(session.scalars(text(f"EXPLAIN {asked}")).all())


def test_marks_of_the_country_are_listed_in_the_order_of_an_index(
    client_of: Any, session: Session
) -> None:
    """The list shows 25 of millions, and looks at no more."""
    with counted(session) as sent:
        assert client_of("admin").get("/marks/list/").status_code == 200
    (order,) = {
        one.partition("ORDER BY ")[2].partition(" LIMIT")[0].strip()
        for one in sent
        if "ORDER BY mark.day" in one
    }
    plan = plan_of(session, order)
    assert ("ix_mark_day_id" in plan, "Sort" in plan) == (True, False), plan


def test_another_order_of_marks_would_be_sorted(session: Session) -> None:
    """Negative control: where the index does not fit the order, the plan says so."""
    assert "Sort" in plan_of(session, "mark.day DESC NULLS LAST, mark.id DESC")
