"""The two database roles: one owns the tables, the other is what the portal signs in with."""

import psycopg
from psycopg import sql

OWNER = "sajili_owner"
APPLICATION = "sajili_app"

# What the owner creates from now on, the application may read and write; migrations take away
# again what a table must not allow, for instance changing an event.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
_CREATE = (
    "CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {password}"
)
_OWNED = """
    SELECT count(*) FROM pg_class AS table_
    JOIN pg_namespace AS schema ON schema.oid = table_.relnamespace
    WHERE pg_has_role(current_user, table_.relowner, 'MEMBER')
      AND schema.nspname = 'public' AND table_.relkind IN ('r', 'p')
"""


def grant_to_application(connection: psycopg.Connection, role: str) -> None:
    """Lets the application role use what the connected owner creates from now on."""
    for statement in GRANTS:
        connection.execute(sql.SQL(statement).format(role=sql.Identifier(role)))


def create_application_role(owner: psycopg.Connection, role: str, password: str) -> None:
    """Creates the application role unless it exists, and grants it what it needs.

    Raises psycopg.errors.InsufficientPrivilege where the owner may not create roles.
    """
    found = owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        owner.execute(
            sql.SQL(_CREATE).format(role=sql.Identifier(role), password=sql.Literal(password))
        )
    grant_to_application(owner, role)


def sql_to_create(role: str) -> str:
    """The statement that an administrator runs where the owner may not create roles."""
    name = sql.Identifier(role)
    return sql.SQL(_CREATE).format(role=name, password=sql.Literal("…")).as_string() + ";"


def faults_of_application_role(connection: psycopg.Connection) -> list[str]:
    """Why the connected role must not serve requests, one sentence each; empty when it may."""
    role = connection.execute(
        "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    owned = connection.execute(_OWNED).fetchone()
    faults = []
    if role and role[0]:
        faults.append("DATABASE_URL signs in as a superuser: use a role that is not one.")
    if role and role[1]:
        faults.append("DATABASE_URL signs in with a role that bypasses row-level security.")
    if owned and owned[0] and not faults:
        faults.append("DATABASE_URL signs in as the owner of the tables: use the other role.")
    return faults


def create_database(
    connection: psycopg.Connection,
    name: str,
    *,
    owner: str = OWNER,
    template: str = "template1",
) -> None:
    """Creates a database of the owner role; a template is copied as files, which is quick."""
    statement = "CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY"
    names = [sql.Identifier(word) for word in (name, owner, template)]
    connection.execute(sql.SQL(statement).format(*names))
