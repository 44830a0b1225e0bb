"""Is it alive, can it serve, how is it doing: for the machines that watch over it."""

from __future__ import annotations

import hmac
import os
from functools import cache
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask, Response, abort, current_app, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import logs
from app.access import passwords
from app.db.schema import alembic_config
from app.extensions import db
from views.request import open_to_everybody

LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def install(flask_app: Flask) -> None:
    """Adds /health/live, /health/ready and /metrics."""
    flask_app.add_url_rule("/health/live", "health_live", live)
    flask_app.add_url_rule("/health/ready", "health_ready", ready)
    flask_app.add_url_rule("/metrics", "metrics", metrics)
    flask_app.after_request(_measure)


@open_to_everybody
def live() -> Response:
    """This worker answers; it asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


@open_to_everybody
def ready() -> Response:
    """200 when the database answers and has every migration, else 503."""
    try:
        present = set(db.session.execute(text("SELECT version_num FROM alembic_version")).scalars())
    except SQLAlchemyError:
        db.session.rollback()
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    if present != _heads():
        return Response("migrations are pending\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


@open_to_everybody
def metrics() -> Response:
    """Prometheus' text, for the token or for this very machine; hidden from everybody else."""
    if not _may_measure():
        abort(404)
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    said = generate_latest(_registry())
    for measured in current_app.extensions.get("measures", ()):
        said += measured()
    return Response(said, content_type=CONTENT_TYPE_LATEST)


def count_sign_in(door: str, outcome: str) -> None:
    """Counts an attempt to sign in, for whoever watches for guessing."""
    _meters()["sign_ins"].labels(door, outcome).inc()


def _may_measure() -> bool:
    token: str | None = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    before_proxy = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    direct = before_proxy.get("REMOTE_ADDR") in LOOPBACK
    return direct and not any(name in request.headers for name in FORWARDED)


@cache
def _heads() -> set[str]:
    return set(ScriptDirectory.from_config(alembic_config("")).get_heads())


@cache
def _meters() -> dict[str, Any]:
    """The meters, made once a process; several workers share files where a folder is named."""
    from prometheus_client import Counter, Histogram

    return {
        "requests": Counter("sajili_requests", "Requests answered.", ("method", "route", "status")),
        "seconds": Histogram(
            "sajili_request_seconds", "Time to answer.", ("route",), buckets=BUCKETS
        ),
        "sign_ins": Counter("sajili_sign_ins", "Attempts to sign in.", ("door", "outcome")),
        "hashes": Counter("sajili_password_hashes", "Passwords hashed or checked.", ("work",)),
    }


def _registry() -> Any:
    from prometheus_client import REGISTRY, CollectorRegistry, multiprocess

    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def share_meters(folder: Path) -> None:
    """Lets the workers of one portal add up their meters in files of this folder.

    Must run before the first meter is made. Files of workers long gone are taken away.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in folder.glob("*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            path.unlink(missing_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _measure(response: Response) -> Response:
    facts = logs.request_facts(response)
    route = facts["route"] or "unknown"
    meters = _meters()
    meters["requests"].labels(request.method, route, str(response.status_code)).inc()
    meters["seconds"].labels(route).observe(facts["ms"] / 1000)
    for work in ("checked", "hashed"):
        done = passwords.tally[work] - _counted.get(work, 0)
        if done:
            _counted[work] = passwords.tally[work]
            meters["hashes"].labels(work).inc(done)
    return response


_counted: dict[str, int] = {}
