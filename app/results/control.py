"""Which release is open: one small file that is replaced whole, so that a switch has no middle.

The key of a release is put here at its minute and not before; `opens_at` closes the door a second
time. Every reader looks at the file a few times a second.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["FILE", "Control", "read_control", "write_control"]

FILE = "control.json"


@dataclass(frozen=True, slots=True)
class Control:
    """The release of the moment: the folder of its store, its key (hex) and minute (epoch seconds).

    `notice` is what headquarters has to say, as plain text by language. `misses_an_hour` and
    `address_a_minute` are the limits; `proxies` how many balancers stand before the edge.
    """

    store: str
    opens_at: float
    key: str | None = None
    notice: Mapping[str, str] = field(default_factory=dict)
    misses_an_hour: int = 10
    address_a_minute: int = 3000
    proxies: int = 0


def read_control(folder: Path) -> Control | None:
    """The control of the folder; None where no release was ever prepared."""
    try:
        said = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    return Control(**said)


def write_control(folder: Path, control: Control) -> None:
    """Replaces the control in one step; durable when it returns. The file is its owner's and group's."""
    waiting = folder / f"{FILE}.{os.getpid()}.new"
    with open(waiting, "w", opener=lambda path, flags: os.open(path, flags, 0o640)) as file:
        json.dump(asdict(control) | {"notice": dict(control.notice)}, file)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(folder / FILE)
    beside = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(beside)
    finally:
        os.close(beside)
