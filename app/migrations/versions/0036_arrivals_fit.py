"""Deployments that arrive by one statement are checked by one question, not by four for each row.

What is refused, and by which name, stays as it was. Whether officer and post are within reach is
still asked row by row, before the constraints are: these look past the scope, and whoever wrote a
row of their own centre with an officer or a post of another sub-county would be told whether that
person is busy, or that place held, on the day. A job reaches everybody and is not asked; under its
scope the foreign keys say the same.

The posts are locked by one statement and compared by the next, each through their key: a session keeps
the plan it made first, and one made for a single row would compare every arrival with every post.
"""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None

ARRIVALS = """
CREATE FUNCTION deployment_in_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM officer WHERE id = NEW.officer_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'officer out of reach'
      USING ERRCODE = '23503', CONSTRAINT = 'fk_deployment_officer_id';
  END IF;
  PERFORM 1 FROM post WHERE id = NEW.post_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'post out of reach'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_required';
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
  PERFORM 1 FROM post p
    WHERE p.id IN (SELECT a.post_id FROM arrived a
                   WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on)
    ORDER BY p.id FOR SHARE;
  PERFORM 1 FROM arrived a LEFT JOIN post p ON p.id = a.post_id
    WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on
      AND a.slot > coalesce(p.required, 0) LIMIT 1;
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

CREATE TRIGGER deployment_deployment_in_reach BEFORE INSERT ON deployment FOR EACH ROW
  WHEN (NOT app_scope_all()) EXECUTE FUNCTION deployment_in_reach();
CREATE TRIGGER deployment_deployments_arrive AFTER INSERT ON deployment
  REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION deployments_arrive();
"""
NO_ARRIVALS = """
DROP TRIGGER deployment_deployments_arrive ON deployment;
DROP TRIGGER deployment_deployment_in_reach ON deployment;
DROP FUNCTION deployments_arrive();
DROP FUNCTION deployment_in_reach();
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
