"""What headquarters says on the public edge, act by act, and what other nodes of the edge told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER edge_notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON edge_notice
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION edge_notice_takes_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM edge_notice n WHERE n.id = NEW.takes_away_id AND n.takes_away_id IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'only a notice is taken away'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_edge_notice_takes_another';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER edge_notice_takes_another BEFORE INSERT ON edge_notice
  FOR EACH ROW WHEN (NEW.takes_away_id IS NOT NULL)
  EXECUTE FUNCTION edge_notice_takes_another();

DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = 'edge_notice'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON edge_notice FROM %I', grantee);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "edge_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("takes_away_id", sa.Integer(), nullable=True),
        sa.Column("text_en", sa.String(length=300), nullable=True),
        sa.Column("text_sw", sa.String(length=300), nullable=True),
        sa.Column("shown_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_edge_notice_reason")),
        sa.CheckConstraint(
            "num_nonnulls(text_en, text_sw, shown_from, shown_until)"
            " = CASE WHEN takes_away_id IS NULL THEN 4 ELSE 0 END",
            name=op.f("ck_edge_notice_whole"),
        ),
        sa.CheckConstraint("text_en <> '' AND text_sw <> ''", name=op.f("ck_edge_notice_says")),
        sa.CheckConstraint("shown_until > shown_from", name=op.f("ck_edge_notice_times")),
        sa.ForeignKeyConstraint(
            ["takes_away_id"], ["edge_notice.id"], name=op.f("fk_edge_notice_takes_away_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["ab_user.id"], name=op.f("fk_edge_notice_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edge_notice")),
        sa.UniqueConstraint("takes_away_id", name=op.f("uq_edge_notice_takes_away_id")),
    )
    op.create_index(op.f("ix_edge_notice_actor_id"), "edge_notice", ["actor_id"], unique=False)
    op.create_table(
        "edge_node",
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "told", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.CheckConstraint(
            "(heard_at IS NULL) = (told IS NULL)", name=op.f("ck_edge_node_heard_with_told")
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_edge_node")),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("edge_node")
    op.drop_table("edge_notice")
    op.execute("DROP FUNCTION edge_notice_takes_another()")
