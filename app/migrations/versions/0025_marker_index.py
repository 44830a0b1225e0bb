"""An index of who marked: a proposed deployment is deleted without reading every mark there is."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_mark_marked_by_id"), "mark", ["marked_by_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_mark_marked_by_id"), table_name="mark")
