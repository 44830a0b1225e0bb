"""Results by telephone: who switched SMS and USSD on for a release, and how often was asked.

Off where there is no row, so that a release which supersedes another starts off. What goes out is a
kind of message of its own, with budgets that leave the staff's messages their share.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0026"
branch_labels = None
depends_on = None

KINDS = (
    "'credentials', 'number_change', 'profile', 'identity', 'application', 'notice', 'deployment',"
    " 'offer', 'help'"
)
WIPED = "body IS NOT NULL AND (kind = 'credentials' OR kind = 'number_change'{more})"
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = """
CREATE TRIGGER result_switch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON result_switch
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
FIRST_ROWS = """
INSERT INTO message_budget
  (measure, kind, window_minutes, most_messages, most_kes, wait_minutes, effective_from) VALUES
  ('number', 'result', 60, 5, NULL, NULL, '2026-01-01'),
  ('number', 'result', 1440, 15, NULL, NULL, '2026-01-01'),
  ('everything', 'result', 60, NULL, 10000, NULL, '2026-01-01'),
  ('everything', 'result', 1440, NULL, 100000, NULL, '2026-01-01');
INSERT INTO retention_period (rule, keep_days, legal_basis, effective_from) VALUES
  ('result-questions', 90, 'Data Protection Act 2019, s. 25(g), s. 39: no longer than the purpose needs',
   '2026-01-01');
"""
NO_ROWS = """
DELETE FROM retention_period WHERE rule = 'result-questions';
DELETE FROM message_budget WHERE kind = 'result';
DELETE FROM message_spending WHERE kind = 'result';
DELETE FROM message WHERE kind = 'result';
"""


def upgrade() -> None:
    _switch()
    _question()
    _kinds(f"{KINDS}, 'result'", WIPED.format(more=" OR kind = 'result'"))
    op.execute(APPEND_ONLY)
    op.execute(FIRST_ROWS)


def _switch() -> None:
    op.create_table(
        "result_switch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("switched_by", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("switched_at", MOMENT, nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'ussd')", name=op.f("ck_result_switch_channel")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_result_switch_reason")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_switch_release_id")
        ),
        sa.ForeignKeyConstraint(
            ["switched_by"], ["ab_user.id"], name=op.f("fk_result_switch_switched_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_switch")),
    )
    op.create_index(
        "ix_result_switch_release_id_channel", "result_switch", ["release_id", "channel", "id"]
    )
    op.create_index(op.f("ix_result_switch_switched_by"), "result_switch", ["switched_by"])


def _question() -> None:
    op.create_table(
        "result_question",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("once", sa.String(length=110), nullable=False),
        sa.Column("asker", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'ussd')", name=op.f("ck_result_question_channel")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["result_release.id"], name=op.f("fk_result_question_release_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_question")),
        sa.UniqueConstraint("once", name=op.f("uq_result_question_once")),
    )
    op.create_index(op.f("ix_result_question_release_id"), "result_question", ["release_id"])
    op.create_index("ix_result_question_asker_asked_at", "result_question", ["asker", "asked_at"])
    op.create_index("ix_result_question_asked_at", "result_question", ["asked_at"])


def _kinds(kinds: str, wiped: str) -> None:
    for table in ("message", "message_budget"):
        op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_kind"), table, f"kind IN ({kinds})")
    op.drop_index("ix_message_secret_kept", table_name="message")
    op.create_index(
        "ix_message_secret_kept", "message", ["expires_at"], postgresql_where=sa.text(wiped)
    )


def downgrade() -> None:
    op.execute(NO_ROWS)
    _kinds(KINDS, WIPED.format(more=""))
    op.drop_table("result_question")
    op.drop_table("result_switch")
