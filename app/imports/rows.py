"""Rows of a file as they are staged: every cell checked, identity numbers sealed, faults noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from app.db.vault import Vault
from app.errors import RuleBroken
from app.imports import outlines
from app.imports.enums import Kind
from app.imports.mapping import Plan
from app.imports.rules import Fault, Places, fault_of
from app.words import N_

Row = tuple[int, list[str]]
Tell = Callable[[int], None]

OFFICER_COLUMNS = (
    "full_name", "mobile", "national_id_cipher", "national_id_index", "national_id_last",
    "kra_pin_cipher", "kra_pin_index", "tsc_number", "staff_number", "gender", "year_of_birth",
    "email", "employer", "designation", "workstation", "sub_county_id",
)  # fmt: skip
PLACE_COLUMNS = (
    "code", "name", "sub_county_id", "candidates", "rooms", "telephone", "hosting_code", "lon",
    "lat", "moe_code", "level", "ownership", "ward",
)  # fmt: skip
MOST_FAULTS = 100_000
_NOTHING = frozenset({"-", "--", "n/a", "na", "nil", "null", "#n/a", "."})
_MISSING = N_("This is missing.")


class RowReader:
    """Turns rows into staged tuples one after another, and keeps what is wrong with them."""

    def __init__(self, plan: Plan, places: Places, seal: Callable[[dict[str, Any]], None]) -> None:
        self.plan, self.places, self._seal = plan, places, seal
        self.faults: list[Fault] = []
        self.rows = self.left_out = 0
        officers = plan.kind is Kind.OFFICERS
        self._columns = OFFICER_COLUMNS if officers else PLACE_COLUMNS
        self._placed = plan.kind is not Kind.CANDIDATES

    def staged(self, blocks: Iterable[Sequence[Row]], tell: Tell) -> Iterator[tuple[Any, ...]]:
        """Each row as number, whether it is bad, a print of its values, and the values."""
        for block in blocks:
            for number, cells in block:
                self.rows += 1
                row = self._row(number, cells)
                if row is not None:
                    yield row
            tell(self.rows)
            if len(self.faults) > MOST_FAULTS:
                raise RuleBroken(
                    "too-many-faults",
                    N_(
                        "More than %(most)s cells are wrong. Look at the columns again: perhaps"
                        " one is chosen wrongly."
                    ),
                    facts={"most": f"{MOST_FAULTS:,}"},
                )

    def _row(self, number: int, cells: list[str]) -> tuple[Any, ...] | None:
        before = len(self.faults)
        values: dict[str, Any] = {}
        for column, at in self.plan.columns:
            text = cells[at] if at < len(cells) else ""
            if not text or text.lower() in _NOTHING:
                if column.name in self.plan.needed and column.name != "sub_county":
                    self.faults.append(Fault(number, column.name, "missing", _MISSING))
                continue
            try:
                values[column.name] = column.check(text)
            except RuleBroken as error:
                self.faults.append(fault_of(number, column.name, error))
        if self._is_left_out(values):
            del self.faults[before:]
            self.left_out += 1
            return None
        self._look_at_whole(number, cells, values)
        bad = any(not fault.warning for fault in self.faults[before:])
        printed = hash(tuple(sorted(values.items())))
        self._seal(values)
        return (number, bad, printed, *[values.get(name) for name in self._columns])

    def _is_left_out(self, values: dict[str, Any]) -> bool:
        """Whether only another level was asked for; a row without a level is not left out."""
        only = self.plan.choices.only_level
        return bool(only and values.get("level", only) != only)

    def _look_at_whole(self, number: int, cells: list[str], values: dict[str, Any]) -> None:
        if len(cells) > self.plan.width:
            words = N_("The row has more cells than there are headings. Is a comma inside a cell?")
            self.faults.append(Fault(number, None, "too-many-cells", words))
        county, sub_county = values.pop("county", ""), values.pop("sub_county", "")
        if not self._placed:
            return
        try:
            place = self.places.named(sub_county, county)
        except RuleBroken as error:
            self.faults.append(fault_of(number, "sub_county", error))
            return
        values["sub_county_id"] = place.id
        code = values.get("code")
        if code and not code.startswith(place.county_code + place.code):
            words = N_("The code begins like those of another sub-county.")
            self.faults.append(Fault(number, "code", "code-elsewhere", words, warning=True))
        if "lon" in values and "lat" in values:
            self._look_at_point(number, values, place.boundary)

    def _look_at_point(self, number: int, values: dict[str, Any], boundary: str | None) -> None:
        where = outlines.elsewhere(boundary, values["lon"], values["lat"])
        if where is None:
            return
        words = N_("The point lies in %(where)s. It is kept; check it.")
        if not where:
            words = N_("The point lies outside every sub-county. It is kept; check it.")
        facts = {"where": where} if where else {}
        self.faults.append(Fault(number, "lat", "point-elsewhere", words, facts, warning=True))


def sealing(
    vault: Vault, sealed: Callable[[Vault, str | None, str | None], dict[str, Any]]
) -> Callable[[dict[str, Any]], None]:
    """Puts sealed columns in the place of identity numbers, in the values of one row."""

    def seal(values: dict[str, Any]) -> None:
        national_id, kra_pin = values.pop("national_id", None), values.pop("kra_pin", None)
        if national_id or kra_pin:
            values.update(sealed(vault, national_id, kra_pin))

    return seal
