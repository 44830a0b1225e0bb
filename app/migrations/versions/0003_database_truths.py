"""What no program may break: histories only grow, marks follow deployments, locked days stand."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("event", "mark_history", "register_move")

FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'history only grows' USING ERRCODE = '23514', CONSTRAINT = 'ck_append_only';
END $$;

CREATE FUNCTION deployment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted int; first_day date; last_day date;
BEGIN
  IF TG_OP = 'INSERT' OR NEW.officer_id <> OLD.officer_id THEN
    PERFORM 1 FROM officer WHERE id = NEW.officer_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'officer out of reach'
        USING ERRCODE = '23503', CONSTRAINT = 'fk_deployment_officer_id';
    END IF;
  END IF;
  IF NEW.status <> 'declined' AND NEW.ends_on >= NEW.starts_on THEN
    SELECT required INTO wanted FROM post WHERE id = NEW.post_id FOR SHARE;
    IF NEW.slot > coalesce(wanted, 0) THEN
      RAISE EXCEPTION 'slot beyond the posts required'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_required';
    END IF;
    SELECT starts_on, ends_on INTO first_day, last_day FROM series WHERE id = NEW.series_id;
    IF NEW.starts_on < first_day OR NEW.ends_on > last_day THEN
      RAISE EXCEPTION 'outside the series'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_series';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION deployment_keeps_marked_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.starts_on, NEW.ends_on, NEW.status) IS DISTINCT FROM
     (OLD.starts_on, OLD.ends_on, OLD.status) THEN
    PERFORM 1 FROM mark WHERE deployment_id = NEW.id
      AND (NEW.status = 'declined' OR day < NEW.starts_on OR day > NEW.ends_on) LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'a marked day would lose its deployment'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_keeps_marked_days';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION mark_stands_on_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
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
    FROM deployment d WHERE d.id = NEW.deployment_id;
  IF NOT coalesce(covered, false) THEN
    RAISE EXCEPTION 'no published deployment covers the day'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_covered_by_deployment';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION used_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE used boolean;
BEGIN
  SELECT EXISTS (
    SELECT 1 FROM series s WHERE s.examination_id = OLD.examination_id AND s.status <> 'planned'
      AND daterange(OLD.effective_from, OLD.effective_to, '[]') && daterange(s.starts_on, s.ends_on, '[]')
  ) INTO used;
  IF used THEN
    RAISE EXCEPTION 'a rule in use is ended, never deleted'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_used_rule_stays';
  END IF;
  RETURN OLD;
END $$;
"""

TRIGGERS = (
    ("deployment", "deployment_fits", "BEFORE INSERT OR UPDATE", "FOR EACH ROW"),
    ("deployment", "deployment_keeps_marked_days", "BEFORE UPDATE", "FOR EACH ROW"),
    (
        "mark",
        "mark_stands_on_deployment",
        "BEFORE INSERT OR UPDATE OR DELETE",
        "FOR EACH ROW",
    ),
    ("ratio_rule", "used_rule_stays", "BEFORE DELETE", "FOR EACH ROW"),
    ("day_rate", "used_rule_stays", "BEFORE DELETE", "FOR EACH ROW"),
)

REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    for table, function, when, each in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {table}_{function} {when} ON {table} {each} EXECUTE FUNCTION {function}()"
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(REVOKE.format(table=table))


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    for table, function, _when, _each in TRIGGERS:
        op.execute(f"DROP TRIGGER {table}_{function} ON {table}")
    for function in (
        "used_rule_stays",
        "mark_stands_on_deployment",
        "deployment_keeps_marked_days",
        "deployment_fits",
        "refuse_change",
    ):
        op.execute(f"DROP FUNCTION {function}()")
