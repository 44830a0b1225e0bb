"""The register of a container's staff: nobody confirms the register that they submitted.

The SCDE marks a store's register and the TSC director confirms it (ADR 0015); at a school the
centre marks and the SCDE confirms. Whichever it is, the two facts are of two accounts.
"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "ck_register_confirmed_by_another"


def upgrade() -> None:
    op.create_check_constraint(op.f(NAME), "register", "confirmed_by <> submitted_by")


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "register")
