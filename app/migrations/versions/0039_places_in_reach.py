"""Whether the place is within reach is asked row by row again, before the constraints are.

Since 0036 the posts of arriving deployments are looked at when the rows stand, after the exclusion
constraints. These look past the scope: whoever wrote a row of their own centre with a post of another
sub-county was told whether somebody holds that place on that day. What is out of reach has no places,
and is refused by the name it had before; a job reaches everybody and is not asked.

The posts are locked by one statement and compared by the next, each through their key: a session keeps
the plan it made first, and one made for a single row compared every arrival with every post.
"""

from __future__ import annotations

from alembic import op

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

IN_REACH = """
CREATE FUNCTION deployment_post_in_reach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM post WHERE id = NEW.post_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'post out of reach'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_within_required';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER deployment_post_in_reach BEFORE INSERT ON deployment FOR EACH ROW
  WHEN (NOT app_scope_all()) EXECUTE FUNCTION deployment_post_in_reach();
"""

ARRIVE = """
CREATE OR REPLACE FUNCTION deployments_arrive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM arrived a JOIN officer o ON o.id = a.officer_id
    WHERE o.merged_into_id IS NOT NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the officer has another record'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_officer_stands';
  END IF;
  {beyond}
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
"""
BY_KEY = """
  PERFORM 1 FROM post p
    WHERE p.id IN (SELECT a.post_id FROM arrived a
                   WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on)
    ORDER BY p.id FOR SHARE;
  PERFORM 1 FROM arrived a LEFT JOIN post p ON p.id = a.post_id
    WHERE a.status <> 'declined' AND a.ends_on >= a.starts_on
      AND a.slot > coalesce(p.required, 0) LIMIT 1;
"""
AT_ONCE = """
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
"""


def upgrade() -> None:
    op.execute(IN_REACH)
    op.execute(ARRIVE.format(beyond=BY_KEY))


def downgrade() -> None:
    op.execute(ARRIVE.format(beyond=AT_ONCE))
    op.execute("DROP TRIGGER deployment_post_in_reach ON deployment")
    op.execute("DROP FUNCTION deployment_post_in_reach()")
