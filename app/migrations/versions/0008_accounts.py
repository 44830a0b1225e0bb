"""One-time secrets that expire, and changes of number under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OWN = f"{ALL} OR {SUB_COUNTY} OR {OFFICER}"
POLICIES = (
    ("read", "SELECT", f"USING ({OWN})"),
    ("insert", "INSERT", f"WITH CHECK ({OWN})"),
    ("update", "UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})"),
    ("delete", "DELETE", f"USING ({OWN})"),
)


def upgrade() -> None:
    op.add_column("ab_user", sa.Column("password_expires_at", INSTANT))
    op.add_column("ab_user", sa.Column("credentials_changed_at", INSTANT))
    _one_time_code()
    _number_change()


def _one_time_code() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_one_time_code_tries")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_one_time_code_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_code")),
    )
    for column in ("user_id", "expires_at"):
        op.create_index(op.f(f"ix_one_time_code_{column}"), "one_time_code", [column])


def _number_change() -> None:
    op.create_table(
        "number_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("old_mobile", sa.String(12), nullable=False),
        sa.Column("new_mobile", sa.String(12), nullable=False),
        sa.Column("in_person", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asked_at", INSTANT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_by", sa.Integer()),
        sa.Column("reason", sa.String(500)),
        sa.CheckConstraint(
            "state IN ('waiting', 'made', 'refused')", name=op.f("ck_number_change_state")
        ),
        sa.CheckConstraint(
            "new_mobile ~ '^254[17][0-9]{8}$'", name=op.f("ck_number_change_mobile_254")
        ),
        sa.CheckConstraint(
            "new_mobile <> old_mobile", name=op.f("ck_number_change_another_number")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_number_change_decided")
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_number_change_{column}"))
            for column, target in (
                ("officer_id", "officer.id"),
                ("sub_county_id", "sub_county.id"),
                ("decided_by", "ab_user.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_change")),
    )
    for column in ("officer_id", "sub_county_id", "decided_by"):
        op.create_index(op.f(f"ix_number_change_{column}"), "number_change", [column])
    op.create_index(
        "uq_number_change_waiting",
        "number_change",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.execute("ALTER TABLE number_change ENABLE ROW LEVEL SECURITY")
    for name, act, rule in POLICIES:
        op.execute(f"CREATE POLICY scope_{name} ON number_change FOR {act} {rule}")


def downgrade() -> None:
    op.drop_table("number_change")
    op.drop_table("one_time_code")
    for column in ("credentials_changed_at", "password_expires_at"):
        op.drop_column("ab_user", column)
