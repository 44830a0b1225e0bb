"""Generated screens of vacancies: adverts, applications, eligibility rules, weights, past service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import g, redirect, request
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from marshmallow import fields
from wtforms import TextAreaField, validators

from app.exams.models import EligibilityRule, RankingWeight
from app.extensions import db
from app.permissions import Role, may
from app.scoping.scope import Actor, Scope
from app.vacancies import services
from app.vacancies.models import Application, ServiceRecord, Vacancy
from app.vacancies.queries.applicants import counts_in
from app.vacancies.services import rules, service
from app.words import NN_
from views.base import RecordView
from views.base_acts import Act
from views.base_data import RecordInterface
from views.base_previews import ShowsFirst
from views.crud.choices import DAY_KINDS
from views.crud.lookups import centre_field, officer_field, school_field
from views.crud.season import ending
from views.vacancies.words import APPLICATION, CRITERIA, RULE_KINDS, VACANCY, rule_terms
from views.what_if.asked import rule_address

DECIDABLE = ("applied", "shortlisted", "selected")


def optional_centre_field() -> Any:
    """The field that asks for a centre, empty for anywhere in the sub-county."""
    return centre_field(optional=True)


class ApplicationView(RecordView):
    datamodel = RecordInterface(Application)
    resource = "applications"
    noun = _("Application")
    list_title, show_title = _("Applications"), _("Application")
    add_title, edit_title = _("Enter an application"), _("Change the note")
    list_noun, list_noun_one = _("applications"), _("application")
    empty_text = _("Officers apply to open vacancies; the best are shortlisted on each vacancy.")
    label_columns = {
        "vacancy": _("Vacancy"),
        "vacancy.duty_station": _("Duty station"),
        "vacancy.role": _("Position"),
        "officer.workstation": _("Workstation"),
        "applied_at": _("Applied"),
        "moved_at": _("Last change"),
        "note": _("Note of the office"),
    }
    list_columns = [
        "officer.full_name", "vacancy.duty_station", "vacancy.role", "state", "applied_at",
        "officer.mobile", "officer.workstation",
    ]  # fmt: skip
    show_columns = [
        "officer.full_name", "officer.mobile", "officer.workstation", "vacancy", "state",
        "applied_at", "moved_at", "reason", "note",
    ]  # fmt: skip
    add_columns = ["vacancy", "officer"]
    edit_columns = ["note"]
    search_columns = ["applied_at"]
    drill_columns = ("vacancy", "officer")
    order_columns = ["applied_at", "state", "officer.full_name"]
    base_order = ("applied_at", "desc")
    quick_columns = ("officer.full_name", "vacancy.duty_station", "state")
    pill_columns = {"state": "application"}
    choices = {"state": APPLICATION}
    lookups = {"officer": officer_field}
    withheld_from = dict.fromkeys((Role.COUNTY_DIRECTOR, Role.MONITOR), ("officer.mobile",))
    export_columns = (
        "officer.full_name", "vacancy.duty_station", "vacancy.role", "state", "applied_at", "reason",
    )  # fmt: skip
    writes = {"add": services.add_application, "edit": services.edit_application}
    acts = (
        Act(
            name="shortlist",
            label=_("Shortlist"),
            run=services.shortlist_applications,
            done=NN_("Shortlisted.", "%(num)s shortlisted."),
            offered=lambda row: row.state == "applied",
        ),
        Act(
            name="select",
            label=_("Select"),
            run=services.select_applications,
            done=NN_("Selected: the offer goes out by SMS.", "%(num)s selected."),
            offered=lambda row: row.state == "shortlisted",
        ),
        Act(
            name="decline",
            label=_("Decline"),
            run=services.decline_applications,
            asks=_("Why are they not selected?"),
            says=_("Each officer reads the reason."),
            danger=True,
            done=NN_("Declined.", "%(num)s declined."),
            offered=lambda row: row.state in DECIDABLE,
        ),
    )

    def title_of(self, record: Application) -> str:
        return f"{record.officer or ''}: {record.vacancy or ''}"

    def state_sentence(self) -> Any:
        """How many wait for the director, and how many offers for their officer."""
        counts = counts_in(db.session, g.scope)
        waiting = counts.get("applied", 0) + counts.get("shortlisted", 0)
        return ngettext("%(num)s waits for you.", "%(num)s wait for you.", waiting)

    def about(self, record: Application) -> dict[str, Any]:
        return {"item_pill": ("application", record.state)}


def to_shortlist(_scope: Scope, _actor: Actor, ids: Sequence[int]) -> Any:
    """Leads to the ranked applicants of the vacancy."""
    return redirect(f"/shortlists/{ids[0]}", 303)


class VacancyView(RecordView):
    datamodel = RecordInterface(Vacancy)
    resource = "vacancies"
    noun = _("Vacancy")
    list_title, show_title = _("Vacancies"), _("Vacancy")
    add_title, edit_title = _("Advertise a vacancy"), _("Change the vacancy")
    list_noun, list_noun_one = _("vacancies"), _("vacancy")
    empty_text = _("Advertise what is missing: every post that nobody holds.")
    label_columns = {
        "role": _("Position"),
        "duty_station": _("Duty station"),
        "duty_code": _("Centre code"),
        "posts": _("Posts"),
        "opens_at": _("Opens"),
        "closes_at": _("Closes"),
        "needs_braille": _("Reader of braille"),
        "late_reason": _("Why after the deadline"),
        "day_kinds": _("Days"),
    }
    description_columns = {
        "centre": _("Leave it empty for anywhere in the sub-county."),
        "late_reason": _("Needed where it closes after the deadline of applications."),
    }
    list_columns = [
        "duty_station", "role", "posts", "closes_at", "state", "series", "sub_county",
    ]  # fmt: skip
    show_columns = [
        "duty_station", "duty_code", "sub_county", "role", "series", "posts", "needs_braille",
        "day_kinds", "opens_at", "closes_at", "late_reason", "state",
    ]  # fmt: skip
    add_columns = [
        "series", "sub_county", "centre", "role", "posts", "day_kinds", "needs_braille",
        "opens_at", "closes_at", "late_reason",
    ]  # fmt: skip
    edit_columns = ["posts", "day_kinds", "opens_at", "closes_at", "late_reason"]
    search_columns = ["series", "role", "sub_county", "closes_at"]
    drill_columns = ("centre",)
    order_columns = ["closes_at", "opens_at", "posts", "duty_station", "state"]
    base_order = ("closes_at", "desc")
    quick_columns = ("duty_station", "duty_code")
    numeric_columns = ("posts",)
    pill_columns = {"state": "vacancy"}
    choices = {"state": VACANCY, "day_kinds": DAY_KINDS}
    lookups = {"centre": optional_centre_field}
    writes = {"add": services.add_vacancy, "edit": services.edit_vacancy}
    related_views = [ApplicationView]
    acts = (
        Act(
            name="shortlist",
            label=_("Applicants in order"),
            run=to_shortlist,
            many=False,
        ),
        Act(
            name="close",
            label=_("Close"),
            run=services.close_vacancies,
            done=NN_("Closed.", "%(num)s vacancies closed."),
            offered=lambda row: row.state == "open",
        ),
        Act(
            name="decline",
            label=_("Decline the others"),
            run=services.decline_remaining,
            asks=_("Why are those who still wait not selected?"),
            says=_("Everybody who applied and was not selected is told, with this reason."),
            danger=True,
            done=NN_("Everybody else is told.", "Everybody else is told."),
        ),
    )

    def may_change(self, record: Vacancy) -> bool:
        return record.state == "open"

    def state_sentence(self) -> Any:
        """The way to what is missing, for whoever may advertise."""
        if not may(g.actor, self.resource, "add"):
            return None
        return Markup('<a href="/advertise/">{}</a>').format(_("Advertise what is missing"))


class JsonField(TextAreaField):
    """Parameters written as JSON; the service checks them against the kind of rule."""

    def _value(self) -> str:
        if isinstance(self.data, dict):
            return json.dumps(self.data, ensure_ascii=False)
        return str(self.data or "{}")


def parameters_field() -> Any:
    """The field of a rule's parameters."""
    return JsonField(
        _("Parameters"),
        description=_('As JSON: {"years": 3}, {"levels": ["primary"]}, {"at_least": "diploma"}.'),
        validators=[validators.Optional(), validators.Length(max=500)],
    )


class EligibilityRuleView(ShowsFirst, RecordView):
    datamodel = RecordInterface(EligibilityRule)
    resource = "eligibility-rules"
    noun = _("Rule")
    list_title, show_title = _("Rules of eligibility"), _("Rule of eligibility")
    add_title, edit_title = _("Add a rule"), _("Change the rule")
    list_noun, list_noun_one = _("rules"), _("rule")
    label_columns = {"kind": _("Rule"), "parameters": _("Parameters"), "terms": _("Parameters")}
    description_columns = {"role": _("Leave it empty for every role.")}
    list_columns = [
        "kind", "examination", "role", "terms", "effective_from", "effective_to", "year",
    ]  # fmt: skip
    export_columns = (*list_columns, "source")
    show_columns = [
        "kind", "examination", "role", "parameters", "effective_from", "effective_to", "year",
        "source",
    ]  # fmt: skip
    add_columns = edit_columns = [
        "examination", "role", "kind", "parameters", "effective_from", "effective_to", "year",
        "source",
    ]  # fmt: skip
    search_columns = ["examination", "role", "year"]
    order_columns = ["effective_from", "kind"]
    base_order = ("effective_from", "desc")
    choices = {"kind": RULE_KINDS}
    formatters_columns = {
        "parameters": rule_terms,
        "terms": lambda value: rule_terms(json.loads(value or "{}")),
    }
    lookups = {"parameters": parameters_field}
    rest_fields = {"parameters": fields.Dict(keys=fields.String())}
    writes = {"add": rules.add_rule, "edit": rules.edit_rule, "delete": rules.delete_rule}
    acts = (ending(rules.end_rules),)
    preview_label = _("See what it would do")

    def preview(self, values: dict[str, Any], pk: int | None, *, asked: bool) -> Any:
        """Leads to what the typed rule would do, with everything that was typed."""
        return redirect(rule_address(db.session, values, pk, request.form), 303) if asked else None

    def title_of(self, record: EligibilityRule) -> str:
        return f"{record.examination}: {self.words_for('kind', record.kind)}"


class RankingWeightView(RecordView):
    datamodel = RecordInterface(RankingWeight)
    resource = "ranking-weights"
    noun = _("Weight")
    list_title, show_title = _("Weights of the shortlist"), _("Weight of the shortlist")
    add_title, edit_title = _("Add a weight"), _("Change the weight")
    list_noun, list_noun_one = _("weights"), _("weight")
    label_columns = {
        "criterion": _("Criterion"),
        "weight": _("Points at most"),
        "full_at": _("Used up at"),
    }
    description_columns = {
        "full_at": _("Kilometres for the distance, years for the experience; else 1.")
    }
    list_columns = show_columns = ["criterion", "examination", "weight", "full_at"]
    add_columns = edit_columns = ["examination", "criterion", "weight", "full_at"]
    search_columns = ["examination"]
    order_columns = ["weight", "criterion"]
    base_order = ("weight", "desc")
    numeric_columns = ("weight", "full_at")
    choices = {"criterion": CRITERIA}

    def title_of(self, record: RankingWeight) -> str:
        return f"{record.examination}: {self.words_for('criterion', record.criterion)}"


class ServiceRecordView(RecordView):
    datamodel = RecordInterface(ServiceRecord)
    resource = "service-history"
    noun = _("Season served")
    list_title, show_title = _("Seasons served before"), _("Season served")
    add_title, edit_title = _("Add a season served"), _("Change the season served")
    list_noun, list_noun_one = _("seasons"), _("season")
    empty_text = _("Seasons of before this portal, so that nobody returns to a centre too early.")
    list_columns = show_columns = ["officer.full_name", "examination", "year", "school", "role"]
    add_columns = ["officer", "examination", "year", "school", "role"]
    edit_columns = ["examination", "year", "school", "role"]
    search_columns = ["examination", "year", "role"]
    drill_columns = ("officer",)
    order_columns = ["year", "officer.full_name"]
    base_order = ("year", "desc")
    quick_columns = ("officer.full_name", "school.name")
    lookups = {"officer": officer_field, "school": school_field}
    export_columns = ("officer.full_name", "examination", "year", "school", "role")
    writes = {"add": service.add_season}

    def title_of(self, record: ServiceRecord) -> str:
        return f"{record.officer or ''}, {record.examination} {record.year}"
