"""The search form of a list: one field for each column that may be searched, none required."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.fields import QuerySelectField
from flask_appbuilder.fieldwidgets import DatePickerWidget
from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField, StringField
from wtforms.widgets import Select

from views.base_words import named

ANY = ("", _("Any"))
TRUTHS = (ANY, ("y", _("Yes")), ("n", _("No")))


def search_form(view: Any) -> type[DynamicForm]:
    """The form class; addresses carry its values, so that it needs no token."""
    fields = {name: field_for(view, name) for name in view.search_form_columns}

    class Meta:
        csrf = False

    return type("SearchForm", (DynamicForm,), {**fields, "Meta": Meta})


def field_for(view: Any, name: str) -> Any:
    """The field that asks for one column: a choice where there are few answers."""
    model, label = view.datamodel, view.label_columns.get(name, name)
    if model.is_relation(name):
        interface = model.get_related_interface(name)
        return QuerySelectField(
            label,
            query_func=lambda: interface.query()[1],
            get_pk_func=lambda record: record.id,
            get_label=named,
            allow_blank=True,
            blank_text=_("Any"),
            widget=Select(),
        )
    if name in view.choices:
        return SelectField(label, choices=[ANY, *view.choices[name]])
    if model.is_boolean(name):
        return SelectField(label, choices=list(TRUTHS))
    if model.is_date(name) or model.is_datetime(name):
        return DateField(label, widget=DatePickerWidget())
    return StringField(label)
