"""The demonstration: a KCSE season half-way through on the country's real schools, made from a seed.

`load` empties a database that is empty or marked as a demonstration and fills it anew at one of
three scales. The people are invented; the schools and boundaries are credited in
`app/places/data/CREDITS.md`.
"""

from __future__ import annotations

from app.db.vault import Vault
from app.demo.loading import Progress, load_world
from app.demo.scales import SCALES
from app.demo.world import Summary, world

__all__ = ["SCALES", "Summary", "load"]


def load(owner_url: str, scale: str, *, vault: Vault, progress: Progress) -> Summary:
    """Loads the demonstration of a scale (small, county, national) as the owner of the tables.

    `vault` holds the installation's own keys; `progress` hears step, rows done and rows in all.
    Raises RuleBroken where the database holds data that is not the demonstration's.
    """
    return load_world(owner_url, world(scale), vault=vault, progress=progress)
