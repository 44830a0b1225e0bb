"""What may be done with records besides editing them: acts of the matrix that call a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, request
from flask_appbuilder.actions import ActionItem
from flask_babel import gettext, ngettext
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import BadRequest, NotFound

from app.errors import PortalError, RuleBroken
from app.words import N_, NN_
from views.base_arguments import LARGEST_PAGE, refuse_null_bytes, whole_number
from views.base_refusals import sayable

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A button over records: `permission` is the act in the matrix, the `name` unless said.

    `run(scope, actor, ids)`, with the reason after it where it `asks` for one, does it and
    answers nothing, or a page of its own. Where it `asks_late`, the reason is asked for only once
    the service refuses for want of one. `offered(record)` says where the button stands.
    """

    name: str
    label: Any
    run: Callable[..., Any]
    done: tuple[str, str] = NN_("Done.", "Done: %(num)s.")
    asks: Any = None
    asks_late: Any = None
    says: Any = None
    danger: bool = False
    many: bool = True
    one: bool = True
    offered: Callable[[Any], bool] = lambda _record: True
    permission: str = ""

    @property
    def may(self) -> str:
        """The permission as the framework names it."""
        return f"can_{self.permission or self.name}"

    def item(self, view: Any) -> ActionItem:
        """The act as the framework's buttons know it."""
        plain = self.asks or not self.danger
        question = None if plain else LazyString(lambda: f"{self.label}?")
        return ActionItem(
            self.name, self.label, question, None, self.many, self.one, view.act_on_records
        )


def perform(view: Any, name: str, ids: Sequence[int]) -> Any:
    """Does the named act on records that must all be in scope, or asks for its reason first."""
    act = view.act_called(name)
    view.demand(act.may)
    records = [view.datamodel.get(key) for key in ids]
    if not records or None in records:
        raise NotFound
    if act.asks and request.form.get("confirmed") != "yes":
        return ask(view, act, records)
    try:
        answer = _run(act, ids)
    except (PortalError, DBAPIError) as failure:
        refusal = sayable(failure)
        said = refusal.spoken(gettext)
        if (act.asks or act.asks_late) and refusal.field == "reason":
            return ask(view, act, records, wrong=said), refusal.status
        flash(said, "danger")
        return redirect(view.address_after(ids), 303)
    if answer is not None:
        return answer
    flash(ngettext(*act.done, len(ids)), "success")
    return redirect(view.address_after(ids), 303)


def _run(act: Act, ids: Sequence[int]) -> Any:
    asked = act.asks or (act.asks_late and request.form.get("confirmed") == "yes")
    if not asked:
        return act.run(g.scope, g.actor, ids)
    reason = request.form.get("reason", "").strip()
    refuse_null_bytes([reason])
    if not reason or len(reason) > LONGEST_REASON:
        raise RuleBroken(
            "reason-needed", N_("Write a reason, in at most 500 letters."), field="reason"
        )
    return act.run(g.scope, g.actor, ids, reason)


def ask(view: Any, act: Act, records: Sequence[Any], *, wrong: str | None = None) -> Any:
    """The page that asks for the reason, with the records it is about."""
    return _ask(
        view,
        records,
        wrong,
        title=act.label,
        sentence=act.says or "",
        danger=act.danger,
        post_url=view.address("action_post"),
        fields={"action": act.name, "rowid": [record.id for record in records]},
        reason_label=act.asks or act.asks_late,
    )


def why_deleted(view: Any, said: Mapping[str, Any]) -> dict[str, str | None]:
    """The reason for a deletion, as the service of a screen that asks for one late takes it."""
    if not view.delete_asks_late:
        return {}
    reason = said.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise BadRequest
    refuse_null_bytes([reason or ""])
    tidied = " ".join((reason or "").split())
    if len(tidied) > LONGEST_REASON:
        raise RuleBroken("reason-too-long", N_("Write at most 500 letters."), field="reason")
    return {"reason": tidied or None}


def take_away(view: Any, record: Any) -> Any:
    """Deletes a record in scope; asks for the reason where the service refused for want of one."""
    pk = record.id
    try:
        view.write("delete")(g.scope, g.actor, pk=pk, **why_deleted(view, request.form))
    except (PortalError, DBAPIError) as failure:
        refusal = sayable(failure)
        if view.delete_asks_late and refusal.field == "reason":
            return _ask_why_deleted(view, record, refusal), refusal.status
        flash(refusal.spoken(gettext), "danger")
        return redirect(view.address_after([pk]), 303)
    flash(gettext("Deleted."), "success")
    return redirect(view.address_after(), 303)


def _ask_why_deleted(view: Any, record: Any, refusal: PortalError) -> Any:
    return _ask(
        view,
        [record],
        refusal.spoken(gettext),
        title=gettext("Delete"),
        danger=True,
        post_url=view.address("delete", pk=record.id),
        reason_label=view.delete_asks_late,
    )


def _ask(view: Any, records: Sequence[Any], wrong: str | None, **context: Any) -> Any:
    facts = [{"label": view.noun, "value": view.title_of(record)} for record in records[:10]]
    return view.page(
        "confirm.html",
        facts=facts,
        action_label=context["title"],
        cancel_url=view.address_after([record.id for record in records]),
        ask_reason=True,
        reason=request.form.get("reason", ""),
        errors=[{"field": "reason", "sentence": wrong}] if wrong else [],
        **context,
    )


def chosen_ids(form: Any) -> list[int]:
    """The distinct record keys that the form names, at most a page of them; a 400 for nonsense."""
    keys = list(dict.fromkeys(form.getlist("rowid")))
    if len(keys) > LARGEST_PAGE:
        raise RuleBroken("too-many", N_("Choose at most 100 rows at a time."))
    return [whole_number(key, most=2**63 - 1) for key in keys]
