"""What an officer answered to a deployment, and which deployment it follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deployment", sa.Column("answered_at", sa.DateTime(timezone=True)))
    op.add_column("deployment", sa.Column("follows_id", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_deployment_follows_id"), "deployment", "deployment", ["follows_id"], ["id"]
    )
    op.create_index(op.f("ix_deployment_follows_id"), "deployment", ["follows_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_deployment_follows_id"), "deployment")
    op.drop_constraint(op.f("fk_deployment_follows_id"), "deployment", type_="foreignkey")
    op.drop_column("deployment", "follows_id")
    op.drop_column("deployment", "answered_at")
