"""Every pair of text and ground in the design tokens is readable: WCAG AA."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "views" / "static" / "css" / "tokens.css"
COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", TOKENS.read_text()))
TEXT_PAIRS = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "primary-tint"),
    ("quiet", "ground"),
    ("quiet", "surface"),
    ("quiet", "sunken"),
    ("quiet", "primary-tint"),
    ("primary", "ground"),
    ("primary", "surface"),
    ("primary", "sunken"),
    ("primary-hover", "primary-tint"),
    ("on-primary", "primary"),
    ("on-primary", "primary-hover"),
    ("on-primary", "attention"),
    ("on-primary", "danger"),
    ("attention", "attention-ground"),
    ("attention", "surface"),
    ("danger", "danger-ground"),
    ("danger", "surface"),
    ("information", "information-ground"),
    ("success", "success-ground"),
    ("success", "surface"),
    ("locked", "locked-ground"),
]
EDGE_PAIRS = [("edge", "surface"), ("edge", "ground"), ("focus", "surface"), ("focus", "ground")]


def luminance(colour: str) -> float:
    """Relative luminance of a hexadecimal colour."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reaches_four_and_a_half_to_one(text, ground):
    assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_of_controls_reach_three_to_one(edge, ground):
    assert contrast(edge, ground) >= 3


def test_the_hairline_is_decoration_and_would_fail_as_text():
    assert contrast("line", "surface") < 3
