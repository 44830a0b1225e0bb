"""Texts of letters: placeholders filled with plain strings in a sandbox, and nothing else.

A text may hold the words of `PLACEHOLDERS` in double braces. Attributes, calls, filters, tests,
loops and conditions are refused when a text is saved and would find nothing when it is filled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from app.errors import Problems
from app.words import N_

PLACEHOLDERS = (
    "name", "examination", "series", "year", "role", "centre", "centre_code", "sub_county",
    "county", "first_day", "last_day", "days", "rate", "reference",
)  # fmt: skip
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_DUTIES = 160, 1600, 2400
MOST_DUTIES = 14
_PLAIN = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name)
_environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_environment.globals.clear()
_environment.filters.clear()
_environment.tests.clear()


def paragraphs_in(body: str) -> tuple[str, ...]:
    """The paragraphs of a body: parted by empty lines."""
    parts = body.replace("\r\n", "\n").split("\n\n")
    return tuple(" ".join(part.split()) for part in parts if part.strip())


def duties_in(duties: str) -> tuple[str, ...]:
    """The duties, one a line."""
    return tuple(" ".join(line.split()) for line in duties.splitlines() if line.strip())


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced by the values."""
    done: str = _compiled(text).render({name: str(values[name]) for name in PLACEHOLDERS})
    return done


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Template:
    refusal = unfillable(text)
    if refusal:
        raise ValueError(refusal)
    return _environment.from_string(text)


def unfillable(text: str) -> str | None:
    """Why the text cannot be filled, as a word of it; None when it can."""
    for mark in ("{%", "{#"):
        if mark in text:
            return mark
    try:
        tree = _environment.parse(text)
    except TemplateError:
        return "{{ }}"
    for node in _all(tree):
        if not isinstance(node, _PLAIN):
            return type(node).__name__.lower()
        if isinstance(node, nodes.Name) and node.name not in PLACEHOLDERS:
            return node.name
    return None


def _all(tree: nodes.Template) -> Sequence[nodes.Node]:
    return [tree, *tree.find_all(nodes.Node)]


def refuse_unfit(subject: str, body: str, duties: str) -> None:
    """Raises RuleBroken with everything that is wrong with a template's texts."""
    faults = Problems()
    sizes = {
        "subject": (subject, LONGEST_SUBJECT),
        "body": (body, LONGEST_BODY),
        "duties": (duties, LONGEST_DUTIES),
    }
    for field, (text, longest) in sizes.items():
        if len(text) > longest:
            said = N_("Write at most %(most)s letters, so that it fits on the page.")
            faults.add("too-long", said, field=field, facts={"most": longest})
        wrong = unfillable(text)
        if wrong:
            said = N_(
                "Only plain placeholders such as {{ name }} may stand in braces; %(word)s may not."
            )
            faults.add("not-plain", said, field=field, facts={"word": wrong})
    if not duties_in(duties) or len(duties_in(duties)) > MOST_DUTIES:
        said = N_("Write between one and %(most)s duties, one a line.")
        faults.add("duties", said, field="duties", facts={"most": MOST_DUTIES})
    if not paragraphs_in(body):
        faults.add("empty", N_("Write at least one paragraph."), field="body")
    faults.refuse_if_any()
