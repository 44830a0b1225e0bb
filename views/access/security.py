"""The framework's security manager, replaced: roles from code, sessions on the server, no stock views."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from flask import g
from flask_appbuilder.security.sqla.manager import SecurityManager
from sqlalchemy import select

from app.extensions import Model, db

GRANTS_KEPT = 30.0  # seconds

Grant = tuple[str, str]


class Grants:
    """What each role may do, read from the synced tables at most every 30 seconds."""

    def __init__(self) -> None:
        self._by_role: dict[str, frozenset[Grant]] = {}
        self._read_at = float("-inf")

    def allow(self, roles: Iterable[str], permission: str, view: str) -> bool:
        """True when one of the roles was granted the permission on the view."""
        by_role = self.by_role()
        return any((permission, view) in by_role.get(str(role), ()) for role in roles)

    def views_of(self, roles: Iterable[str]) -> set[str]:
        """Every view on which one of the roles was granted anything."""
        by_role = self.by_role()
        return {view for role in roles for _, view in by_role.get(str(role), ())}

    def by_role(self) -> dict[str, frozenset[Grant]]:
        """Role name -> the (permission, view) pairs granted; one query when older than 30 s."""
        if time.monotonic() - self._read_at > GRANTS_KEPT:
            self._by_role, self._read_at = _read_grants(), time.monotonic()
        return self._by_role

    def forget(self) -> None:
        """Reads the tables again at the next question."""
        self._read_at = float("-inf")


def _read_grants() -> dict[str, frozenset[Grant]]:
    tables = Model.metadata.tables
    role, joined = tables["ab_role"], tables["ab_permission_view_role"]
    pair, permission, view = (
        tables["ab_permission_view"],
        tables["ab_permission"],
        tables["ab_view_menu"],
    )
    rows = db.session.execute(
        select(role.c.name, permission.c.name, view.c.name)
        .join(joined, joined.c.role_id == role.c.id)
        .join(pair, pair.c.id == joined.c.permission_view_id)
        .join(permission, permission.c.id == pair.c.permission_id)
        .join(view, view.c.id == pair.c.view_menu_id)
    )
    found: dict[str, set[Grant]] = {}
    for role_name, permission_name, view_name in rows:
        found.setdefault(role_name, set()).add((permission_name, view_name))
    return {name: frozenset(grants) for name, grants in found.items()}


class PortalSecurityManager(SecurityManager):
    """Answers from the roles in force for this request; the public may do nothing."""

    userstatschartview = None

    def __init__(self, appbuilder: Any) -> None:
        self.grants = Grants()
        super().__init__(appbuilder)

    def register_views(self) -> None:
        """Our sign-in page and token resource, and none of the framework's user or role views."""
        from views.access.api import PortalOpenApi, SignInApi
        from views.access.sign_in import SignInView

        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.appbuilder.add_api(SignInApi)
        self.appbuilder.add_api(PortalOpenApi)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """True when a role of this request's actor was granted the permission."""
        actor = g.get("actor")
        if actor is None:
            return False
        if permission_name == "menu_access":
            return self._shows_in_menu(view_name)
        return self.grants.allow(actor.roles, permission_name, view_name)

    def is_item_public(self, _permission_name: str, _view_name: str) -> bool:
        """Never: what strangers may open is marked in the code."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """The menu items that the actor's roles can use."""
        return {name for name in menu_names or () if self.has_access("menu_access", name)}

    def _shows_in_menu(self, name: str) -> bool:
        """A view shows where its first page may be opened, a category where one of its items does."""
        item = self.appbuilder.menu.find(name)
        if item is None:
            return False
        if item.childs:
            return any(self._shows_in_menu(child.name) for child in item.childs)
        view = item.baseview
        if view is None:
            return name in self.grants.views_of(g.actor.roles)
        permission = f"can_{view.get_method_permission(view.default_view)}"
        return self.has_access(permission, view.class_permission_name)

    @staticmethod
    def before_request() -> None:
        """Nothing: `g.user` is set by the request contract already."""

    def load_user(self, pk: Any) -> None:
        """Nobody: an account number in a cookie proves nothing, only a session row does."""

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> Any:
        """The account that the request contract found behind this bearer token, or None."""
        actor = g.get("actor")
        return g.user if actor is not None and jwt_data.get("sub") == str(actor.user_id) else None
