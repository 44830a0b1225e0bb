"""The queue of look-alikes, two records side by side, and what may be decided about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from app.errors import IllegalMove, RuleBroken
from app.people.queries import lookalikes as queries
from app.people.services import merging
from app.permissions import require
from app.procedures import merges
from views.base_arguments import whole_number
from views.one_person.context import list_context, pair_context
from views.one_person.sentences import STATES, what_stays
from views.request import current_actor, current_scope

LARGEST_PAGE = 10_000


class LookalikeView(BaseView):
    """/lookalikes/list/ and /lookalikes/<id> with its acts."""

    route_base = "/lookalikes"
    class_permission_name = "lookalikes"
    default_view = "list"

    @expose("/list/", methods=["GET"])
    @has_access
    @permission_name("list")
    def list(self) -> Any:
        """The pairs in one state, the surest first."""
        state = request.args.get("state", "open")
        if state not in STATES:
            raise BadRequest
        page = whole_number(request.args.get("page", "1"), least=1, most=LARGEST_PAGE)
        context = list_context(current_scope(), state=state, page=page)
        return self.render_template("one_person/list.html", **context)

    @expose("/<int:lookalike_id>", methods=["GET"])
    @has_access
    @permission_name("show")
    def show(self, lookalike_id: int) -> Any:
        """Two records side by side, with what may be done."""
        return self._pair(lookalike_id)

    @expose("/<int:lookalike_id>/dismiss", methods=["POST"])
    @has_access
    @permission_name("dismiss")
    def dismiss(self, lookalike_id: int) -> Any:
        """They are different people."""
        return self._act(
            lookalike_id,
            lambda: merging.dismiss(
                current_scope(), current_actor(), lookalike_id, reason=_reason()
            ),
            _("Noted: they are different people. They are not proposed again."),
        )

    @expose("/<int:lookalike_id>/propose", methods=["POST"])
    @has_access
    @permission_name("propose_merge")
    def propose(self, lookalike_id: int) -> Any:
        """They are one person: asks once more, then sends the proposal to headquarters."""
        pair = queries.pair(current_scope(), lookalike_id)
        survivor_id, kept = _chosen(pair)
        if survivor_id and _reason().strip() and request.form.get("confirmed") != "yes":
            return self._ask_to_propose(pair, survivor_id, kept)
        return self._act(
            lookalike_id,
            lambda: merging.propose_merge(
                current_scope(),
                current_actor(),
                lookalike_id,
                survivor_id=survivor_id,
                kept=kept,
                reason=_reason(),
            ),
            _("Proposed. An administrator at headquarters decides."),
        )

    @expose("/<int:lookalike_id>/approve", methods=["POST"])
    @has_access
    @permission_name("approve_merge")
    def approve(self, lookalike_id: int) -> Any:
        """Headquarters makes them one, after being asked once more."""
        if request.form.get("confirmed") != "yes":
            require(current_actor(), "lookalikes", "approve_merge")
            return self._ask_to_approve(queries.pair(current_scope(), lookalike_id))
        return self._act(
            lookalike_id,
            lambda: merges.approve_merge(
                current_scope(), current_actor(), lookalike_id, seen=request.form.get("seen", "")
            ),
            _("Done. The two records are one."),
        )

    @expose("/<int:lookalike_id>/refuse", methods=["POST"])
    @has_access
    @permission_name("refuse_merge")
    def refuse(self, lookalike_id: int) -> Any:
        """Headquarters sends the proposal back."""
        return self._act(
            lookalike_id,
            lambda: merging.refuse_merge(
                current_scope(), current_actor(), lookalike_id, reason=_reason()
            ),
            _("Sent back. The pair is to be reviewed again."),
        )

    def _act(self, lookalike_id: int, act: Callable[[], Any], done: str) -> Any:
        """Does it and goes back to the pair; a refusal is said there, what was typed kept."""
        try:
            act()
        except (RuleBroken, IllegalMove) as error:
            return self._pair(lookalike_id, error=error, typed=request.form), error.status
        flash(done, "success")
        return redirect(f"/lookalikes/{lookalike_id}", 303)

    def _pair(self, lookalike_id: int, **said: Any) -> Any:
        pair = queries.pair(current_scope(), lookalike_id)
        context = pair_context(current_scope(), current_actor(), pair, **said)
        return self.render_template("one_person/pair.html", **context)

    def _ask_to_propose(self, pair: queries.Pair, survivor_id: int, kept: dict[str, str]) -> Any:
        keeps = {f"keep-{what}": request.form.get(f"keep-{what}", "") for what in kept}
        return self.render_template(
            "confirm.html",
            title=_("Propose that they are one person"),
            sentence=_(
                "An administrator decides. Once approved it cannot be undone: duties, days worked"
                " and disputes move to the record that stays, and the other account is closed."
            ),
            facts=what_stays(pair, survivor_id, kept),
            action_label=_("Propose that they are one"),
            post_url=f"/lookalikes/{pair.id}/propose",
            cancel_url=f"/lookalikes/{pair.id}",
            fields={"survivor_id": survivor_id, "reason": _reason(), **keeps},
        )

    def _ask_to_approve(self, pair: queries.Pair) -> Any:
        if pair.survivor_id is None:
            return redirect(f"/lookalikes/{pair.id}", 303)
        return self.render_template(
            "confirm.html",
            title=_("Make the two records one"),
            sentence=_(
                "This cannot be undone. Duties, days worked and disputes move to the record that"
                " stays; the other account is closed and signed out everywhere."
            ),
            facts=what_stays(pair, pair.survivor_id, pair.kept),
            action_label=_("Make them one"),
            danger=True,
            post_url=f"/lookalikes/{pair.id}/approve",
            cancel_url=f"/lookalikes/{pair.id}",
            fields={"seen": merging.print_of(pair.survivor_id, pair.kept)},
        )


def _reason() -> str:
    return request.form.get("reason", "")


def _chosen(pair: queries.Pair) -> tuple[int, dict[str, str]]:
    """The record that stays, 0 where none was chosen, and whose value is kept of each fact."""
    both = {str(side.officer_id): side.officer_id for side in (pair.one, pair.other)}
    survivor_id = both.get(request.form.get("survivor_id", ""), 0)
    kept = {}
    for what in merging.CHOICES:
        holder = both.get(request.form.get(f"keep-{what}", ""))
        if holder:
            kept[what] = merging.SURVIVOR if holder == survivor_id else merging.MERGED
    return survivor_id, kept
