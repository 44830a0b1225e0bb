"""Reading records for generated screens: always through the scope, with filters that check values.

Cures of the framework, once for every view: an id outside the scope is nobody's, related records
are scoped too, filters refuse values of the wrong type, and a view's filters belong to the request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from flask import g, has_request_context
from flask_appbuilder.models.filters import BaseFilter, FilterRelation, Filters
from flask_appbuilder.models.sqla.filters import SQLAFilterConverter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, inspect, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload
from werkzeug.exceptions import BadRequest

from app import clock
from app.errors import NotFound
from app.places.queries import within_area
from app.scoping.guard import current_scope
from app.scoping.restrict import restrict
from app.words import N_
from views.base_arguments import LARGEST_ID, LARGEST_INT, LONGEST_VALUE, whole_number

COUNTED_AT_MOST = 100_001
LONGEST_SELECT = 1_000
Narrow = Callable[[Select[Any]], Select[Any]]
TRUTHS = {"y": True, "true": True, "1": True, "n": False, "false": False, "0": False}


def not_found() -> NotFound:
    """The one answer for what does not exist and for what is somebody else's."""
    return NotFound("not-found", N_("That record was not found."))


def value_of(item: Any, path: str) -> Any:
    """The value at a dotted path of a record; None when a step of it is missing."""
    for step in path.split("."):
        if item is None:
            return None
        item = getattr(item, step)
    return item() if callable(item) else item


def typed(datamodel: Any, column: str, raw: object) -> Any:
    """The value of a filter in the column's type; a 400 when it is none."""
    text = str(raw)
    if len(text) > LONGEST_VALUE or "\0" in text:
        raise BadRequest(str(_("This list cannot be searched for that.")))
    try:
        if datamodel.is_boolean(column):
            return TRUTHS[text.lower()]
        if datamodel.is_datetime(column):
            moment = dt.datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=clock.NAIROBI)
        if datamodel.is_date(column):
            return dt.date.fromisoformat(text)
        if datamodel.is_float(column):
            return float(text)
    except (ValueError, KeyError):
        raise BadRequest(str(_("This list cannot be searched for that."))) from None
    if datamodel.is_integer(column):
        return whole_number(text, most=LARGEST_INT)
    return text


class RecordFilter(BaseFilter):
    """A filter on a column of the record itself."""

    def check(self, raw: object) -> None:
        """A 400 unless the value is of the column's type."""
        typed(self.datamodel, self.column_name, raw)

    def apply(self, query: Any, value: object) -> Any:
        column = getattr(self.model, self.column_name)
        return query.where(self.condition(column, typed(self.datamodel, self.column_name, value)))

    def condition(self, column: Any, value: Any) -> Any:
        raise NotImplementedError


class Contains(RecordFilter):
    name = _("Contains")
    arg_name = "ct"

    def condition(self, column: Any, value: Any) -> Any:
        return column.icontains(value, autoescape=True)


class StartsWith(RecordFilter):
    name = _("Starts with")
    arg_name = "sw"

    def condition(self, column: Any, value: Any) -> Any:
        return column.istartswith(value, autoescape=True)


class Equal(RecordFilter):
    name = _("Equal to")
    arg_name = "eq"

    def condition(self, column: Any, value: Any) -> Any:
        return column == value


class NotEqual(RecordFilter):
    name = _("Not equal to")
    arg_name = "neq"

    def condition(self, column: Any, value: Any) -> Any:
        return column != value


class Greater(RecordFilter):
    name = _("More than")
    arg_name = "gt"

    def condition(self, column: Any, value: Any) -> Any:
        return column > value


class Smaller(RecordFilter):
    name = _("Less than")
    arg_name = "lt"

    def condition(self, column: Any, value: Any) -> Any:
        return column < value


class Related(FilterRelation):
    """Records of one related record, which must itself be in scope: a foreign id is a 404."""

    name = _("Relation")
    arg_name = "rel_o_m"

    def check(self, raw: object) -> None:
        if self.datamodel.get_related_obj(self.column_name, raw) is None:
            raise not_found()

    def apply(self, query: Any, value: object) -> Any:
        key = self.datamodel.key_of(self.column_name)
        return query.where(getattr(self.model, key) == whole_number(value, most=LARGEST_ID))


class Quick(BaseFilter):
    """The search box: letters found in any of the columns that the view names."""

    name = _("Contains")
    arg_name = "ct"
    columns: tuple[str, ...] = ()

    def check(self, raw: object) -> None:
        if len(str(raw)) > LONGEST_VALUE:
            raise BadRequest(str(_("This list cannot be searched for that.")))

    def apply(self, query: Any, value: object) -> Any:
        return query.where(letters_in(self.model, self.columns, str(value)))


def letters_in(model: Any, columns: Iterable[str], letters: str) -> Any:
    """The condition that the letters stand in one of the columns; `a.b` is a related record's."""
    conditions = []
    for path in columns:
        root, _dot, leaf = path.partition(".")
        attribute = getattr(model, root)
        if leaf:
            target = attribute.property.mapper.class_
            conditions.append(
                attribute.has(getattr(target, leaf).icontains(letters, autoescape=True))
            )
        else:
            conditions.append(attribute.icontains(letters, autoescape=True))
    return or_(*conditions)


class RecordFilterConverter(SQLAFilterConverter):
    """The filters that a column of each type offers, the first being the usual one."""

    conversion_table = (
        ("is_relation_many_to_one", [Related]),
        ("is_relation_one_to_one", [Related]),
        ("is_text", [Contains, StartsWith, Equal, NotEqual]),
        ("is_string", [Contains, StartsWith, Equal, NotEqual]),
        ("is_boolean", [Equal]),
        ("is_integer", [Equal, Greater, Smaller, NotEqual]),
        ("is_float", [Equal, Greater, Smaller, NotEqual]),
        ("is_date", [Equal, Greater, Smaller, NotEqual]),
        ("is_datetime", [Greater, Smaller]),
    )

    def convert(self, col_name: str) -> Any:
        for test, kinds in self.conversion_table:
            if getattr(self.datamodel, test)(col_name):
                return [kind(col_name, self.datamodel) for kind in kinds]
        return None


class RecordInterface(SQLAInterface):
    """The framework's interface to a table, with every read restricted to the session's scope."""

    filter_converter_class = RecordFilterConverter

    def __init__(self, obj: Any, *, narrow: Narrow | None = None) -> None:
        super().__init__(obj)
        self.narrow = narrow

    def rows(self, filters: Any = None) -> Select[Any]:
        """The records in scope that match the filters, in no order."""
        statement = select(self.obj)
        scope = current_scope(self.session)
        if hasattr(self.obj, "__scope__"):
            statement = restrict(statement, self.obj, scope)
        statement = within_area(statement, self.obj, scope)
        if self.narrow:
            statement = self.narrow(statement)
        return filters.apply_all(statement) if filters else statement

    def count(self, statement: Select[Any]) -> int:
        """How many rows; beyond an export's limit nobody counts on."""
        keys = statement.with_only_columns(self.get_pk()).order_by(None).limit(COUNTED_AT_MOST)
        counted = select(func.count()).select_from(keys.subquery())
        return int(self.session.execute(counted).scalar_one())

    def ordered(self, statement: Select[Any], column: str, direction: str) -> Select[Any]:
        """The statement in order of a column (`a.b` is a related record's), then of the key."""
        key = self.get_pk()
        if not column:
            return statement.order_by(*self._natural_order(), key)
        root, _dot, leaf = column.partition(".")
        attribute = getattr(self.obj, root)
        if leaf:
            other = aliased(attribute.property.mapper.class_)
            statement = statement.outerjoin(attribute.of_type(other))
            attribute = getattr(other, leaf)
        towards = attribute.asc() if direction == "asc" else attribute.desc()
        return statement.order_by(towards.nulls_last(), key)

    def _natural_order(self) -> list[Any]:
        names = [name for name in ("position", "name", "code") if name in self.list_columns]
        return [getattr(self.obj, name) for name in names[:1]]

    def loading(self, statement: Select[Any], columns: Iterable[str]) -> Select[Any]:
        """The statement with every related record that the columns need, loaded with the page."""
        roots = dict.fromkeys(column.split(".")[0] for column in columns)
        for root in roots:
            if self.is_relation(root):
                attribute = getattr(self.obj, root)
                target = attribute.property
                apart = target.uselist or hasattr(target.mapper.class_, "__scope__")
                statement = statement.options((selectinload if apart else joinedload)(attribute))
                deeper = {c.split(".")[1] for c in columns if c.startswith(f"{root}.")}
                statement = self._loading_deeper(statement, attribute, deeper)
        return statement

    @staticmethod
    def _loading_deeper(statement: Any, attribute: Any, names: set[str]) -> Any:
        target = attribute.property.mapper
        for name in sorted(names & set(target.relationships.keys())):
            step = selectinload(attribute).selectinload(getattr(target.class_, name))
            statement = statement.options(step)
        return statement

    def query(
        self,
        filters: Any = None,
        order_column: str = "",
        order_direction: str = "asc",
        page: int | None = None,
        page_size: int | None = None,
        **_ignored: Any,
    ) -> tuple[int, list[Any]]:
        """The count and one page of the records in scope; a whole list is cut for a select."""
        statement = self.rows(filters)
        size = page_size or LONGEST_SELECT
        ordered = self.ordered(statement, order_column, order_direction or "asc")
        found = self.session.scalars(ordered.limit(size).offset((page or 0) * size)).all()
        return len(found), list(found)

    def get(self, id: Any, filters: Any = None, *_args: Any, **_kw: Any) -> Any:  # noqa: A002
        """The record of this key when it is in scope, else None."""
        if not str(id).isdecimal() or int(id) > self.largest_key():
            return None
        statement = self.rows(filters).where(self.get_pk() == int(id))
        return self.session.scalars(statement).one_or_none()

    def largest_key(self) -> int:
        """The largest number that the key column holds."""
        name = type(self.get_pk().type).__name__
        return LARGEST_ID if name == "BigInteger" else LARGEST_INT

    def get_related_obj(self, col_name: str, value: Any) -> Any:
        """The related record of this key when it is in scope, else None."""
        return self.get_related_interface(col_name).get(value)

    def get_related_interface(self, col_name: str) -> RecordInterface:
        return RecordInterface(self.get_related_model(col_name))

    def points_to_one(self, name: str) -> bool:
        """Whether the column is one related record, stored as its key."""
        return self.is_relation(name) and not self.list_properties[name].uselist

    def key_of(self, relation: str) -> str:
        """The name of the foreign key column behind a relation."""
        prop = inspect(self.obj).relationships[relation]
        (column,) = prop.local_columns
        return str(inspect(self.obj).get_property_by_column(column).key)

    def add(self, item: Any, commit: bool = True) -> None:  # noqa: FBT001, FBT002
        raise NotImplementedError("records are written by services")

    edit = delete = delete_all = add


class OwnFilters:
    """Gives each request its own filters: the framework keeps one set on the view for everybody."""

    datamodel: Any
    drill_columns: ClassVar[Sequence[str]] = ()
    """Relations that addresses may filter by though the search form does not offer them."""

    def filter_words(self, column: str, value: str) -> str | None:
        """The name of the record that an address filters by; None for a column of the search form."""
        if column not in self.drill_columns:
            return None
        record = self.datamodel.get_related_obj(column, int(value))
        return None if record is None else str(record)

    @property
    def _filters(self) -> Any:
        template = self.__dict__.get("_filters_template")
        if template is None or not has_request_context():
            return template
        key = f"_filters_{type(self).__name__}"
        if key not in g:
            setattr(g, key, copy_of(template, without=self.withheld()))
        return getattr(g, key)

    @_filters.setter
    def _filters(self, value: Any) -> None:
        self.__dict__["_filters_template"] = value

    @property
    def filters_template(self) -> Any:
        """The filters that every request's own are made from."""
        return self.__dict__.get("_filters_template")

    def withheld(self) -> frozenset[str]:
        """The columns that the person asking may not read, filter or order by."""
        return frozenset()


def copy_of(template: Any, *, without: frozenset[str] = frozenset()) -> Any:
    """Empty filters that offer what the template offers, without working it out again."""
    own = Filters.__new__(Filters)
    own.search_columns = template.search_columns
    own.filter_converter, own.datamodel = template.filter_converter, template.datamodel
    offered = template._search_filters.items()
    own._search_filters = {name: kinds for name, kinds in offered if name not in without}
    own._all_filters = template._all_filters
    own.clear_filters()
    return own
