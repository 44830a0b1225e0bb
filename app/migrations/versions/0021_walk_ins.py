"""People at work who are not on the roster, decided by the director.

A walk-in is no mark: it holds what the centre says of the day until the director decides. An
accepted one stands on its deployment, which alone can carry the mark that is paid.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
CENTRE = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
WRITES = f"{ALL} OR {SUB_COUNTY} OR {CENTRE}"
READS = f"{WRITES} OR {OFFICER}"
INT = sa.Integer()
TABLE = "walk_in"

PERIOD = """
INSERT INTO retention_period (rule, keep_days, legal_basis, effective_from) VALUES
  ('walk-ins', 365, 'Data Protection Act 2019, s. 25(g), s. 39: no longer than the purpose needs',
   '2026-01-01')
"""

FUNCTIONS = """
CREATE FUNCTION walk_in_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a walk-in is decided, never deleted'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_never_deleted';
  END IF;
  IF OLD.state <> 'provisional' AND (NEW.state, NEW.status, NEW.minutes_late, NEW.day, NEW.centre_id)
     IS DISTINCT FROM (OLD.state, OLD.status, OLD.minutes_late, OLD.day, OLD.centre_id) THEN
    RAISE EXCEPTION 'a walk-in is decided once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_decided_once';
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    now = sa.text("clock_timestamp()")
    op.create_table(
        TABLE,
        sa.Column("id", INT, nullable=False),
        *(sa.Column(name, INT, nullable=False) for name in ("series_id", "centre_id")),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role_id", INT, nullable=False),
        sa.Column("typed_name", sa.String(120), nullable=False),
        sa.Column("number_kind", sa.String(12), nullable=False),
        sa.Column("number_cipher", sa.LargeBinary()),
        sa.Column("number_index", sa.LargeBinary()),
        sa.Column("number_last", sa.String(3)),
        sa.Column("officer_id", INT),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("minutes_late", INT),
        sa.Column("late_reason", sa.String(200)),
        sa.Column("marked_by_id", INT),
        sa.Column("state", sa.String(12), server_default="provisional", nullable=False),
        sa.Column("entered_at", moment, server_default=now, nullable=False),
        sa.Column("entered_by", INT),
        sa.Column("decided_at", moment),
        sa.Column("decided_by", INT),
        sa.Column("decision_reason", sa.String(300)),
        sa.Column("deployment_id", INT),
        sa.CheckConstraint(
            "state IN ('provisional', 'accepted', 'refused', 'withdrawn')",
            name=op.f("ck_walk_in_state"),
        ),
        sa.CheckConstraint(
            "number_kind IN ('national_id', 'mobile')", name=op.f("ck_walk_in_number_kind")
        ),
        sa.CheckConstraint("status IN ('present', 'late')", name=op.f("ck_walk_in_status")),
        sa.CheckConstraint(
            "(status = 'late') = (minutes_late IS NOT NULL) AND minutes_late BETWEEN 1 AND 600",
            name=op.f("ck_walk_in_late_has_minutes"),
        ),
        sa.CheckConstraint(
            "(state = 'provisional') = (decided_at IS NULL)", name=op.f("ck_walk_in_decided")
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (deployment_id IS NOT NULL)", name=op.f("ck_walk_in_deployed")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR decision_reason IS NOT NULL",
            name=op.f("ck_walk_in_refused_with_a_reason"),
        ),
        _key("series_id", "series"),
        _key("role_id", "staff_role"),
        _key("officer_id", "officer"),
        _key("marked_by_id", "deployment"),
        _key("entered_by", "ab_user"),
        _key("decided_by", "ab_user"),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name=op.f("fk_walk_in_centre_in_sub_county"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id", "centre_id", "officer_id", "role_id"],
            [
                "deployment.id",
                "deployment.centre_id",
                "deployment.officer_id",
                "deployment.role_id",
            ],
            onupdate="CASCADE",
            name=op.f("fk_walk_in_deployment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_in")),
        sa.UniqueConstraint("deployment_id", name=op.f("uq_walk_in_deployment_id")),
    )
    _indexes()
    _walls()
    op.execute(PERIOD)


def _key(column: str, target: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{TABLE}_{column}"))


def _indexes() -> None:
    for column in (
        "series_id",
        "sub_county_id",
        "role_id",
        "officer_id",
        "marked_by_id",
        "entered_by",
        "decided_by",
    ):
        op.create_index(op.f(f"ix_walk_in_{column}"), TABLE, [column])
    op.create_index("ix_walk_in_centre_id_day", TABLE, ["centre_id", "day"])
    op.create_index(
        "uq_walk_in_once_a_day",
        TABLE,
        ["centre_id", "day", "number_index"],
        unique=True,
        postgresql_where=sa.text("state = 'provisional' OR state = 'accepted'"),
    )


def _walls() -> None:
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {TABLE} FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY scope_insert ON {TABLE} FOR INSERT WITH CHECK ({WRITES})")
    op.execute(
        f"CREATE POLICY scope_update ON {TABLE} FOR UPDATE USING ({WRITES}) WITH CHECK ({WRITES})"
    )
    op.execute(FUNCTIONS)
    op.execute(
        f"CREATE TRIGGER {TABLE}_is_decided_once BEFORE UPDATE OR DELETE ON {TABLE}"
        " FOR EACH ROW EXECUTE FUNCTION walk_in_is_decided_once()"
    )


def downgrade() -> None:
    op.execute("DELETE FROM retention_period WHERE rule = 'walk-ins'")
    op.drop_table(TABLE)
    op.execute("DROP FUNCTION walk_in_is_decided_once()")
