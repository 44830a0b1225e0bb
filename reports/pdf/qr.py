"""QR codes of many texts of one length, at a hundredth of an encoder's work.

For a fixed version, error correction and mask, every module of a QR code is a linear function
(over GF(2)) of the bits of its text. So the encoder draws one symbol for a text of zeros, this
module works out once which modules each bit of the text turns over, and a new text costs one XOR
for each of its bits. The symbols are the encoder's own, module by module, as the tests show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import segno
from segno import consts

ERROR_LEVEL, MASK = "m", 3
QUIET = 4
"""Modules of white that a reader needs on every side."""
MM = 72 / 25.4
_SMALL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {letter: number for number, letter in enumerate(_SMALL)}
_PAIR, _SINGLE = 11, 6


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A QR code without its quiet zone: rows from the top, eight modules a byte, dark is 1."""

    size: int
    data: bytes

    @property
    def stride(self) -> int:
        """Bytes of one row."""
        return -(-self.size // 8)

    def is_dark(self, row: int, column: int) -> bool:
        return bool(self.data[row * self.stride + column // 8] >> (7 - column % 8) & 1)


def qr_code(text: str) -> Bitmap:
    """The QR code of a text of capitals, digits, space and $%*+-./: at error correction M.

    Raises KeyError for any other letter.
    """
    pattern = _pattern(len(text))
    symbol = pattern.zeros
    for bit, turned in zip(_bits(text), pattern.turned, strict=True):
        if bit == "1":
            symbol ^= turned
    return Bitmap(pattern.size, symbol.to_bytes(pattern.size * -(-pattern.size // 8)))


def qr_operators(text: str, place: tuple[float, float], size: float, *, height: float) -> str:
    """The QR code with its quiet zone inside a square of `size`, as operators of a PDF page.

    `place` is its top left corner on a page so high; all in millimetres.
    """
    code = qr_code(text)
    module = size / (code.size + 2 * QUIET)
    side = module * code.size
    x, y = place[0] + module * QUIET, height - (place[1] + module * QUIET + side)
    return (
        f"q {side * MM:.3f} 0 0 {side * MM:.3f} {x * MM:.3f} {y * MM:.3f} cm 0 g"
        f" BI /W {code.size} /H {code.size} /IM true /BPC 1 /D [1 0] /F /AHx ID"
        f" {code.data.hex()}> EI Q"
    )


def _bits(text: str) -> str:
    """The text as the bits of alphanumeric mode: eleven for a pair, six for a last single one."""
    values = [_VALUE[letter] for letter in text]
    pairs = zip(values[::2], values[1::2], strict=False)
    bits = "".join([f"{45 * first + second:011b}" for first, second in pairs])
    return bits + (f"{values[-1]:06b}" if len(values) % 2 else "")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """All texts of one length: the symbol of zeros, and what each bit of a text turns over."""

    size: int
    zeros: int
    turned: tuple[int, ...]


@lru_cache(maxsize=64)
def _pattern(length: int) -> _Pattern:
    code = segno.make(
        "0" * length,
        error=ERROR_LEVEL,
        mask=MASK,
        mode="alphanumeric",
        boost_error=False,
        micro=False,
    )
    size = int(code.symbol_size(border=0)[0])
    places = _places(code, size)
    version = int(str(code.version))
    first = 4 + (9 if version < 10 else 11 if version < 27 else 13)
    count = _PAIR * (length // 2) + _SINGLE * (length % 2)
    blocks = _Blocks(version)
    turned = [
        sum(places[at] for at in blocks.turned_by(bit)) for bit in range(first, first + count)
    ]
    zeros = 0
    for row, modules in enumerate(code.matrix):
        for column, dark in enumerate(modules):
            zeros |= _place(size, row, column) if dark else 0
    return _Pattern(size, zeros, tuple(turned))


def _place(size: int, row: int, column: int) -> int:
    """The module as one bit of the bitmap read as a number."""
    stride = -(-size // 8)
    return 1 << (8 * size * stride - 1 - (8 * stride * row + column))


_DATA = {consts.TYPE_DATA_DARK, consts.TYPE_DATA_LIGHT}
_FORMAT = {consts.TYPE_FORMAT_DARK, consts.TYPE_FORMAT_LIGHT}


def _is_data(kind: int, row: int, column: int, size: int) -> bool:
    """Whether a module carries a bit of the message; one of these is named a format bit."""
    if kind in _FORMAT:
        return max(row, column) > 8 and max(row, column) < size - 8
    return kind in _DATA


def _places(code: segno.QRCode, size: int) -> list[int]:
    """The modules in the order in which the bits of the message fill them: two columns at a time,
    upwards and downwards by turns, from the right, past the timing column."""
    kinds = [list(row) for row in code.matrix_iter(scale=1, border=0, verbose=True)]
    found = []
    right = [column if column > 6 else column - 1 for column in range(size - 1, 0, -2)]
    for number, edge in enumerate(right):
        rows = range(size) if number % 2 else range(size - 1, -1, -1)
        for row in rows:
            found += [
                _place(size, row, column)
                for column in (edge, edge - 1)
                if _is_data(kinds[row][column], row, column, size)
            ]
    return found


class _Blocks:
    """How the codewords of a version's message are split, corrected and interleaved."""

    def __init__(self, version: int) -> None:
        self.data: list[int] = []
        sizes: Any = consts.ECC
        for block in sizes[version][consts.ERROR_LEVEL_M]:
            self.data += [block.num_data] * block.num_blocks
            self.correction = block.num_total - block.num_data
        self.generator = _generator(self.correction)
        self._known: dict[tuple[int, int], list[int]] = {}

    def turned_by(self, bit: int) -> list[int]:
        """The places in the interleaved message that one bit of the data turns over."""
        index, value = bit // 8, 0x80 >> bit % 8
        block = 0
        while index >= self.data[block]:
            index -= self.data[block]
            block += 1
        codewords = [(self._data_at(block, index), value)]
        whole = sum(self.data)
        remainder = self._remainder(value, self.data[block] - 1 - index)
        codewords += [
            (whole + number * len(self.data) + block, value)
            for number, value in enumerate(remainder)
        ]
        return [8 * at + n for at, value in codewords for n in range(8) if value & 0x80 >> n]

    def _data_at(self, block: int, index: int) -> int:
        """Where a codeword of a block stands once the blocks are interleaved."""
        before = sum(min(size, index) for size in self.data)
        return before + sum(size > index for size in self.data[:block])

    def _remainder(self, value: int, power: int) -> list[int]:
        """The correction codewords of a block that is all zeros but for one codeword."""
        if (value, power) not in self._known:
            before = self._remainder(value, power - 1) if power else [value] + [0] * self.correction
            lead, rest = before[0], [*before[1:], 0][: self.correction]
            fed = [one ^ _times(lead, by) for one, by in zip(rest, self.generator, strict=True)]
            self._known[value, power] = fed
        return self._known[value, power]


def _powers() -> tuple[list[int], list[int]]:
    """Powers of two in the field of 256 elements, and their logarithms."""
    powers, logarithms, value = [0] * 255, [0] * 256, 1
    for exponent in range(255):
        powers[exponent], logarithms[value] = value, exponent
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers, logarithms


_POWERS, _LOGARITHMS = _powers()


def _times(one: int, other: int) -> int:
    """The product in the field."""
    if not one or not other:
        return 0
    return _POWERS[(_LOGARITHMS[one] + _LOGARITHMS[other]) % 255]


def _generator(degree: int) -> list[int]:
    """The lower coefficients of the generator polynomial, highest power first."""
    found = [1]
    for exponent in range(degree):
        root = _POWERS[exponent]
        shifted = [*found, 0]
        for at, value in enumerate(found):
            shifted[at + 1] ^= _times(value, root)
        found = shifted
    return found[1:]
