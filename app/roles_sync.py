"""Writes the permission matrix into Flask-AppBuilder's tables, removals included."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, text

from app.extensions import Model
from app.permissions import MATRIX, Role

PREFIX = "can_"


def sync_roles(session: Any) -> dict[str, int]:
    """Makes the stored roles grant exactly the matrix; returns the number of grants per role.

    Runs as the owner role, is idempotent, and holds an advisory lock so that two deployments at
    once do not collide. Whatever a role was granted by hand is taken away again.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('sync-roles'))"))
    roles = _ids(session, "ab_role", [str(r) for r in Role] + ["Admin", "Public"])
    acts = {act for by_role in MATRIX.values() for granted in by_role.values() for act in granted}
    permissions = _ids(session, "ab_permission", [PREFIX + act for act in acts])
    views = _ids(session, "ab_view_menu", list(MATRIX))
    counts = {}
    pairs = _pairs(session, permissions, views)
    for role in Role:
        wanted = {
            pairs[permissions[PREFIX + act], views[resource]]
            for resource, by_role in MATRIX.items()
            for act in by_role.get(str(role), ())
        }
        _grant(session, roles[str(role)], wanted)
        counts[str(role)] = len(wanted)
    _grant(session, roles["Public"], set())
    _grant(session, roles["Admin"], set())
    return counts


def _ids(session: Any, table_name: str, names: list[str]) -> dict[str, int]:
    table = Model.metadata.tables[table_name]
    known = dict(session.execute(select(table.c.name, table.c.id)).all())
    for name in sorted(set(names) - set(known)):
        known[name] = session.execute(
            table.insert().values(name=name).returning(table.c.id)
        ).scalar_one()
    return known


def _pairs(
    session: Any, permissions: dict[str, int], views: dict[str, int]
) -> dict[tuple[int, int], int]:
    table = Model.metadata.tables["ab_permission_view"]
    known = {
        (p, v): i
        for i, p, v in session.execute(
            select(table.c.id, table.c.permission_id, table.c.view_menu_id)
        )
    }
    needed = {
        (permissions[PREFIX + act], views[resource])
        for resource, by_role in MATRIX.items()
        for granted in by_role.values()
        for act in granted
    }
    for permission, view in sorted(needed - set(known)):
        known[permission, view] = session.execute(
            table.insert().values(permission_id=permission, view_menu_id=view).returning(table.c.id)
        ).scalar_one()
    return known


def _grant(session: Any, role_id: int, wanted: set[int]) -> None:
    table = Model.metadata.tables["ab_permission_view_role"]
    held = set(
        session.execute(
            select(table.c.permission_view_id).where(table.c.role_id == role_id)
        ).scalars()
    )
    if held - wanted:
        session.execute(
            delete(table).where(
                table.c.role_id == role_id,
                table.c.permission_view_id.in_(held - wanted),
            )
        )
    if wanted - held:
        session.execute(
            table.insert(),
            [{"role_id": role_id, "permission_view_id": pair} for pair in sorted(wanted - held)],
        )
