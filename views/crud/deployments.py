"""The screen of deployments: one at a time, published, withdrawn, questioned and answered."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from app.deployments import queries, services
from app.deployments.enums import ON_DUTY, UNPUBLISHED
from app.deployments.models import Deployment
from app.extensions import db
from app.letters.queries import versions_of
from app.permissions import Role, may
from app.procedures import duties
from app.words import NN_
from views import words
from views.access.language import language_now
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.crud.choices import DEPLOYMENT
from views.crud.lookups import centre_field, officer_field


class DeploymentView(RecordView):
    datamodel = RecordInterface(Deployment)
    resource = "deployments"
    noun = _("Deployment")
    list_title, show_title = _("Deployments"), _("Deployment")
    add_title, edit_title = _("Deploy an officer"), _("Change the deployment")
    list_noun, list_noun_one = _("deployments"), _("deployment")
    empty_text = _("The TSC director deploys officers to the posts of each centre.")
    list_columns = [
        "officer.full_name", "role", "centre", "starts_on", "ends_on", "status", "officer.mobile",
    ]  # fmt: skip
    phone_columns = ("officer.full_name", "role", "centre", "status")
    show_columns = [
        "officer.full_name", "officer.mobile", "role", "centre", "series", "slot", "starts_on",
        "ends_on", "status", "published_at", "reason",
    ]  # fmt: skip
    add_columns = ["officer", "centre", "role", "starts_on", "ends_on", "reason"]
    edit_columns = ["officer", "starts_on", "ends_on", "reason"]
    description_columns = {"reason": _("Needed after the deadline of deployment.")}
    search_columns = ["role", "status", "series", "starts_on", "ends_on"]
    drill_columns = ("centre", "officer")
    order_columns = ["starts_on", "ends_on", "status", "officer.full_name", "centre.name"]
    base_order = ("starts_on", "desc")
    quick_columns = ("officer.full_name", "centre.name", "centre.code")
    pill_columns = {"status": "deployment"}
    choices = {"status": DEPLOYMENT}
    lookups = {"officer": officer_field, "centre": centre_field}
    list_template = "proposals/deployments.html"
    withheld_from = dict.fromkeys((Role.COUNTY_DIRECTOR, Role.MONITOR), ("officer.mobile",))
    export_columns = (
        "officer.full_name", "role", "centre.code", "centre.name", "starts_on", "ends_on", "status",
    )  # fmt: skip
    writes = {
        "add": services.deploy_officer,
        "edit": services.edit_deployment,
        "delete": services.delete_deployment,
    }
    delete_asks_late = _("Why does this come after the deadline?")
    acts = (
        Act(
            name="publish",
            label=_("Publish"),
            run=duties.publish_deployments,
            asks_late=_("Why does this come after the deadline?"),
            done=NN_("Published.", "%(num)s deployments published."),
            offered=lambda row: row.status in UNPUBLISHED,
        ),
        Act(
            name="withdraw",
            label=_("Withdraw"),
            run=duties.withdraw_deployments,
            asks=_("Why are they withdrawn?"),
            says=_("They leave the rosters after the last day they served."),
            danger=True,
            done=NN_("Withdrawn.", "%(num)s deployments withdrawn."),
            offered=lambda row: row.status in ON_DUTY,
        ),
        Act(
            name="raise_concern",
            label=_("Raise a concern"),
            run=services.raise_concern,
            asks=_("What is the concern?"),
            says=_("The TSC director sees it with your name and answers it."),
            offered=lambda row: row.status in UNPUBLISHED | ON_DUTY,
            done=NN_(
                "The TSC director has your concern.", "The TSC director has %(num)s concerns."
            ),
        ),
        Act(
            name="answer_concern",
            label=_("Answer the concern"),
            run=services.answer_concern,
            asks=_("Your answer"),
            says=_("The SCDE sees it with your name."),
            done=NN_("Answered.", "%(num)s answered."),
            offered=lambda row: queries.has_open_concern(db.session, g.scope, row.id),
        ),
    )

    def proposals_link(self) -> str | None:
        """Where the open places are filled all at once, for those who may look."""
        return "/proposals/" if may(g.actor, "proposals", "list") else None

    def rotation_link(self) -> str | None:
        """Where supervisors are rotated, for those who may."""
        return "/redeploy/rotation/" if may(g.actor, self.resource, "rotate") else None

    def title_of(self, record: Deployment) -> str:
        name = record.officer.full_name if record.officer else gettext("Somebody")
        return f"{name}, {record.role}"

    def value_of(self, record: Deployment, path: str) -> Any:
        """A duty that never began is stored with the day before its first as the last: words instead."""
        if path == "ends_on" and record.ends_on < record.starts_on:
            return gettext("Never began")
        return super().value_of(record, path)

    def may_change(self, record: Deployment) -> bool:
        return record.status in UNPUBLISHED

    def row_actions(self, pk: int, item: dict[str, Any]) -> list[dict[str, Any]]:
        """What nobody was told of yet is changed; who is on duty is redeployed."""
        if item["status"] in UNPUBLISHED and may(g.actor, self.resource, "edit"):
            return [{"label": gettext("Edit"), "href": self.address("edit", pk=pk)}]
        move = redeploy_link(pk, item["status"])
        return [move] if move else []

    def state_sentence(self) -> Any:
        """What waits: deployments nobody was told of, concerns nobody has answered."""
        waiting, asked = queries.unpublished_and_questioned(db.session, g.scope)
        said = []
        if waiting:
            said.append(
                ngettext("%(num)s is not published.", "%(num)s are not published.", waiting)
            )
        if asked:
            said.append(
                ngettext("%(num)s concern waits for an answer.", "%(num)s concerns wait.", asked)
            )
        return " ".join(said) or None

    def about(self, record: Deployment) -> dict[str, Any]:
        concerns = queries.concerns_about(db.session, g.scope, record.id)
        said = [self._concern(concern) for concern in concerns]
        return {
            "item_pill": ("deployment", record.status),
            "primary_action": redeploy_link(record.id, record.status),
            "state_sentence": " ".join(said) or None,
            "ways": letter_ways(record.id),
        }

    @staticmethod
    def _concern(concern: Any) -> str:
        day = words.day(concern.created_at, language_now())
        answer = concern.answer or gettext("not answered yet")
        return gettext(
            "Concern of %(day)s: %(reason)s. Answer: %(answer)s.",
            day=day,
            reason=concern.reason.rstrip("."),
            answer=answer.rstrip("."),
        )


def letter_ways(deployment_id: int) -> list[dict[str, str]]:
    """The way to the newest letter of a deployment and to its paper, for who may read them."""
    newest = versions_of(db.session, [deployment_id]).get(deployment_id)
    if newest is None:
        return []
    ways = []
    if may(g.actor, "letters", "show"):
        ways.append({"label": gettext("Letter"), "href": f"/letters/show/{newest.id}"})
    if may(g.actor, "letters", "read"):
        ways.append({"label": gettext("The letter (PDF)"), "href": f"/letters/{newest.id}.pdf"})
    return ways


def redeploy_link(deployment_id: int, status: str) -> dict[str, Any] | None:
    """The way to redeploy somebody who is on duty, for who may."""
    if status not in ON_DUTY or not may(g.actor, "deployments", "redeploy"):
        return None
    return {"label": gettext("Redeploy"), "href": f"/redeploy/{deployment_id}/"}
