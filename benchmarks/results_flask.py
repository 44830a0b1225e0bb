"""The peer of the edge: the same lookup as frameworks do it, Flask over SQLAlchemy over PostgreSQL.

`python -m benchmarks.results_flask` has nothing to measure by itself; `results_edge` serves it.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, request
from sqlalchemy import JSON, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.results.folding import folded


class Base(DeclarativeBase):
    """The peer's tables."""


class Candidate(Base):
    """A candidate's folded names and finished JSON, found by primary key."""

    __tablename__ = "bench_candidate"

    index_number: Mapped[str] = mapped_column(String(11), primary_key=True)
    names: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


def wsgi() -> Flask:
    """The peer as one worker of Granian serves it."""
    engine = create_engine(os.environ["BENCH_URL"], pool_size=1)
    peer = Flask(__name__)

    @peer.get("/results/")
    def found() -> Any:
        with Session(engine) as session:
            one = session.get(Candidate, request.args.get("index", ""))
            name = folded(request.args.get("name", ""))
            if one is None or name not in one.names.split("|"):
                return {"code": "missed"}, 404
            return one.document, {"Cache-Control": "no-store"}

    return peer


if __name__ == "__main__":
    print("The Flask lookup is measured by benchmarks.results_edge.")
