"""What was entered, asked or answered stands; nobody accepts the walk-in that they entered.

Of a walk-in only the decision is added, once, and only its personal words are ever emptied. An
offer is accepted with a deployment of its officer to its post. A marked deployment never becomes a
proposal again, and an answered concern is not answered otherwise.
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ANOTHER = "ck_walk_in_accepted_by_another"

WALK_IN = """
CREATE OR REPLACE FUNCTION walk_in_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  personal text[] := '{typed_name,why,number_cipher,number_index,number_last}';
  follows text[] := '{officer_id,sub_county_id}';
  decision text[] := '{state,deployment_id,decided_at,decided_by,decision_reason}';
  free text[] := personal || follows;
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a walk-in is decided, never deleted'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_never_deleted';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'provisional' THEN
      RETURN NEW;
    END IF;
  ELSE
    IF OLD.state = 'provisional' THEN
      free := free || decision;
    END IF;
    IF to_jsonb(NEW) - free = to_jsonb(OLD) - free
       AND NEW.typed_name IN (OLD.typed_name, '') AND NEW.why IN (OLD.why, '')
       AND coalesce(NEW.number_cipher = OLD.number_cipher, NEW.number_cipher IS NULL)
       AND coalesce(NEW.number_index = OLD.number_index, NEW.number_index IS NULL)
       AND coalesce(NEW.number_last = OLD.number_last, NEW.number_last IS NULL) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'a walk-in is decided once'
    USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_decided_once';
END $$;
DROP TRIGGER walk_in_is_decided_once ON walk_in;
CREATE TRIGGER walk_in_is_decided_once BEFORE INSERT OR UPDATE OR DELETE ON walk_in
  FOR EACH ROW EXECUTE FUNCTION walk_in_is_decided_once();
"""

WALK_IN_BEFORE = """
CREATE OR REPLACE FUNCTION walk_in_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a walk-in is decided, never deleted'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_never_deleted';
  END IF;
  IF OLD.state <> 'provisional' AND (NEW.state, NEW.status, NEW.minutes_late, NEW.day, NEW.centre_id)
     IS DISTINCT FROM (OLD.state, OLD.status, OLD.minutes_late, OLD.day, OLD.centre_id) THEN
    RAISE EXCEPTION 'a walk-in is decided once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_walk_in_decided_once';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER walk_in_is_decided_once ON walk_in;
CREATE TRIGGER walk_in_is_decided_once BEFORE UPDATE OR DELETE ON walk_in
  FOR EACH ROW EXECUTE FUNCTION walk_in_is_decided_once();
"""

STAND_INS = """
CREATE OR REPLACE FUNCTION stand_in_offer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{{state,answered_at,answered_how,deployment_id,sub_county_id}}';
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
     OR (OLD.state <> 'offered'
         AND ({new_answer}) IS DISTINCT FROM ({old_answer})) THEN
    RAISE EXCEPTION 'an offer is answered once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stand_in_offer_stands';
  END IF;{own_deployment}
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION stand_in_call_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{{state,settled_at,expires_at,sub_county_id}}';
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
     OR (OLD.state <> 'open' AND {settled_changes}) THEN
    RAISE EXCEPTION 'a call is settled once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stand_in_call_stands';
  END IF;
  RETURN NEW;
END $$;
"""
OWN_DEPLOYMENT = """
  IF NEW.state = 'accepted' AND OLD.state <> 'accepted' THEN
    PERFORM 1 FROM deployment d JOIN stand_in_call c ON c.id = NEW.call_id
      WHERE d.id = NEW.deployment_id AND d.officer_id = NEW.officer_id AND d.post_id = c.post_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'an offer is accepted with the deployment of its officer'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_stand_in_offer_own_deployment';
    END IF;
  END IF;"""
WHOLE_ANSWER = ("state", "answered_at", "answered_how", "deployment_id")
ANSWER_BEFORE = ("state", "answered_at", "deployment_id")
SETTLED_STANDS = (
    "(NEW.state, NEW.settled_at, NEW.expires_at)"
    " IS DISTINCT FROM (OLD.state, OLD.settled_at, OLD.expires_at)"
)
SETTLED_BEFORE = "NEW.state <> OLD.state"

MARKED = """
CREATE OR REPLACE FUNCTION deployment_keeps_marked_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.starts_on, NEW.ends_on, NEW.status) IS DISTINCT FROM
     (OLD.starts_on, OLD.ends_on, OLD.status) THEN
    PERFORM 1 FROM mark WHERE deployment_id = NEW.id
      AND (NEW.status IN ({unworked}) OR day < NEW.starts_on OR day > NEW.ends_on) LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION 'a marked day would lose its deployment'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_keeps_marked_days';
    END IF;
  END IF;
  RETURN NEW;
END $$;
"""

CONCERN = """
CREATE FUNCTION concern_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := '{sub_county_id}';
BEGIN
  IF OLD.answer IS NULL THEN
    free := free || '{answer,answered_at,answered_by}'::text[];
  END IF;
  IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
    RAISE EXCEPTION 'a concern is answered once and never changed'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_concern_stands';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deployment_concern_stands BEFORE UPDATE ON deployment_concern
  FOR EACH ROW EXECUTE FUNCTION concern_stands();
"""


def upgrade() -> None:
    op.execute(WALK_IN)
    op.create_check_constraint(
        op.f(ANOTHER), "walk_in", "state <> 'accepted' OR decided_by IS DISTINCT FROM entered_by"
    )
    op.execute(_stand_ins(WHOLE_ANSWER, OWN_DEPLOYMENT, SETTLED_STANDS))
    op.execute(MARKED.format(unworked="'declined', 'proposed'"))
    op.execute(CONCERN)


def _stand_ins(answer: tuple[str, ...], own_deployment: str, settled_changes: str) -> str:
    new, old = (", ".join(f"{row}.{name}" for name in answer) for row in ("NEW", "OLD"))
    return STAND_INS.format(
        new_answer=new,
        old_answer=old,
        own_deployment=own_deployment,
        settled_changes=settled_changes,
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER deployment_concern_stands ON deployment_concern")
    op.execute("DROP FUNCTION concern_stands()")
    op.execute(MARKED.format(unworked="'declined'"))
    op.execute(_stand_ins(ANSWER_BEFORE, "", SETTLED_BEFORE))
    op.drop_constraint(ANOTHER, "walk_in")
    op.execute(WALK_IN_BEFORE)
