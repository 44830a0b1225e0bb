"""A result goes out by SMS only as the answer to a message that came in from the very number."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0031"
branch_labels = None
depends_on = None

ASKED = """
CREATE FUNCTION result_was_asked_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'result' AND NOT EXISTS (
       SELECT 1 FROM sms_inbound i WHERE i.number = NEW.number
         AND i.id = substring(NEW.intent FROM '^results:sms:([0-9]{1,9})$')::int) THEN
    RAISE EXCEPTION 'nobody asked for this result'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_message_result_was_asked_for';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_result_was_asked_for BEFORE INSERT OR UPDATE OF kind, number, intent ON message
  FOR EACH ROW EXECUTE FUNCTION result_was_asked_for();
"""


def upgrade() -> None:
    op.execute(ASKED)


def downgrade() -> None:
    op.execute("DROP TRIGGER message_result_was_asked_for ON message")
    op.execute("DROP FUNCTION result_was_asked_for()")
