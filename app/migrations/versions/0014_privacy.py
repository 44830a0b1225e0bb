"""Versions of the notice, requests for own data, retention periods, and officers made anonymous."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FIRST_DAY = dt.date(2026, 1, 1)
YEAR = 365
LIMITED = "Data Protection Act 2019, s. 25(g), s. 39: no longer than the purpose needs"
FINANCE = "Public Finance Management Act 2012; Limitation of Actions Act (Cap. 22), s. 4: six years"
SENSITIVE = "Data Protection Act 2019, s. 39, s. 44-46: sensitive data, no longer than needed"
PERIODS = (
    ("sign-in-sessions", 30, LIMITED),
    ("sign-in-counters", 7, LIMITED),
    ("one-time-codes", 7, LIMITED),
    ("message-texts", 90, LIMITED),
    ("messages", 2 * YEAR, "Data Protection Act 2019, s. 39; costs are audited once a year"),
    ("messages-received", 90, LIMITED),
    ("import-files", 30, LIMITED),
    ("unsuccessful-applications", YEAR, LIMITED),
    ("number-changes", 2 * YEAR, "Data Protection Act 2019, s. 39; fraud is found within a season"),
    ("next-of-kin", YEAR, SENSITIVE),
    ("bank-details", 2 * YEAR, FINANCE),
    ("unfinished-profiles", YEAR, LIMITED),
    ("inactive-officers", 7 * YEAR, FINANCE),
    ("data-requests", 3 * YEAR, "Data Protection Act 2019, s. 26: proof of the answer"),
)
MOBILE = "mobile ~ '^254[17][0-9]{8}$'"
NO_MOBILE = f"{MOBILE} OR (anonymised_at IS NOT NULL AND mobile ~ '^0[0-9]{{11}}$')"
ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OWN = f"{ALL} OR {SUB_COUNTY} OR {OFFICER}"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _officer()
    _notice()
    _requests()
    _retention()


def _officer() -> None:
    op.add_column("officer", sa.Column("privacy_version", sa.Integer()))
    op.add_column("officer", sa.Column("privacy_accepted_at", MOMENT))
    op.add_column("officer", sa.Column("anonymised_at", MOMENT))
    op.drop_constraint(op.f("ck_officer_mobile_254"), "officer", type_="check")
    op.create_check_constraint(op.f("ck_officer_mobile_254"), "officer", NO_MOBILE)


def _notice() -> None:
    notice = op.create_table(
        "privacy_notice",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("what_changed", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_privacy_notice")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_privacy_notice_effective_from")),
    )
    first = {"version": 1, "effective_from": FIRST_DAY, "what_changed": "First version."}
    op.bulk_insert(notice, [first])


def _requests() -> None:
    op.create_table(
        "data_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(8), server_default="open", nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by", sa.Integer()),
        sa.Column("answer", sa.String(500)),
        sa.CheckConstraint(
            "kind IN ('correction', 'erasure', 'objection')", name=op.f("ck_data_request_kind")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused')", name=op.f("ck_data_request_state")
        ),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL) AND (answered_at IS NULL) = (answer IS NULL)",
            name=op.f("ck_data_request_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_data_request_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_data_request_sub_county_id")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["ab_user.id"], name=op.f("fk_data_request_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_request")),
    )
    for column in ("officer_id", "sub_county_id", "answered_by"):
        op.create_index(op.f(f"ix_data_request_{column}"), "data_request", [column])
    op.create_index(
        "ix_data_request_due_on",
        "data_request",
        ["due_on"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.execute("ALTER TABLE data_request ENABLE ROW LEVEL SECURITY")
    for act, rule in (
        ("SELECT", f"USING ({OWN})"),
        ("INSERT", f"WITH CHECK ({OWN})"),
        ("UPDATE", f"USING ({ALL}) WITH CHECK ({ALL})"),
        ("DELETE", f"USING ({ALL})"),
    ):
        name = {"SELECT": "read"}.get(act, act.lower())
        op.execute(f"CREATE POLICY scope_{name} ON data_request FOR {act} {rule}")


def _retention() -> None:
    period = op.create_table(
        "retention_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("legal_basis", sa.String(300), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.CheckConstraint("keep_days BETWEEN 1 AND 36500", name=op.f("ck_retention_period_days")),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_retention_period_dates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_period")),
    )
    op.execute(
        "ALTER TABLE retention_period ADD CONSTRAINT ex_retention_period_one_at_a_time"
        " EXCLUDE USING gist (int8range(hashtext(rule), hashtext(rule), '[]') WITH &&,"
        " daterange(effective_from, effective_to, '[]') WITH &&)"
    )
    op.bulk_insert(
        period,
        [
            {"rule": rule, "keep_days": days, "legal_basis": law, "effective_from": FIRST_DAY}
            for rule, days, law in PERIODS
        ],
    )
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_on", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("facts", JSONB()),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column(
            "finished_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
        sa.UniqueConstraint(
            "run_on", "rule", "started_at", name=op.f("uq_retention_run_run_on_rule_started_at")
        ),
    )
    op.execute(
        "CREATE TRIGGER retention_run_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON retention_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("retention_run", "retention_period", "data_request"):
        op.drop_table(table)
    op.drop_table("privacy_notice")
    op.drop_constraint(op.f("ck_officer_mobile_254"), "officer", type_="check")
    op.create_check_constraint(op.f("ck_officer_mobile_254"), "officer", MOBILE)
    for name in ("anonymised_at", "privacy_accepted_at", "privacy_version"):
        op.drop_column("officer", name)
