"""Row-level security: the wall behind the session's guard, read from the transaction's settings.

Without settings nobody sees anything. Officers read their own rows through `officer_id`, and may
write only disputes and events; every other write needs the sub-county or the centre.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FUNCTIONS = """
CREATE FUNCTION app_scope_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.scope_kind', true), '') IN ('national', 'system') $$;

CREATE FUNCTION app_scope_ids(kind text) RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.' || kind || '_ids', true), ''), '{}')::int[] $$;
"""

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
CENTRE = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"

CENTRE_TABLES = (
    "centre_login",
    "post",
    "deployment_concern",
    "roster_confirmation",
    "register",
    "register_move",
    "register_remark",
    "incident",
    "centre_day",
)
OFFICER_READS = ("deployment", "mark", "mark_history")
OFFICER_WRITES = ("dispute", "event")
SPECIAL = ("centre", "officer")
TABLES = (*CENTRE_TABLES, *OFFICER_READS, *OFFICER_WRITES, *SPECIAL)


def upgrade() -> None:
    op.execute(FUNCTIONS)
    place = f"{ALL} OR {SUB_COUNTY} OR {CENTRE}"
    person = f"{place} OR {OFFICER}"
    for table in CENTRE_TABLES:
        _policies(table, reads=place, writes=place)
    for table in OFFICER_READS:
        _policies(table, reads=person, writes=place)
    for table in OFFICER_WRITES:
        _policies(table, reads=person, writes=person)
    own_centre = CENTRE.replace("centre_id", "id", 1)
    own_self = OFFICER.replace("officer_id", "id", 1)
    deployed = (
        "id IN (SELECT d.officer_id FROM deployment d WHERE d.status <> 'declined' AND ("
        "d.sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[]) OR "
        "d.centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])))"
    )
    _policies(
        "centre",
        reads=f"{ALL} OR {SUB_COUNTY} OR {own_centre}",
        writes=f"{ALL} OR {SUB_COUNTY} OR {own_centre}",
    )
    _policies(
        "officer",
        reads=f"{ALL} OR {SUB_COUNTY} OR {own_self} OR {deployed}",
        writes=f"{ALL} OR {SUB_COUNTY} OR {own_self}",
    )


def _policies(table: str, *, reads: str, writes: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({writes})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({writes})")


def downgrade() -> None:
    for table in TABLES:
        for policy in ("scope_read", "scope_insert", "scope_update", "scope_delete"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION app_scope_ids(text)")
    op.execute("DROP FUNCTION app_scope_all()")
