"""Messages to telephones: the outbox, what came in, and what may be spent.

Amounts: budgets in whole shillings, prices and costs in Kenya cents. The first budgets, quiet
hours and price stand here as dated rows, so that no portal starts without them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KINDS = (
    "'credentials', 'number_change', 'profile', 'identity', 'application', 'notice',"
    " 'deployment', 'offer', 'help'"
)
STATES = "'waiting', 'sending', 'sent', 'delivered', 'failed', 'in_doubt', 'withheld', 'expired'"
COUNTED = "state <> 'withheld' AND state <> 'expired'"
FIRST_DAY = dt.date(2026, 1, 1)
BUDGET = ("measure", "kind", "window_minutes", "most_messages", "most_kes", "wait_minutes")
BUDGETS = (
    ("number", "credentials", 60, 3, None, 1),
    ("number", "credentials", 1440, 6, None, None),
    ("number", "number_change", 1440, 6, None, None),
    ("number", None, 1440, 20, None, None),
    ("address", "credentials", 60, 120, None, None),
    ("address", "number_change", 60, 60, None, None),
    ("prefix", "credentials", 60, 200, None, None),
    ("everything", "notice", 1440, None, 60_000, None),
    ("everything", None, 60, 20_000, 20_000, None),
    ("everything", None, 1440, None, 250_000, None),
)

SENT_ONCE = """
CREATE FUNCTION message_is_sent_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('sent', 'delivered') AND NEW.state NOT IN ('sent', 'delivered', 'failed') THEN
    RAISE EXCEPTION 'a message that went out is not sent again'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_message_sent_once';
  END IF;
  IF (NEW.number, NEW.kind, NEW.intent, NEW.created_at) IS DISTINCT FROM
     (OLD.number, OLD.kind, OLD.intent, OLD.created_at) OR NEW.attempts < OLD.attempts
     OR (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body) THEN
    RAISE EXCEPTION 'what a message was stays'
      USING ERRCODE = '23514', CONSTRAINT = 'ck_message_stays';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_is_sent_once BEFORE UPDATE ON message
  FOR EACH ROW EXECUTE FUNCTION message_is_sent_once();
"""


def upgrade() -> None:
    _message()
    _incoming()
    _spending()
    op.execute(SENT_ONCE)
    _first_rows("message_budget", BUDGET, BUDGETS)
    _first_rows("quiet_hours", ("starts_at", "ends_at"), [(dt.time(21), dt.time(6, 30))])
    _first_rows("message_price", ("cents_per_segment",), [(80,)])


def _first_rows(table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    names = (*columns, "effective_from")
    target = sa.table(table, *(sa.column(name) for name in names))
    op.bulk_insert(target, [dict(zip(names, (*row, FIRST_DAY), strict=True)) for row in rows])


def _instant(name: str, *, nullable: bool = True, now: bool = False) -> sa.Column[object]:
    default = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(15), nullable=False),
        sa.Column("prefix", sa.String(11), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("intent", sa.String(160)),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("segments", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(10), server_default="waiting", nullable=False),
        sa.Column("reason", sa.String(80)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("possible_duplicate", sa.Boolean(), server_default=sa.false(), nullable=False),
        _instant("next_try_at"),
        _instant("lease_until"),
        sa.Column("gateway", sa.String(16)),
        sa.Column("gateway_id", sa.String(100)),
        sa.Column("estimated_cents", sa.Integer(), nullable=False),
        sa.Column("cost_cents", sa.Integer()),
        sa.Column("caller", sa.LargeBinary()),
        _instant("created_at", nullable=False, now=True),
        _instant("first_try_at"),
        _instant("sent_at"),
        _instant("delivered_at"),
        _instant("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("intent", name=op.f("uq_message_intent")),
        sa.UniqueConstraint("gateway_id", name=op.f("uq_message_gateway_id")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_message_state")),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_message_kind")),
        sa.CheckConstraint(
            "state = 'withheld' OR number ~ '^254[17][0-9]{8}$'",
            name=op.f("ck_message_kenyan_mobile"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('sending', 'sent', 'delivered', 'in_doubt') OR attempts > 0",
            name=op.f("ck_message_sent_was_tried"),
        ),
        sa.CheckConstraint(
            "doubts <= 2 AND doubts <= attempts", name=op.f("ck_message_one_further_try")
        ),
    )
    for name, columns, where in (
        ("number_created_at", ["number", "created_at"], COUNTED),
        ("prefix_created_at", ["prefix", "created_at"], COUNTED),
        ("caller_created_at", ["caller", "created_at"], COUNTED),
        (
            "pending",
            ["state", "next_try_at"],
            "state = 'waiting' OR state = 'sending' OR state = 'in_doubt'",
        ),
        (
            "secret_kept",
            ["expires_at"],
            "body IS NOT NULL AND (kind = 'credentials' OR kind = 'number_change')",
        ),
        ("created_at", ["created_at", "id"], None),
    ):
        op.create_index(
            op.f(f"ix_message_{name}"),
            "message",
            columns,
            postgresql_where=None if where is None else sa.text(where),
        )


def _incoming() -> None:
    op.create_table(
        "sms_inbound",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gateway_id", sa.String(100), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("short_code", sa.String(20), nullable=False),
        sa.Column("link_id", sa.String(100)),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("keyword", sa.String(20)),
        sa.Column("state", sa.String(10), server_default="received", nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        _instant("received_at", nullable=False, now=True),
        _instant("answered_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_inbound")),
        sa.UniqueConstraint("gateway_id", name=op.f("uq_sms_inbound_gateway_id")),
        sa.CheckConstraint(
            "state IN ('received', 'answered', 'failed')", name=op.f("ck_sms_inbound_state")
        ),
    )
    op.create_index(
        op.f("ix_sms_inbound_unanswered"),
        "sms_inbound",
        ["received_at"],
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "sms_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer()),
        sa.Column("gateway_id", sa.String(100), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("reason", sa.String(80)),
        sa.Column("network_code", sa.String(10)),
        _instant("received_at", nullable=False, now=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_delivery")),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name=op.f("fk_sms_delivery_message_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("gateway_id", "status", name=op.f("uq_sms_delivery_gateway_id_status")),
    )
    op.create_index(op.f("ix_sms_delivery_message_id"), "sms_delivery", ["message_id"])


def _spending() -> None:
    op.create_table(
        "message_budget",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(16)),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("most_messages", sa.Integer()),
        sa.Column("most_kes", sa.Integer()),
        sa.Column("wait_minutes", sa.Integer()),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_budget")),
    )
    for name, rule in (
        ("measure", "measure IN ('number', 'address', 'prefix', 'everything')"),
        ("kind", f"kind IN ({KINDS})"),
        ("window", "window_minutes BETWEEN 1 AND 44640"),
        ("not_negative", "most_messages >= 0 AND most_kes >= 0"),
        ("limits_something", "most_messages IS NOT NULL OR most_kes IS NOT NULL"),
        (
            "wait",
            "wait_minutes IS NULL OR (wait_minutes BETWEEN 1 AND 1440"
            " AND most_messages IS NOT NULL AND measure = 'number')",
        ),
        ("dates", "effective_to >= effective_from"),
    ):
        op.create_check_constraint(op.f(f"ck_message_budget_{name}"), "message_budget", rule)
    op.create_table(
        "message_spending",
        _instant("started_at", nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("started_at", "kind", name=op.f("pk_message_spending")),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_hours")),
        sa.CheckConstraint("starts_at <> ends_at", name=op.f("ck_quiet_hours_some_time")),
        sa.CheckConstraint("effective_to >= effective_from", name=op.f("ck_quiet_hours_dates")),
    )
    op.create_table(
        "message_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cents_per_segment", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_price")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_message_price_effective_from")),
        sa.CheckConstraint(
            "cents_per_segment BETWEEN 0 AND 100000", name=op.f("ck_message_price_cents")
        ),
    )


def downgrade() -> None:
    tables = ("sms_delivery", "message", "sms_inbound", "message_budget", "quiet_hours")
    for table in (*tables, "message_price", "message_spending"):
        op.drop_table(table)
    op.execute("DROP FUNCTION message_is_sent_once()")
