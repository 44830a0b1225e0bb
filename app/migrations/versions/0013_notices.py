"""Dated notices to a role or to centres: who reads one is decided by its area and its audience."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AUDIENCES = "'officers', 'centres', 'named_centres', 'tsc', 'scde', 'directors', 'county'"
ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
CENTRE = "centre_id = ANY ((SELECT app_scope_ids('centre'))::int[])"
OWN_CENTRES = "(SELECT app_scope_ids('centre'))::int[]"
OWN_OFFICER = "(SELECT app_scope_ids('officer'))::int[]"
KIND = "coalesce(current_setting('app.scope_kind', true), '')"

READ = f"""
{ALL} OR {SUB_COUNTY}
OR (sub_county_id IS NULL AND audience <> 'named_centres' AND (
     (SELECT {KIND} IN ('sub_county', 'county'))
     OR (audience = 'officers' AND (SELECT cardinality(app_scope_ids('officer')) > 0))
     OR (audience = 'centres' AND (SELECT cardinality(app_scope_ids('centre')) > 0))))
OR (audience = 'named_centres' AND id IN (
     SELECT c.notice_id FROM notice_centre c WHERE c.{CENTRE} OR c.{SUB_COUNTY}))
OR (audience = 'centres' AND sub_county_id IN (
     SELECT c.sub_county_id FROM centre c WHERE c.id = ANY ({OWN_CENTRES})))
OR (audience = 'officers' AND (
     sub_county_id IN (SELECT o.sub_county_id FROM officer o WHERE o.id = ANY ({OWN_OFFICER}))
     OR sub_county_id IN (SELECT d.sub_county_id FROM deployment d
         WHERE d.officer_id = ANY ({OWN_OFFICER}) AND d.status IN ('published', 'accepted'))))
"""


def upgrade() -> None:
    _notice()
    _notice_centre()
    op.create_table(
        "notice_seen",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        _stamp("seen_at"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_notice_seen_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_seen_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "notice_id", name=op.f("pk_notice_seen")),
    )
    op.create_index(op.f("ix_notice_seen_notice_id"), "notice_seen", ["notice_id"])
    write = f"{ALL} OR {SUB_COUNTY}"
    _policies("notice", reads=READ, writes=write)
    _policies("notice_centre", reads=f"{write} OR {CENTRE}", writes=write)


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("office", sa.String(6), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("text_en", sa.String(300), nullable=False),
        sa.Column("text_sw", sa.String(300)),
        sa.Column("sms_en", sa.String(160)),
        sa.Column("sms_sw", sa.String(160)),
        sa.Column("shown_from", sa.Date(), nullable=False),
        sa.Column("shown_until", sa.Date(), nullable=False),
        sa.Column("author_id", sa.Integer()),
        sa.Column("author_name", sa.String(128), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.String(128)),
        sa.Column("withdrawn_reason", sa.String(500)),
        sa.Column("sms_wanted", sa.Integer()),
        sa.Column("sms_confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("sms_confirmed_by", sa.String(128)),
        sa.Column("sms_cursor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sms_posted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sms_done_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("office IN ('knec', 'tsc', 'scde')", name=op.f("ck_notice_office")),
        sa.CheckConstraint(f"audience IN ({AUDIENCES})", name=op.f("ck_notice_audience")),
        sa.CheckConstraint(
            "office = 'knec' OR sub_county_id IS NOT NULL", name=op.f("ck_notice_office_has_area")
        ),
        sa.CheckConstraint("shown_until >= shown_from", name=op.f("ck_notice_days")),
        sa.CheckConstraint("text_en <> ''", name=op.f("ck_notice_says_something")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_notice_withdrawn_says_why"),
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_notice_sub_county_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["ab_user.id"], name=op.f("fk_notice_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    for column in ("sub_county_id", "author_id"):
        op.create_index(op.f(f"ix_notice_{column}"), "notice", [column])
    op.create_index("ix_notice_shown_until_audience", "notice", ["shown_until", "audience"])


def _notice_centre() -> None:
    op.create_table(
        "notice_centre",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
            name=op.f("fk_notice_centre_notice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            onupdate="CASCADE",
            name="fk_notice_centre_centre_in_sub_county",
        ),
        sa.PrimaryKeyConstraint("notice_id", "centre_id", name=op.f("pk_notice_centre")),
    )
    for column in ("centre_id", "sub_county_id"):
        op.create_index(f"ix_notice_centre_{column}", "notice_centre", [column])


def _stamp(name: str) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.text("clock_timestamp()"),
        nullable=False,
    )


def _policies(table: str, *, reads: str, writes: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for act, rule in (
        ("SELECT", f"USING ({reads})"),
        ("INSERT", f"WITH CHECK ({writes})"),
        ("UPDATE", f"USING ({writes}) WITH CHECK ({writes})"),
        ("DELETE", f"USING ({writes})"),
    ):
        name = {"SELECT": "read"}.get(act, act.lower())
        op.execute(f"CREATE POLICY scope_{name} ON {table} FOR {act} {rule}")


def downgrade() -> None:
    op.execute("DROP POLICY scope_read ON notice")
    for table in ("notice_seen", "notice_centre", "notice"):
        op.drop_table(table)
