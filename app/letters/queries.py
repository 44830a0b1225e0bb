"""Reads of letters: one in scope, an officer's own, by code for strangers, and what issuing needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app import clock
from app.deployments.models import Deployment
from app.errors import Conflict, NotFound
from app.exams.models import DayRate, Examination, Series, StaffRole
from app.exams.policy import DayRate as Rate
from app.exams.policy import rate_on
from app.letters.check import key_id_of
from app.letters.content import Content, content_from, digest_of
from app.letters.models import Letter, LetterFile, LetterKey, LetterMove, LetterTemplate
from app.people.models import Officer
from app.places.models import Centre, County, SubCounty
from app.scoping.guard import scoped_as
from app.scoping.restrict import restrict
from app.scoping.scope import Scope, system_scope
from app.words import N_

PAGE = 500


def letter_in(session: Any, scope: Scope, letter_id: int) -> Letter:
    """The letter of this id, with its officer and templates; NotFound outside the scope."""
    statement = restrict(select(Letter), Letter, scope).where(Letter.id == letter_id)
    found: Letter | None = session.scalars(statement.options(*_ON_PAPER)).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


def duties_of(session: Any, scope: Scope, officer_ids: Iterable[int]) -> Sequence[Deployment]:
    """Every deployment a person was told of, the newest first."""
    statement = restrict(select(Deployment), Deployment, scope).where(
        Deployment.officer_id.in_(officer_ids), Deployment.status != "proposed"
    )
    found: Sequence[Deployment] = session.scalars(
        statement.options(joinedload(Deployment.role)).order_by(
            Deployment.starts_on.desc(), Deployment.id.desc()
        )
    ).all()
    return found


def stations_of(session: Any, duties: Iterable[Deployment]) -> dict[int, str]:
    """Names of the centres of one's own duties, which an officer's scope does not reach."""
    with scoped_as(session, system_scope("own-duties")):
        found = session.execute(
            select(Centre.id, Centre.name).where(Centre.id.in_([one.centre_id for one in duties]))
        ).all()
    return dict(found)


def letters_of(session: Any, scope: Scope, deployment_ids: Iterable[int]) -> Sequence[Letter]:
    """Every version of the letters of deployments, the newest first."""
    statement = restrict(select(Letter), Letter, scope).where(
        Letter.deployment_id.in_(deployment_ids)
    )
    found: Sequence[Letter] = session.scalars(
        statement.options(*_ON_PAPER).order_by(Letter.version.desc(), Letter.id.desc())
    ).all()
    return found


def reasons_of(session: Any, letter_ids: Iterable[int]) -> dict[int, str]:
    """Why letters hold no more, by letter."""
    found = session.execute(
        select(LetterMove.letter_id, LetterMove.reason).where(
            LetterMove.letter_id.in_(letter_ids), LetterMove.act != "issued"
        )
    )
    return dict(found.all())


def moves_of(session: Any, scope: Scope, letter_id: int) -> Sequence[LetterMove]:
    """The history of a letter, oldest first."""
    statement = restrict(select(LetterMove), LetterMove, scope).where(
        LetterMove.letter_id == letter_id
    )
    found: Sequence[LetterMove] = session.scalars(statement.order_by(LetterMove.id)).all()
    return found


def letter_by_code(session: Any, code: str) -> Letter | None:
    """The letter that a stranger names by its code; None where there is none."""
    found: Letter | None = session.scalars(select(Letter).where(Letter.code == code)).one_or_none()
    return found


def ended_codes(session: Any) -> dict[str, str]:
    """State by code of the letters of series still running or planned that hold no more."""
    found = session.execute(
        select(Letter.code, Letter.state)
        .join(Series, Series.id == Letter.series_id)
        .where(Letter.state != "valid", Series.status != "finished")
    )
    return dict(found.all())


def trusted_keys(session: Any, own: Ed25519PublicKey) -> dict[bytes, Ed25519PublicKey]:
    """The public keys whose signatures count, by id: the portal's own, then older ones; a revoked
    key is none of them, not even the own one."""
    found = session.execute(
        select(LetterKey.public_key, LetterKey.revoked_at).order_by(
            LetterKey.since.desc(), LetterKey.id.desc()
        )
    ).all()
    keys = [own, *(Ed25519PublicKey.from_public_bytes(bytes(raw)) for raw, _ in found)]
    revoked = {bytes(raw) for raw, revoked_at in found if revoked_at is not None}
    return {key_id_of(key): key for key in keys if key.public_bytes_raw() not in revoked}


def content_of(letter: Letter) -> Content:
    """What the letter says. Raises Conflict where it is not what was issued.

    The letter of an officer who was made anonymous has no name, and no hash, any more.
    """
    if not letter.digest:
        return content_from(letter.content)
    stored = digest_of(
        letter.content,
        code=letter.code,
        serial=letter.serial,
        version=letter.version,
        identity=bytes(letter.identity),
    )
    if stored != bytes(letter.digest):
        raise damaged()
    return content_from(letter.content)


def damaged() -> Conflict:
    """The refusal of a letter whose stored words are not those it was issued with."""
    return Conflict(
        "letter-damaged", N_("This letter is not what was issued. Tell KNEC its reference.")
    )


_ON_PAPER = (
    joinedload(Letter.officer),
    joinedload(Letter.template),
    joinedload(Letter.template_sw),
)


def letters_to_print(
    session: Any, scope: Scope, *, series_id: int, sub_county_id: int
) -> Iterator[list[Letter]]:
    """The valid letters of a sub-county in a series by centre, role and serial, in pages."""
    ordered = (
        restrict(select(Letter.id), Letter, scope)
        .join(Centre, Centre.id == Letter.centre_id)
        .join(StaffRole, StaffRole.id == Letter.role_id)
        .where(
            Letter.series_id == series_id,
            Letter.sub_county_id == sub_county_id,
            Letter.state == "valid",
        )
        .order_by(Centre.code, StaffRole.position, Letter.serial)
    )
    ids = session.scalars(ordered).all()
    for first in range(0, len(ids), PAGE):
        some = ids[first : first + PAGE]
        found = session.scalars(select(Letter).where(Letter.id.in_(some)).options(*_ON_PAPER))
        by_id = {one.id: one for one in found}
        yield [by_id[one] for one in some if one in by_id]


def count_to_print(session: Any, scope: Scope, *, series_id: int, sub_county_id: int) -> int:
    """How many letters of a sub-county in a series are valid."""
    statement = restrict(select(func.count(Letter.id)), Letter, scope).where(
        Letter.series_id == series_id,
        Letter.sub_county_id == sub_county_id,
        Letter.state == "valid",
    )
    return int(session.scalar(statement))


def valid_by_sub_county(session: Any, scope: Scope, series_id: int) -> dict[int, int]:
    """How many letters of a series are valid in each sub-county of the scope that has any."""
    statement = restrict(select(Letter.sub_county_id, func.count(Letter.id)), Letter, scope).where(
        Letter.series_id == series_id, Letter.state == "valid"
    )
    return dict(session.execute(statement.group_by(Letter.sub_county_id)).all())


def files_in(session: Any, scope: Scope, series_id: int) -> Sequence[LetterFile]:
    """The newest file of each sub-county and language of a series, by sub-county."""
    newest = (
        restrict(select(func.max(LetterFile.id)), LetterFile, scope)
        .where(LetterFile.series_id == series_id)
        .group_by(LetterFile.sub_county_id, LetterFile.language)
    )
    found: Sequence[LetterFile] = session.scalars(
        select(LetterFile)
        .join(SubCounty, SubCounty.id == LetterFile.sub_county_id)
        .where(LetterFile.id.in_(newest))
        .options(joinedload(LetterFile.sub_county))
        .order_by(SubCounty.name, LetterFile.language)
    ).all()
    return found


def file_in(session: Any, scope: Scope, file_id: int) -> LetterFile:
    """The file of this id; NotFound outside the scope."""
    statement = restrict(select(LetterFile), LetterFile, scope).where(LetterFile.id == file_id)
    found: LetterFile | None = session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("not-found", N_("That record was not found."))
    return found


class Facts:
    """What issuing letters asks of the season, asked once for many deployments."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.templates: Sequence[LetterTemplate] = session.scalars(
            select(LetterTemplate).order_by(LetterTemplate.id)
        ).all()
        self._rates: dict[int, list[Rate]] = {}

    def rows(self, deployment_ids: Sequence[int]) -> Sequence[Any]:
        """One row for each deployment with everything that its letter says, by id."""
        found: Sequence[Any] = self.session.execute(
            select(
                Deployment.id, Deployment.officer_id, Deployment.centre_id, Deployment.series_id,
                Deployment.sub_county_id, Deployment.role_id, Deployment.starts_on,
                Deployment.ends_on, Officer.full_name, Officer.mobile,
                Officer.national_id_index, Officer.tsc_number, Centre.code.label("centre_code"),
                Centre.name.label("centre"), SubCounty.name.label("sub_county"),
                County.name.label("county"), County.code.label("county_code"),
                Series.name.label("series"), Series.year, Series.examination_id,
                Examination.code.label("examination"), StaffRole.code.label("role_code"),
                StaffRole.name.label("role"), StaffRole.name_sw.label("role_sw"),
            )
            .join(Officer, Officer.id == Deployment.officer_id)
            .join(Centre, Centre.id == Deployment.centre_id)
            .join(SubCounty, SubCounty.id == Deployment.sub_county_id)
            .join(County, County.id == SubCounty.county_id)
            .join(Series, Series.id == Deployment.series_id)
            .join(Examination, Examination.id == Series.examination_id)
            .join(StaffRole, StaffRole.id == Deployment.role_id)
            .where(Deployment.id.in_(deployment_ids))
            .order_by(Deployment.id)
        ).all()  # fmt: skip
        return found

    def rate(self, row: Any) -> int | None:
        """Whole shillings a day for the row's post on its first day; None where none is published."""
        if row.examination_id not in self._rates:
            self._rates[row.examination_id] = _rates_of(self.session, row.examination_id)
        found = rate_on(
            self._rates[row.examination_id],
            row.starts_on,
            examination_code=row.examination,
            role_code=row.role_code,
            county_code=row.county_code,
        )
        return found.kes_per_day if found else None


def _rates_of(session: Any, examination_id: int) -> list[Rate]:
    found = session.execute(
        select(DayRate, Examination.code, StaffRole.code, County.code)
        .join(Examination, Examination.id == DayRate.examination_id)
        .join(StaffRole, StaffRole.id == DayRate.role_id)
        .outerjoin(County, County.id == DayRate.county_id)
        .where(DayRate.examination_id == examination_id)
        .order_by(DayRate.effective_from, DayRate.id)
    )
    return [
        Rate(
            examination_code=examination,
            role_code=role,
            kes_per_day=row.kes_per_day,
            effective_from=row.effective_from,
            year=row.year,
            source=row.source,
            county_code=county,
            effective_to=row.effective_to,
        )
        for row, examination, role, county in found
    ]


def versions_of(session: Any, deployment_ids: Sequence[int]) -> Mapping[int, Letter]:
    """The newest letter of each deployment that has one."""
    found = session.scalars(
        select(Letter)
        .where(Letter.deployment_id.in_(deployment_ids))
        .order_by(Letter.deployment_id, Letter.version)
        .execution_options(populate_existing=True)
    )
    return {one.deployment_id: one for one in found}


def issued_on(letter: Letter) -> dt.date:
    """The day the letter was issued, in Nairobi."""
    return clock.nairobi(letter.issued_at).date()
