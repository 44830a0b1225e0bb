"""Deployments that arrive by one statement are checked by one question, not by four for each row.

What is refused, and by which name, stays as it was. Whether the officer is within reach is still
asked row by row, before the constraints are (`fk_deployment_officer_id`), so that their answers tell
a jurisdiction nothing about the people of another; under the scope of a job, which reaches everybody,
the foreign key of that name says the same.
"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None

ARRIVALS = """
CREATE FUNCTION deployment_officer_in_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM officer WHERE id = NEW.officer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'officer out of reach'
      USING ERRCODE = '23503', CONSTRAINT = 'fk_deployment_officer_id';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION deployments_arrive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM arrived a JOIN officer o ON o.id = a.officer_id
    WHERE o.merged_into_id IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the officer has another record'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_officer_stands';
  END IF;
  PERFORM 1 FROM (
      WITH held AS MATERIALIZED (
        SELECT p.id, p.required FROM post p
        WHERE p.id IN (SELECT a.post_id FROM arrived a
                       WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on)
        ORDER BY p.id FOR SHARE
      )
      SELECT 1 FROM arrived a LEFT JOIN held h ON h.id = a.post_id
      WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on
        AND a.slot > coalesce(h.required, 0)
    ) beyond LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'slot beyond the posts required'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_required';
  END IF;
  PERFORM 1 FROM arrived a JOIN series s ON s.id = a.series_id
    WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on
      AND (a.starts_on < s.starts_on OR a.ends_on > s.ends_on) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'outside the series'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_series';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER deployment_officer_in_reach BEFORE INSERT ON deployment FOR EACH ROW
  WHEN (NOT app_scope_all()) EXECUTE FUNCTION deployment_officer_in_reach();
CREATE TRIGGER deployment_deployments_arrive AFTER INSERT ON deployment
  REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION deployments_arrive();
"""
NO_ARRIVALS = """
DROP TRIGGER deployment_deployments_arrive ON deployment;
DROP TRIGGER deployment_officer_in_reach ON deployment;
DROP FUNCTION deployments_arrive();
DROP FUNCTION deployment_officer_in_reach();
"""
ROW_BY_ROW = """
DROP TRIGGER deployment_deployment_fits ON deployment;
CREATE TRIGGER deployment_deployment_fits BEFORE {fits} ON deployment
  FOR EACH ROW EXECUTE FUNCTION deployment_fits();
DROP TRIGGER deployment_deployment_keeps_its_person ON deployment;
CREATE TRIGGER deployment_deployment_keeps_its_person BEFORE {person} OF officer_id ON deployment
  FOR EACH ROW EXECUTE FUNCTION deployment_keeps_its_person();
"""


def upgrade() -> None:
    op.execute(ROW_BY_ROW.format(fits="UPDATE", person="UPDATE"))
    op.execute(ARRIVALS)


def downgrade() -> None:
    op.execute(NO_ARRIVALS)
    op.execute(ROW_BY_ROW.format(fits="INSERT OR UPDATE", person="INSERT OR UPDATE"))
