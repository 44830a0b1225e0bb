"""Proposals for programs: asked for, read with every reason, published."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy import select

from app.errors import NotFound, Problems, RuleBroken
from app.exams.models import Series
from app.extensions import db
from app.permissions import may
from app.places.models import SubCounty
from app.procedures.publication import Said, preview, publish_proposal
from app.proposals import queries, services
from app.proposals.asks import Asks, asks_from
from app.words import N_
from views.request import current_actor, current_scope
from views.vacancies.office import _number

MOST_READ = 10_000


class ProposalsApi(BaseApi):
    """/api/v1/proposals and each of them; both slash forms answer."""

    resource_name = "proposals"
    class_permission_name = "proposals"
    openapi_spec_tag = "Proposals"

    @expose("", methods=["POST"])
    @protect()
    @permission_name("add")
    def propose(self) -> Any:
        """Asks for a proposal of a sub-county
        ---
        post:
          summary: Ask for a proposal of a sub-county's open posts
          description: >-
            The queue solves it; read it until its `state` is ready. Asked again while one is live,
            that one is solved again around what is locked. `asks` are the weights (kilometres, the
            distances in percent) and shares (percent of a centre's posts of a role).
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [series, sub_county]
                  properties:
                    series: {type: string, example: KCSE-2026}
                    sub_county: {type: string, example: kisumu-east}
                    asks:
                      type: object
                      properties:
                        workstation: {type: integer, minimum: 0, maximum: 200}
                        home: {type: integer, minimum: 0, maximum: 200}
                        chosen_last_year: {type: integer, minimum: 0, maximum: 200}
                        experience: {type: integer, minimum: 0, maximum: 200}
                        gender: {type: integer, minimum: 0, maximum: 200}
                        experienced_share: {type: integer, minimum: 0, maximum: 100}
                        women_share: {type: integer, minimum: 0, maximum: 100}
                        men_share: {type: integer, minimum: 0, maximum: 100}
          responses:
            202:
              description: The proposal is on the queue
              content:
                application/json:
                  schema:
                    type: object
                    required: [id, state, links]
                    properties:
                      id: {type: integer}
                      state: {type: string, enum: [waiting]}
                      links: {type: object, additionalProperties: {type: string}}
            401: {description: No valid bearer token}
            403: {description: The role may not propose}
            404: {description: No such series or sub-county within the caller's scope}
            409: {description: Somebody asked for it at the same moment}
            422: {description: A weight is out of range, or the series has ended}
        """
        series_id, sub_county_id, asks = _wanted(_body())
        proposal = services.propose(
            current_scope(),
            current_actor(),
            series_id=series_id,
            sub_county_id=sub_county_id,
            asks=asks,
        )
        return self.response(202, id=proposal.id, state=proposal.state, links=links_of(proposal.id))

    @expose("/<int:proposal_id>", methods=["GET"])
    @protect()
    @permission_name("show")
    def proposal(self, proposal_id: int) -> Any:
        """A proposal with its picks, gaps and refusals
        ---
        get:
          summary: A proposal with every pick, gap and refusal and why
          description: >-
            `points` are hundredths of a kilometre. Who may publish a ready proposal also reads
            `publication`: the digest to publish with, who is left out, the open concerns.
          parameters:
          - {in: path, name: proposal_id, required: true, schema: {type: integer}}
          responses:
            200:
              description: The proposal as it stands
              content:
                application/json:
                  schema:
                    type: object
                    required: [id, state, picks, gaps, refusals, links]
                    properties:
                      id: {type: integer}
                      series: {type: string}
                      sub_county: {type: string}
                      state:
                        type: string
                        enum: [waiting, ready, failed, published, discarded]
                      asks: {type: object, additionalProperties: {type: integer}}
                      places: {type: integer, nullable: true}
                      filled: {type: integer, nullable: true}
                      candidates: {type: integer, nullable: true}
                      points: {type: integer, nullable: true}
                      optimal: {type: boolean}
                      milliseconds: {type: integer, nullable: true}
                      picks: {type: array, items: {type: object}}
                      gaps: {type: array, items: {type: object}}
                      refusals: {type: array, items: {type: object}}
                      publication: {type: object, nullable: true}
                      links: {type: object, additionalProperties: {type: string}}
            401: {description: No valid bearer token}
            403: {description: The role may not read proposals}
            404: {description: No such proposal within the caller's scope}
        """
        return self.response(200, **answer_of(proposal_id))

    @expose("/<int:proposal_id>/publish", methods=["POST"])
    @protect()
    @permission_name("publish")
    def publish(self, proposal_id: int) -> Any:
        """Publishes a proposal
        ---
        post:
          summary: Publish every pick that nothing bars by now, with its letter and its SMS
          description: >-
            `digest` is the one that was read in `publication`; where the picks have changed since,
            the answer is 409 and nothing is done. After the deadline `reason` is needed.
            `concerns_read` names the open concerns that were read, `answers` answers them by
            deployment.
          parameters:
          - {in: path, name: proposal_id, required: true, schema: {type: integer}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [digest]
                  properties:
                    digest: {type: string}
                    reason: {type: string, maxLength: 300}
                    concerns_read: {type: array, items: {type: integer}}
                    answers: {type: object, additionalProperties: {type: string}}
          responses:
            200: {description: How many were published and how many left out}
            401: {description: No valid bearer token}
            403: {description: The role may not publish}
            404: {description: No such proposal within the caller's scope}
            409: {description: "The picks are not those of the digest (both in `facts`), or the proposal is not ready"}
            422: {description: "The reason is missing, a concern was not read, or nobody is left"}
        """
        queries.proposal_in(db.session, current_scope(), proposal_id)
        done = publish_proposal(
            db.session, current_scope(), current_actor(), proposal_id, _said(_body())
        )
        return self.response(
            200, id=proposal_id, state="published", published=done.people, left_out=done.left_out
        )


def links_of(proposal_id: int) -> dict[str, str]:
    """Where a program goes on to."""
    own = f"/api/v1/proposals/{proposal_id}"
    return {"self": own, "publish": f"{own}/publish", "page": f"/proposals/{proposal_id}/"}


def answer_of(proposal_id: int) -> dict[str, Any]:
    """A proposal as JSON values."""
    session, scope = db.session, current_scope()
    one = queries.proposal_in(session, scope, proposal_id)
    picks, _total = queries.pick_lines(session, scope, proposal_id)
    refusals, _total = queries.refusal_lines(session, scope, proposal_id, most=MOST_READ)
    return {
        "id": one.id,
        "series": one.series.code,
        "sub_county": one.sub_county.slug,
        "state": one.state,
        "asks": one.asks,
        "places": one.places,
        "filled": one.filled,
        "candidates": one.candidates,
        "points": one.points,
        "optimal": one.state in {"ready", "published"},
        "milliseconds": one.milliseconds,
        "failure": one.failure,
        "picks": [_pick(line) for line in picks],
        "gaps": [
            _seat(line) | {"places": line.places, "one_rule_away": line.relaxations}
            for line in queries.gap_lines(session, scope, proposal_id)
        ],
        "refusals": [_refusal(line) for line in refusals],
        "publication": _publication(one),
        "links": links_of(one.id),
    }


def _seat(line: Any) -> dict[str, Any]:
    return {"post_id": line.post_id, "centre_code": line.centre_code, "role": line.role_code}


def _pick(line: Any) -> dict[str, Any]:
    return _seat(line) | {
        "deployment_id": line.deployment_id,
        "officer_id": line.officer_id,
        "name": line.name,
        "starts_on": line.starts_on.isoformat(),
        "ends_on": line.ends_on.isoformat(),
        "status": line.status,
        "locked": line.locked,
        "points": {"distance": line.distance, "fairness": line.fairness, "asked": line.asked},
    }


def _refusal(line: Any) -> dict[str, Any]:
    best = None if line.post_id is None else _seat(line)
    return {
        "officer_id": line.officer_id,
        "name": line.name,
        "best": best,
        "points": line.points,
        "taken_for": line.taken_for,
        "bars": line.bars,
    }


def _publication(proposal: Any) -> dict[str, Any] | None:
    """What publishing would do; None for who may not publish, and unless it is ready."""
    if proposal.state != "ready" or not may(current_actor(), "proposals", "publish"):
        return None
    shown = preview(db.session, current_scope(), current_actor(), proposal.id)
    return {
        "digest": shown.digest,
        "people": shown.people,
        "empty": shown.empty,
        "sms_kes": shown.sms_kes,
        "late_since": shown.late_since.isoformat() if shown.late_since else None,
        "left_out": [
            {
                "deployment_id": one.pick.deployment_id,
                "bars": [str(bar.kind) for bar in one.bars],
            }
            for one in shown.barred
        ],
        "concerns": [
            {"id": one.id, "deployment_id": one.deployment_id, "reason": one.reason}
            for one in shown.concerns
        ],
    }


def _wanted(body: dict[str, Any]) -> tuple[int, int, Asks]:
    """The series, the sub-county within reach, and the weights that a body names."""
    faults = Problems()
    for name in ("series", "sub_county"):
        if not isinstance(body.get(name), str):
            faults.add("missing", N_("Name the series and the sub-county."), field=name)
    faults.refuse_if_any()
    asks = body.get("asks") or {}
    if not isinstance(asks, dict):
        raise RuleBroken("not-an-object", N_("The weights are an object."), field="asks")
    session = db.session
    series = session.scalar(select(Series.id).where(Series.code == body["series"][:40]))
    place = session.scalar(select(SubCounty.id).where(SubCounty.slug == body["sub_county"][:80]))
    if series is None or place is None:
        raise NotFound("not-found", N_("That record was not found."))
    return series, place, asks_from(asks)


def _said(body: dict[str, Any]) -> Said:
    """What a body says to publishing; RuleBroken where it is not of that shape."""
    digest, reason = body.get("digest"), body.get("reason")
    read, answers = body.get("concerns_read") or [], body.get("answers") or {}
    numbers = isinstance(read, list) and all(isinstance(one, int) for one in read)
    spoken = isinstance(answers, dict) and all(
        _number(str(key)) is not None and isinstance(said, str) for key, said in answers.items()
    )
    faults = Problems()
    if not isinstance(digest, str):
        faults.add("missing", N_("Send the digest that you were shown."), field="digest")
    if reason is not None and not isinstance(reason, str):
        faults.add("not-a-text", N_("The reason is a text."), field="reason")
    if not numbers:
        faults.add("not-numbers", N_("Name concerns by their numbers."), field="concerns_read")
    if not spoken:
        faults.add("not-texts", N_("Answer concerns by deployment, as texts."), field="answers")
    faults.refuse_if_any()
    kept = {int(key): " ".join(said.split())[:500] for key, said in answers.items()}
    return Said(
        str(digest)[:64],
        (reason or "").strip()[:300] or None,
        frozenset(read),
        {key: said for key, said in kept.items() if said},
    )


def _body() -> dict[str, Any]:
    """The JSON object that was sent; raises RuleBroken for anything else."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RuleBroken(
            "not-an-object", N_("Send a JSON object, with the content type that says so.")
        )
    return body
