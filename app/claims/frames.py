"""Claims as frames: what is earned, awaiting confirmation, held and expected, and at what rates."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pandas as pd

from app.claims.computation import Bucket, DayRate, DutyDay, Line, Rates, compute
from app.claims.queries import Counted, duties_in, rates_of
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
AHEAD = tuple(BUCKETS.values())[:4]
"""The buckets whose days are owed or will be: all but those past and not marked."""
HEAD = ("code", "name", "boundary")
LINE_COLUMNS = (*HEAD, "role_code", "role", *DAYS, *AMOUNTS, "days_without_rate", *PRICE)
COLUMNS = (*HEAD, *DAYS, *AMOUNTS, "days_without_rate", "roles_without_rate")
_TEXTS = (*HEAD, "role_code", "role")


def claims_by_place_and_role(session: Any, scope: Scope, part: Slice) -> pd.DataFrame:
    """What each role comes to, row by row of the part, in the order of names and roles.

    Grain: one row for each county, sub-county, centre, exam day or role (as `part.by` says) and
    staff role that has payable days there. Columns: code, name, boundary, role_code, role (str);
    <bucket>_days (Int64, person-days) and <bucket>_kes (Int64, whole shillings; NA where the role
    has no published rate, which is not KSh 0) for the buckets earned, awaiting, held, expected and
    unmarked; days_without_rate (Int64, person-days of the first four buckets that no rate prices);
    rate_per_day_kes and rate_year (Int64; NA where there is no rate or more than one);
    rates (object: a tuple of (KSh per day, year, county code or None), latest last).
    """
    rates = rates_of(session, part.examination_id)
    heads = {head.key: head for head in heads_in(session, scope, part)}
    names = {role.id: (role.code, role.name) for role in roles_of(session)}
    at_head = {key: at for at, key in enumerate(heads)}
    at_role = {role_id: at for at, role_id in enumerate(names)}
    priced = _Priced(rates, part.today, _last_day(session, part))
    for duty in duties_in(session, scope, part, rates):
        if duty.key in heads:
            priced.add(duty)
    found = sorted(priced.sums, key=lambda pair: (at_head[pair[0]], at_role[pair[1]]))
    rows = [_line(heads[key], names[role], priced, (key, role)) for key, role in found]
    frame = pd.DataFrame(rows, columns=list(LINE_COLUMNS))
    whole = dict.fromkeys((*DAYS, *AMOUNTS, "days_without_rate", *PRICE[:2]), "Int64")
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
    counted = [*DAYS, "days_without_rate"]
    sums = lines.groupby("code")[[*counted, *AMOUNTS]].sum(min_count=1)
    roles = lines[lines["days_without_rate"].gt(0)].groupby("code")["role"].agg(tuple)
    head = pd.DataFrame([(h.code, h.name, h.boundary) for h in heads], columns=list(HEAD))
    frame = head.astype("str").join(sums, on="code")
    frame[counted] = frame[counted].fillna(0)
    frame["roles_without_rate"] = [roles.get(code, ()) for code in frame["code"]]
    whole = dict.fromkeys((*DAYS, *AMOUNTS, "days_without_rate"), "Int64")
    return frame.astype(whole)[list(COLUMNS)]


def _last_day(session: Any, part: Slice) -> dt.date:
    """The day whose rate is shown for a role without any priced day: the last of the calendar."""
    days = [one.day for one in days_of(session, part.series.id)]
    return part.day or max(days, default=part.today)


class _Priced:
    """Days and shillings by row, role and bucket, each kind of day priced once by `compute`.

    A day pays a whole number of shillings, so that people times one person's day is exact.
    """

    def __init__(self, rates: Rates, today: dt.date, last: dt.date) -> None:
        self.rates, self.today, self.last = rates, today, last
        self.sums: dict[tuple[Any, int], dict[Bucket, list[int]]] = {}
        self.used: dict[tuple[Any, int], set[DayRate]] = {}
        self.without: Counter[tuple[Any, int]] = Counter()
        self._lines: dict[int, tuple[DutyDay, Line]] = {}

    def add(self, duty: Counted) -> None:
        """Counts the days, and their shillings where a rate prices them."""
        pair = (duty.key, duty.role_id)
        if pair not in self.sums:
            self.sums[pair] = {bucket: [0, 0] for bucket in Bucket}
            self.used[pair] = set()
        line = self._line_of(duty.kind)
        sums = self.sums[pair][line.bucket]
        sums[0] += duty.people
        if line.rate is not None:
            self.used[pair].add(line.rate)
        if line.amount_kes is not None:
            sums[1] += duty.people * line.amount_kes
        elif line.bucket in AHEAD:
            self.without[pair] += duty.people

    def rates_of(self, pair: tuple[Any, int], role_code: str) -> tuple[DayRate, ...]:
        """The rates behind the amounts, oldest first; without any, the one in force at the end."""
        used = self.used[pair]
        if not used:
            standing = self.rates.rate_on(role_code, self.last, None)
            used = {standing} if standing else set()
        return tuple(sorted(used, key=lambda rate: (rate.effective_from, rate.county_code or "")))

    def _line_of(self, kind: DutyDay) -> Line:
        known = self._lines.get(id(kind))
        if known is None:
            known = (kind, compute([kind], self.rates, today=self.today).lines[0])
            self._lines[id(kind)] = known
        return known[1]


def _line(
    head: Head, role: tuple[str, str], priced: _Priced, pair: tuple[Any, int]
) -> tuple[Any, ...]:
    used = priced.rates_of(pair, role[0])
    sums = [priced.sums[pair][bucket] for bucket in BUCKETS.values()]
    amounts = [kes if used else None for _, kes in sums]
    one = used[0] if len({(rate.kes_per_day, rate.year) for rate in used}) == 1 else None
    price = (one.kes_per_day, one.year) if one else (None, None)
    shown = tuple(dict.fromkeys((rate.kes_per_day, rate.year, rate.county_code) for rate in used))
    days, without = [count for count, _ in sums], priced.without[pair]
    return (head.code, head.name, head.boundary, *role, *days, *amounts, without, *price, shown)
