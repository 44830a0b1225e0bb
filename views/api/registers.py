"""The workflow of the daily register for programs: read, mark, confirm, return, reopen.

Whoever may read registers comes through this door; whose act it is depends on the place: the centre
marks a school and the SCDE confirms it, the SCDE marks a store and the TSC director confirms it. The
services know.
"""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.attendance import queries, services
from app.attendance.queries import CentreOnDay
from app.errors import RuleBroken
from app.procedures.registers import mark_register
from app.words import N_
from views.registers.forms import marking_in_body, reasons_in_body, whole_number
from views.registers.pages import centre_on, day_in
from views.request import current_actor, current_scope

DAY = "/<string(length=8):centre_code>/<string(length=10):date>"


class RegisterDayApi(BaseApi):
    """/api/v1/registers/<centre_code>/<date> and its acts; both slash forms answer."""

    resource_name = "registers"
    class_permission_name = "registers"
    openapi_spec_tag = "Registers"

    @expose(DAY, methods=["GET"])
    @protect()
    @permission_name("show")
    def day(self, centre_code: str, date: str) -> Any:
        """The register of a centre's day
        ---
        get:
          summary: The register of a centre's day
          description: >-
            Of a school or of a store (container). Everybody on the roster with their mark
            (present, late, absent or null). Where nothing
            was opened, `state` is "not opened" and `version` 0; reading opens nothing. Of several
            series with this centre code, the one whose dates contain the day; `series` names one.
          parameters:
          - {in: path, name: centre_code, required: true, schema: {type: string, pattern: "^[0-9]{8}$"}}
          - {in: path, name: date, required: true, schema: {type: string, format: date}}
          - {in: query, name: series, schema: {type: string}}
          responses:
            200:
              description: The register as it stands
              content:
                application/json:
                  schema:
                    type: object
                    required: [state, version, rows]
                    properties:
                      centre_code: {type: string}
                      date: {type: string, format: date}
                      series: {type: string}
                      state:
                        type: string
                        enum: [not opened, open, submitted, confirmed, returned, locked]
                      version: {type: integer}
                      marked_by: {type: integer, nullable: true}
                      submitted_at: {type: string, format: date-time, nullable: true}
                      confirmed_at: {type: string, format: date-time, nullable: true}
                      return_reason: {type: string, nullable: true}
                      rows:
                        type: array
                        items:
                          type: object
                          required: [deployment_id, name, role, mark]
                          properties:
                            deployment_id: {type: integer}
                            name: {type: string}
                            role: {type: string}
                            role_name: {type: string}
                            mark:
                              type: string
                              enum: [present, late, absent]
                              nullable: true
                            minutes_late: {type: integer, nullable: true}
                            reason: {type: string, nullable: true}
                            remark: {type: string, nullable: true}
                            self_marked: {type: boolean}
                            disputed: {type: boolean}
                            return_reason: {type: string, nullable: true}
                            director_remarks: {type: array, items: {type: object}}
            401: {description: No valid bearer token}
            403: {description: The role may not read registers}
            404: {description: No such register within the caller's scope}
        """
        page = queries.register_page(current_scope(), centre_on(centre_code, day_in(date)))
        return self.response(200, **page.as_answer())

    @expose(DAY, methods=["PUT"])
    @protect()
    @permission_name("show")
    def mark(self, centre_code: str, date: str) -> Any:
        """Marks the register of the day
        ---
        put:
          summary: Save or submit the marks of a day
          description: >-
            A school's register is marked by its centre, the register of a store (container) by the
            SCDE, who names nobody in `marked_by`. With `submit` every person on the roster is
            marked, else the answer lists the missing. A late mark needs its minutes and may say
            why; any other mark has no minutes. The same `request_id` again returns the stored
            answer.
          parameters:
          - {in: path, name: centre_code, required: true, schema: {type: string, pattern: "^[0-9]{8}$"}}
          - {in: path, name: date, required: true, schema: {type: string, format: date}}
          - {in: query, name: series, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [request_id, version, marked_by, marks]
                  properties:
                    request_id: {type: string, format: uuid}
                    version: {type: integer, minimum: 0, description: The version that was read; 0 for none}
                    submit: {type: boolean, default: false}
                    marked_by: {type: integer, description: The deployment of the person who marked}
                    marks:
                      type: array
                      items:
                        type: object
                        required: [deployment_id, status]
                        properties:
                          deployment_id: {type: integer}
                          status: {type: string, enum: [present, absent, late]}
                          minutes_late: {type: integer, minimum: 1, maximum: 600}
                          reason: {type: string, maxLength: 200}
                          remark: {type: string, maxLength: 300}
          responses:
            200: {description: The stored register, as GET returns it}
            401: {description: No valid bearer token}
            403: {description: The role may not mark registers of this kind of place}
            404: {description: No such register within the caller's scope}
            409: {description: "Somebody stored another version (both values in `facts.rows`), or the state refuses"}
            422: {description: "A fault of the marks, somebody missing, outside the marking hours, or a reused request_id"}
        """
        place = centre_on(centre_code, day_in(date))
        marking = marking_in_body(_body())
        stored = mark_register(
            current_scope(), current_actor(), place.centre_id, place.day, marking
        )
        return self.response(200, **stored)

    @expose(f"{DAY}/confirm", methods=["POST"])
    @protect()
    @permission_name("show")
    def confirm(self, centre_code: str, date: str) -> Any:
        """Confirms a submitted register
        ---
        post:
          summary: The SCDE confirms; at a store the TSC director
          description: >-
            Nobody confirms what they submitted themselves. `version` and `seen_remark` (the newest `director_remarks` id that was read) are
            optional; a newer version is refused, and so is an unread remark of the TSC director.
          parameters:
          - {in: path, name: centre_code, required: true, schema: {type: string, pattern: "^[0-9]{8}$"}}
          - {in: path, name: date, required: true, schema: {type: string, format: date}}
          - {in: query, name: series, schema: {type: string}}
          requestBody:
            content:
              application/json:
                schema:
                  type: object
                  properties:
                    version: {type: integer}
                    seen_remark: {type: integer}
          responses:
            200: {description: "The register, now confirmed, as GET returns it"}
            401: {description: No valid bearer token}
            403: {description: The role may not confirm registers of this kind of place}
            404: {description: No such register within the caller's scope}
            409: {description: The state refuses or the version is not the newest}
            422: {description: A remark was not read}
        """
        body = _body() if request.get_data(cache=True) else {}
        place = centre_on(centre_code, day_in(date))
        page = services.confirm_register(
            current_scope(),
            current_actor(),
            place.centre_id,
            place.day,
            version=whole_number(body.get("version"), "version"),
            seen_remark=whole_number(body.get("seen_remark"), "seen_remark") or 0,
        )
        return self.response(200, **page.as_answer())

    @expose(f"{DAY}/return", methods=["POST"])
    @protect()
    @permission_name("show")
    def give_back(self, centre_code: str, date: str) -> Any:
        """Returns a submitted register to whoever marked it
        ---
        post:
          summary: The SCDE (at a store the TSC director) returns the register with a reason
          parameters:
          - {in: path, name: centre_code, required: true, schema: {type: string, pattern: "^[0-9]{8}$"}}
          - {in: path, name: date, required: true, schema: {type: string, format: date}}
          - {in: query, name: series, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [reason]
                  properties:
                    reason: {type: string, maxLength: 500}
                    rows:
                      type: array
                      items:
                        type: object
                        required: [deployment_id, reason]
                        properties:
                          deployment_id: {type: integer}
                          reason: {type: string, maxLength: 500}
          responses:
            200: {description: "The register, now returned, as GET returns it"}
            401: {description: No valid bearer token}
            403: {description: The role may not return registers of this kind of place}
            404: {description: No such register within the caller's scope}
            409: {description: The state refuses}
            422: {description: The reason is missing or a row is not on the register}
        """
        place, (reason, rows) = _asked(centre_code, date)
        page = services.return_register(
            current_scope(), current_actor(), place.centre_id, place.day, reason=reason, rows=rows
        )
        return self.response(200, **page.as_answer())

    @expose(f"{DAY}/reopen", methods=["POST"])
    @protect()
    @permission_name("show")
    def reopen(self, centre_code: str, date: str) -> Any:
        """Reopens a confirmed (SCDE; at a store the TSC director) or locked (KNEC) register
        ---
        post:
          summary: Open a confirmed or locked register again, with a reason
          parameters:
          - {in: path, name: centre_code, required: true, schema: {type: string, pattern: "^[0-9]{8}$"}}
          - {in: path, name: date, required: true, schema: {type: string, format: date}}
          - {in: query, name: series, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [reason]
                  properties:
                    reason: {type: string, maxLength: 500}
          responses:
            200: {description: "The register, now open, as GET returns it"}
            401: {description: No valid bearer token}
            403: {description: The role may not reopen a register in this state}
            404: {description: No such register within the caller's scope}
            409: {description: The state refuses}
            422: {description: The reason is missing}
        """
        place, (reason, _rows) = _asked(centre_code, date)
        page = services.reopen_register(
            current_scope(), current_actor(), place.centre_id, place.day, reason=reason
        )
        return self.response(200, **page.as_answer())


def _asked(centre_code: str, date: str) -> tuple[CentreOnDay, tuple[str, dict[int, str]]]:
    place = centre_on(centre_code, day_in(date))
    return place, reasons_in_body(_body())


def _body() -> dict[str, Any]:
    """The JSON object that was sent; raises RuleBroken for anything else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RuleBroken(
            "not-an-object", N_("Send a JSON object, with the content type that says so.")
        )
    return body
