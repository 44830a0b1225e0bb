"""Letters of the demonstration: templates for every role in both languages, one letter for each
deployment that was published, with its history."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.db.vault import Vault
from app.demo import accounts, season
from app.demo.copying import Rows
from app.demo.letter_texts import DUTIES, ENGLISH, KISWAHILI
from app.demo.places import SubCounty
from app.demo.staffing import Deployment
from app.demo.tables import published_at
from app.demo.world import World
from app.exams.policy import rate_on
from app.letters.check import code_of
from app.letters.content import Content, digest_of, digest_of_texts, identity_digest, reference
from app.people.services import NATIONAL_ID

_SINCE = dt.date(2020, 1, 1)
_STORE = frozenset({"driver", "store_keeper"})
_ENDED = {"declined": "withdrawn", "withdrawn": "withdrawn", "replaced": "replaced"}
_LETTER = (
    "id deployment_id officer_id centre_id sub_county_id series_id role_id serial version code"
    " reference state template_id template_sw_id content identity digest issued_at issued_by"
)


def rows(world: World, vault: Vault) -> Iterator[Rows]:
    """Templates, letters, their history and the last serials."""
    templates = list(_templates())
    yield _rows(
        "letter_template",
        "id language role_id examination_id subject body duties effective_from effective_to",
        templates,
    )
    published = [one for one in world.staff.deployments if one.status != "proposed"]
    serials: dict[tuple[int, int], int] = {}
    yield Rows(
        "letter",
        tuple(_LETTER.split()),
        _letters(world, vault, published, serials),
        len(published),
    )
    last = [(series_id, role_id, count) for (series_id, role_id), count in sorted(serials.items())]
    yield _rows("letter_serial", "series_id role_id last", last)
    names = {one.id: one.name for one in world.accounts if one.officer_id is None}
    yield _rows(
        "letter_move",
        "letter_id sub_county_id officer_id act reason moved_at moved_by actor_name",
        _moves(published, names),
        sum(1 + (one.status in _ENDED) for one in published),
    )


def _templates() -> Iterator[tuple[Any, ...]]:
    """Ids 1 and 2 for everybody, then two for each role in the order of the roles."""
    number = 0
    for role in (None, *(role[0] for role in season.ROLES)):
        for language, (subject, body) in (("en", ENGLISH), ("sw", KISWAHILI)):
            number += 1
            duties = DUTIES[role][language]
            role_id = season.ROLE_ID[role] if role else None
            yield number, language, role_id, None, subject, body, duties, _SINCE, None


def _texts_of(role: str) -> tuple[int, int, dict[str, str]]:
    """Ids of the role's two templates, and the digests of their texts by language."""
    first = 2 * season.ROLE_ID[role] + 1
    digests = {
        language: digest_of_texts(subject, body, DUTIES[role][language])
        for language, (subject, body) in (("en", ENGLISH), ("sw", KISWAHILI))
    }
    return first, first + 1, digests


def _letters(
    world: World, vault: Vault, published: Iterable[Deployment], serials: dict[tuple[int, int], int]
) -> Iterator[tuple[Any, ...]]:
    texts = {role[0]: _texts_of(role[0]) for role in season.ROLES}
    names = {role[0]: role[1:3] for role in season.ROLES}
    rates = {code: season.day_rates(code) for code in season.EXAMINATION_ID}
    for number, one in enumerate(published, 1):
        post, centre = one.post, one.post.centre
        series, officer = centre.series, world.officers[one.officer.id - 1]
        role_id = season.ROLE_ID[post.role]
        key = (series.id, role_id)
        serial = serials[key] = serials.get(key, 0) + 1
        english, kiswahili, digests = texts[post.role]
        rate = rate_on(
            rates[series.examination],
            one.starts_on,
            examination_code=series.examination,
            role_code=post.role,
            county_code=centre.sub_county.county.code,
        )
        content = Content(
            name=officer.full_name,
            mobile=officer.mobile,
            examination=series.examination,
            series=f"{series.examination} {series.year}",
            year=series.year,
            role_code=post.role,
            role=names[post.role][0],
            role_sw=names[post.role][1],
            centre_code=centre.code,
            centre=centre.name,
            sub_county=centre.sub_county.name,
            county=centre.sub_county.county.name,
            first_day=one.starts_on,
            last_day=one.ends_on if one.status in {"accepted", "published"} else series.ends_on,
            rate=rate.kes_per_day if rate else None,
            texts=digests,
        )
        code = _code(world.seed, one.id)
        plain = content.plain()
        index = vault.index(officer.national_id, context=NATIONAL_ID)
        identity = identity_digest(index, officer.tsc_number)
        digest = digest_of(plain, code=code, serial=serial, version=1, identity=identity)
        yield (
            *(number, one.id, officer.id, centre.id, centre.sub_county.id, series.id, role_id),
            *(serial, 1, code, reference(content, serial), _ENDED.get(one.status, "valid")),
            *(english, kiswahili, json.dumps(plain, ensure_ascii=False), identity, digest),
            *(published_at(series), _issuer(centre.sub_county, post.role)),
        )


def _moves(published: Iterable[Deployment], names: dict[int, str]) -> Iterator[tuple[Any, ...]]:
    for number, one in enumerate(published, 1):
        place = one.post.centre.sub_county
        by, at = _issuer(place, one.post.role), published_at(one.post.centre.series)
        whose = (number, place.id, one.officer.id)
        yield (*whose, "issued", None, at, by, names[by])
        if one.status in _ENDED:
            ended = max(at + dt.timedelta(days=2), _evening_of(one.ends_on, at))
            yield (*whose, _ENDED[one.status], one.reason or "Withdrawn", ended, by, names[by])


def _evening_of(day: dt.date, like: dt.datetime) -> dt.datetime:
    return like.replace(year=day.year, month=day.month, day=day.day)


def _issuer(place: SubCounty, role: str) -> int:
    """The account that published: the SCDE for store staff, else the TSC director."""
    return accounts.scde_account(place.id) if role in _STORE else accounts.tsc_account(place.id)


def _code(seed: int, deployment_id: int) -> str:
    digest = hashlib.sha256(f"letter:{seed}:{deployment_id}".encode()).digest()
    return code_of(int.from_bytes(digest[:8]) >> 4)


def _rows(
    table: str, columns: str, found: Iterable[tuple[Any, ...]], total: int | None = None
) -> Rows:
    if total is None:
        found = list(found)
        total = len(found)
    return Rows(table, tuple(columns.split()), found, total)
