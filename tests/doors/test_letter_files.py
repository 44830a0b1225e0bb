"""Letters by the hundred: asked for, drawn by the queue with progress, taken, wiped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.letters import files
from app.letters.models import Letter, LetterFile
from app.places.models import SubCounty
from app.scoping.guard import scoped_as
from app.scoping.scope import NATIONAL, system_scope
from tests.factories.letters import pages_of, qr_texts
from views.letters.drawing import draw_file, wipe_files


def newest(session: Session) -> dict[str, Any]:
    """The newest file as plain values, with its place."""
    with scoped_as(session, NATIONAL):
        session.expire_all()
        file = session.scalars(select(LetterFile).order_by(LetterFile.id.desc())).first()
        assert file is not None
        return {
            "id": file.id,
            "state": file.state,
            "letters": file.letters,
            "drawn": file.drawn,
            "place": file.sub_county.slug,
            "content": file.content,
        }


def jobs(session: Session) -> list[Any]:
    return list(
        session.execute(
            text("SELECT task_name, args->>'file_id' FROM procrastinate_jobs ORDER BY id")
        )
    )


@pytest.fixture
def asked(session: Session, client_of: Any) -> dict[str, Any]:
    """A file that the director asked for."""
    answer = client_of("tsc.kisumu-east").post(
        "/letters/files/", data={"language": "en", "sub_county": place(session, "kisumu-east")}
    )
    assert answer.status_code == 303
    return newest(session)


def place(session: Session, slug: str) -> int:
    found = session.scalar(select(SubCounty.id).where(SubCounty.slug == slug))
    assert found is not None
    return found


def drawn(app: Flask, session: Session, file_id: int) -> None:
    """What the worker does with the job."""
    with scoped_as(session, system_scope("task:letters.draw")):
        draw_file(file_id)


@pytest.fixture
def ready(app: Flask, session: Session, asked: dict[str, Any]) -> int:
    """The id of a file that is drawn."""
    drawn(app, session, asked["id"])
    return int(asked["id"])


def test_file_is_queued_and_shown_as_under_way(
    session: Session, client_of: Any, asked: dict[str, Any]
) -> None:
    assert (asked["state"], asked["drawn"], asked["place"]) == ("waiting", 0, "kisumu-east")
    assert jobs(session)[-1] == ("letters.draw", str(asked["id"]))
    page = client_of("tsc.kisumu-east").get("/letters/files/").get_data(as_text=True)
    assert f"0 of {asked['letters']} drawn" in page
    assert 'http-equiv="refresh"' in page


def test_file_at_work_is_not_asked_for_twice(
    session: Session, client_of: Any, asked: dict[str, Any]
) -> None:
    client_of("tsc.kisumu-east").post(
        "/letters/files/", data={"language": "en", "sub_county": place(session, "kisumu-east")}
    )
    assert newest(session)["id"] == asked["id"]


def test_drawn_file_holds_every_valid_letter_of_the_place_once(
    app: Flask, session: Session, client_of: Any, asked: dict[str, Any]
) -> None:
    drawn(app, session, asked["id"])
    file = newest(session)
    assert (file["state"], file["drawn"]) == ("ready", asked["letters"])
    taken = client_of("tsc.kisumu-east").get(f"/letters/files/{file['id']}.pdf")
    assert taken.status_code == 200
    assert bytes(taken.data) not in bytes(file["content"])
    with scoped_as(session, NATIONAL):
        expected = set(
            session.scalars(
                select(Letter.reference).where(
                    Letter.state == "valid",
                    Letter.sub_county_id == place(session, "kisumu-east"),
                    Letter.series.has(code="KCSE-2026"),
                )
            )
        )
    pages = pages_of(taken.data)
    named = [next(line for line in page.splitlines() if line.startswith("KNEC/")) for page in pages]
    assert sorted(named) == sorted(expected)
    codes = qr_texts(taken.data, most=3)
    assert len(codes) == len(set(codes)) == 3


def test_job_that_runs_twice_draws_once(
    app: Flask, session: Session, asked: dict[str, Any]
) -> None:
    drawn(app, session, asked["id"])
    first = newest(session)["content"]
    drawn(app, session, asked["id"])
    assert newest(session)["content"] == first


def test_file_is_wiped_after_a_day(app: Flask, session: Session, asked: dict[str, Any]) -> None:
    drawn(app, session, asked["id"])
    with scoped_as(session, system_scope("task:letters.wipe")):
        wipe_files()
        assert newest(session)["state"] == "ready"
        late = clock.real_now() - files.KEPT - dt.timedelta(minutes=1)
        session.execute(
            text("UPDATE letter_file SET ready_at = :late WHERE id = :id"),
            {"late": late, "id": asked["id"]},
        )
        wipe_files()
    assert (newest(session)["state"], newest(session)["content"]) == ("wiped", None)


@pytest.mark.parametrize(
    ("who", "status"),
    [("tsc.kisumu-west", 404), ("scde.kisumu-east", 403), ("monitor", 403), ("admin", 200)],
)
def test_who_may_take_the_file(client_of: Any, ready: int, who: str, status: int) -> None:
    assert client_of(who).get(f"/letters/files/{ready}.pdf").status_code == status


def test_director_next_door_cannot_ask_for_it(session: Session, client_of: Any) -> None:
    before = newest(session)["id"]
    answer = client_of("tsc.kisumu-west").post(
        "/letters/files/", data={"language": "en", "sub_county": place(session, "kisumu-east")}
    )
    assert answer.status_code == 404
    assert newest(session)["id"] == before


def test_the_nation_is_asked_for_in_one_act(session: Session, client_of: Any) -> None:
    answer = client_of("admin").post("/letters/files/", data={"language": "sw"})
    assert answer.status_code == 303
    with scoped_as(session, NATIONAL):
        under_way = session.scalars(
            select(SubCounty.slug)
            .join(LetterFile, LetterFile.sub_county_id == SubCounty.id)
            .where(LetterFile.state == "waiting", LetterFile.language == "sw")
            .order_by(SubCounty.slug)
        ).all()
    assert under_way == ["kisumu-east", "kisumu-west", "nakuru-town-east"]


def test_taking_a_file_leaves_an_event(
    app: Flask, session: Session, client_of: Any, asked: dict[str, Any]
) -> None:
    drawn(app, session, asked["id"])
    client_of("admin").get(f"/letters/files/{asked['id']}.pdf")
    with scoped_as(session, NATIONAL):
        acts = session.scalars(
            text("SELECT action FROM event WHERE entity = 'letter_file' ORDER BY id")
        ).all()
    assert acts == ["letter_file.asked", "letter_file.taken"]
