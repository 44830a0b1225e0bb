"""A new reference table as docs/add-a-table.md tells it: one model, one migration, one view class.

Run as a program it composes a portal with the table on a scratch database and says, as JSON, what
that portal answers, because a process builds the framework's screens once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import permissions
from app.access import sessions
from app.access.models import User
from app.db.base import Model
from app.roles_sync import sync_roles
from app.scoping.guard import scoped_as
from app.scoping.scope import system_scope

permissions.MATRIX = MappingProxyType(  # the line that a real table adds to app/permissions.py
    {**permissions.MATRIX, "banks": permissions.MATRIX["counties"]}
)
for module in ("views.base", "app.roles_sync"):
    __import__(module)
    sys.modules[module].MATRIX = permissions.MATRIX  # type: ignore[attr-defined]

from views.base import RecordView  # noqa: E402
from views.base_data import RecordInterface  # noqa: E402
from views.crud import add_screen  # noqa: E402


class Bank(Model):
    """A bank that officers are paid through."""

    __tablename__ = "bank"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(10), nullable=False, unique=True)
    name: Mapped[str] = mapped_column(sa.String(80), nullable=False)
    open: Mapped[bool] = mapped_column(sa.Boolean, nullable=False, server_default=sa.true())

    def __repr__(self) -> str:
        return self.name


def upgrade(op: Any) -> None:
    """The migration."""
    op.create_table(
        "bank",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("open", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.UniqueConstraint("code", name="uq_bank_code"),
    )


class BankView(RecordView):
    """The screen, which is the REST resource, the export and the search too."""

    datamodel = RecordInterface(Bank)
    resource = "banks"
    list_title, show_title = _("Banks"), _("Bank")
    add_title, edit_title = _("Add a bank"), _("Change the bank")
    list_noun, list_noun_one = _("banks"), _("bank")
    list_columns = show_columns = add_columns = edit_columns = ["code", "name", "open"]
    search_columns = ["open"]
    order_columns = ["code", "name"]
    quick_columns = ("code", "name")


def main(urls: dict[str, str]) -> None:
    """Migrates, composes, asks, and prints the answers."""
    from tests.databases import Urls, test_settings
    from tests.factories import world

    engine = sa.create_engine(urls["owner"])
    with engine.begin() as connection:
        upgrade(Operations(MigrationContext.configure(connection)))
    with Session(engine) as session, session.begin():
        sync_roles(session)
    engine.dispose()
    import app.factory
    import views

    settings = test_settings(Urls(**urls), Path(urls["name"]).absolute(), NOW=world.NOW.isoformat())
    door = SimpleNamespace(
        configure=lambda *_args: None,
        register=lambda _app, builder: add_screen(builder, BankView),
    )
    portal = app.factory.build_app(settings, doors=[views, door])
    portal.testing = True
    portal.config["WTF_CSRF_ENABLED"] = False
    print(json.dumps(answers(portal)))  # noqa: T201


def answers(portal: Any) -> dict[str, Any]:
    """What the administrator and the monitor are answered on the new screen and its resource."""
    admin, monitor = _signed_in(portal, "admin"), _signed_in(portal, "monitor")
    token = _token(portal, "admin")
    added = admin.post("/banks/add", data={"code": "01", "name": "=KCB", "open": "y"})
    twice = admin.post("/banks/add", data={"code": "01", "name": "Again"})
    sent = {"code": "02", "name": "Equity"}
    posted = admin.post("/api/v1/banks/", json=sent, headers=token)
    clash = admin.post("/api/v1/banks/", json=sent, headers=token)
    listed = admin.get("/api/v1/banks?q=(order_column:code)", headers=token).get_json()
    return {
        "added": added.status_code,
        "twice": [twice.status_code, "There is one" in twice.get_data(as_text=True)],
        "posted": posted.status_code,
        "clash": [clash.status_code, clash.content_type],
        "listed": [one["name"] for one in listed["result"]],
        "searched": "Equity" in admin.get("/banks/list/?_flt_0_quick=equ").get_data(as_text=True),
        "missed": "Equity" in admin.get("/banks/list/?_flt_0_quick=kcb").get_data(as_text=True),
        "exported": admin.get("/banks/export.csv?_flt_0_quick=kcb").get_data(as_text=True),
        "documented": "/api/v1/banks/"
        in admin.get("/api/v1/_openapi", headers=token).get_json()["paths"],
        "monitor": [
            monitor.get(f"/banks/{path}").status_code for path in ("list/", "add", "export.csv")
        ],
        "stranger": portal.test_client().get("/banks/list/").status_code,
    }


def _signed_in(portal: Any, username: str) -> Any:
    from views.request import SECRET

    client = portal.test_client()
    with client.session_transaction() as cookie:
        cookie[SECRET] = _open(portal, username)
    return client


def _token(portal: Any, username: str) -> dict[str, str]:
    from flask_jwt_extended import create_access_token

    with portal.app_context():
        token = str(create_access_token(identity=str(_id_of(username)), fresh=True))
    _open(portal, username, kind=sessions.TOKEN, secret=token)
    return {"Authorization": f"Bearer {token}"}


def _id_of(username: str) -> int:
    from app.extensions import db

    return int(db.session.scalar(sa.select(User.id).where(User.username == username)))


def _open(portal: Any, username: str, **kw: Any) -> str:
    from app.extensions import db

    with portal.app_context(), scoped_as(db.session, system_scope("sign-in")):
        user = db.session.get(User, _id_of(username))
        secret = sessions.open_session(db.session, user, device="Test", **kw)
        db.session.commit()
        return str(secret)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
