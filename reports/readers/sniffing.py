"""Which kind of file it is, by its content and never by its name."""

from __future__ import annotations

import io
import zipfile

from app.errors import RuleBroken
from app.words import N_
from reports.readers import limits

CSV, XLSX = "csv", "xlsx"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_NOT_TABLES = (
    (b"%PDF", N_("This is a PDF. Bring the list as CSV or XLSX.")),
    (b"\x89PNG", N_("This is a picture. Bring the list as CSV or XLSX.")),
    (b"\xff\xd8\xff", N_("This is a picture. Bring the list as CSV or XLSX.")),
    (b"{\\rtf", N_("This is a text document. Bring the list as CSV or XLSX.")),
    (b"\x1f\x8b", N_("This file is packed. Unpack it and bring the list itself.")),
    (b"Rar!", N_("This file is packed. Unpack it and bring the list itself.")),
    (b"7z\xbc\xaf", N_("This file is packed. Unpack it and bring the list itself.")),
)
_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<table")


def kind_of(body: bytes, size: limits.Size = limits.LIST) -> str:
    """`csv` or `xlsx`. Raises RuleBroken with what the file is instead, or why it is refused."""
    if not body.strip():
        raise _refused("file-empty", N_("The file is empty."))
    if len(body) > size.most_bytes:
        raise too_large(size)
    if body.startswith(b"PK"):
        refuse_bombs(body, size)
        return XLSX
    if body.startswith(_OLE):
        raise _old_or_locked(body)
    for start, words in _NOT_TABLES:
        if body.startswith(start):
            raise _refused("file-not-a-table", words)
    if body[:200].lstrip().lower().startswith(_PAGES):
        raise _refused(
            "file-not-a-table", N_("This is a web page. Save the list as CSV or XLSX first.")
        )
    return CSV


def too_large(size: limits.Size = limits.LIST) -> RuleBroken:
    """The refusal of a file over the limit."""
    return _refused(
        "file-too-large",
        N_("The file is larger than %(most)s MB. Split the list and bring the parts one by one."),
        most=size.most_bytes // limits.MB,
    )


def refuse_bombs(body: bytes, size: limits.Size = limits.LIST) -> None:
    """Raises RuleBroken for a workbook that would unpack beyond all measure, before it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise _refused(
            "workbook-broken", N_("The workbook is damaged. Save it again and bring the new file.")
        ) from None
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise _refused(
            "file-not-a-table",
            N_("This is not an Excel workbook (.xlsx). Bring the list as CSV or XLSX."),
        )
    if any(part.flag_bits & 1 for part in parts):
        raise locked()
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked / max(1, len(body))
    many = len(parts) > limits.MOST_PARTS
    swollen = unpacked > limits.RATIO_FROM and ratio > limits.MOST_RATIO
    if many or swollen or unpacked > size.most_unpacked:
        raise bomb()


def bomb() -> RuleBroken:
    """The refusal of a workbook that is far larger than it looks."""
    return _refused(
        "workbook-too-large",
        N_(
            "The workbook unpacks to far more than it holds. Copy the list alone into a new"
            " workbook, or save it as CSV."
        ),
    )


def locked() -> RuleBroken:
    """The refusal of an encrypted workbook."""
    return _refused(
        "workbook-locked",
        N_("The workbook is protected by a password. Save it without one and bring it again."),
    )


def _old_or_locked(body: bytes) -> RuleBroken:
    if _ENCRYPTED in body[: 4 * limits.MB]:
        return locked()
    return _refused(
        "file-old-format",
        N_("This is an old Excel or Word file. Save the list as XLSX or CSV and bring that."),
    )


def _refused(code: str, words: str, **facts: object) -> RuleBroken:
    return RuleBroken(code, words, field="file", facts=facts)
