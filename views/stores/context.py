"""The containers as their pages show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app import clock
from app.deployments.enums import DeploymentStatus
from app.deployments.queries import stores
from app.deployments.queries.stores import Counted, Found, Holder, Place, Store
from app.errors import PortalError
from app.extensions import db
from app.permissions import may
from app.scoping.scope import Actor, Scope
from views import words
from views.access.language import language_now
from views.paging import pages_of
from views.registers.sentences import in_language
from views.vacancies.words import reasons


def list_context(
    scope: Scope, actor: Actor, *, page: int = 1, error: PortalError | None = None
) -> dict[str, Any]:
    """What stores/list.html asks for."""
    fills = may(actor, "store-registers", "mark")
    counted = stores.stores_counted(db.session, scope)
    pages = pages_of(counted.stores, stores.PAGE_OF_STORES)
    page = min(page, pages)
    found = stores.stores_in(db.session, scope, page=page)
    return {
        "stores": [_store(one, fills=fills) for one in found],
        "fills": fills,
        "waiting": sum(
            1
            for store in found
            for place in store.places
            for holder in place.holders
            if holder.status == DeploymentStatus.PROPOSED
        ),
        "sentence": _sentence(counted),
        "page": page,
        "pages": pages,
        "today": clock.today(),
        "asks_reason": error is not None and error.field == "reason",
        "errors": _faults(error),
    }


def deploy_context(
    scope: Scope,
    store: Store,
    place: Place,
    *,
    typed: Mapping[str, str],
    error: PortalError | None = None,
) -> dict[str, Any]:
    """What stores/deploy.html asks for: the search, and who was found with what bars them."""
    first = _day(typed.get("starts_on"), max(store.starts_on, min(clock.today(), store.ends_on)))
    last = _day(typed.get("ends_on"), store.ends_on)
    text = typed.get("q", "")[:80]
    found = stores.found_for(db.session, scope, place, first=first, last=last, text=text)
    faults = _faults(error)
    return {
        "store": {"name": store.name, "code": store.code, "series": store.series},
        "role": in_language(place.role, place.role_sw),
        "address": f"/stores/{store.code}/deploy/{place.role_id}",
        "free": place.required - place.filled,
        "q": text,
        "first": first,
        "last": last,
        "found": [_found(one) for one in found],
        "chosen": typed.get("officer", ""),
        "reason": typed.get("reason", ""),
        "errors": faults,
        "said": {one["field"]: one["sentence"] for one in faults if one["field"]},
    }


def withdraw_context(
    store: Store,
    place: Place,
    holder: Holder,
    *,
    reason: str = "",
    error: PortalError | None = None,
) -> dict[str, Any]:
    """What confirm.html asks for."""
    tongue = language_now()
    return {
        "title": _("Withdraw this deployment?"),
        "sentence": _("The letter no longer holds. Days that were marked stay as they are."),
        "facts": [
            {"label": _("Name"), "value": holder.name},
            {"label": _("Role"), "value": in_language(place.role, place.role_sw)},
            {"label": _("Store"), "value": store.name},
            {
                "label": _("Days"),
                "value": f"{words.day(holder.first, tongue)} – {words.day(holder.last, tongue)}",
            },
        ],
        "action_label": _("Withdraw"),
        "danger": True,
        "post_url": f"/stores/withdraw/{holder.deployment_id}",
        "cancel_url": "/stores/",
        "fields": {},
        "ask_reason": True,
        "reason": reason,
        "errors": _faults(error),
    }


def registers_context(found: Sequence[Store], day: dt.date) -> dict[str, Any]:
    """What stores/registers.html asks for: the registers of several containers, or of none."""
    return {
        "day": day,
        "stores": [
            {
                "name": one.name,
                "sub_county": one.sub_county,
                "series": one.series,
                "href": f"/register/{one.code}/{day}",
            }
            for one in found
        ],
    }


def _store(one: Store, *, fills: bool) -> dict[str, Any]:
    return {
        "name": one.name,
        "code": one.code,
        "series": one.series,
        "sub_county": one.sub_county,
        "register_url": f"/register/{one.code}/{clock.today()}"
        if one.starts_on <= clock.today() <= one.ends_on
        else None,
        "places": [_place(one, place, fills=fills) for place in one.places],
    }


def _place(store: Store, place: Place, *, fills: bool) -> dict[str, Any]:
    runs = clock.today() <= store.ends_on
    is_open = place.filled < place.required
    return {
        "role": in_language(place.role, place.role_sw),
        "filled": place.filled,
        "required": place.required,
        "deploy_url": f"/stores/{store.code}/deploy/{place.role_id}"
        if fills and is_open and runs
        else None,
        "holders": [_holder(holder, fills=fills) for holder in place.holders],
    }


def _holder(one: Holder, *, fills: bool) -> dict[str, Any]:
    proposed = one.status == DeploymentStatus.PROPOSED
    runs = one.last >= clock.today()
    return {
        "id": one.deployment_id,
        "name": one.name,
        "mobile": one.mobile,
        "first": one.first,
        "last": one.last,
        "status": one.status,
        "to_publish": fills and proposed,
        "withdraw_url": f"/stores/withdraw/{one.deployment_id}"
        if fills and runs and not proposed
        else None,
    }


def _found(one: Found) -> dict[str, Any]:
    return {
        "id": one.officer_id,
        "name": one.name,
        "mobile": one.mobile,
        "work": ", ".join(part for part in (one.designation, one.workstation) if part),
        "bars": reasons(one.bars),
    }


def _sentence(counted: Counted) -> str:
    if not counted.required:
        return _("No posts at a container here.")
    return ngettext(
        "%(filled)s of %(num)s place filled",
        "%(filled)s of %(num)s places filled",
        counted.required,
        filled=counted.filled,
    )


def _day(text: str | None, otherwise: dt.date) -> dt.date:
    try:
        return clock.day_written(text or "")
    except ValueError:
        return otherwise


def _faults(error: PortalError | None) -> list[dict[str, Any]]:
    fields = {"officer_id": "officer", "role_id": None, "centre_id": None}
    return [
        {"field": fields.get(one.field or "", one.field), "sentence": one.spoken(_)}
        for one in (error.problems if error else ())
    ]
