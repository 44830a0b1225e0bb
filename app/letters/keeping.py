"""Letter templates as KNEC keeps them: checked before they are stored, ended once they were used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from app.letters.models import LetterTemplate
from app.letters.templates import refuse_unfit
from app.reference.services import (
    Records,
    Values,
    add_record,
    delete_record,
    edit_record,
    end_record,
)
from app.scoping.scope import Actor, Scope

TEMPLATES = Records(LetterTemplate, "letter-templates")
_TEXTS = ("subject", "body", "duties")


def add_template(scope: Scope, actor: Actor, *, values: Values) -> LetterTemplate:
    """A new template. Raises RuleBroken for texts that hold more than plain placeholders."""
    _refuse(values)
    template: LetterTemplate = add_record(TEMPLATES, scope, actor, values=_tidied(values))
    return template


def edit_template(scope: Scope, actor: Actor, *, pk: int, values: Values) -> LetterTemplate:
    """A changed template; the database refuses one that letters use already."""
    _refuse(values)
    template: LetterTemplate = edit_record(TEMPLATES, scope, actor, pk=pk, values=_tidied(values))
    return template


def delete_template(scope: Scope, actor: Actor, *, pk: int) -> None:
    """Deletes a template that no letter uses."""
    delete_record(TEMPLATES, scope, actor, pk=pk)


def end_templates(scope: Scope, actor: Actor, ids: Sequence[int], *, last_day: dt.date) -> None:
    """Ends templates on a day; letters that use them stay as they are."""
    end_record(TEMPLATES, scope, actor, ids, last_day=last_day)


def _refuse(values: Values) -> None:
    refuse_unfit(*(str(values.get(name) or "") for name in _TEXTS))


def _tidied(values: Values) -> dict[str, Any]:
    """Line ends as the portal keeps them."""
    return {
        name: value.replace("\r\n", "\n") if isinstance(value, str) else value
        for name, value in values.items()
    }
