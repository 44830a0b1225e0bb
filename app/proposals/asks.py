"""What a director weighs in a proposal, as one value that is read, changed and stored whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from app.deployments.proposal import Weights
from app.errors import Problems
from app.words import N_

__all__ = ["LIMITS", "Asks", "asks_from"]

LIMITS: Mapping[str, int] = {
    "workstation": 200,
    "home": 200,
    "chosen_last_year": 200,
    "experience": 200,
    "gender": 200,
    "experienced_share": 100,
    "women_share": 100,
    "men_share": 100,
}


@dataclass(frozen=True, slots=True)
class Asks:
    """Weights in kilometres (the distances in percent), and shares of each centre's posts.

    `experienced_share`, `women_share` and `men_share` are percent of a centre's posts of one role,
    rounded down, so that a single post asks for nobody in particular.
    """

    workstation: int = 100
    home: int = 50
    chosen_last_year: int = 15
    experience: int = 10
    gender: int = 20
    experienced_share: int = 50
    women_share: int = 0
    men_share: int = 0

    @property
    def weights(self) -> Weights:
        return Weights(
            self.workstation, self.home, self.chosen_last_year, self.experience, self.gender
        )

    def of(self, share: int, posts: int) -> int:
        """How many of a centre's posts of a role a share asks for."""
        return math.floor(posts * share / 100)

    def stored(self) -> dict[str, int]:
        return asdict(self)


def asks_from(given: Mapping[str, object]) -> Asks:
    """The asks given by name, the others as they are by default; RuleBroken with every fault."""
    faults = Problems()
    known: dict[str, int] = {}
    for one in fields(Asks):
        if one.name not in given:
            continue
        try:
            value = int(str(given[one.name]))
        except ValueError:
            value = -1
        if not 0 <= value <= LIMITS[one.name]:
            said = N_("Write a whole number from 0 to %(most)s.")
            facts = {"most": LIMITS[one.name]}
            faults.add("number-out-of-range", said, field=one.name, facts=facts)
        known[one.name] = value
    if not faults and known.get("women_share", 0) + known.get("men_share", 0) > 100:
        said = N_("The shares of women and men together are more than 100 percent.")
        faults.add("shares-too-large", said, field="men_share")
    faults.refuse_if_any()
    return Asks(**known)
