"""Claims as frames: what is earned, awaiting confirmation, held and expected, and at what rates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from app.claims.computation import Bucket, Computation, DayRate, Rates, compute
from app.claims.queries import duties_in, rates_of
from app.exams.slices import Grain, Head, Slice, days_of, heads_in, roles_of
from app.scoping.scope import Scope

BUCKETS = {
    "earned": Bucket.EARNED,
    "awaiting": Bucket.AWAITING,
    "held": Bucket.HELD,
    "expected": Bucket.EXPECTED,
    "unmarked": Bucket.UNMARKED,
}
DAYS = tuple(f"{name}_days" for name in BUCKETS)
AMOUNTS = tuple(f"{name}_kes" for name in BUCKETS)
PRICE = ("rate_per_day_kes", "rate_year", "rates")
HEAD = ("code", "name", "boundary")
LINE_COLUMNS = (*HEAD, "role_code", "role", *DAYS, *AMOUNTS, *PRICE)
COLUMNS = (*HEAD, *DAYS, *AMOUNTS, "days_without_rate", "roles_without_rate")
_TEXTS = (*HEAD, "role_code", "role")


def claims_by_place_and_role(session: Any, scope: Scope, part: Slice) -> pd.DataFrame:
    """What each role comes to, row by row of the part, in the order of names and roles.

    Grain: one row for each county, sub-county, centre, exam day or role (as `part.by` says) and
    staff role that has payable days there. Columns: code, name, boundary, role_code, role (str);
    <bucket>_days (Int64, person-days) and <bucket>_kes (Int64, whole shillings; NA where the role
    has no published rate, which is not KSh 0) for the buckets earned, awaiting, held, expected and
    unmarked; rate_per_day_kes and rate_year (Int64; NA where there is no rate or more than one);
    rates (object: a tuple of (KSh per day, year, county code or None), latest last).
    """
    rates = rates_of(session, part.examination_id)
    duties = duties_in(session, scope, part, rates)
    names = {role.id: (role.code, role.name) for role in roles_of(session)}
    order = {role_id: at for at, role_id in enumerate(names)}
    last = _last_day(session, part)
    rows = []
    heads = {head.key: head for head in heads_in(session, scope, part)}
    at_head = {key: at for at, key in enumerate(heads)}
    found = [pair for pair in duties if pair[0] in heads]
    for key, role_id in sorted(found, key=lambda pair: (at_head[pair[0]], order[pair[1]])):
        computed = compute(duties[(key, role_id)], rates, today=part.today)
        used = _rates_used(computed, rates, names[role_id][0], last)
        rows.append(_line(heads[key], names[role_id], computed, used))
    frame = pd.DataFrame(rows, columns=list(LINE_COLUMNS))
    whole = dict.fromkeys((*DAYS, *AMOUNTS, *PRICE[:2]), "Int64")
    return frame.astype(whole | dict.fromkeys(_TEXTS, "str"))


def claims(session: Any, scope: Scope, part: Slice) -> pd.DataFrame:
    """What one part of a season comes to, places with most awaiting confirmation first.

    Grain: one row for each county, sub-county, centre, exam day or role, as `part.by` says.
    Columns: code, name, boundary (str); <bucket>_days (Int64, person-days) and <bucket>_kes (Int64,
    whole shillings over the roles that have a rate; NA where no role has one) for earned, awaiting,
    held, expected and unmarked; days_without_rate (Int64, person-days of the first four buckets
    that no published rate prices); roles_without_rate (object: a tuple of role names).
    """
    lines = claims_by_place_and_role(session, scope, part)
    frame = together(lines, heads_in(session, scope, part))
    if part.by is Grain.CENTRE:
        frame = frame[frame[list(DAYS)].sum(axis="columns").gt(0)]
    if part.by not in {Grain.DAY, Grain.ROLE}:
        order = ["awaiting_kes", "earned_kes", "name", "code"]
        frame = frame.sort_values(order, ascending=[False, False, True, True])
    return frame.reset_index(drop=True)


def together(lines: pd.DataFrame, heads: tuple[Head, ...]) -> pd.DataFrame:
    """The lines of each head added up; a head without payable days has 0 days and unknown money."""
    sums = lines.groupby("code")[[*DAYS, *AMOUNTS]].sum(min_count=1)
    priceless = lines[lines["rates"].map(len).eq(0)]
    days = priceless[[f"{name}_days" for name in list(BUCKETS)[:4]]].sum(axis="columns")
    without = days.groupby(priceless["code"]).sum()
    roles = priceless[days.gt(0)].groupby("code")["role"].agg(tuple)
    head = pd.DataFrame([(h.code, h.name, h.boundary) for h in heads], columns=list(HEAD))
    frame = head.astype("str").join(sums, on="code")
    frame[list(DAYS)] = frame[list(DAYS)].fillna(0)
    frame["days_without_rate"] = frame["code"].map(without).fillna(0)
    frame["roles_without_rate"] = [roles.get(code, ()) for code in frame["code"]]
    whole = dict.fromkeys((*DAYS, *AMOUNTS, "days_without_rate"), "Int64")
    return frame.astype(whole)[list(COLUMNS)]


def _last_day(session: Any, part: Slice) -> dt.date:
    """The day whose rate is shown for a role without any priced day: the last of the calendar."""
    days = [one.day for one in days_of(session, part.series.id)]
    return part.day or max(days, default=part.today)


def _rates_used(
    computed: Computation, rates: Rates, role_code: str, last: dt.date
) -> tuple[DayRate, ...]:
    """The rates behind the amounts, oldest first; without any, the rate in force at the end."""
    used = {line.rate for line in computed.lines if line.rate is not None}
    if not used:
        standing = rates.rate_on(role_code, last, None)
        used = {standing} if standing else set()
    return tuple(sorted(used, key=lambda rate: (rate.effective_from, rate.county_code or "")))


def _line(
    head: Head, role: tuple[str, str], computed: Computation, used: tuple[DayRate, ...]
) -> tuple[Any, ...]:
    totals = [computed.total(bucket) for bucket in BUCKETS.values()]
    amounts = [total.kes if used else None for total in totals]
    one = used[0] if len({(rate.kes_per_day, rate.year) for rate in used}) == 1 else None
    price = (one.kes_per_day, one.year) if one else (None, None)
    shown = tuple(dict.fromkeys((rate.kes_per_day, rate.year, rate.county_code) for rate in used))
    days = [total.days for total in totals]
    return (head.code, head.name, head.boundary, *role, *days, *amounts, *price, shown)
