"""How people reach the portal: its address and its short code, as messages tell them.

Set once when the portal starts; jobs and inbound messages have no request to read them from.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Reach", "configure", "facts"]


@dataclass(frozen=True, slots=True)
class Reach:
    """The portal's address without a slash at its end, and the number that takes messages."""

    address: str = "http://127.0.0.1:8080"
    short_code: str = "22262"


_reach = Reach()


def configure(reach: Reach) -> None:
    """Sets both for this process."""
    global _reach  # noqa: PLW0603 (a fact of the process, as the office clock is)
    _reach = reach


def facts() -> dict[str, object]:
    """Both as the gaps of a message name them: `address` and `short_code`."""
    return {"address": _reach.address, "short_code": _reach.short_code}
