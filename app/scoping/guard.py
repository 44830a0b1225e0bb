"""The second wall: on the session itself, every read is filtered and every flush is checked.

The scope sits in `session.info["scope"]`; without one nobody sees anything. A foreign row that a
flush would create, change, delete or point at raises NotFound, which every door answers with 404.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import event, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session, with_loader_criteria
from sqlalchemy.orm.base import NO_VALUE, PASSIVE_NO_INITIALIZE

from app.errors import NotFound
from app.extensions import Model
from app.scoping.restrict import criterion, in_scope
from app.scoping.scope import NOBODY, Scope
from app.words import N_

SET_SCOPE = text(
    "SELECT set_config('app.scope_kind', :kind, true),"
    " set_config('app.sub_county_ids', :subs, true),"
    " set_config('app.centre_ids', :centres, true),"
    " set_config('app.officer_ids', :officers, true),"
    " set_config('app.reads_results', :results, true)"
)


def current_scope(session: Any) -> Scope:
    """The scope this session works under; nobody's when none was entered."""
    scope: Scope = session.info.get("scope", NOBODY)
    return scope


def enter_scope(session: Any, scope: Scope) -> None:
    """Puts the session under `scope`, in the open transaction and in every later one."""
    own = session() if isinstance(session, scoped_session) else session
    own.info["scope"] = scope
    own.info.pop("scope_options", None)
    if own.in_transaction():
        _tell_database(own.connection(), scope)


@contextmanager
def scoped_as(session: Any, scope: Scope) -> Iterator[None]:
    """Works under another scope for a block, then returns to the one before.

    What the block raises is what is raised, also when its transaction can take no statement more.
    """
    before = current_scope(session)
    enter_scope(session, scope)
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):
            enter_scope(session, before)
        raise
    enter_scope(session, before)


def scoped_classes() -> list[type[Any]]:
    """Every mapped class whose rows belong to somebody, by name."""
    found = [m.class_ for m in Model.registry.mappers if hasattr(m.class_, "__scope__")]
    return sorted(found, key=lambda cls: cls.__name__)


def install_guard(session_factory: Any) -> None:
    """Attaches both walls to a session factory or scoped session, once."""
    for name, listener in LISTENERS:
        if not event.contains(session_factory, name, listener):
            event.listen(session_factory, name, listener)


def remove_guard(session_factory: Any) -> None:
    """Takes the ORM wall off, for negative controls in tests only."""
    event.remove(session_factory, "do_orm_execute", _filter_reads)
    event.remove(session_factory, "before_flush", _check_writes)


def _announce(session: Session, _transaction: Any, connection: Any) -> None:
    _tell_database(connection, current_scope(session))


def _tell_database(connection: Any, scope: Scope) -> None:
    def ids(values: frozenset[int]) -> str:
        return "{" + ",".join(map(str, sorted(values))) + "}"

    connection.execute(
        SET_SCOPE,
        {
            "kind": str(scope.kind),
            "subs": ids(scope.sub_county_ids),
            "centres": ids(scope.centre_ids),
            "officers": ids(scope.officer_ids),
            "results": "yes" if scope.reads_results else "",
        },
    )


def _filter_reads(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and mapper.local_table.description.startswith("ab_"):
        return
    options = _options(state.session)
    if options:
        state.statement = state.statement.options(*options)


def _options(session: Session) -> tuple[Any, ...]:
    found: tuple[Any, ...] | None = session.info.get("scope_options")
    if found is None:
        scope = current_scope(session)
        rules = [(cls, criterion(cls.__scope__, scope)) for cls in scoped_classes()]
        found = tuple(
            with_loader_criteria(cls, rule, include_aliases=True)
            for cls, rule in rules
            if rule is not None
        )
        session.info["scope_options"] = found
    return found


def _check_writes(session: Session, _context: Any, _instances: Any) -> None:
    scope = current_scope(session)
    if scope.is_everything:
        return
    with session.no_autoflush:
        for row in [*session.new, *session.dirty, *session.deleted]:
            if not _may_write(session, row, scope):
                session.expunge(row)
                raise NotFound("not-found", N_("That record was not found."))


def _may_write(session: Session, row: Any, scope: Scope) -> bool:
    state = inspect(row)
    if row not in session.new and not session.is_modified(row) and row not in session.deleted:
        return True
    if hasattr(type(row), "__scope__") and not _owns(row, state, scope):
        return False
    return all(_reaches(session, target, value, scope) for target, value in _links(row, state))


def _owns(row: Any, state: Any, scope: Scope) -> bool:
    """True when both the row as stored and as it would be stored are in scope."""
    keys = type(row).__scope__
    reach = (
        (keys.sub_county, scope.sub_county_ids),
        (keys.other_sub_county, scope.sub_county_ids),
        (keys.centre, scope.centre_ids),
        (keys.officer, scope.officer_ids),
    )

    def mine(values: dict[str, Any]) -> bool:
        return any(name and values.get(name) in ids for name, ids in reach)

    names = [name for name, _ in reach if name]
    after = {name: getattr(row, name) for name in names}
    before = {name: _stored(state, name) for name in names}
    if state.persistent and before != after and not mine(before):
        return False
    return mine(after)


def _stored(state: Any, name: str) -> Any:
    history = state.attrs[name].load_history()
    return history.deleted[0] if history.deleted else state.attrs[name].value


def _links(row: Any, state: Any) -> Iterator[tuple[type[Any], int]]:
    """Each changed foreign key of the row that points at a scoped table, with its value."""
    by_table = {cls.__table__: cls for cls in scoped_classes()}
    for column in state.mapper.local_table.columns:
        prop = state.mapper.get_property_by_column(column)
        history = state.get_history(prop.key, PASSIVE_NO_INITIALIZE)
        value = getattr(row, prop.key)
        if value is None or value is NO_VALUE or (state.persistent and not history.has_changes()):
            continue
        for foreign in column.foreign_keys:
            if foreign.column.table in by_table and foreign.column.name == "id":
                yield by_table[foreign.column.table], value
    for relation in state.mapper.relationships:
        history = state.get_history(relation.key, PASSIVE_NO_INITIALIZE)
        target = relation.mapper.class_
        if relation.direction.name == "MANYTOONE" and hasattr(target, "__scope__"):
            for other in history.added or ():
                if other is not None and other.id is not None:
                    yield target, other.id


def _reaches(session: Session, target: type[Any], value: int, scope: Scope) -> bool:
    table: Any = target
    found = session.execute(
        select(table.id).where(table.id == value, in_scope(target, scope))
    ).first()
    return found is not None


LISTENERS = (
    ("do_orm_execute", _filter_reads),
    ("before_flush", _check_writes),
    ("after_begin", _announce),
)
"""What the guard hears of a session, and what it then does."""
