"""Forms made from a model's columns: fields by type, scoped choices, look-ups for long lists."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_appbuilder.fields import QuerySelectField
from flask_appbuilder.fieldwidgets import DatePickerWidget
from flask_appbuilder.forms import DynamicForm, GeneralModelConverter
from flask_babel import lazy_gettext as _
from sqlalchemy import types
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FloatField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
    validators,
)
from wtforms.widgets import Select, TextInput

from app import clock
from app.places.numbers import mobile_254
from views.base_arguments import LARGEST_INT
from views.base_data import RecordInterface, not_found
from views.base_words import named

REQUIRED = _("This field is required.")

LONG_TEXT = 200
INSTANT = "%Y-%m-%dT%H:%M"
Choices = Mapping[str, Iterable[tuple[str, Any]]]


def tidy(value: str | None) -> str | None:
    """Text as it is stored: composed letters, single spaces at no end, nothing for empty."""
    if value is None:
        return None
    return unicodedata.normalize("NFC", value).strip() or None


def plain_text(_form: Any, field: Field) -> None:
    """A validator: text holds no control characters beside line ends and tabs."""
    if any(ord(letter) < 32 and letter not in "\r\n\t" for letter in field.data or ""):
        raise ValidationError(_("Leave out characters that cannot be printed."))


class InstantField(DateTimeLocalField):
    """A moment typed on the Nairobi wall clock."""

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return f"{clock.nairobi(self.data):{INSTANT}}" if self.data else ""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = self.data.replace(tzinfo=clock.NAIROBI)


class MobileField(StringField):
    """A telephone number, stored as 254 and nine digits, however it was typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = tidy(valuelist[0]) if valuelist else None
        self.data = typed and (mobile_254(typed) or typed)


class LookupField(Field):
    """One record of a long list: typed as its number or chosen among what the letters bring up.

    `find` returns the record in scope of what was typed, or None; `words` writes a record with its
    number first, so that a chosen one is found again and the field works without scripts too.
    """

    widget = TextInput()

    def __init__(
        self,
        label: Any,
        *,
        find: Callable[[str], Any],
        words: Callable[[Any], str],
        address: str,
        **kw: Any,
    ) -> None:
        kw["render_kw"] = {"data-lookup": address, "autocomplete": "off"}
        super().__init__(label, **kw)
        self.find, self.words = find, words

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.words(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = tidy(valuelist[0]) if valuelist else None
        self.data = self.find(typed) if typed else None
        if typed and self.data is None:
            if typed.isdecimal() and len(typed) < 8:
                raise not_found()
            raise ValueError(_("Nobody and nothing of that number is in your area."))


class RecordConverter(GeneralModelConverter):
    """Makes the form of a view: the framework's, with fields that the framework lacks."""

    def __init__(self, datamodel: RecordInterface, choices: Choices) -> None:
        super().__init__(datamodel)
        self.choices = choices

    def form(
        self, view: Any, columns: Iterable[str], extra: Mapping[str, Any]
    ) -> type[DynamicForm]:
        """The form class for these columns of the view."""
        return self.create_form(
            view.label_columns,
            list(columns),
            view.description_columns,
            {key: list(found) for key, found in view.validators_columns.items()},
            dict(extra),
        )

    def _convert_col(
        self, col_name: str, label: Any, description: Any, lst_validators: list[Any],
        _filter_rel_fields: Any, form_props: dict[str, Any],
    ) -> dict[str, Any]:  # fmt: skip
        """Adds the field of one column to the form."""
        relation = self.datamodel.is_relation(col_name)
        form_props[col_name] = (
            self._chosen(col_name, label, description)
            if relation
            else self._plain(col_name, label, description, lst_validators)
        )
        return form_props

    def _chosen(self, col_name: str, label: Any, description: Any) -> QuerySelectField:
        """A select of the related records in scope."""
        key = self.datamodel.list_columns[self.datamodel.key_of(col_name)]
        needed = [validators.Optional()] if key.nullable else [validators.DataRequired(REQUIRED)]
        interface = self.datamodel.get_related_interface(col_name)
        return QuerySelectField(
            label,
            description=description,
            query_func=lambda: interface.query()[1],
            get_pk_func=lambda record: record.id,
            get_label=named,
            allow_blank=True,
            blank_text=_("Choose"),
            validators=needed,
            widget=Select(),
        )

    def _plain(self, col_name: str, label: Any, description: Any, more: list[Any]) -> Any:
        column = self.datamodel.list_columns[col_name]
        given = {"description": description, "default": default_of(column)}
        boolean = isinstance(column.type, types.Boolean)
        if not boolean:
            ask = validators.Optional() if column.nullable else validators.InputRequired(REQUIRED)
            given["validators"] = [ask, *more]
        return self._field(col_name, column, label, given)

    def _field(self, name: str, column: Any, label: Any, given: dict[str, Any]) -> Any:
        kind = column.type
        if name in self.choices:
            return chosen(label, kind, self.choices[name], optional=column.nullable, given=given)
        if isinstance(kind, types.String):
            return text_field(name, kind, label, given)
        if isinstance(kind, types.Integer):
            given["validators"].append(validators.NumberRange(-LARGEST_INT, LARGEST_INT))
            return IntegerField(label, **given)
        if isinstance(kind, types.Date):
            return DateField(label, widget=DatePickerWidget(), **given)
        fields = {
            types.Float: FloatField, types.Boolean: BooleanField, types.Time: TimeField,
            types.DateTime: InstantField,
        }  # fmt: skip
        for sort, field in fields.items():
            if isinstance(kind, sort):
                if field is InstantField:
                    given["format"] = [INSTANT, f"{INSTANT}:%S"]
                return field(label, **given)
        raise TypeError(f"no field for {name}")


def text_field(name: str, kind: Any, label: Any, given: dict[str, Any]) -> Field:
    """A line or a box of text of the column's length; telephones and addresses by their names."""
    given["validators"].append(plain_text)
    if kind.length:
        given["validators"].append(validators.Length(max=kind.length))
    given["filters"] = [tidy]
    if name == "email":
        pattern = r"^[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>()]+$"
        given["validators"].append(
            validators.Regexp(pattern, message=_("This is not an e-mail address."))
        )
        given["render_kw"] = {"type": "email"}
        return StringField(label, **given)
    if kind.length == 12 and name in ("telephone", "mobile"):
        given["render_kw"] = {"inputmode": "tel", "type": "tel"}
        pattern = r"^254[17][0-9]{8}$"
        said = _("Write a mobile number such as 0712 345 678.")
        given["validators"].append(validators.Regexp(pattern, message=said))
        del given["filters"]
        return MobileField(label, **given)
    return (TextAreaField if not kind.length or kind.length > LONG_TEXT else StringField)(
        label, **given
    )


def chosen(
    label: Any,
    kind: Any,
    choices: Iterable[tuple[str, Any]],
    *,
    optional: bool,
    given: dict[str, Any],
) -> Field:
    """A select of fixed words, or several ticks for a list of them."""
    if isinstance(kind, types.ARRAY):
        return SelectMultipleField(label, choices=list(choices), **given)
    blank = [("", _("Choose"))] if optional or given["default"] is None else []
    given["filters"] = [lambda value: value or None]
    return SelectField(label, choices=[*blank, *choices], coerce=lambda v: v or "", **given)


def default_of(column: Any) -> Any:
    """The column's own default as a form value; None when the database alone knows it."""
    default = column.server_default
    text = getattr(getattr(default, "arg", None), "text", getattr(default, "arg", None))
    if not isinstance(text, str):
        found = str(text).lower() if text is not None else ""
        return found == "true" if isinstance(column.type, types.Boolean) else None
    if isinstance(column.type, types.ARRAY):
        return text.strip("'{}").split(",")
    if isinstance(column.type, types.Time):
        return dt.time.fromisoformat(text)
    if isinstance(column.type, types.Integer):
        return int(text)
    return text.strip("'") if isinstance(column.type, types.String) else None


def form_values(form: Any, datamodel: RecordInterface, columns: Iterable[str]) -> dict[str, Any]:
    """What the form says, by column name; a related record is said by its key."""
    values: dict[str, Any] = {}
    for name in columns:
        data = form[name].data
        if datamodel.points_to_one(name):
            values[datamodel.key_of(name)] = None if data is None else data.id
        else:
            values[name] = data
    return values


def refuse_foreign_choices(form: Any) -> None:
    """A chosen record that is not among the choices is somebody else's or nobody's: a 404."""
    for field in form:
        if isinstance(field, QuerySelectField) and field.raw_data:
            typed = field.raw_data[0]
            if typed not in ("", "__None") and field.data is None:
                raise not_found()
