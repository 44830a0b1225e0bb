"""Queries of schools about results: raised within dated days, settled once, with a history.

The login of a centre raises them for its own candidates of an open release; the two results roles
and jobs read all, and settle them. The history is never changed.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

READS = "(SELECT app_reads_results())"
SCHOOL = "(SELECT app_scope_is_centre())"
OWN = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
ASKS = (
    "EXISTS (SELECT 1 FROM result_candidate c WHERE c.release_id = result_query.release_id"
    " AND c.index_number = result_query.index_number AND c.centre_id = result_query.centre_id)"
    " AND state = 'raised'"
)
OF_ITS_QUERY = (
    "act = 'raise' AND EXISTS (SELECT 1 FROM result_query q WHERE q.id = query_id"
    " AND q.centre_id = result_query_move.centre_id)"
)
INSERTS = {"result_query": ASKS, "result_query_move": OF_ITS_QUERY}
TRUTHS = """
CREATE FUNCTION result_query_settled_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{state,answer,answered_by,answered_at,sub_county_id}';
BEGIN
  IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
     OR (OLD.state <> 'raised' AND (NEW.state, NEW.answer, NEW.answered_by, NEW.answered_at)
         IS DISTINCT FROM (OLD.state, OLD.answer, OLD.answered_by, OLD.answered_at)) THEN
    RAISE EXCEPTION 'a query is settled once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_result_query_settled_once';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER result_query_settled_once BEFORE UPDATE ON result_query
  FOR EACH ROW EXECUTE FUNCTION result_query_settled_once();
CREATE TRIGGER result_query_stays BEFORE DELETE OR TRUNCATE ON result_query
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER result_query_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
  ON result_query_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE {acts} ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""
KEPT = {"result_query": "DELETE, TRUNCATE", "result_query_move": "UPDATE, DELETE, TRUNCATE"}
INT, MOMENT = sa.Integer(), sa.DateTime(timezone=True)


def upgrade() -> None:
    _query()
    _move()
    _period()
    for table, fits in INSERTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY scope_read ON {table} FOR SELECT"
            f" USING ({READS} OR ({SCHOOL} AND {OWN}))"
        )
        op.execute(
            f"CREATE POLICY scope_insert ON {table} FOR INSERT"
            f" WITH CHECK ({READS} OR ({SCHOOL} AND {OWN} AND {fits}))"
        )
        op.execute(
            f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({READS}) WITH CHECK ({READS})"
        )
        op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({READS})")
    op.execute(TRUTHS)
    for table, acts in KEPT.items():
        op.execute(REVOKE.format(table=table, acts=acts))


def _account(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["ab_user.id"], name=op.f(f"fk_{table}_{column}"))


def _query() -> None:
    op.create_table(
        "result_query",
        sa.Column("id", INT, nullable=False),
        sa.Column("release_id", INT, nullable=False),
        sa.Column("index_number", sa.String(11), nullable=False),
        sa.Column("centre_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.String(3)),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(10), server_default="raised", nullable=False),
        sa.Column("raised_by", INT),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("answer", sa.String(1000)),
        sa.Column("answered_by", INT),
        sa.Column("answered_at", MOMENT),
        sa.CheckConstraint(
            "state IN ('raised', 'answered', 'refused', 'changed')",
            name=op.f("ck_result_query_state"),
        ),
        sa.CheckConstraint("subject ~ '^[0-9]{3}$'", name=op.f("ck_result_query_subject")),
        sa.CheckConstraint("length(words) > 0", name=op.f("ck_result_query_words")),
        sa.CheckConstraint(
            "(state = 'raised') = (answered_at IS NULL) AND (answered_at IS NULL) = (answer IS NULL)",
            name=op.f("ck_result_query_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_query_release_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id", "index_number"],
            ["result_candidate.release_id", "result_candidate.index_number"],
            name="fk_result_query_candidate",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_result_query_centre",
            onupdate="CASCADE",
        ),
        _account("result_query", "raised_by"),
        _account("result_query", "answered_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_query")),
    )
    for column in ("centre_id", "raised_by", "answered_by"):
        op.create_index(op.f(f"ix_result_query_{column}"), "result_query", [column])
    op.create_index("ix_result_query_state_raised_at", "result_query", ["state", "raised_at"])
    op.create_index(
        "uq_result_query_one_open",
        "result_query",
        ["release_id", "index_number", sa.text("coalesce(subject, '')")],
        unique=True,
        postgresql_where=sa.text("state = 'raised'"),
    )


def _move() -> None:
    op.create_table(
        "result_query_move",
        sa.Column("id", INT, nullable=False),
        sa.Column("query_id", INT, nullable=False),
        sa.Column("centre_id", INT, nullable=False),
        sa.Column("act", sa.String(8), nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.Column("moved_by", INT),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "act IN ('raise', 'answer', 'refuse', 'change')", name=op.f("ck_result_query_move_act")
        ),
        sa.CheckConstraint("length(words) > 0", name=op.f("ck_result_query_move_words")),
        sa.ForeignKeyConstraint(
            ["query_id"], ["result_query.id"], name=op.f("fk_result_query_move_query_id")
        ),
        _account("result_query_move", "moved_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_query_move")),
    )
    for column in ("query_id", "moved_by"):
        op.create_index(op.f(f"ix_result_query_move_{column}"), "result_query_move", [column])


def _period() -> None:
    period = op.create_table(
        "result_query_period",
        sa.Column("id", INT, nullable=False),
        sa.Column("days", INT, nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.CheckConstraint("days BETWEEN 1 AND 365", name=op.f("ck_result_query_period_days")),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_result_query_period_dates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_query_period")),
    )
    op.execute(
        "ALTER TABLE result_query_period ADD CONSTRAINT ex_result_query_period_one_at_a_time"
        " EXCLUDE USING gist (daterange(effective_from, effective_to, '[]') WITH &&)"
    )
    source = "Queries are raised within 30 days of the release"
    op.bulk_insert(period, [{"days": 30, "source": source, "effective_from": dt.date(2019, 1, 1)}])


def downgrade() -> None:
    for table in ("result_query_period", "result_query_move", "result_query"):
        op.drop_table(table)
    op.execute("DROP FUNCTION result_query_settled_once()")
