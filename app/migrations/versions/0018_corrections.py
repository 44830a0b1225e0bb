"""What officers say is wrong with their deployments, and how it was answered.

Asked once and answered once: only the answer is ever added. Who is made anonymous is forgotten here
as well.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "deployment_correction"
OFFICE = (
    "(SELECT app_scope_all()) OR sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
)
OWN = f"{OFFICE} OR officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"

FUNCTIONS = """
CREATE FUNCTION correction_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM 1 FROM deployment WHERE id = NEW.deployment_id AND officer_id = NEW.officer_id
      AND centre_id = NEW.centre_id AND status <> 'proposed';
    IF NOT FOUND OR NEW.state <> 'open' THEN
      RAISE EXCEPTION 'a correction is asked for by whoever has the duty'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_correction_own_duty';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.words = ''
       AND to_jsonb(NEW) - '{words,answer}'::text[] = to_jsonb(OLD) - '{words,answer}'::text[]
       AND EXISTS (SELECT 1 FROM officer WHERE id = OLD.officer_id AND anonymised_at IS NOT NULL)
    THEN
      RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - '{officer_id,sub_county_id}'::text[]
       = to_jsonb(OLD) - '{officer_id,sub_county_id}'::text[] THEN
      RETURN NEW;
    END IF;
    IF OLD.state = 'open' AND NEW.state <> 'open'
       AND to_jsonb(NEW) - '{state,answer,answered_at,answered_by}'::text[]
         = to_jsonb(OLD) - '{state,answer,answered_at,answered_by}'::text[] THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a correction is answered once and never changed'
    USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_correction_stands';
END $$;
CREATE TRIGGER deployment_correction_stands BEFORE INSERT OR UPDATE OR DELETE
  ON deployment_correction FOR EACH ROW EXECUTE FUNCTION correction_stands();

CREATE FUNCTION corrections_forget_officer() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE deployment_correction SET words = '', answer = CASE WHEN answer IS NOT NULL THEN '' END
    WHERE officer_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER officer_corrections_forget AFTER UPDATE OF anonymised_at ON officer FOR EACH ROW
  WHEN (OLD.anonymised_at IS NULL AND NEW.anonymised_at IS NOT NULL)
  EXECUTE FUNCTION corrections_forget_officer();
"""

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = 'deployment_correction'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE DELETE, TRUNCATE ON deployment_correction FROM %I', grantee);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("state", sa.String(10), server_default="open", nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("opened_by", sa.Integer()),
        sa.Column("answer", sa.String(500)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answered_by", sa.Integer()),
        sa.CheckConstraint(
            "kind IN ('station', 'role', 'dates', 'name')", name=op.f(f"ck_{TABLE}_kind")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'amended', 'redeployed', 'refused')", name=op.f(f"ck_{TABLE}_state")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (answer IS NULL)", name=op.f(f"ck_{TABLE}_answered")
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name=f"fk_{TABLE}_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        *_keys(
            deployment_id="deployment",
            officer_id="officer",
            opened_by="ab_user",
            answered_by="ab_user",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for column in ("deployment_id", "officer_id", "sub_county_id", "opened_by", "answered_by"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])
    op.create_index(
        f"uq_{TABLE}_open_once",
        TABLE,
        ["deployment_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.execute(FUNCTIONS)
    op.execute(REVOKE)
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope_read ON {TABLE} FOR SELECT USING ({OWN})")
    op.execute(f"CREATE POLICY scope_insert ON {TABLE} FOR INSERT WITH CHECK ({OWN})")
    op.execute(
        f"CREATE POLICY scope_update ON {TABLE} FOR UPDATE USING ({OFFICE}) WITH CHECK ({OFFICE})"
    )


def _keys(**targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{TABLE}_{column}"))
        for column, target in targets.items()
    ]


def downgrade() -> None:
    op.execute("DROP TRIGGER officer_corrections_forget ON officer")
    op.drop_table(TABLE)
    op.execute("DROP FUNCTION corrections_forget_officer()")
    op.execute("DROP FUNCTION correction_stands()")
