"""The fonts of letters, cut out and pressed once a process instead of once a letter.

Every letter gets the same glyphs of each font to begin with, so that the cut font, its compressed
bytes and drawings made with it are the same in each file. A letter with rarer glyphs gets its own.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

from reportlab.pdfbase import pdfdoc, pdfmetrics

from reports.pdf.paper import BOLD, PLAIN, register_fonts

COMMON_LETTERS = "ÀÁÂÄÈÉÊËÌÍÎÏÒÓÔÖÙÚÛÜàáâäèéêëìíîïòóôöùúûüçñĩũĨŨŋ’‘“”–—…·×"


class _PressedOnce:
    """The compression of a PDF stream, remembered for bytes that come again."""

    pdfname = "FlateDecode"

    @staticmethod
    @lru_cache(maxsize=64)
    def encode(content: bytes) -> bytes:
        return zlib.compress(content)


def same_glyphs(canvas: Any) -> None:
    """Gives the file the common glyphs of both fonts under the names they have in every file."""
    register_fonts()
    for name in (PLAIN, BOLD):
        font: Any = pdfmetrics.getFont(name)
        if not isinstance(font.face, _KeptFace):
            font.face = _KeptFace(font.face)
        font.splitString(COMMON_LETTERS, canvas._doc)
        font.getSubsetInternalName(0, canvas._doc)


class _KeptFace:
    """A font face that keeps what it cut out for letters before."""

    def __init__(self, face: Any) -> None:
        self._face = face
        self._cut = lru_cache(maxsize=64)(face.makeSubset)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._face, name)

    def addSubsetObjects(self, doc: Any, fontname: str, subset: Any) -> Any:  # noqa: N802
        """The library's own act with the cut font and its compression remembered."""
        before = set(doc.idToObject)
        face = self._face
        face.makeSubset = lambda glyphs: self._cut(tuple(glyphs))
        try:
            descriptor = face.addSubsetObjects(doc, fontname, subset)
        finally:
            del face.makeSubset
        for key in set(doc.idToObject) - before:
            stream = doc.idToObject[key]
            if isinstance(stream, pdfdoc.PDFStream) and doc.compression:
                stream.filters = [_PressedOnce()]
        return descriptor
