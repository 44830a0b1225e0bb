"""Which release is open: one small file that is replaced whole, so that a switch has no middle.

The key of a release is put here at its minute and not before; `opens_at` closes the door a second
time. Every reader looks at the file a few times a second.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

__all__ = ["FILE", "Control", "change_control", "read_control", "share_of_phones", "write_control"]

FILE = "control.json"


@dataclass(frozen=True, slots=True)
class Control:
    """The release of the moment: the folder of its store, its key (hex) and minute (epoch seconds).

    `build` tells a store from an earlier one of the same name. `notice` is what headquarters has to
    say, as plain text by language; `help` where people turn to, as HTML by language, in the place of
    what stands in the store. `misses_an_hour` and `address_a_minute` are the limits; so many of the
    misses as `misses_by_phone` says are kept for SMS and USSD while these are on, and are no longer
    the page's. `proxies` is how many balancers stand before the edge. Whoever bears `counts_token` is
    told what the node answered.
    """

    store: str
    opens_at: float
    key: str | None = None
    notice: Mapping[str, str] = field(default_factory=dict)
    misses_an_hour: int = 10
    misses_by_phone: int = 0
    address_a_minute: int = 3000
    proxies: int = 0
    help: Mapping[str, str] = field(default_factory=dict)
    counts_token: str | None = None
    build: str = ""

    @property
    def page_misses(self) -> int:
        """How many misses of an index number in an hour the page allows."""
        return max(1, self.misses_an_hour - self.misses_by_phone)

    @property
    def phone_misses(self) -> int:
        """How many SMS and USSD allow together: the share that is kept for them."""
        return self.misses_by_phone or share_of_phones(self.misses_an_hour)


def share_of_phones(misses_an_hour: int) -> int:
    """Three of ten, and one at least."""
    return max(1, misses_an_hour * 3 // 10)


def read_control(folder: Path) -> Control | None:
    """The control of the folder; None where no release was ever prepared."""
    try:
        said = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    known = {one.name for one in fields(Control)}
    return Control(**{name: value for name, value in said.items() if name in known})


def change_control(folder: Path, change: Callable[[Control | None], Control | None]) -> bool:
    """Puts in the control's place what becomes of it; one writer at a time, so that a notice and a
    key that are put out at one moment both stay. Whether anything is different now."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{FILE}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = read_control(folder)
        control = change(held)
        if control is None or control == held:
            return False
        write_control(folder, control)
    return True


def write_control(folder: Path, control: Control) -> None:
    """Replaces the control in one step; durable when it returns. The file is its owner's and group's."""
    waiting = folder / f"{FILE}.{os.getpid()}.new"
    with open(waiting, "w", opener=lambda path, flags: os.open(path, flags, 0o640)) as file:
        json.dump(asdict(control), file)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(folder / FILE)
    beside = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(beside)
    finally:
        os.close(beside)
