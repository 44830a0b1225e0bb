"""Files with the letters of a sub-county: asked for, drawn by the queue, sealed, wiped after a day.

The file holds identity numbers in clear, so that its bytes are sealed like them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, or_, select, update

from app import clock
from app.audit.services import Subject, record
from app.db.queue import defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import NotFound
from app.extensions import db
from app.letters import queries
from app.letters.enums import FileState
from app.letters.models import LetterFile
from app.permissions import require
from app.places.models import SubCounty
from app.scoping.restrict import restrict
from app.scoping.scope import Actor, Scope, ScopeKind
from app.words import N_

DRAW = "letters.draw"
KEPT = dt.timedelta(hours=24)
SEALED_AS = "letter_file.content:{}"
_AT_WORK = (FileState.WAITING, FileState.DRAWING)


def ask_files(
    scope: Scope, actor: Actor, *, series_id: int, language: str, sub_county_id: int | None = None
) -> int:
    """Queues a file of the letters of a sub-county, or of every one in scope that has letters;
    returns how many files are now under way that were not. One at work is not asked for again."""
    require(actor, "letters", "file")
    with unit_of_work(db.session) as session:
        counts = queries.valid_by_sub_county(session, scope, series_id)
        wanted = sorted(counts) if sub_county_id is None else [sub_county_id]
        if not set(wanted) <= set(counts) or not _reaches(scope, wanted):
            raise NotFound("not-found", N_("No letters were found there."))
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext("letter_file"), series_id)))
        at_work = set(
            session.scalars(
                restrict(select(LetterFile.sub_county_id), LetterFile, scope).where(
                    LetterFile.series_id == series_id,
                    LetterFile.language == language,
                    LetterFile.state.in_(_AT_WORK),
                )
            )
        )
        asked = [place for place in wanted if place not in at_work]
        for place in asked:
            _ask(session, actor, place, counts[place], series_id=series_id, language=language)
    return len(asked)


def _reaches(scope: Scope, sub_county_ids: list[int]) -> bool:
    whole = {ScopeKind.SUB_COUNTY, ScopeKind.COUNTY}
    return scope.is_everything or (
        scope.kind in whole and set(sub_county_ids) <= scope.sub_county_ids
    )


def _ask(
    session: Any, actor: Actor, place: int, letters: int, *, series_id: int, language: str
) -> None:
    file = LetterFile(
        series_id=series_id,
        sub_county_id=place,
        language=language,
        letters=letters,
        asked_by=actor.user_id,
    )
    session.add(file)
    session.flush()
    defer(session, DRAW, lock=f"letters:{place}", file_id=file.id)
    said = {"letters": letters, "language": language}
    record(session, actor, "letter_file.asked", Subject("letter_file", file.id, place), after=said)


def begin(session: Any, file_id: int) -> LetterFile | None:
    """Marks a file as being drawn; None where there is nothing to draw any more."""
    file: LetterFile | None = session.get(LetterFile, file_id)
    if file is None or file.state not in _AT_WORK:
        return None
    file.state, file.drawn = str(FileState.DRAWING), 0
    return file


def note_drawn(session: Any, file_id: int, drawn: int) -> None:
    """Says how many letters of the file are drawn."""
    session.execute(update(LetterFile).where(LetterFile.id == file_id).values(drawn=drawn))


def finish(session: Any, file_id: int, content: bytes, drawn: int, vault: Vault) -> None:
    """Keeps the file's bytes, sealed; older files of the same letters are wiped."""
    file = session.get(LetterFile, file_id)
    file.content = vault.seal_bytes(content, context=SEALED_AS.format(file.id))
    file.size, file.letters, file.drawn = len(content), drawn, drawn
    file.state, file.ready_at = str(FileState.READY), clock.real_now()
    session.execute(
        update(LetterFile)
        .where(
            LetterFile.series_id == file.series_id,
            LetterFile.sub_county_id == file.sub_county_id,
            LetterFile.language == file.language,
            LetterFile.id < file.id,
            LetterFile.state == FileState.READY,
        )
        .values(content=None, state=str(FileState.WIPED))
    )


def wipe_old(session: Any) -> int:
    """Wipes files that are a day old, and gives up those that no worker finishes; how many."""
    now = clock.real_now()
    done = session.execute(
        update(LetterFile)
        .where(
            or_(
                (LetterFile.state == FileState.READY) & (LetterFile.ready_at < now - KEPT),
                LetterFile.state.in_(_AT_WORK) & (LetterFile.asked_at < now - KEPT),
            )
        )
        .values(content=None, state=str(FileState.WIPED))
    )
    return int(done.rowcount)


def take_file(scope: Scope, actor: Actor, file_id: int, vault: Vault) -> tuple[LetterFile, bytes]:
    """The file and its bytes, with an event that says who took it; NotFound where it is wiped."""
    require(actor, "letters", "file")
    with unit_of_work(db.session) as session:
        file = queries.file_in(session, scope, file_id)
        if file.content is None:
            raise NotFound("file-wiped", N_("This file was wiped. Have it made again."))
        content = vault.unseal_bytes(bytes(file.content), context=SEALED_AS.format(file.id))
        subject = Subject("letter_file", file.id, file.sub_county_id)
        record(session, actor, "letter_file.taken", subject, after={"letters": file.letters})
    return file, content


def places_with_letters(session: Any, scope: Scope, series_id: int) -> list[tuple[int, str, int]]:
    """(sub-county id, name, valid letters) of each sub-county in scope that has any, by name."""
    counts = queries.valid_by_sub_county(session, scope, series_id)
    names = session.execute(
        select(SubCounty.id, SubCounty.name)
        .where(SubCounty.id.in_(counts))
        .order_by(SubCounty.name, SubCounty.id)
    )
    return [(key, name, counts[key]) for key, name in names]
