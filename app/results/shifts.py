"""Columns that do not look like their headings: the whole file beside what was expected of it.

A shifted column has grades in it all the same; what betrays it is how many candidates have one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.results.columns import FIELDS, Plan
from app.results.rules import Fault, Found
from app.words import N_

__all__ = ["column_faults", "share_faults"]

FROM_ROWS = 20
UNFIT_SHARE = 0.2
FROM_CANDIDATES = 200
"""Fewer candidates than this say nothing about a share."""
FEWEST_OFF, FURTHEST = 0.02, 0.5
"""A share is far off when it differs by two in a hundred candidates and by half of what was expected."""

_UNFIT = N_(
    "%(number)s of %(rows)s cells under “%(heading)s” cannot be read as that: the column is shifted,"
    " or chosen wrongly."
)
_FAR = N_(
    "%(found)s of 100 candidates have a grade in %(subject)s, where %(expected)s were expected: the"
    " column may be shifted."
)
_EXCHANGED = N_(
    "%(subject)s and %(other)s look exchanged: each has as many grades as was expected of the other."
)
_NONE = N_("Nobody has a grade in %(subject)s: the column may be missing.")


def column_faults(plan: Plan, headings: Sequence[str], found: Found, row: int) -> list[Fault]:
    """A fault at the heading of each column of which a fifth cannot be read."""
    faults = []
    for at, unfit in sorted(found.unfit.items()):
        cells = found.filled[at] if at in dict(plan.subjects) else found.rows
        if unfit >= FROM_ROWS and unfit > UNFIT_SHARE * cells:
            said = {"number": unfit, "rows": cells, "heading": headings[at][:60]}
            faults.append(Fault(row, at, "column-unfit", _UNFIT, said))
    return faults


def share_faults(
    plan: Plan,
    filled: Mapping[int, int],
    candidates: int,
    *,
    names: Mapping[str, str],
    expected: Mapping[str, float],
    row: int,
) -> list[Fault]:
    """Warnings for subjects whose share of the candidates is far from what was expected.

    `expected` is by code, 0 to 1: last year's shares, or those registered. A subject that has no
    column has no candidate. `row` is where the headings stand.
    """
    if candidates < FROM_CANDIDATES:
        return []
    places = {code: at for at, code in plan.subjects}
    shares = {
        code: filled.get(places[code], 0) / candidates if code in places else 0.0
        for code in expected
    }
    far = [code for code, share in shares.items() if is_far(share, expected[code])]
    faults = []
    for code in sorted(far):
        at = places.get(code)
        other = next(
            (
                one
                for one in far
                if one != code
                and not is_far(shares[one], expected[code])
                and not is_far(shares[code], expected[one])
            ),
            None,
        )
        said: dict[str, object] = {
            "subject": f"{code} {names[code]}",
            "found": f"{100 * shares[code]:.1f}",
            "expected": f"{100 * expected[code]:.1f}",
        }
        if other is not None:
            said["other"] = f"{other} {names[other]}"
            faults.append(Fault(row, at, "columns-exchanged", _EXCHANGED, said, warning=True))
        elif not shares[code]:
            faults.append(Fault(row, at, "column-empty", _NONE, said, warning=True))
        else:
            faults.append(Fault(row, at, "share-far", _FAR, said, warning=True))
    return faults


def is_far(share: float, expected: float) -> bool:
    """Whether a share is too far from the expected one to be an accident of the year."""
    return abs(share - expected) > max(FEWEST_OFF, FURTHEST * expected)


def label_of(said: str, names: Mapping[str, str]) -> str:
    """The word for what a column holds; not yet translated."""
    return f"{said} {names[said]}" if said in names else FIELDS.get(said, said)
