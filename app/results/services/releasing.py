"""Approving a release, setting its minute, and what the queue does: the store, the minute, corrections."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from app import clock
from app.audit.services import Subject, record
from app.db.queue import URGENT, defer
from app.db.uow import unit_of_work
from app.db.vault import Vault
from app.errors import RuleBroken
from app.extensions import db
from app.permissions import require
from app.results import publishing
from app.results.documents import Release
from app.results.enums import ReleaseState
from app.results.ledger import put_key
from app.results.machine import Act, release_after
from app.results.models import SEALED_KEY, ResultRelease, ResultVersion
from app.results.queries import records, records_of, release_document, release_of
from app.results.sealing import new_key
from app.results.services.edge_words import contacts_of, say_in
from app.results.services.jobs import Tell, be_patient, claim, silent
from app.scoping.scope import Actor, Scope, system_actor
from app.words import N_

BUILD, OPEN = "results.build", "results.open"
BUILDING = "building"
_OVERLAP = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Publisher:
    """Where stores stand, the keys, who signs corrections, and who hears how far it is."""

    folder: Path
    vault: Vault
    signer: Ed25519PrivateKey
    tell: Tell = silent
    counts_token: str = ""


def signer_from(secret: str) -> Ed25519PrivateKey:
    """The key that signs corrections, derived from the portal's own; nodes hold its public half."""
    seed = hashlib.sha256(b"results ledger:" + secret.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def approve(scope: Scope, actor: Actor, release_id: int) -> None:
    """Approves a checked release. Raises RuleBroken for whoever loaded it."""
    require(actor, "result-releases", "approve")
    with unit_of_work(db.session) as session:
        one = release_of(session, scope, release_id, lock=True)
        after = release_after(one.state, Act.APPROVE)
        if actor.user_id is None or actor.user_id == one.prepared_by:
            raise RuleBroken(
                "two-persons", N_("Whoever loaded a release does not approve it: ask another.")
            )
        one.state, one.approved_by, one.approved_at = after, actor.user_id, clock.now()
        _note(session, actor, one, "results.approved", {"sha256": bytes(one.file_hash).hex()})


def take_back(scope: Scope, actor: Actor, release_id: int) -> None:
    """Takes the approval back, and with it the minute."""
    require(actor, "result-releases", "take_back")
    with unit_of_work(db.session) as session:
        one = release_of(session, scope, release_id, lock=True)
        one.state = release_after(one.state, Act.TAKE_BACK)
        one.approved_by = one.approved_at = one.release_at = one.built_for = None
        _note(session, actor, one, "results.approval_taken_back", {})


def set_minute(scope: Scope, actor: Actor, release_id: int, *, at: dt.datetime) -> None:
    """Sets the minute at which an approved release is opened, and lets the queue prepare it.

    `at` is office time. Raises RuleBroken for a moment that has passed.
    """
    require(actor, "result-releases", "schedule")
    with unit_of_work(db.session) as session:
        one = release_of(session, scope, release_id, lock=True)
        if one.state != ReleaseState.APPROVED:
            raise RuleBroken("not-approved", N_("The release is not approved."))
        if at < clock.now():
            raise RuleBroken(
                "minute-passed", N_("This minute has passed: set a later one."), field="at"
            )
        one.release_at, one.built_for = at, None
        session.flush()
        defer(session, BUILD, release_id=one.id)
        defer(session, OPEN, at=real(at), priority=URGENT, release_id=one.id)
        _note(session, actor, one, "results.minute_set", {"at": at.isoformat()})


def real(at: dt.datetime) -> dt.datetime:
    """The real moment of an office moment."""
    return clock.real_now() + (at - clock.now())


def build_store(publisher: Publisher, release_id: int) -> None:
    """Builds the store of an approved release for its minute; nothing can be read from it yet.

    Each build has a key of its own: the same version of a result is sealed once under a key.
    """
    with unit_of_work(db.session) as session:
        claim(session, "result_store", release_id)
        one = _approved(session, release_id)
        minute, began = one.release_at if one else None, clock.now()
        if one is None or minute is None or one.built_for == minute:
            return
        release, key = release_document(session, release_id), new_key()
        publishing.build(
            publisher.folder,
            release,
            records(session, release_id),
            key=key,
            contacts=contacts_of(session),
            progress=_progress(publisher.tell),
        )
        put_key(publisher.folder, publisher.signer.public_key())
        if not _another_is_open(session):
            publishing.announce(publisher.folder, release, opens_at=real(minute).timestamp())
            say_in(session, publisher.folder, counts_token=publisher.counts_token)
        _catch_up(session, publisher, one, since=began, key=key)
        _mark_built(session, one, minute, publisher.vault.seal_bytes(key, context=SEALED_KEY))
        _note(session, system_actor("results"), one, "results.built", {"at": minute.isoformat()})


def open_release(publisher: Publisher, release_id: int) -> None:
    """At the minute: the release is released and the one before it superseded; then its key is out.

    Harmless when it runs twice; a minute that was moved, or an approval taken back, opens nothing.
    """
    build_store(publisher, release_id)
    with unit_of_work(db.session) as session:
        be_patient(session)
        one = _approved(session, release_id, lock=True)
        if one is not None and one.release_at is not None:
            if clock.now() < one.release_at:
                at = real(one.release_at)
                defer(session, OPEN, at=at, priority=URGENT, release_id=release_id)
                return
            _supersede(session, one)
            one.state, one.released_at = release_after(one.state, Act.OPEN), clock.now()
            told = {"number": one.number, "at": one.release_at.isoformat()}
            _note(session, system_actor("results"), one, "results.released", told)
    with unit_of_work(db.session) as session:
        _unlock(session, publisher, release_id)


def correct_result(publisher: Publisher, release_id: int, index_number: str) -> None:
    """Sends the result as it stands to every node."""
    with unit_of_work(db.session) as session:
        one = session.get(ResultRelease, release_id)
        if one is not None and one.built_for is not None:
            _correct(session, publisher, one, [index_number], key=_key(publisher, one))


def _approved(session: Any, release_id: int, *, lock: bool = False) -> ResultRelease | None:
    """The release while it is approved and has its minute."""
    statement = select(ResultRelease).where(
        ResultRelease.id == release_id,
        ResultRelease.state == str(ReleaseState.APPROVED),
        ResultRelease.release_at.is_not(None),
    )
    statement = statement.execution_options(populate_existing=True)
    found: ResultRelease | None = session.scalars(
        statement.with_for_update() if lock else statement
    ).one_or_none()
    return found


def _another_is_open(session: Any) -> bool:
    """Whether somebody reads results just now, of whatever series: they stay until the minute."""
    found = session.scalars(
        select(ResultRelease.id).where(ResultRelease.state == str(ReleaseState.RELEASED)).limit(1)
    ).first()
    return found is not None


def _catch_up(
    session: Any, publisher: Publisher, one: ResultRelease, *, since: dt.datetime, key: bytes
) -> None:
    """Changes wait from here to the end of the transaction; those made while it was built follow."""
    session.execute(select(ResultRelease.id).where(ResultRelease.id == one.id).with_for_update())
    changed = session.scalars(
        select(ResultVersion.index_number)
        .where(
            ResultVersion.release_id == one.id,
            ResultVersion.changed_at >= since - _OVERLAP,
        )
        .distinct()
    ).all()
    if changed:
        _correct(session, publisher, one, list(changed), key=key)


def _mark_built(session: Any, one: ResultRelease, minute: dt.datetime, sealed_key: bytes) -> None:
    """Says for which minute the store was built and keeps its key; a minute that was moved meanwhile
    is built anew."""
    session.execute(
        update(ResultRelease)
        .where(ResultRelease.id == one.id, ResultRelease.release_at == minute)
        .values(built_for=minute, phase=None, store_key=sealed_key)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _supersede(session: Any, one: ResultRelease) -> None:
    before = session.scalars(
        select(ResultRelease)
        .where(
            ResultRelease.series_id == one.series_id,
            ResultRelease.state == str(ReleaseState.RELEASED),
        )
        .with_for_update()
    ).one_or_none()
    if before is not None:
        before.state = release_after(before.state, Act.SUPERSEDE)
        one.supersedes_id = before.id
        session.flush()


def _unlock(session: Any, publisher: Publisher, release_id: int) -> None:
    """Puts the key out, for a release that is released and the last one that was."""
    one = session.get(ResultRelease, release_id, populate_existing=True)
    if one is None or one.state != ReleaseState.RELEASED or one.release_at is None:
        return
    later = session.scalars(
        select(ResultRelease.id).where(
            ResultRelease.state == str(ReleaseState.RELEASED),
            ResultRelease.released_at > one.released_at,
        )
    ).first()
    if later is None:
        publishing.unlock(
            publisher.folder,
            release_document(session, release_id),
            opens_at=real(one.release_at).timestamp(),
            key=_key(publisher, one),
        )
        say_in(session, publisher.folder, counts_token=publisher.counts_token)
        _note(session, system_actor("results"), one, "results.unlocked", {"number": one.number})


def _correct(
    session: Any,
    publisher: Publisher,
    one: ResultRelease,
    index_numbers: list[str],
    *,
    key: bytes,
) -> None:
    release: Release = release_document(session, one.id)
    changed = publishing.correct_results(
        publisher.folder,
        release,
        records_of(session, one.id, index_numbers),
        key=key,
        signer=publisher.signer,
        at=clock.nairobi(clock.now()).isoformat(timespec="seconds"),
    )
    _note(session, system_actor("results"), one, "results.corrected", {"results": changed})


def _key(publisher: Publisher, one: ResultRelease) -> bytes:
    if one.store_key is None:
        raise RuleBroken("no-key", N_("The release has no key any more."))
    return publisher.vault.unseal_bytes(bytes(one.store_key), context=SEALED_KEY)


def _progress(tell: Tell) -> Callable[[int], None]:
    return lambda done: tell(BUILDING, done)


def _note(session: Any, actor: Actor, one: ResultRelease, action: str, after: Any) -> None:
    subject = Subject("result_release", one.id)
    record(session, actor, action, subject, after={"number": one.number, **after})
