"""What an office wrote, in the form in which an SMS may repeat it: short, with nothing to act on.

A text under the portal's name is believed. So it carries no address, no run of figures that could be
telephoned, dialled, paid or typed somewhere, and no talk of PINs and passwords, whoever wrote it. The
whole text stands in the portal.
"""

from __future__ import annotations

import re
import unicodedata

from app.messages.rules import is_plain

__all__ = ["quoted"]

LEFT_OUT = "..."
_ENDINGS = (
    "com|co|ke|org|net|info|biz|io|me|app|site|online|shop|top|xyz|link|live|click|ly|gd|cc|tk"
)
_ADDRESS = re.compile(
    rf"(?:\w+://|www\.)\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:{_ENDINGS})\b(?:[/?#:]\S*)?|\b\w+\.\w+/\S*",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"[*#+]*\d(?:[\s().,*#/:_-]{0,3}\d){3,}[*#]*")
"""Four figures or more, however they are spaced."""
_CODE = re.compile(r"\S*[*#]\S*")
_SECRET = re.compile(
    r"(?<!kra )\bpins?\b|\bpass ?(?:words?|codes?)\b|\botp\b|\bnenosiri\b|\bnywila\b"
    r"|\bnamba(?:ri)? (?:ya )?siri\b",
    re.IGNORECASE,
)


def quoted(text: str, *, most: int) -> str:
    """The text as an SMS may repeat it, in at most so many plain characters; empty where nothing of
    it may be repeated."""
    plain = _plain(text)
    if _SECRET.search(plain):
        return ""
    for pattern in (_ADDRESS, _FIGURES, _CODE):
        plain = pattern.sub(LEFT_OUT, plain)
    plain = " ".join(plain.split())
    return _cut(plain, most) if any(c.isalpha() for c in plain) else ""


def _plain(text: str) -> str:
    """The text in characters of one septet; letters keep their shape without what GSM lacks."""
    known = unicodedata.normalize("NFKC", text).translate(_TYPED)
    kept = []
    for one in known:
        if is_plain(one) and one != "\n":
            kept.append(one)
        elif one.isspace():
            kept.append(" ")
        else:
            kept += [part for part in unicodedata.normalize("NFKD", one) if is_plain(part)]
    return " ".join("".join(kept).split())


_TYPED = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)
"""Quotation marks and dashes as telephones and word processors write them."""


def _cut(text: str, most: int) -> str:
    """At most so many characters, ended between words."""
    if len(text) <= most:
        return text
    room = text[: most - len(LEFT_OUT) + 1]
    whole = room.rpartition(" ")[0] or room[:-1]
    return whole.rstrip(" .,;:") + LEFT_OUT
