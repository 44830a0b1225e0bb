"""Posts never fall below the places that people hold, also while somebody is being deployed."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION post_keeps_its_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.required < OLD.required THEN
    PERFORM 1 FROM deployment d WHERE d.post_id = NEW.id AND d.slot > NEW.required
      AND (d.status = 'proposed' OR d.status = 'published' OR d.status = 'accepted')
      AND d.ends_on >= d.starts_on LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'somebody holds a place beyond these posts'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_post_keeps_its_people';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute(
        "CREATE TRIGGER post_post_keeps_its_people BEFORE UPDATE OF required ON post "
        "FOR EACH ROW EXECUTE FUNCTION post_keeps_its_people()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER post_post_keeps_its_people ON post")
    op.execute("DROP FUNCTION post_keeps_its_people()")
