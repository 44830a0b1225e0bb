"""Marks of the whole country in the order of their days are read by an index.

Their list looked at every mark of every season, and sorted them, to show 25.
"""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_mark_day_id ON mark (day DESC NULLS LAST, id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_mark_day_id")
