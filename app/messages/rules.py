"""Rules of a message that need no database: its segments, its patience, when it is tried again."""

from __future__ import annotations

import datetime as dt
import random
import re

from app.messages.enums import MessageKind

LONGEST_BODY = 918
"""Characters of six joined segments, the most that one message may cost."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")
_KENYAN_MOBILE = re.compile(r"254[17][0-9]{8}")
_PATIENCE = {
    MessageKind.CREDENTIALS: dt.timedelta(hours=24),
    MessageKind.NUMBER_CHANGE: dt.timedelta(hours=24),
    MessageKind.OFFER: dt.timedelta(hours=2),
    MessageKind.HELP: dt.timedelta(hours=6),
    MessageKind.RESULT: dt.timedelta(hours=6),
}
LONGEST_PATIENCE = dt.timedelta(days=3)
_FIRST_WAIT, _LONGEST_WAIT = dt.timedelta(seconds=15), dt.timedelta(minutes=30)
DOUBT_WAIT = dt.timedelta(minutes=5)
"""How long a message in doubt waits for a delivery report before its one further try."""


def is_kenyan_mobile(number: str) -> bool:
    """Whether the number is 254 and nine digits of a mobile network; no other is ever written to."""
    return _KENYAN_MOBILE.fullmatch(number) is not None


def prefix_of(number: str) -> str:
    """The number without its last four digits: ten thousand neighbours."""
    return number[:-4]


def is_plain(character: str) -> bool:
    """Whether the character takes one septet of an SMS."""
    return character in _GSM


def segments_of(body: str) -> int:
    """How many SMS a text costs (3GPP TS 23.038): GSM-7 has 160 septets in one and 153 in each of
    several; one character outside it makes the whole text UCS-2 with 70 and 67."""
    if all(c in _GSM or c in _GSM_TWICE for c in body):
        septets = sum(2 if c in _GSM_TWICE else 1 for c in body)
        return 1 if septets <= 160 else -(-septets // 153)
    units = len(body.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)


def patience(kind: MessageKind) -> dt.timedelta:
    """How long after its cause a message is still worth sending."""
    return _PATIENCE.get(kind, LONGEST_PATIENCE)


def wait_after(attempts: int, *, chance: random.Random | None = None) -> dt.timedelta:
    """The wait after so many attempts that were certainly not sent: doubling, half of it by chance,
    so that messages which failed together do not return together."""
    doublings = max(0, min(attempts - 1, 20))
    whole = min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
    share: float = 0.5 + (chance or random).random() / 2
    return whole * share


def wait_for_budget(beyond: int, minutes: int) -> dt.timedelta:
    """How long the message number `beyond` past a budget waits: 1, 2, 4, 8 times `minutes`."""
    return dt.timedelta(minutes=minutes) * (1 << max(0, min(beyond - 1, 10)))


def end_of_quiet(moment: dt.datetime, starts: dt.time, ends: dt.time) -> dt.datetime | None:
    """When the quiet hours around a Nairobi moment end; None where the moment is not in them."""
    clock_time = moment.time()
    over_midnight = starts > ends
    if over_midnight:
        quiet = clock_time >= starts or clock_time < ends
    else:
        quiet = starts <= clock_time < ends
    if not quiet:
        return None
    day = moment.date()
    if over_midnight and clock_time >= starts:
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, ends, moment.tzinfo)
