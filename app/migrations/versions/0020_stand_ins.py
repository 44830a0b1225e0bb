"""Offers to stand-ins: asked, answered, the first yes wins; and the day that an absent holder yields.

A slot has one holder a day. Whoever the register marks absent may yield the place on that day, and
keeps the deployment and the mark; the stand-in then holds it under the same exclusion constraint.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OFFICE = f"{ALL} OR {SUB_COUNTY}"
READS = {"stand_in_call": OFFICE, "stand_in_offer": f"{OFFICE} OR {OFFICER}"}
HOLDS = (
    "CASE WHEN status = 'declined' OR ends_on < starts_on THEN '{}'::datemultirange "
    "ELSE datemultirange(daterange(starts_on, ends_on, '[]')) - yielded END"
)
FUNCTIONS = """
CREATE FUNCTION deployment_yields_absent_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.yielded = '{}' OR (TG_OP = 'UPDATE' AND NEW.yielded <@ OLD.yielded) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM unnest(NEW.yielded) AS span,
      generate_series(lower(span)::timestamp, (upper(span) - 1)::timestamp, '1 day') AS day
    WHERE NOT EXISTS (SELECT 1 FROM mark m WHERE m.deployment_id = NEW.id
                      AND m.day = day::date AND m.status = 'absent');
  IF FOUND THEN
    RAISE EXCEPTION 'only a day marked absent is yielded'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_deployment_yields_absent_days';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION mark_stays_off_yielded_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE given boolean;
BEGIN
  IF NEW.status <> 'absent' THEN
    SELECT d.yielded @> NEW.day INTO given FROM deployment d
      WHERE d.id = NEW.deployment_id FOR SHARE;
    IF given THEN
      RAISE EXCEPTION 'somebody stands in on this day'
        USING ERRCODE = '23514', CONSTRAINT = 'ck_mark_day_not_yielded';
    END IF;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION stand_in_gives_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE back datemultirange := datemultirange(OLD.period) - datemultirange(NEW.period);
BEGIN
  UPDATE deployment h SET yielded = h.yielded - back
    WHERE h.id = NEW.follows_id AND h.post_id = NEW.post_id AND h.slot = NEW.slot
      AND h.yielded && back
      AND NOT EXISTS (SELECT 1 FROM deployment o WHERE o.post_id = h.post_id AND o.slot = h.slot
                      AND o.id <> h.id AND o.holds && (back * h.yielded));
  RETURN NULL;
END $$;

CREATE FUNCTION stand_in_offer_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{state,answered_at,answered_how,deployment_id,sub_county_id}';
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
     OR (OLD.state <> 'offered'
         AND (NEW.state, NEW.answered_at, NEW.deployment_id)
           IS DISTINCT FROM (OLD.state, OLD.answered_at, OLD.deployment_id)) THEN
    RAISE EXCEPTION 'an offer is answered once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stand_in_offer_stands';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION stand_in_call_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moving text[] := '{state,settled_at,expires_at,sub_county_id}';
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving
     OR (OLD.state <> 'open' AND NEW.state <> OLD.state) THEN
    RAISE EXCEPTION 'a call is settled once'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_stand_in_call_stands';
  END IF;
  RETURN NEW;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER deployment_yields_absent_days BEFORE INSERT OR UPDATE OF yielded ON deployment
  FOR EACH ROW EXECUTE FUNCTION deployment_yields_absent_days();
CREATE TRIGGER mark_stays_off_yielded_days BEFORE INSERT OR UPDATE ON mark
  FOR EACH ROW EXECUTE FUNCTION mark_stays_off_yielded_days();
CREATE TRIGGER deployment_stand_in_gives_back AFTER UPDATE ON deployment FOR EACH ROW
  WHEN (NEW.follows_id IS NOT NULL AND OLD.period IS DISTINCT FROM NEW.period)
  EXECUTE FUNCTION stand_in_gives_back();
CREATE TRIGGER stand_in_offer_stands BEFORE UPDATE OR DELETE ON stand_in_offer
  FOR EACH ROW EXECUTE FUNCTION stand_in_offer_stands();
CREATE TRIGGER stand_in_call_stands BEFORE UPDATE OR DELETE ON stand_in_call
  FOR EACH ROW EXECUTE FUNCTION stand_in_call_stands();
"""
REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE DELETE, TRUNCATE ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""
INT = sa.Integer()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _places()
    _calls()
    _offers()
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)
    for table, reads in READS.items():
        op.execute(REVOKE.format(table=table))
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY scope_read ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY scope_insert ON {table} FOR INSERT WITH CHECK ({OFFICE})")
        op.execute(
            f"CREATE POLICY scope_update ON {table} FOR UPDATE USING ({OFFICE}) WITH CHECK ({OFFICE})"
        )
        op.execute(f"CREATE POLICY scope_delete ON {table} FOR DELETE USING ({OFFICE})")


def _places() -> None:
    op.add_column(
        "deployment",
        sa.Column("yielded", postgresql.DATEMULTIRANGE(), server_default="{}", nullable=False),
    )
    op.add_column(
        "deployment",
        sa.Column("holds", postgresql.DATEMULTIRANGE(), sa.Computed(HOLDS, persisted=True)),
    )
    _one_holder("holds")


def _one_holder(days: str) -> None:
    """One holder of a slot a day, on the days of this column."""
    op.drop_constraint("ex_deployment_slot_filled_once", "deployment")
    op.execute(
        "ALTER TABLE deployment ADD CONSTRAINT ex_deployment_slot_filled_once EXCLUDE USING gist ("
        " int8range(post_id, post_id, '[]') WITH &&, int4range(slot, slot, '[]') WITH &&,"
        f" {days} WITH &&)"
    )


def _calls() -> None:
    ints = ("series_id", "centre_id", "sub_county_id", "post_id", "role_id", "slot")
    op.create_table(
        "stand_in_call",
        sa.Column("id", INT, nullable=False),
        *(sa.Column(name, INT, nullable=False) for name in ints),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("follows_id", INT),
        sa.Column("state", sa.String(10), server_default="open", nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", INT),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in_call")),
        sa.UniqueConstraint("id", "sub_county_id", name=op.f("uq_stand_in_call_id_sub_county_id")),
        sa.ForeignKeyConstraint(
            ["post_id", "centre_id", "role_id", "series_id"],
            ["post.id", "post.centre_id", "post.role_id", "post.series_id"],
            name="fk_stand_in_call_post",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_stand_in_call_centre_in_sub_county",
        ),
        _key("stand_in_call", "follows_id", "deployment"),
        _key("stand_in_call", "asked_by", "ab_user"),
        sa.CheckConstraint(
            "state IN ('open', 'filled', 'withdrawn', 'expired')",
            name=op.f("ck_stand_in_call_state"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (settled_at IS NULL)", name=op.f("ck_stand_in_call_settled")
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_stand_in_call_days_in_order")),
        sa.CheckConstraint("slot >= 1", name=op.f("ck_stand_in_call_slot_from_one")),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(post_id, post_id, '[]')"), "&&"),
            (sa.text("int4range(slot, slot, '[]')"), "&&"),
            (sa.text("daterange(first_day, last_day, '[]')"), "&&"),
            name="ex_stand_in_call_asked_once",
            using="gist",
            where=sa.text("state = 'open'"),
        ),
    )
    for column in ("sub_county_id", "post_id", "follows_id", "asked_by"):
        op.create_index(op.f(f"ix_stand_in_call_{column}"), "stand_in_call", [column])
    op.create_index(
        "ix_stand_in_call_centre_id_first_day", "stand_in_call", ["centre_id", "first_day"]
    )
    op.create_index(
        "ix_stand_in_call_open",
        "stand_in_call",
        ["expires_at"],
        postgresql_where=sa.text("state = 'open'"),
    )


def _offers() -> None:
    op.create_table(
        "stand_in_offer",
        sa.Column("id", INT, nullable=False),
        sa.Column("call_id", INT, nullable=False),
        sa.Column("sub_county_id", INT, nullable=False),
        sa.Column("officer_id", INT, nullable=False),
        sa.Column("code", sa.String(4), nullable=False),
        sa.Column("state", sa.String(10), server_default="offered", nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_how", sa.String(8)),
        sa.Column("deployment_id", INT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in_offer")),
        sa.ForeignKeyConstraint(
            ["call_id", "sub_county_id"],
            ["stand_in_call.id", "stand_in_call.sub_county_id"],
            onupdate="CASCADE",
            name="fk_stand_in_offer_call_in_sub_county",
        ),
        _key("stand_in_offer", "officer_id", "officer"),
        _key("stand_in_offer", "deployment_id", "deployment"),
        sa.UniqueConstraint(
            "call_id", "officer_id", name=op.f("uq_stand_in_offer_call_id_officer_id")
        ),
        sa.UniqueConstraint("officer_id", "code", name=op.f("uq_stand_in_offer_officer_id_code")),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'refused', 'taken', 'expired', 'withdrawn')",
            name=op.f("ck_stand_in_offer_state"),
        ),
        sa.CheckConstraint(
            "answered_how IN ('page', 'sms', 'office', 'time')",
            name=op.f("ck_stand_in_offer_answered_how"),
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (answered_at IS NULL)", name=op.f("ck_stand_in_offer_answered")
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (deployment_id IS NOT NULL)",
            name=op.f("ck_stand_in_offer_accepted_is_deployed"),
        ),
        sa.CheckConstraint("code ~ '^[0-9]{4}$'", name=op.f("ck_stand_in_offer_code")),
    )
    for column in ("sub_county_id", "deployment_id"):
        op.create_index(op.f(f"ix_stand_in_offer_{column}"), "stand_in_offer", [column])
    op.create_index(
        "uq_stand_in_offer_one_accepted",
        "stand_in_offer",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("state = 'accepted'"),
    )


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def downgrade() -> None:
    op.drop_table("stand_in_offer")
    op.drop_table("stand_in_call")
    op.execute("DROP TRIGGER deployment_stand_in_gives_back ON deployment")
    op.execute("DROP TRIGGER deployment_yields_absent_days ON deployment")
    op.execute("DROP TRIGGER mark_stays_off_yielded_days ON mark")
    _one_holder("period")
    op.drop_column("deployment", "holds")
    op.drop_column("deployment", "yielded")
    for function in (
        "stand_in_call_stands",
        "stand_in_offer_stands",
        "stand_in_gives_back",
        "mark_stays_off_yielded_days",
        "deployment_yields_absent_days",
    ):
        op.execute(f"DROP FUNCTION {function}()")
