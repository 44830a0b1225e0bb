"""Results to schools: the login of a centre reads its own candidates of a release that is open.

Nobody's earlier rights change. A version is read where its result is shown: one that is withheld,
pended or cancelled tells nothing of what it was.
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0034"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION app_scope_is_centre() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.scope_kind', true), '') = 'centre' $$;
"""
READS = "(SELECT app_reads_results())"
SCHOOL = "(SELECT app_scope_is_centre())"
OWN = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OPEN = (
    "EXISTS (SELECT 1 FROM result_release r WHERE r.id = {table}.release_id"
    " AND r.state = 'released')"
)
SHOWN = (
    "EXISTS (SELECT 1 FROM result_candidate c WHERE c.release_id = result_version.release_id"
    " AND c.index_number = result_version.index_number AND c.held IS NULL"
    " AND c.mean_grade NOT IN ('W', 'Y', 'P'))"
)
OPENED = {
    "result_centre": f"{OWN} AND {OPEN.format(table='result_centre')}",
    "result_candidate": f"{OWN} AND {OPEN.format(table='result_candidate')}",
    "result_version": f"public AND {SHOWN}",
}


def upgrade() -> None:
    op.execute(FUNCTION)
    for table, own in OPENED.items():
        op.execute(f"ALTER POLICY scope_read ON {table} USING ({READS} OR ({SCHOOL} AND {own}))")
    op.create_index(
        "ix_result_candidate_release_id_centre_id", "result_candidate", ["release_id", "centre_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_result_candidate_release_id_centre_id", "result_candidate")
    for table in OPENED:
        op.execute(f"ALTER POLICY scope_read ON {table} USING ({READS})")
    op.execute("DROP FUNCTION app_scope_is_centre()")
