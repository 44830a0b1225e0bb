"""A question by telephone keeps which version was shown, so that the screens of a session are one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("result_question", sa.Column("version", sa.Integer()))


def downgrade() -> None:
    op.drop_column("result_question", "version")
