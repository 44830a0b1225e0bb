"""The Flask extensions' objects, made once and bound to an application by the factory; no logic here."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_appbuilder import AppBuilder, Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_migrate import Migrate
from flask_sqlalchemy.session import Session

__all__ = ["Model", "appbuilder", "db", "migrate"]

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, because its sentence for people is looked up by that name."""

Model.metadata.naming_convention = NAMING_CONVENTION


class PortalSession(Session):
    """A session that carries the vault of its application, for services, which know no Flask."""

    def __init__(self, db: Any, **kw: Any) -> None:
        super().__init__(db, **kw)
        if "vault" in current_app.extensions:
            self.info["vault"] = current_app.extensions["vault"]


db: Any = SQLA(model_class=Model, session_options={"class_": PortalSession})
"""Flask-SQLAlchemy's one session; `model_class` makes its metadata the one Flask-AppBuilder maps."""

migrate = Migrate(compare_type=True, compare_server_default=False)
appbuilder = AppBuilder()
