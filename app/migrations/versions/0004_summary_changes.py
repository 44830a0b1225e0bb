"""The newest change of a summary is found in one step, so that a dashboard may ask every moment."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_centre_day_series_id_updated_at", "centre_day", ["series_id", "updated_at"])


def downgrade() -> None:
    op.drop_index("ix_centre_day_series_id_updated_at", table_name="centre_day")
