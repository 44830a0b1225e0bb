"""In which sub-county a point lies, by the boundaries that the product carries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app import places

_FILE = Path(places.__file__).parent / "data" / "sub_counties_290.geojson"
Ring = list[list[float]]
_NEAR = 0.005  # degrees, about 500 m: how much the outlines were simplified


@dataclass(frozen=True, slots=True)
class Outline:
    """The outer rings of one sub-county and the box around them."""

    name: str
    rings: tuple[Ring, ...]
    box: tuple[float, float, float, float]

    def holds(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside, or so near that the simplified line cannot tell."""
        west, south, east, north = self.box
        if not (west - _NEAR <= lon <= east + _NEAR and south - _NEAR <= lat <= north + _NEAR):
            return False
        moved = ((0.0, 0.0), (_NEAR, 0.0), (-_NEAR, 0.0), (0.0, _NEAR), (0.0, -_NEAR))
        return any(
            _inside(ring, lon + east_by, lat + north_by)
            for east_by, north_by in moved
            for ring in self.rings
        )


@lru_cache(maxsize=1)
def outlines() -> dict[str, Outline]:
    """Every sub-county's outline by its name in the boundaries."""
    features = json.loads(_FILE.read_text(encoding="utf-8"))["features"]
    found = {}
    for feature in features:
        name, shape = feature["properties"]["sub_county"], feature["geometry"]
        parts = shape["coordinates"]
        polygons = parts if shape["type"] == "MultiPolygon" else [parts]
        rings = tuple(polygon[0] for polygon in polygons)
        xs = [x for ring in rings for x, _ in ring]
        ys = [y for ring in rings for _, y in ring]
        found[name] = Outline(name, rings, (min(xs), min(ys), max(xs), max(ys)))
    return found


def elsewhere(boundary: str | None, lon: float, lat: float) -> str | None:
    """The name of the sub-county around a point outside this one; "" outside all.

    None where the point is inside, or where this sub-county has no outline.
    """
    own = outlines().get(boundary or "")
    if own is None or own.holds(lon, lat):
        return None
    return next((one.name for one in outlines().values() if one.holds(lon, lat)), "")


def _inside(ring: Ring, lon: float, lat: float) -> bool:
    inside, (x1, y1) = False, ring[-1]
    for x2, y2 in ring:
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
        x1, y1 = x2, y2
    return inside
