"""Hand-over forms of rotating supervisors; and a mark waits for whoever moves its deployment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
CENTRE = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
FOLLOWS = (
    "EXISTS (SELECT 1 FROM deployment d WHERE d.centre_id = hand_over.centre_id"
    " AND d.role_id = hand_over.role_id AND d.starts_on > hand_over.from_day"
    " AND (d.status = 'published' OR d.status = 'accepted')"
    " AND d.officer_id = ANY ((SELECT app_scope_ids('officer'))::int[]))"
)
READS = (
    f"{ALL} OR {OFFICER} OR (submitted_at IS NOT NULL AND ({SUB_COUNTY} OR {CENTRE} OR {FOLLOWS}))"
)
WRITES = f"{ALL} OR {OFFICER}"

STANDS = """
CREATE FUNCTION hand_over_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.submitted_at IS NOT NULL AND (TG_OP = 'DELETE'
     OR to_jsonb(NEW) - '{officer_id,sub_county_id}'::text[]
        <> to_jsonb(OLD) - '{officer_id,sub_county_id}'::text[]) THEN
    RAISE EXCEPTION 'a hand-over that was submitted stands as written'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_hand_over_stands';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER hand_over_hand_over_stands BEFORE UPDATE OR DELETE ON hand_over
  FOR EACH ROW EXECUTE FUNCTION hand_over_stands();
"""

MARK_STANDS = """
CREATE OR REPLACE FUNCTION mark_stands_on_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE register_state text; covered boolean;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a mark is corrected, never deleted'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_never_deleted';
  END IF;
  SELECT state INTO register_state FROM register WHERE id = NEW.register_id;
  IF register_state IN ('confirmed', 'locked') THEN
    RAISE EXCEPTION 'the register is closed'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_register_closed';
  END IF;
  SELECT d.period @> NEW.day AND d.status <> 'proposed' INTO covered
    FROM deployment d WHERE d.id = NEW.deployment_id{lock};
  IF NOT coalesce(covered, false) THEN
    RAISE EXCEPTION 'no published deployment covers the day'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_covered_by_deployment';
  END IF;
  RETURN NEW;
END $$;
"""
"""With the lock a mark and a move of its deployment on the same day wait for each other."""


def upgrade() -> None:
    _table()
    op.execute(STANDS)
    op.execute("ALTER TABLE hand_over ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON hand_over FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY scope_insert ON hand_over FOR INSERT WITH CHECK ({WRITES})")
    op.execute(
        f"CREATE POLICY scope_update ON hand_over FOR UPDATE USING ({WRITES}) WITH CHECK ({WRITES})"
    )
    op.execute(f"CREATE POLICY scope_delete ON hand_over FOR DELETE USING ({WRITES})")
    op.execute(MARK_STANDS.replace("{lock}", " FOR SHARE"))


def _table() -> None:
    ints = ("deployment_id", "centre_id", "sub_county_id", "role_id", "officer_id")
    op.create_table(
        "hand_over",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ints),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("people", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("issues", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("absent_candidates", sa.Integer()),
        sa.Column("absentees", sa.Text(), server_default="", nullable=False),
        sa.Column("hardships", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "absent_candidates BETWEEN 0 AND 9999", name=op.f("ck_hand_over_absent_candidates")
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_hand_over_centre_in_sub_county",
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
            name="fk_hand_over_deployment",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("deployment_id", name=op.f("uq_hand_over_deployment_id")),
    )
    for column in ("sub_county_id", "officer_id"):
        op.create_index(op.f(f"ix_hand_over_{column}"), "hand_over", [column])
    op.create_index("ix_hand_over_centre_id_from_day", "hand_over", ["centre_id", "from_day"])


def downgrade() -> None:
    op.execute(MARK_STANDS.replace("{lock}", ""))
    op.drop_table("hand_over")
    op.execute("DROP FUNCTION hand_over_stands()")
