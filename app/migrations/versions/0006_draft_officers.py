"""An officer who has only a telephone number yet: no name and no workstation until they are given."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("officer", "full_name", server_default="")
    op.alter_column("officer", "sub_county_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_officer_known"),
        "officer",
        "state = 'draft' OR (full_name <> '' AND sub_county_id IS NOT NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_officer_known"), "officer", type_="check")
    op.execute("DELETE FROM officer WHERE sub_county_id IS NULL")
    op.alter_column("officer", "sub_county_id", nullable=False)
    op.alter_column("officer", "full_name", server_default=None)
