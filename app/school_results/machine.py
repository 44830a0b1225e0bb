"""The life of a query about a result as a table: it is raised once and settled once."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import IllegalMove
from app.school_results.enums import QueryAct, QueryState
from app.words import N_

LEADS_TO: Mapping[QueryAct, QueryState] = {
    QueryAct.ANSWER: QueryState.ANSWERED,
    QueryAct.REFUSE: QueryState.REFUSED,
    QueryAct.CHANGE: QueryState.CHANGED,
}
"""Every act starts from `raised` and from nowhere else."""


def state_after(state: str, act: QueryAct) -> str:
    """The query's state after the act. Raises IllegalMove where it is settled already."""
    if state != QueryState.RAISED:
        raise IllegalMove(
            "query-settled",
            N_("Somebody answered this query already."),
            facts={"state": state, "act": str(act)},
        )
    return str(LEADS_TO[act])
