"""The nation's KPSEA and KJSEA centres by their candidates, with the totals published for 2025.

Like the KCSE centres, the candidates are chosen so that the dated ratio rules give exactly the
posts published for both examinations together: 24,213 managers, 26,479 supervisors and 125,492
invigilators. How they divide between the two is not published: our own assumption.
"""

from __future__ import annotations

from random import Random

from app.demo.centres import between, low_share, match_rooms, quantile, rooms

CENTRES = 24_213
SUPERVISORS = 26_479
INVIGILATORS = 125_492
KPSEA_CENTRES = 12_700
_OVER_200 = SUPERVISORS - CENTRES


def national_candidates(seed: int) -> dict[str, list[int]]:
    """The candidates of every centre by examination, in an order that says nothing of their size."""
    rng = Random(f"{seed}:primary candidates")
    large = [between(201, 400, low_share(rng)) for _ in range(_OVER_200)]
    body = [quantile(rng.random()) for _ in range(CENTRES - _OVER_200)]
    match_rooms(body, INVIGILATORS - rooms(large), rng)
    everywhere = body + large
    rng.shuffle(everywhere)
    return {"KPSEA": everywhere[:KPSEA_CENTRES], "KJSEA": everywhere[KPSEA_CENTRES:]}
