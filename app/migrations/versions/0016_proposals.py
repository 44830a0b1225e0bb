"""Proposals of a sub-county's deployments, with weights and locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OWN = f"{ALL} OR {SUB_COUNTY}"
TABLES = ("proposal_gap", "proposal_refusal", "proposal_pick", "proposal")
INT = sa.Integer()


def upgrade() -> None:
    _proposal()
    _pick()
    _refusal()
    _gap()
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_sub_county_id"), table, ["sub_county_id"])
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({OWN})")
        op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({OWN})")
        op.execute(
            f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})"
        )
        op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({OWN})")


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.Constraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _of_proposal(table: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        ["proposal_id", "sub_county_id"],
        ["proposal.id", "proposal.sub_county_id"],
        name=op.f(f"fk_{table}_proposal"),
        ondelete="CASCADE",
    )


def _proposal() -> None:
    moment = sa.DateTime(timezone=True)
    now = sa.text("clock_timestamp()")
    op.create_table(
        "proposal",
        sa.Column("id", INT, nullable=False),
        sa.Column("series_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("state", sa.String(10), server_default="waiting", nullable=False),
        sa.Column("asks", postgresql.JSONB(), nullable=False),
        *(sa.Column(name, INT) for name in ("places", "filled", "candidates", "points")),
        sa.Column("milliseconds", INT),
        sa.Column("failure", sa.String(300)),
        sa.Column("asked_at", moment, server_default=now, nullable=False),
        sa.Column("asked_by", INT),
        sa.Column("solved_at", moment),
        sa.Column("ended_at", moment),
        sa.Column("ended_by", INT),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'failed', 'published', 'discarded')",
            name=op.f("ck_proposal_state"),
        ),
        _key("proposal", "series_id", "series"),
        _key("proposal", "sub_county_id", "sub_county"),
        _key("proposal", "asked_by", "ab_user"),
        _key("proposal", "ended_by", "ab_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("id", "sub_county_id", name=op.f("uq_proposal_id_sub_county_id")),
    )
    for column in ("series_id", "asked_by", "ended_by"):
        op.create_index(op.f(f"ix_proposal_{column}"), "proposal", [column])
    op.create_index(
        "uq_proposal_one_live",
        "proposal",
        ["series_id", "sub_county_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting' OR state = 'ready' OR state = 'failed'"),
    )


def _pick() -> None:
    op.create_table(
        "proposal_pick",
        sa.Column("deployment_id", INT, nullable=False, autoincrement=False),
        sa.Column("proposal_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        *(sa.Column(name, INT, nullable=False) for name in ("distance", "fairness", "asked")),
        sa.Column("locked", sa.Boolean(), server_default=sa.false(), nullable=False),
        _key("proposal_pick", "deployment_id", "deployment", "CASCADE"),
        _of_proposal("proposal_pick"),
        sa.PrimaryKeyConstraint("deployment_id", name=op.f("pk_proposal_pick")),
    )
    op.create_index(op.f("ix_proposal_pick_proposal_id"), "proposal_pick", ["proposal_id"])


def _refusal() -> None:
    op.create_table(
        "proposal_refusal",
        sa.Column("proposal_id", INT, nullable=False),
        sa.Column("officer_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("post_id", INT),
        sa.Column("points", INT, nullable=False),
        sa.Column("taken_for", INT, nullable=False),
        sa.Column("bars", postgresql.ARRAY(sa.String(30)), nullable=False),
        _key("proposal_refusal", "officer_id", "officer"),
        _key("proposal_refusal", "post_id", "post", "CASCADE"),
        _of_proposal("proposal_refusal"),
        sa.PrimaryKeyConstraint("proposal_id", "officer_id", name=op.f("pk_proposal_refusal")),
    )
    for column in ("officer_id", "post_id"):
        op.create_index(op.f(f"ix_proposal_refusal_{column}"), "proposal_refusal", [column])


def _gap() -> None:
    op.create_table(
        "proposal_gap",
        sa.Column("proposal_id", INT, nullable=False),
        sa.Column("post_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("places", INT, nullable=False),
        sa.Column("relaxations", postgresql.JSONB(), nullable=False),
        _key("proposal_gap", "post_id", "post", "CASCADE"),
        _of_proposal("proposal_gap"),
        sa.PrimaryKeyConstraint("proposal_id", "post_id", name=op.f("pk_proposal_gap")),
    )
    op.create_index(op.f("ix_proposal_gap_post_id"), "proposal_gap", ["post_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
