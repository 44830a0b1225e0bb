"""The bases of every generated screen: the framework's views with each of its weak spots cured once.

A screen is a class with a resource of the permission matrix, a model and explicit columns. Reads go
through the scope, writes through services, and nothing that a request says is believed unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import ModelView
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import NotFound

from app.errors import PortalError
from app.extensions import db
from app.permissions import MATRIX, may
from app.reference.services import Records, add_record, delete_record, edit_record
from views.base_acts import Act, chosen_ids, perform, take_away
from views.base_arguments import (
    ListArguments,
    fill_filters,
    list_arguments,
    refuse_null_bytes,
)
from views.base_data import OwnFilters, Quick, Related, letters_in, value_of
from views.base_export import export
from views.base_forms import (
    RecordConverter,
    form_values,
    refuse_foreign_choices,
)
from views.base_refusals import place_refusal, sayable
from views.base_search import search_form
from views.base_words import LABELS, formatter_for

COLUMN_LISTS = (
    "list_columns",
    "show_columns",
    "add_columns",
    "edit_columns",
    "search_columns",
    "order_columns",
)
ROUTES = {
    "list": "list",
    "show": "show",
    "add": "add",
    "edit": "edit",
    "delete": "delete",
    "export_csv": "export",
    "export_xlsx": "export",
    "lookup": "list",
}
RELATED_ROWS = 10
LOOKUP_LETTERS, LOOKUP_ROWS = 3, 20
Write = Callable[..., Any]


def acts_on(resource: str) -> frozenset[str]:
    """Every act that anybody may do on the resource."""
    return frozenset().union(*MATRIX[resource].values())


def explicit(cls: type[Any]) -> None:
    """Raises TypeError when a screen leaves its columns or its resource to the framework."""
    if cls.__dict__.get("abstract"):
        return
    missing = [name for name in COLUMN_LISTS if getattr(cls, name, None) is None]
    if missing or getattr(cls, "resource", "") not in MATRIX:
        missing = missing or ["resource (a line of the permission matrix)"]
        raise TypeError(f"{cls.__name__} must say {', '.join(missing)}")


class RecordView(OwnFilters, ModelView):
    """List, show, add, edit, delete, search, export and acts of one kind of record."""

    abstract = True
    resource: ClassVar[str] = ""
    noun: Any = _("record")
    list_noun: Any = _("records")
    empty_text: Any = None
    writes: ClassVar[Mapping[str, Write]] = {}
    """Services by act: add(scope, actor, values), edit(…, pk, values), delete(…, pk)."""
    personal: ClassVar[frozenset[str]] = frozenset()
    """Columns whose values stay out of events."""
    acts: ClassVar[Sequence[Act]] = ()
    delete_asks_late: ClassVar[Any] = None
    """What is asked once the service refuses to delete without a reason; it then takes one."""
    editable: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Role -> the columns of the edit form that the role may change; a role not named: all."""
    withheld_from: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Role -> columns that the role neither sees nor searches nor orders by."""
    choices: ClassVar[Mapping[str, Sequence[tuple[str, Any]]]] = {}
    lookups: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    quick_columns: ClassVar[Sequence[str]] = ()
    lookup_columns: ClassVar[Sequence[str]] = ()
    numeric_columns: ClassVar[Sequence[str]] = ()
    pill_columns: ClassVar[Mapping[str, str]] = {}
    export_columns: ClassVar[Sequence[str]] = ()
    export_asks_purpose = False
    rest = True
    rest_fields: ClassVar[Mapping[str, Any]] = {}
    """Fields that only programs send, beside the columns of the form."""
    page_size = 25
    actions: Any

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        explicit(cls)

    exclude_route_methods: Any = frozenset()
    label_columns: Any = None
    formatters_columns: Any = None
    add_form: Any = None
    edit_form: Any = None

    def __init__(self, **kw: Any) -> None:
        self.offered_acts = acts_on(self.resource) - set(self.exclude_route_methods)
        absent = {route for route, act in ROUTES.items() if act not in self.offered_acts}
        if not self.lookup_columns:
            absent.add("lookup")
        self.exclude_route_methods = {"download", *absent, *self.exclude_route_methods}
        self.route_base = f"/{self.resource}"
        self.class_permission_name = self.resource
        self.method_permission_name = dict(ROUTES)
        super().__init__(**kw)
        self.actions = {act.name: act.item(self) for act in self.acts}
        self.base_permissions += [act.may for act in self.acts]

    def _init_properties(self) -> None:
        said = {name: list(getattr(self, name)) for name in COLUMN_LISTS}
        self.label_columns = {**LABELS, **(self.label_columns or {})}
        super()._init_properties()
        for name, columns in said.items():
            setattr(self, name, columns)
        template = self.datamodel.get_filters([*said["search_columns"], *self.drill_columns])
        if self.quick_columns:
            quick = Quick("quick", self.datamodel)
            quick.columns = tuple(self.quick_columns)
            template._search_filters["quick"] = [quick]
            heads = [self.label_columns.get(column, column) for column in self.quick_columns]
            words = LazyString(lambda: ", ".join(str(head) for head in heads))
            self.label_columns.setdefault("quick", words)
        self._filters = template
        shown = {*self.list_columns, *self.show_columns}
        made = {path: formatter_for(self, path) for path in shown}
        self.formatters_columns = {
            **{path: words for path, words in made.items() if words},
            **(self.formatters_columns or {}),
        }

    def _init_forms(self) -> None:
        self.search_form = search_form(self)
        converter = RecordConverter(self.datamodel, self.choices)
        extra = {name: make() for name, make in self.lookups.items()}
        self.add_form = self.add_form or converter.form(self, self.add_columns, extra)
        self.edit_form = self.edit_form or converter.form(self, self.edit_columns, extra)

    # Who may, and where things are

    def demand(self, permission: str) -> None:
        """A 403 without the permission; strangers never come this far."""
        if self.appbuilder.sm.has_access(permission, self.class_permission_name):
            return
        abort(403)

    def get_action_permission_name(self, name: str) -> str:
        return self.act_called(name).may

    def withheld(self) -> frozenset[str]:
        """The columns kept from the person asking: what every role of theirs that reads here lacks."""
        actor = getattr(g, "actor", None)
        roles = [role for role in (actor.roles if actor else ()) if role in MATRIX[self.resource]]
        kept = [frozenset(self.withheld_from.get(role, ())) for role in roles]
        return frozenset.intersection(*kept) if kept else frozenset()

    def visible(self, columns: Sequence[str]) -> list[str]:
        """The columns without those withheld from the person asking."""
        return [column for column in columns if column not in self.withheld()]

    def columns_to_change(self) -> list[str]:
        """The columns of the edit form that the person asking may change."""
        roles = [role for role in g.actor.roles if "edit" in MATRIX[self.resource].get(role, ())]
        allowed = {c for role in roles for c in self.editable.get(role, self.edit_columns)}
        return [column for column in self.edit_columns if column in allowed]

    def columns_to_export(self) -> list[str]:
        """The columns of a file for the person asking."""
        return self.visible(self.export_columns or self.list_columns)

    def address(self, name: str, **values: Any) -> str:
        """The address of one of this screen's pages."""
        return url_for(f"{self.endpoint}.{name}", **values)

    def address_after(self, ids: Sequence[int] = ()) -> str:
        """Where a person goes after a change: the record, else the list, else home."""
        may_show = "show" in self.offered_acts and may(g.actor, self.resource, "show")
        if len(ids) == 1 and may_show and self.datamodel.get(ids[0]):
            return self.address("show", pk=ids[0])
        return self.address("list") if may(g.actor, self.resource, "list") else "/"

    def title_of(self, record: Any) -> str:
        """How a record is called on its own page."""
        return str(record)

    def value_of(self, record: Any, path: str) -> Any:
        """What a page or a file shows of a record in a column; None where there is nothing to say."""
        return value_of(record, path)

    def words_for(self, path: str, value: Any) -> Any:
        """The word for a stored choice; any other text as it is."""
        words = dict(self.choices.get(path, ()))
        return str(words[value]) if value in words else value

    def page(self, template: str, **context: Any) -> str:
        """A page of this screen; templates read titles and columns from `view`."""
        return self.render_template(template, view=self, **context)

    def update_redirect(self) -> None:
        """No trail of addresses in the cookie: each page knows where it leads."""

    # Reading

    def state_sentence(self) -> Any:
        """One sentence above the list about how things stand; none by default."""
        return None

    def export_links(self) -> list[dict[str, str]]:
        """The files that the person asking may take."""
        if not may(g.actor, self.resource, "export"):
            return []
        kinds = (("CSV", "export_csv"), ("XLSX", "export_xlsx"))
        return [{"format": words, "href": self.address(name)} for words, name in kinds]

    def order_for(self, asked: ListArguments) -> tuple[str, str]:
        """The order asked for when it is allowed, else the view's own."""
        if asked.order_column and asked.order_column in self.visible(self.order_columns):
            return asked.order_column, asked.order_direction
        return self.base_order or ("", "asc")

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        refuse_null_bytes(request.args.values())
        asked = list_arguments(self, request.args)
        fill_filters(self._filters, request.args)
        widgets = self._list_widget(self._filters, asked)
        widgets["search"] = self.search_widget(
            route_base=self.route_base,
            form=self.search_form.refresh(),
            include_cols=self.visible(self.search_form_columns),
            exclude_cols=[],
            filters=self._filters,
        )
        return self.page(
            self.list_template,
            title=self.list_title,
            widgets=widgets,
            state_sentence=self.state_sentence(),
        )

    @property
    def search_form_columns(self) -> Sequence[str]:
        return [*(["quick"] if self.quick_columns else []), *self.search_columns]

    @property
    def quick_search(self) -> str | None:
        return "quick" if self.quick_columns else None

    def _list_widget(self, filters: Any, asked: ListArguments) -> dict[str, Any]:
        columns = self.visible(self.list_columns)
        statement = self.datamodel.rows(filters)
        ordered = self.datamodel.ordered(statement, *self.order_for(asked))
        page = ordered.limit(asked.page_size).offset(asked.page * asked.page_size)
        found = db.session.scalars(self.datamodel.loading(page, columns)).all()
        widget = self.list_widget(
            label_columns=self.label_columns,
            include_columns=columns,
            value_columns=[{path: self.value_of(item, path) for path in columns} for item in found],
            order_columns=self.visible(self.order_columns),
            formatters_columns=self.formatters_columns,
            page=asked.page,
            page_size=asked.page_size,
            count=self.datamodel.count(statement),
            pks=[item.id for item in found],
            actions={name: item for name, item in self.actions.items() if item.multiple},
            filters=filters,
            modelview_name=type(self).__name__,
        )
        return {"list": widget}

    def record(self, pk: int, columns: Sequence[str] = ()) -> Any:
        """The record of this key in scope, with what the columns need; else 404."""
        statement = self.datamodel.rows().where(self.datamodel.get_pk() == pk)
        if pk <= self.datamodel.largest_key():
            found = db.session.scalars(self.datamodel.loading(statement, columns)).one_or_none()
            if found is not None:
                return found
        raise NotFound

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> Any:
        refuse_null_bytes(request.args.values())
        columns = self.visible(self.show_columns)
        record = self.record(pk, columns)
        offered = {act.name for act in self.acts if act.one and act.offered(record)}
        widget = self.show_widget(
            pk=pk,
            label_columns=self.label_columns,
            include_columns=columns,
            value_columns=[self.value_of(record, path) for path in columns],
            formatters_columns=self.formatters_columns,
            actions={name: item for name, item in self.actions.items() if name in offered},
            fieldsets=self.show_fieldsets,
            modelview_name=type(self).__name__,
            may_change=self.may_change(record),
        )
        related = [view for view in self._related_views if may(g.actor, view.resource, "list")]
        return self.page(
            self.show_template,
            pk=pk,
            title=self.show_title,
            item_title=self.title_of(record),
            widgets={
                "show": widget,
                "related_views": [self._related_widget(view, record) for view in related],
            },
            related_views=related,
            may_change=self.may_change(record),
            **self.about(record),
        )

    def may_change(self, _record: Any) -> bool:
        """Whether the record is still in a state in which it can be edited or deleted."""
        return True

    def about(self, _record: Any) -> dict[str, Any]:
        """More for the record's page: item_pill, state_sentence, primary_action, context_line."""
        return {}

    def _related_widget(self, view: RecordView, record: Any) -> Any:
        relation = view.datamodel.get_related_fk(self.datamodel.obj)
        filters = view.datamodel.get_filters()
        filters.add_filter_related_view(relation, Related, record.id)
        name = type(view).__name__
        args = {f"psize_{name}": str(RELATED_ROWS), **request.args.to_dict()}
        return view._list_widget(filters, list_arguments(view, args))["list"]

    # Writing

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        form = self.add_form()
        if request.method == "POST":
            values = self._sent(form, self.add_form_columns)
            write = None if values is None else partial(self.write("add"), values=values)
            record = self._written(form, write)
            if record is not None:
                return self.after_add(record)
        return self._form_page("add", form, self.add_form_columns)

    def after_add(self, record: Any) -> Any:
        """Where a person goes after adding a record: to it, where they may read it."""
        flash(gettext("Saved."), "success")
        return redirect(self.address_after([record.id]), 303)

    @property
    def add_form_columns(self) -> Sequence[str]:
        """What the add form asks: its columns, unless a screen asks for more."""
        return self.add_columns

    @expose("/edit/<int:pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> Any:
        columns = self.columns_to_change()
        record = self.record(pk, columns)
        form = self.edit_form(obj=record)
        for name in set(self.edit_columns) - set(columns):
            del form[name]
        if request.method == "POST":
            values = self._sent(form, columns)
            write = None if values is None else partial(self.write("edit"), pk=pk, values=values)
            changed = self._written(form, write)
            if changed is not None:
                flash(gettext("Saved."), "success")
                return redirect(self.address_after([pk]), 303)
            record = self.record(pk)
        return self._form_page("edit", form, columns, item_title=self.title_of(record))

    @expose("/delete/<int:pk>", methods=["POST"])
    @has_access
    def delete(self, pk: int) -> Any:
        return take_away(self, self.record(pk))

    def records(self) -> Records:
        """What the general service needs to know about this kind of record."""
        return Records(self.datamodel.obj, self.resource, self.personal)

    def write(self, act: str) -> Write:
        """The service behind a form: the view's own, else the one for reference data."""
        general: dict[str, Write] = {
            "add": add_record,
            "edit": edit_record,
            "delete": delete_record,
        }
        own = self.writes.get(act)
        return own if own is not None else partial(general[act], self.records())

    def _sent(self, form: Any, columns: Sequence[str]) -> dict[str, Any] | None:
        """The values of a valid form; None when it has faults, which then stand at their fields."""
        refuse_null_bytes(value for values in request.form.listvalues() for value in values)
        refuse_foreign_choices(form)
        return form_values(form, self.datamodel, columns) if form.validate() else None

    def _written(self, form: Any, write: Write | None) -> Any:
        """What the service stored; None when it refused, with its sentence in the form."""
        if write is None:
            return None
        try:
            return write(g.scope, g.actor)
        except (PortalError, DBAPIError) as failure:
            place_refusal(form, sayable(failure), self.datamodel)
            return None

    def _form_page(self, name: str, form: Any, columns: Sequence[str], **context: Any) -> Any:
        widget = (self.add_widget if name == "add" else self.edit_widget)(
            form=form,
            include_cols=list(columns),
            exclude_cols=[],
            fieldsets=self.add_fieldsets if name == "add" else None,
        )
        title = self.add_title if name == "add" else self.edit_title
        template = self.add_template if name == "add" else self.edit_template
        page = self.page(template, title=title, widgets={name: widget}, **context)
        return page, 422 if form.errors else 200

    # Acts, files, look-ups

    def act_called(self, name: str) -> Act:
        """The act of this name; a 404 for any other name."""
        found = next((act for act in self.acts if act.name == name), None)
        if found is None:
            raise NotFound
        return found

    def act_on_records(self, *_records: Any) -> Any:
        """Acts are done through `perform`, which checks scope and permission first."""
        raise NotImplementedError

    @expose("/action/<string:name>/<int:pk>", methods=["POST"])
    def action(self, name: str, pk: int) -> Any:
        return perform(self, name, [pk])

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        return perform(self, request.form.get("action", ""), chosen_ids(request.form))

    @expose("/export.csv", methods=["GET", "POST"])
    @has_access
    def export_csv(self) -> Any:
        return export(self, "csv")

    @expose("/export.xlsx", methods=["GET", "POST"])
    @has_access
    def export_xlsx(self) -> Any:
        return export(self, "xlsx")

    @expose("/lookup")
    @has_access
    def lookup(self) -> Any:
        """At most twenty records in scope whose look-up columns hold three or more letters."""
        letters = request.args.get("q", "").strip()
        refuse_null_bytes([letters])
        if not LOOKUP_LETTERS <= len(letters) <= 100:
            return jsonify([])
        wanted = letters_in(self.datamodel.obj, self.lookup_columns, letters)
        statement = self.datamodel.ordered(self.datamodel.rows().where(wanted), "", "asc")
        found = db.session.scalars(statement.limit(LOOKUP_ROWS))
        return jsonify([self.lookup_words(record) for record in found])

    def lookup_words(self, record: Any) -> str:
        """What a look-up offers for a record: its number first."""
        return str(record)
