"""Every address of the portal with arguments of a chosen place filled in, from the address map."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.attendance.models import Dispute, HandOver, Incident, Mark, Register
from app.deployments.models import Deployment, DeploymentConcern, DeploymentCorrection
from app.imports.models import ListImport
from app.letters.models import Letter, LetterFile
from app.notices.models import Notice
from app.people.models import CentreLogin, Lookalike, Officer
from app.places.models import Centre
from app.proposals.models import Proposal
from app.scoping.guard import scoped_as, scoped_classes
from app.scoping.scope import NATIONAL
from app.stand_ins.models import StandInCall, StandInOffer
from app.vacancies.models import Vacancy
from app.walk_ins.models import WalkIn
from tests.factories import world

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Target:
    """A rule of the address map, one of its methods, and an address for it."""

    rule: str
    endpoint: str
    method: str
    address: str
    scoped: bool

    def __str__(self) -> str:
        return f"{self.method} {self.address} ({self.endpoint})"


@dataclass
class Place:
    """What belongs to one centre and its sub-county: ids by table, and words that would betray it."""

    centre_code: str
    ids: dict[str, int] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


def place(session: Session, centre_code: str) -> Place:
    """The ids of one row of every scoped table around a centre, and its telling words."""
    found = Place(centre_code)
    with scoped_as(session, NATIONAL):
        centre = session.scalars(select(Centre).where(Centre.code == centre_code)).one()
        for entity in (one for one in scoped_classes() if not one.__scope__.results):
            found.ids[entity.__tablename__] = _row_of(session, entity, centre)
        found.words = _words(session, centre.sub_county_id)
    return found


def _row_of(session: Session, entity: Any, centre: Centre) -> int:
    """The id of a row of this table at the centre, or else in its sub-county."""
    if entity is Centre:
        return int(centre.id)
    key = next(iter(entity.__table__.primary_key.columns))
    own = entity.centre_id == centre.id if hasattr(entity, "centre_id") else None
    where = own if own is not None else entity.sub_county_id == centre.sub_county_id
    return int(session.scalars(select(key).where(where).order_by(key)).first() or 0)


def _words(session: Session, sub_county_id: int) -> list[str]:
    """Codes, names and numbers that only this sub-county's pages may hold."""
    centres = session.execute(
        select(Centre.code, Centre.name).where(Centre.sub_county_id == sub_county_id)
    )
    mobiles = session.scalars(
        select(Officer.mobile).where(
            Officer.sub_county_id == sub_county_id, Officer.mobile.is_not(None)
        )
    )
    return [word for row in centres for word in row] + list(mobiles)


def targets(app: Flask, at: Place) -> Iterator[Target]:
    """Every rule and method of the portal, its arguments filled with what belongs to the place."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        if rule.endpoint.endswith("static") or rule.endpoint.startswith("test_"):
            continue
        entity = _entity(app, rule)
        values = {name: _argument(name, rule, at, entity) for name in rule.arguments}
        adapter = app.url_map.bind("localhost")
        address = adapter.build(rule.endpoint, values, method=_first(rule), force_external=False)
        for method in METHODS:
            if method in (rule.methods or ()):
                scoped = entity is not None and hasattr(entity, "__scope__") and "pk" in values
                yield Target(
                    rule.rule,
                    rule.endpoint,
                    method,
                    address,
                    scoped or "centre_code" in values or bool(_named(rule, values)),
                )


def _first(rule: Rule) -> str:
    return next(method for method in METHODS if method in (rule.methods or ()))


def _named(rule: Rule, values: dict[str, Any]) -> list[str]:
    return [name for name in values if name in _BY_NAME]


_BY_NAME = {
    "deployment_id": Deployment,
    "register_id": Register,
    "dispute_id": Dispute,
    "incident_id": Incident,
    "concern_id": DeploymentConcern,
    "correction_id": DeploymentCorrection,
    "officer_id": Officer,
    "centre_id": Centre,
    "login_id": CentreLogin,
    "mark_id": Mark,
    "import_id": ListImport,
    "letter_id": Letter,
    "file_id": LetterFile,
    "lookalike_id": Lookalike,
    "vacancy_id": Vacancy,
    "notice_id": Notice,
    "proposal_id": Proposal,
    "call_id": StandInCall,
    "offer_id": StandInOffer,
    "walk_in_id": WalkIn,
    "hand_over_id": HandOver,
}


def _entity(app: Flask, rule: Rule) -> Any:
    """The mapped class behind a generated view's or API's rule, if there is one."""
    view = getattr(app.view_functions[rule.endpoint], "__self__", None)
    return getattr(getattr(view, "datamodel", None), "obj", None)


def _argument(name: str, rule: Rule, at: Place, entity: Any) -> Any:
    if name == "centre_code":
        return at.centre_code
    if name in {"date", "day"}:
        return world.YESTERDAY.isoformat()
    if name in _BY_NAME:
        return at.ids[_BY_NAME[name].__tablename__]
    if name in {"pk", "item", "id"}:
        return at.ids.get(getattr(entity, "__tablename__", ""), 1)
    if name == "name" and "action" in rule.rule:
        return _an_act(entity, rule)
    samples: dict[str, Any] = {
        "filename": "css/tokens.css",
        "locale": "sw",
        "session_id": "0" * 64,
        "path": "x",
        "code": "x",
        "kind": "csv",
        "format": "csv",
        "by": "sub-county",
        "what": "coverage",
        "step": "apply",
    }
    return samples.get(name, "1")


def _an_act(entity: Any, rule: Rule) -> str:
    return "publish" if entity is Deployment else "none"


def text_of(answer: Any) -> str:
    """What a person would read in an answer: a page's source, a workbook's cells, a paper's words."""
    body, kind = answer.get_data(), answer.mimetype
    if kind == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    if kind.endswith("spreadsheetml.sheet"):
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True)
        cells = (
            str(value)
            for sheet in book
            for row in sheet.iter_rows(values_only=True)
            for value in row
        )
        return "\n".join(cells)
    return str(body.decode(errors="replace"))
