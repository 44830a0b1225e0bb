"""Whether the place is within reach is asked row by row again, before the constraints are.

Since 0036 the posts of arriving deployments are looked at when the rows stand, after the exclusion
constraints. These look past the scope: whoever wrote a row of their own centre with a post of another
sub-county was told whether somebody holds that place on that day. What is out of reach has no places,
and is refused by the name it had before; a job reaches everybody and is not asked.
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


def upgrade() -> None:
    op.execute(IN_REACH)


def downgrade() -> None:
    op.execute("DROP TRIGGER deployment_post_in_reach ON deployment")
    op.execute("DROP FUNCTION deployment_post_in_reach()")
