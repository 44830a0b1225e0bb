"""Logs: one JSON object a line, without names, numbers, addresses, query strings or bodies."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

requests = logging.getLogger("sajili.requests")
security = logging.getLogger("sajili.security")
"""Sign-ins, refusals, limits: what somebody who watches for attacks reads."""

OURS = "sajili"


class JsonLines(logging.Formatter):
    """A record as JSON. Of an exception the kind and the places in the code, never its words,
    because those may hold a person's data. Other libraries' arguments are left out likewise."""

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage() if record.name.startswith(OURS) else str(record.msg),
        }
        line.update(getattr(record, "facts", {}))
        if has_request_context():
            line["request_id"] = g.get("request_id")
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = error_facts(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def error_facts(error: BaseException) -> dict[str, Any]:
    """The kind of an exception, PostgreSQL's code and constraint, and where in the code it rose."""
    cause = getattr(error, "orig", None) or error
    diagnosis = getattr(cause, "diag", None)
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return {
        "kind": f"{type(cause).__module__}.{type(cause).__qualname__}",
        "sqlstate": getattr(cause, "sqlstate", None),
        "constraint": getattr(diagnosis, "constraint_name", None),
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def configure(flask_app: Flask, *, to_stderr: bool = True) -> None:
    """Writes everything of level INFO from our loggers, WARNING from others, and each request."""
    if to_stderr:
        write_to_stderr()
    logging.getLogger(OURS).setLevel(logging.INFO)
    flask_app.after_request(_log_request)


def write_to_stderr() -> None:
    """Everything that is logged in this process goes to standard error, one JSON object a line."""
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [writer]
    root.setLevel(logging.WARNING)


def note(event: str, **facts: Any) -> None:
    """Logs a security event with its facts: ids and codes only."""
    if has_request_context():
        facts.setdefault("user_id", getattr(g.get("actor"), "user_id", None))
    security.info(event, extra={"facts": facts})


def request_facts(response: Response) -> dict[str, Any]:
    """What is logged of a request: the rule it met, not the address that was typed."""
    started: float = g.get("started", time.perf_counter())
    return {
        "method": request.method,
        "route": str(request.url_rule) if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000, 1),
        "user_id": getattr(g.get("actor"), "user_id", None),
    }


def _log_request(response: Response) -> Response:
    if request.endpoint not in ("static", "appbuilder.static", "health_live"):
        requests.info("request", extra={"facts": request_facts(response)})
    return response
