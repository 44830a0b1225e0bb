"""Forms that show what their values would do before they are stored."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy.exc import DBAPIError

from app.errors import PortalError
from views.base_refusals import place_refusal, sayable

PREVIEW, CHANGE = "preview", "change"


class ShowsFirst:
    """Stands before a RecordView: its forms answer with a preview instead of storing at once.

    `preview(values, pk, asked)` is the page, or None to store; `asked` where the button of the
    preview was pressed, which `preview_label` names. A sent form that says `confirmed` is stored,
    one that comes back to be changed (`act=change`) is shown as it was typed.
    """

    preview_label: Any = None

    def preview(self, values: dict[str, Any], pk: int | None, *, asked: bool) -> Any:
        """What the page before storing is."""
        raise NotImplementedError

    def _init_forms(self) -> None:
        super()._init_forms()  # type: ignore[misc]
        for form in (self.add_form, self.edit_form):  # type: ignore[attr-defined]
            form.preview_label = self.preview_label

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        return self._shown(None) or super().add()  # type: ignore[misc]

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> Any:
        return self._shown(pk) or super().edit(pk)  # type: ignore[misc]

    def _shown(self: Any, pk: int | None) -> Any:
        """The page before storing; None where the form is faulty, confirmed, or has no effect."""
        act = request.form.get("act", "")
        if request.method != "POST" or (request.form.get("confirmed") == "yes" and act != CHANGE):
            return None
        name, columns, form, titled = self._typed(pk)
        if act == CHANGE:
            return self._form_page(name, form, columns, **titled)
        values = self._sent(form, columns)
        if values is None:
            return None
        try:
            return self.preview(values, pk, asked=act == PREVIEW)
        except (PortalError, DBAPIError) as failure:
            place_refusal(form, sayable(failure), self.datamodel)
            return self._form_page(name, form, columns, **titled)

    def _typed(self: Any, pk: int | None) -> tuple[str, list[str], Any, dict[str, Any]]:
        """The form as it was sent, with its name, its columns and the title over it."""
        if pk is None:
            return "add", list(self.add_form_columns), self.add_form(), {}
        columns = self.columns_to_change()
        record = self.record(pk, columns)
        form = self.edit_form(obj=record)
        for one in set(self.edit_columns) - set(columns):
            del form[one]
        return "edit", columns, form, {"item_title": self.title_of(record)}
