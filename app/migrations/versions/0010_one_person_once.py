"""Identity numbers claimed twice, look-alikes under review, merges.

Keys of names stand in a table of their own, so that one look among everybody is a few index reads.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "{} = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OWN = f"{ALL} OR {SUB_COUNTY.format('sub_county_id')} OR officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
EITHER = (
    f"{ALL} OR {SUB_COUNTY.format('sub_county_id')} OR {SUB_COUNTY.format('other_sub_county_id')}"
)
EITHER_DIRECTOR = f"{ALL} OR ((SELECT current_setting('app.scope_kind', true)) = 'sub_county' AND ({SUB_COUNTY.format('sub_county_id')} OR {SUB_COUNTY.format('other_sub_county_id')}))"

FOLLOW = """
CREATE FUNCTION reviews_follow_officer() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE identity_claim SET sub_county_id = NEW.sub_county_id WHERE officer_id = NEW.id;
  UPDATE lookalike SET sub_county_id = NEW.sub_county_id WHERE officer_id = NEW.id;
  UPDATE lookalike SET other_sub_county_id = NEW.sub_county_id WHERE other_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER officer_reviews_follow AFTER UPDATE OF sub_county_id ON officer FOR EACH ROW
  WHEN (OLD.sub_county_id IS DISTINCT FROM NEW.sub_county_id)
  EXECUTE FUNCTION reviews_follow_officer();
"""

MERGED = """
CREATE FUNCTION officer_merged_by_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM officer_merge
    WHERE merged_id = coalesce(OLD.merged_into_id, NEW.id) AND survivor_id = NEW.merged_into_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'two people make two records one, once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_officer_merged_by_record';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER officer_officer_merged_by_record BEFORE UPDATE OF merged_into_id ON officer
  FOR EACH ROW WHEN (OLD.merged_into_id IS DISTINCT FROM NEW.merged_into_id)
  EXECUTE FUNCTION officer_merged_by_record();

CREATE FUNCTION deployment_keeps_its_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM officer WHERE id = NEW.officer_id AND merged_into_id IS NOT NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'the officer has another record'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_officer_stands';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.officer_id <> OLD.officer_id THEN
    PERFORM 1 FROM mark WHERE deployment_id = NEW.id AND NOT EXISTS (
      SELECT 1 FROM officer_merge m
      WHERE m.merged_id = OLD.officer_id AND m.survivor_id = NEW.officer_id) LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'days worked stay with their person'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_keeps_its_person';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deployment_deployment_keeps_its_person
  BEFORE INSERT OR UPDATE OF officer_id ON deployment
  FOR EACH ROW EXECUTE FUNCTION deployment_keeps_its_person();

CREATE FUNCTION mark_follows_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM officer_merge m
    WHERE m.merged_id = OLD.officer_id AND m.survivor_id = NEW.officer_id
      AND to_jsonb(NEW) - 'officer_id' = to_jsonb(OLD) - 'officer_id';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'a mark stays with its person'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_follows_merge';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER mark_follows_merge BEFORE UPDATE ON mark FOR EACH ROW
  WHEN (OLD.officer_id <> NEW.officer_id) EXECUTE FUNCTION mark_follows_merge();
DROP TRIGGER mark_mark_stands_on_deployment ON mark;
CREATE TRIGGER mark_mark_stands_on_deployment BEFORE INSERT OR DELETE ON mark
  FOR EACH ROW EXECUTE FUNCTION mark_stands_on_deployment();
CREATE TRIGGER mark_stands_on_deployment_changed BEFORE UPDATE ON mark FOR EACH ROW
  WHEN (OLD.officer_id = NEW.officer_id) EXECUTE FUNCTION mark_stands_on_deployment();
"""
"""A closed register's mark moves to the record that stands, and changes in nothing else."""

NOT_MERGED = """
DROP TRIGGER mark_stands_on_deployment_changed ON mark;
DROP TRIGGER mark_mark_stands_on_deployment ON mark;
CREATE TRIGGER mark_mark_stands_on_deployment BEFORE INSERT OR UPDATE OR DELETE ON mark
  FOR EACH ROW EXECUTE FUNCTION mark_stands_on_deployment();
DROP TRIGGER mark_follows_merge ON mark;
DROP TRIGGER deployment_deployment_keeps_its_person ON deployment;
DROP TRIGGER officer_officer_merged_by_record ON officer;
DROP FUNCTION mark_follows_merge();
DROP FUNCTION deployment_keeps_its_person();
DROP FUNCTION officer_merged_by_record();
"""

OF_DEPLOYMENT = ("deployment_id", "centre_id", "officer_id", "role_id")

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = 'officer_merge'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON officer_merge FROM %I', grantee);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    _officer()
    _identity_claim()
    _lookalike()
    _officer_merge()
    _name_key()
    op.execute(FOLLOW)
    _history_may_move()
    op.execute(MERGED)


def _history_may_move() -> None:
    """Marks go with their deployment; their history stays under the record it was written for."""
    op.create_unique_constraint(
        op.f("uq_deployment_id_centre_id_role_id"), "deployment", ["id", "centre_id", "role_id"]
    )
    op.drop_constraint("fk_mark_deployment", "mark", type_="foreignkey")
    _of_deployment("mark", OF_DEPLOYMENT, onupdate="CASCADE")
    op.drop_constraint("fk_mark_history_deployment", "mark_history", type_="foreignkey")
    _of_deployment("mark_history", ("deployment_id", "centre_id", "role_id"))


def _of_deployment(table: str, columns: tuple[str, ...], *, onupdate: str | None = None) -> None:
    op.create_foreign_key(
        f"fk_{table}_deployment",
        table,
        "deployment",
        list(columns),
        ["id", *columns[1:]],
        onupdate=onupdate,
    )


def _officer() -> None:
    op.add_column("officer", sa.Column("merged_into_id", sa.Integer()))
    op.add_column("officer", sa.Column("kra_pin_last", sa.String(3)))
    op.create_foreign_key(
        op.f("fk_officer_merged_into_id"), "officer", "officer", ["merged_into_id"], ["id"]
    )
    op.create_index(op.f("ix_officer_merged_into_id"), "officer", ["merged_into_id"])
    op.alter_column("officer", "mobile", existing_type=sa.String(12), nullable=True)
    op.create_check_constraint(
        op.f("ck_officer_reachable"), "officer", "mobile IS NOT NULL OR merged_into_id IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_officer_merged_elsewhere"), "officer", "merged_into_id <> id"
    )


def _identity_claim() -> None:
    op.create_table(
        "identity_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("cipher", sa.LargeBinary(), nullable=False),
        sa.Column("number_index", sa.LargeBinary(), nullable=False),
        sa.Column("last", sa.String(3), nullable=False),
        _stamped("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "kind IN ('national_id', 'kra_pin', 'tsc_number')", name=op.f("ck_identity_claim_kind")
        ),
        _foreign("identity_claim", "officer_id", "officer"),
        _foreign("identity_claim", "sub_county_id", "sub_county"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_claim")),
    )
    op.create_index(
        "uq_identity_claim_unsettled",
        "identity_claim",
        ["officer_id", "kind"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "ix_identity_claim_kind_number_index", "identity_claim", ["kind", "number_index"]
    )
    op.create_index(op.f("ix_identity_claim_sub_county_id"), "identity_claim", ["sub_county_id"])
    _policies("identity_claim", reads=OWN, writes=OWN)


def _lookalike() -> None:
    op.create_table(
        "lookalike",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("other_sub_county_id", sa.Integer()),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(10), server_default="open", nullable=False),
        _stamped("found_at"),
        sa.Column("survivor_id", sa.Integer()),
        sa.Column("kept", postgresql.JSONB()),
        sa.Column("proposal_reason", sa.String(500)),
        sa.Column("proposed_at", sa.DateTime(timezone=True)),
        sa.Column("proposed_by", sa.Integer()),
        sa.Column("decision_reason", sa.String(500)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Integer()),
        sa.CheckConstraint("officer_id < other_id", name=op.f("ck_lookalike_lower_first")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_lookalike_score")),
        sa.CheckConstraint(
            "state IN ('open', 'dismissed', 'proposed', 'merged')", name=op.f("ck_lookalike_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('proposed', 'merged') OR (survivor_id IN (officer_id, other_id)"
            " AND proposal_reason IS NOT NULL AND proposed_by IS NOT NULL)",
            name=op.f("ck_lookalike_proposed"),
        ),
        sa.CheckConstraint(
            "state <> 'merged' OR proposed_by <> decided_by",
            name=op.f("ck_lookalike_maker_not_checker"),
        ),
        *(_foreign("lookalike", name, "officer") for name in ("officer_id", "other_id")),
        _foreign("lookalike", "survivor_id", "officer"),
        _foreign("lookalike", "sub_county_id", "sub_county"),
        _foreign("lookalike", "other_sub_county_id", "sub_county"),
        _foreign("lookalike", "proposed_by", "ab_user"),
        _foreign("lookalike", "decided_by", "ab_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookalike")),
        sa.UniqueConstraint(
            "officer_id", "other_id", name=op.f("uq_lookalike_officer_id_other_id")
        ),
    )
    for column in (
        "other_id",
        "sub_county_id",
        "other_sub_county_id",
        "survivor_id",
        "proposed_by",
        "decided_by",
    ):
        op.create_index(op.f(f"ix_lookalike_{column}"), "lookalike", [column])
    op.create_index("ix_lookalike_state_score", "lookalike", ["state", "score"])
    _policies("lookalike", reads=EITHER, writes=EITHER_DIRECTOR)


def _officer_merge() -> None:
    op.create_table(
        "officer_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lookalike_id", sa.Integer(), nullable=False),
        sa.Column("survivor_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("other_sub_county_id", sa.Integer()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=False),
        _stamped("approved_at"),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "proposed_by <> approved_by", name=op.f("ck_officer_merge_maker_not_checker")
        ),
        sa.CheckConstraint("survivor_id <> merged_id", name=op.f("ck_officer_merge_two_people")),
        _foreign("officer_merge", "lookalike_id", "lookalike"),
        *(_foreign("officer_merge", name, "officer") for name in ("survivor_id", "merged_id")),
        _foreign("officer_merge", "sub_county_id", "sub_county"),
        _foreign("officer_merge", "other_sub_county_id", "sub_county"),
        _foreign("officer_merge", "proposed_by", "ab_user"),
        _foreign("officer_merge", "approved_by", "ab_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_merge")),
        sa.UniqueConstraint("merged_id", name=op.f("uq_officer_merge_merged_id")),
    )
    for column in (
        "lookalike_id",
        "survivor_id",
        "sub_county_id",
        "other_sub_county_id",
        "proposed_by",
        "approved_by",
    ):
        op.create_index(op.f(f"ix_officer_merge_{column}"), "officer_merge", [column])
    _policies("officer_merge", reads=EITHER, writes=ALL)
    op.execute(
        "CREATE TRIGGER officer_merge_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON"
        " officer_merge FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(REVOKE)


def _name_key() -> None:
    op.create_table(
        "name_key",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger()),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_name_key_officer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("officer_id", "key", name=op.f("pk_name_key")),
    )
    op.create_index(
        "ix_name_key_key_year", "name_key", ["key", "year"], postgresql_include=["officer_id"]
    )


def _stamped(name: str) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _policies(table: str, *, reads: str, writes: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({writes})")
    op.execute(
        f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})"
    )
    op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({writes})")


def downgrade() -> None:
    op.execute(NOT_MERGED)
    for table in ("mark_history", "mark"):
        op.drop_constraint(f"fk_{table}_deployment", table, type_="foreignkey")
        _of_deployment(table, OF_DEPLOYMENT)
    op.drop_constraint(op.f("uq_deployment_id_centre_id_role_id"), "deployment", type_="unique")
    op.execute("DROP TRIGGER officer_reviews_follow ON officer")
    op.execute("DROP FUNCTION reviews_follow_officer()")
    for table in ("name_key", "officer_merge", "lookalike", "identity_claim"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_officer_merged_elsewhere"), "officer", type_="check")
    op.drop_constraint(op.f("ck_officer_reachable"), "officer", type_="check")
    op.execute("DELETE FROM officer WHERE mobile IS NULL")
    op.alter_column("officer", "mobile", existing_type=sa.String(12), nullable=False)
    for column in ("kra_pin_last", "merged_into_id"):
        op.drop_column("officer", column)
