"""Figures of a release, counted once: how many by county, subject, sex and grade; centres that stand out.

Figures are read by whoever reads results, and by the rest of headquarters once the release is out.
A centre that stands out says something of its candidates: it is the results roles' alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0035"
branch_labels = None
depends_on = None

READS = "(SELECT app_reads_results())"
OUT = """(SELECT app_scope_all()) AND release_id IN (
  SELECT r.id FROM result_release r WHERE r.state IN ('released', 'superseded'))"""


def upgrade() -> None:
    op.create_table(
        "result_tally",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("county_code", sa.String(length=2), nullable=False),
        sa.Column("subject", sa.String(length=3), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_result_tally_number")),
        sa.CheckConstraint("sex IN ('F', 'M')", name=op.f("ck_result_tally_sex")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_tally_release_id")
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "county_code", "subject", "sex", "grade", name=op.f("pk_result_tally")
        ),
    )
    op.create_table(
        "result_outlier",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("grade", sa.String(length=2), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('all_equal', 'many')", name=op.f("ck_result_outlier_kind")),
        sa.CheckConstraint(
            "number BETWEEN 1 AND candidates", name=op.f("ck_result_outlier_number")
        ),
        sa.ForeignKeyConstraint(
            ["release_id", "centre_id"],
            ["result_centre.release_id", "result_centre.centre_id"],
            name=op.f("fk_result_outlier_release_id_centre_id"),
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "centre_id", "kind", "grade", name=op.f("pk_result_outlier")
        ),
    )
    _policies("result_tally", f"{READS} OR ({OUT})")
    _policies("result_outlier", READS)


def _policies(table: str, reads: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({READS})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({READS}) WITH CHECK ({READS})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({READS})")


def downgrade() -> None:
    op.drop_table("result_outlier")
    op.drop_table("result_tally")
