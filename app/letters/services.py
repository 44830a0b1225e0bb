"""Letters are issued, replaced and withdrawn with the deployments they tell of, never changed.

These work inside the unit of work of whoever publishes, redeploys or withdraws.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import insert, select, text

from app import clock
from app.audit.services import Subject, record
from app.deployments.models import Deployment
from app.errors import RuleBroken
from app.letters.check import code_of
from app.letters.content import Content, digest_of, digest_of_texts, identity_digest
from app.letters.enums import LANGUAGES, LetterAct, LetterState
from app.letters.models import Letter, LetterMove, LetterTemplate
from app.letters.queries import Facts, versions_of
from app.letters.rules import reference_of, template_for
from app.scoping.scope import Actor
from app.words import N_

LONGEST_REASON = 300
CODE_BITS = 60
_NEXT_SERIALS = text(
    "INSERT INTO letter_serial AS s (series_id, role_id, last) VALUES (:series_id, :role_id, :count)"
    " ON CONFLICT (series_id, role_id) DO UPDATE SET last = s.last + excluded.last RETURNING last"
)

_REMEMBER_KEY = text(
    "INSERT INTO letter_key (public_key) VALUES (:public_key) ON CONFLICT (public_key) DO NOTHING"
)


def issue_letters(session: Any, actor: Actor, deployments: Sequence[Deployment]) -> list[int]:
    """A letter for each deployment that has no valid one; returns the ids of the new letters.

    Serials are taken last and in one order, so that the row that gives them out is held only
    from here to the end of the unit of work; one that is rolled back leaves no gap.
    """
    known = versions_of(session, [one.id for one in deployments])
    without = [
        one.id
        for one in deployments
        if one.id not in known or known[one.id].state != LetterState.VALID
    ]
    return _write(session, actor, without, known)


def replace_letters(
    session: Any, actor: Actor, deployments: Sequence[Deployment], reason: str
) -> list[int]:
    """New versions of the letters of deployments, under the serials they have; the old ones are
    replaced."""
    end_letters(session, actor, deployments, LetterAct.REPLACED, reason)
    return issue_letters(session, actor, deployments)


def end_letters(
    session: Any, actor: Actor, deployments: Sequence[Deployment], act: LetterAct, reason: str
) -> list[int]:
    """The valid letters of deployments become withdrawn, or replaced by another deployment's."""
    known = versions_of(session, [one.id for one in deployments])
    ending = [one for one in known.values() if one.state == LetterState.VALID]
    moves = [_move(actor, one, act, reason[:LONGEST_REASON]) for one in ending]
    if moves:
        session.flush()
        session.execute(insert(LetterMove), moves)
    for one in ending:
        session.expire(one)
        subject = Subject("letter", one.id, one.sub_county_id, one.centre_id, one.officer_id)
        record(session, actor, f"letter.{act}", subject, reason=reason)
    return [one.id for one in ending]


def _write(session: Any, actor: Actor, deployment_ids: Sequence[int], known: Any) -> list[int]:
    if not deployment_ids:
        return []
    session.flush()
    facts = Facts(session)
    drafts = [_draft(facts, row, known.get(row.id)) for row in facts.rows(deployment_ids)]
    _number(session, drafts)
    now = clock.now()
    for draft in drafts:
        draft.update(_sealed(draft), issued_at=now, issued_by=actor.user_id)
    stored = session.execute(
        insert(Letter).returning(Letter.id, Letter.sub_county_id, Letter.officer_id), drafts
    ).all()
    session.execute(insert(LetterMove), [_move(actor, one, LetterAct.ISSUED) for one in stored])
    _note_issue(session, actor, drafts)
    return [one.id for one in stored]


def _draft(facts: Facts, row: Any, before: Letter | None) -> dict[str, Any]:
    """The letter of a deployment, but for its serial where it has none yet."""
    english, kiswahili = (_template(facts, row, language) for language in LANGUAGES)
    content = Content(
        name=row.full_name,
        mobile=row.mobile,
        examination=row.examination,
        series=row.series,
        year=row.year,
        role_code=row.role_code,
        role=row.role,
        role_sw=row.role_sw,
        centre_code=row.centre_code,
        centre=row.centre,
        sub_county=row.sub_county,
        county=row.county,
        first_day=row.starts_on,
        last_day=row.ends_on,
        rate=facts.rate(row),
        texts={"en": digest_of_texts(*english.texts), "sw": digest_of_texts(*kiswahili.texts)},
    )
    return {
        "deployment_id": row.id,
        "officer_id": row.officer_id,
        "centre_id": row.centre_id,
        "sub_county_id": row.sub_county_id,
        "series_id": row.series_id,
        "role_id": row.role_id,
        "serial": before.serial if before else None,
        "version": before.version + 1 if before else 1,
        "code": code_of(secrets.randbits(CODE_BITS)),
        "template_id": english.id,
        "template_sw_id": kiswahili.id,
        "content": content.plain(),
        "identity": identity_digest(row.national_id_index, row.tsc_number),
    }


def _template(facts: Facts, row: Any, language: str) -> LetterTemplate:
    found = template_for(
        facts.templates,
        examination_id=row.examination_id,
        role_id=row.role_id,
        language=language,
        on=clock.today(),
    )
    if found is None:
        raise RuleBroken(
            "no-letter-template",
            N_("No letter template is in force for %(role)s. KNEC adds one first."),
            facts={"role": row.role, "language": language},
        )
    return found


def _number(session: Any, drafts: Iterable[dict[str, Any]]) -> None:
    """Gives the drafts without a serial the next ones of their series and role."""

    def queue_of(draft: dict[str, Any]) -> tuple[int, int]:
        return draft["series_id"], draft["role_id"]

    waiting = sorted((one for one in drafts if one["serial"] is None), key=queue_of)
    for (series_id, role_id), group in groupby(waiting, key=queue_of):
        some = list(group)
        values = {"series_id": series_id, "role_id": role_id, "count": len(some)}
        last = session.execute(_NEXT_SERIALS, values).scalar_one()
        for serial, draft in enumerate(some, last - len(some) + 1):
            draft["serial"] = serial


def _sealed(draft: dict[str, Any]) -> dict[str, Any]:
    """The reference of a numbered draft, and the hash of all it says."""
    content = draft["content"]
    return {
        "reference": reference_of(
            content["examination"], content["role_code"], content["year"], draft["serial"]
        ),
        "digest": digest_of(
            content,
            code=draft["code"],
            serial=draft["serial"],
            version=draft["version"],
            identity=draft["identity"],
        ),
    }


def _move(actor: Actor, one: Any, act: LetterAct, reason: str | None = None) -> dict[str, Any]:
    return {
        "letter_id": one.id,
        "sub_county_id": one.sub_county_id,
        "officer_id": one.officer_id,
        "act": str(act),
        "reason": reason,
        "moved_by": actor.user_id,
        "actor_name": actor.name[:128],
    }


def _note_issue(session: Any, actor: Actor, drafts: Sequence[dict[str, Any]]) -> None:
    """One event for each centre: how many letters were issued; each has a line of its own history."""
    by_centre = sorted(drafts, key=lambda one: (one["sub_county_id"], one["centre_id"]))
    for (sub_county_id, centre_id), group in groupby(
        by_centre, key=lambda one: (one["sub_county_id"], one["centre_id"])
    ):
        references = [one["reference"] for one in group]
        subject = Subject("letter", centre_id, sub_county_id, centre_id)
        said = {"letters": len(references), "first": references[0], "last": references[-1]}
        record(session, actor, "letter.issued", subject, after=said)


def deployments_of(session: Any, letter_ids: Sequence[int]) -> Sequence[Deployment]:
    """The deployments that letters tell of, locked in order."""
    found: Sequence[Deployment] = session.scalars(
        select(Deployment)
        .where(Deployment.id.in_(select(Letter.deployment_id).where(Letter.id.in_(letter_ids))))
        .order_by(Deployment.id)
        .with_for_update(of=Deployment)
    ).all()
    return found


def remember_key(session: Any, public_key: bytes) -> None:
    """Makes the portal's public key known, so that letters signed with it hold after a new one."""
    session.execute(_REMEMBER_KEY, {"public_key": public_key})
