"""Reads of places: which areas, schools and office contacts a scope reaches."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from app.places.models import Centre, County, OfficeContact, School, SubCounty
from app.scoping.scope import Scope


def sub_counties_of(scope: Scope) -> Select[Any]:
    """The ids of the sub-counties that the scope lies in: its own, its centres' and its officers'."""
    from app.extensions import Model

    officer = Model.metadata.tables["officer"]
    return select(SubCounty.id).where(
        or_(
            SubCounty.id.in_(scope.sub_county_ids),
            SubCounty.id.in_(
                select(Centre.__table__.c.sub_county_id).where(
                    Centre.__table__.c.id.in_(scope.centre_ids)
                )
            ),
            SubCounty.id.in_(
                select(officer.c.sub_county_id).where(officer.c.id.in_(scope.officer_ids))
            ),
        )
    )


def within_area(statement: Select[Any], model: Any, scope: Scope) -> Select[Any]:
    """The statement with only the areas, schools or contacts that the scope lies in.

    Areas are public knowledge and no wall guards them; a list shows what concerns its reader.
    """
    if scope.is_everything or model not in (County, SubCounty, School, OfficeContact):
        return statement
    return statement.where(_condition(model, sub_counties_of(scope)))


def _condition(model: Any, own: Select[Any]) -> ColumnElement[bool]:
    if model is County:
        return County.id.in_(select(SubCounty.county_id).where(SubCounty.id.in_(own)))
    if model is SubCounty:
        return SubCounty.id.in_(own)
    if model is School:
        return School.sub_county_id.in_(own)
    return or_(OfficeContact.sub_county_id.is_(None), OfficeContact.sub_county_id.in_(own))
