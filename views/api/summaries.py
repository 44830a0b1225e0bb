"""The dashboards' numbers for programs: one row for each county, sub-county, centre, day or role."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.errors import NotFound
from app.extensions import db
from app.words import N_
from dashboards import views
from reports import summaries

HIDDEN = frozenset({"boundary"})


class SummariesApi(BaseApi):
    """/api/v1/summaries/<coverage|attendance|claims>; both slash forms answer."""

    resource_name = "summaries"
    class_permission_name = "summaries"
    openapi_spec_tag = "Summaries"

    @expose("/<string:name>", methods=["GET"])
    @protect()
    @permission_name("list")
    def summary(self, name: str) -> Any:
        """Coverage, attendance or claims
        ---
        get:
          summary: The very numbers of a dashboard, in the caller's scope
          description: >-
            Counts are whole people (or person-days where `day` is null); null means that nobody
            knows, which is not 0. Money is whole Kenya shillings, null where a role has no
            published rate. Without `day`, coverage and attendance answer for the present exam day
            and claims for the whole season.
          parameters:
          - {in: path, name: name, required: true, schema: {type: string, enum: [coverage, attendance, claims]}}
          - {in: query, name: by, schema: {type: string, enum: [county, sub-county, centre, day, role]}}
          - {in: query, name: series, schema: {type: string}, example: KCSE-2026}
          - {in: query, name: day, schema: {type: string}, description: "A date, or `all`"}
          - {in: query, name: role, schema: {type: string}}
          - {in: query, name: county, schema: {type: string}, description: The county's code}
          - {in: query, name: sub-county, schema: {type: string}, description: The sub-county's slug}
          - {in: query, name: centre, schema: {type: string}, description: The centre's code}
          responses:
            200:
              description: One row for each place, day or role, ranked as on the dashboard
              content:
                application/json:
                  schema:
                    type: object
                    required: [summary, series, by, count, result]
                    properties:
                      summary: {type: string}
                      series: {type: string}
                      by: {type: string}
                      day: {type: string, format: date, nullable: true}
                      as_of: {type: string, format: date-time}
                      count: {type: integer}
                      result: {type: array, items: {type: object}}
            401: {description: No valid bearer token}
            403: {description: The role may not read summaries}
            404: {description: "No such summary, or a place, role or series outside the caller's scope"}
            422: {description: A filter that cannot be read}
        """
        view = asked_for(name)
        found = summaries.rows(db.session, view.scope, view.part, name)
        return self.response(
            200,
            summary=name,
            series=view.part.series.code,
            by=str(view.part.by),
            day=view.part.day.isoformat() if view.part.day else None,
            as_of=view.now.isoformat(),
            count=len(found),
            result=[_shown(row) for row in found],
        )


def asked_for(name: str) -> views.View:
    """The part of a season that the request's query asks for; NotFound for no such summary."""
    if name not in summaries.SUMMARIES:
        raise NotFound("no-such-summary", N_("There is no such summary."))
    return views.of_words(name, request.args)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in HIDDEN}
