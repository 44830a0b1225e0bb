"""Outlines of counties and sub-counties for maps: light, served from here, drawn without a service.

The boundaries are those of the electoral commission, published by OCHA (IEBC / OCHA ROSEA). Points
are moved onto a fine grid, the same for all, so that neighbours keep one common border.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import app.places

DATA = Path(app.places.__file__).parent / "data"
EVERYWHERE = "all"
FILES = {
    "county": ("counties_47.geojson", None),
    "sub-county": ("sub_counties_290.geojson", "sub_county"),
}
CREDIT = "IEBC / OCHA ROSEA"
_GRID = {EVERYWHERE: 0.01}
_FINE = 0.002
NO_WORLD = b'{"type":"Topology","objects":{},"arcs":[]}'
"""The drawing library insists on a base map, even a hidden one: it gets an empty one from here."""
Ring = list[list[float]]


class UnknownOutlineError(LookupError):
    """There are no outlines of this kind, or none in this county."""


@lru_cache(maxsize=96)
def outlines(level: str, county: str) -> bytes:
    """GeoJSON of a county's outlines (or of `all`): features whose id is "42" or "42/Kisumu East".

    Raises UnknownOutlineError for any other level or county.
    """
    if level == "world":
        return NO_WORLD
    if level not in FILES:
        raise UnknownOutlineError(level)
    file, name = FILES[level]
    source = json.loads((DATA / file).read_text(encoding="utf-8"))
    chosen = [one for one in source["features"] if county in {EVERYWHERE, _county(one)}]
    if not chosen:
        raise UnknownOutlineError(county)
    grid = _GRID.get(county, _FINE)
    features = [_light(one, name, grid) for one in chosen]
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, separators=(",", ":")).encode()


@lru_cache(maxsize=96)
def version(level: str, county: str) -> str:
    """A short hash of the outlines, so that their address changes when they do."""
    return hashlib.sha256(outlines(level, county)).hexdigest()[:10]


def bounds(level: str, county: str, ids: Iterable[str]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of some outlines with a margin; None without any."""
    wanted = set(ids)
    rings = [
        polygon[0]
        for feature in json.loads(outlines(level, county))["features"]
        if feature["id"] in wanted
        for polygon in feature["geometry"]["coordinates"]
    ]
    points = [point for ring in rings for point in ring]
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    margin = 0.06 * max(max(lons) - min(lons), max(lats) - min(lats))
    return min(lons) - margin, min(lats) - margin, max(lons) + margin, max(lats) + margin


@lru_cache(maxsize=1)
def counties() -> frozenset[str]:
    """The codes of the counties that have outlines."""
    source = json.loads((DATA / FILES["county"][0]).read_text(encoding="utf-8"))
    return frozenset(_county(one) for one in source["features"])


def _county(feature: dict[str, Any]) -> str:
    found = feature["properties"]
    return str(found.get("county_code") or found.get("code"))


def _light(feature: dict[str, Any], name: str | None, grid: float) -> dict[str, Any]:
    county = _county(feature)
    id_ = f"{county}/{feature['properties'][name]}" if name else county
    shape = feature["geometry"]
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    kept = [light for polygon in polygons if (light := _polygon(polygon, grid))]
    kept = kept or [_polygon(polygons[0], grid / 20)]
    geometry = {"type": "MultiPolygon", "coordinates": kept}
    return {"type": "Feature", "id": id_, "properties": {}, "geometry": geometry}


def _polygon(rings: list[Ring], grid: float) -> list[Ring]:
    """The rings on the grid, without those that vanish there; none when the first one vanishes."""
    light = [_on_grid(ring, grid) for ring in rings]
    if len(light[0]) < 4:
        return []
    return [_turned(ring, clockwise=at == 0) for at, ring in enumerate(light) if len(ring) >= 4]


def _on_grid(ring: Ring, grid: float) -> Ring:
    """The ring on the grid, without points that repeat or lie on the way from one to the next."""
    points: list[tuple[int, int]] = []
    for lon, lat, *_ in ring:
        point = (round(lon / grid), round(lat / grid))
        if points and points[-1] == point:
            continue
        while len(points) > 1 and _in_line(points[-2], points[-1], point):
            points.pop()
        if not points or points[-1] != point:
            points.append(point)
    return [[round(x * grid, 4), round(y * grid, 4)] for x, y in points]


def _in_line(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) == (c[0] - a[0]) * (b[1] - a[1])


def _turned(ring: Ring, *, clockwise: bool) -> Ring:
    """The ring in the direction that the drawing library takes for inside (outer: clockwise)."""
    area = sum(
        (b[0] - a[0]) * (b[1] + a[1]) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    )
    return ring if (area > 0) == clockwise else ring[::-1]
