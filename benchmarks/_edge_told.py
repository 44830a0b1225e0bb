"""What the benchmark of the results edge found, as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["DEPLOYED", "told"]

DEPLOYED = {
    "nginx": "nginx + Lua",
    "python": "Python by itself",
    "proxied": "Python behind nginx",
}
"""What ends TLS: the edge itself, or nginx before a Python node, which is how one faces the public."""

ROWS = (
    ("limit_json", "nginx, one fixed file as long as the JSON"),
    ("nginx_json", "edge in nginx + Lua, GET JSON"),
    ("python_json", "edge in Python, GET JSON"),
    ("limit_page", "nginx, one fixed file as long as the page"),
    ("nginx_page", "edge in nginx + Lua, POST page"),
    ("python_page", "edge in Python, POST page"),
    ("flask_json", "Flask + SQLAlchemy + PostgreSQL, GET JSON"),
)


def told(found: Mapping[str, Any]) -> str:
    """The result as lines for a person."""
    lines = [
        f"Results edge, {found['candidates']:,} candidates: built in {found['build_seconds']:.0f} s"
        f" ({found['build_cpu_seconds']:.0f} s of processor), {found['disk_mb']:.0f} MB on disk",
        f"  {'per server CPU-second':44}{'answers':>10}{'of limit':>10}{'p99 ms':>9}",
    ]
    for name, words in ROWS:
        one, kind = found[name], name.rsplit("_", 1)[1]
        part = one["per_cpu_second"] / found[f"limit_{kind}"]["per_cpu_second"]
        lines.append(f"  {words:44}{one['per_cpu_second']:10,.0f}{part:10.3f}{one['p99_ms']:9.1f}")
    return "\n".join([*lines, *_aims(found["ratios"]), *_taken(found)])


def _aims(said: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Each aim beside what was measured: the median of the rounds, and how far they lie apart."""

    def of(name: str) -> str:
        one = said[name]
        return f"{one['median']:.2f} ({one['least']:.2f} to {one['most']:.2f})"

    return [
        f"  aims: nginx 0.6 of the limit: JSON {of('nginx_json_to_limit')},"
        f" page {of('nginx_page_to_limit')}",
        f"  Python 0.4 of the limit: JSON {of('python_json_to_limit')},"
        f" page {of('python_page_to_limit')}",
        f"  50 times Flask: nginx {said['nginx_to_flask']['median']:.0f},"
        f" Python {said['python_to_flask']['median']:.0f}",
        f"  p99 within twice the limit's: nginx {of('nginx_json_p99_to_limit')} and"
        f" {of('nginx_page_p99_to_limit')}, Python {of('python_json_p99_to_limit')} and"
        f" {of('python_page_p99_to_limit')}",
    ]


def _taken(found: Mapping[str, Any]) -> list[str]:
    """What handshakes, memory and a morning take."""
    lines = []
    for kind, how in (("new", "new"), ("kept", "kept alive")):
        for edge, name in DEPLOYED.items():
            words = f"TLS (P-256), {how}, {name}"
            lines.append(f"  {words:44}{found['tls'][f'{edge}_{kind}']['per_cpu_second']:10,.0f}")
    for edge, one in found["cores_for_300000"].items():
        lines.append(
            f"  300,000 hits a second, {DEPLOYED[edge]}: {one['each_new']:.0f} cores where each is a new"
            f" TLS connection, {one['four_hits']:.0f} where a connection asks four times"
        )
    for edge, one in found["memory_mb"].items():
        lines.append(
            f"  memory of {found['workers']} workers, edge in {edge}: {one['own']:.0f} MB of their own,"
            f" {one['pss']:.0f} with their part of what is shared (PSS), {one['rss']:.0f} RSS"
        )
    lines.append(
        f"  time tells a known index number with an AUC of {found['timing']['nginx']:.3f} in nginx,"
        f" {found['timing']['python']:.3f} in Python"
        f" (0.5 \u00b1 {found['timing']['by_chance_up_to']:.3f} is chance)"
    )
    return lines
