"""Every table of the portal, Flask-AppBuilder's included."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "chain_head",
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "county",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_county")),
        sa.UniqueConstraint("code", name=op.f("uq_county_code")),
        sa.UniqueConstraint("name", name=op.f("uq_county_name")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=128), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.String(length=60), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=True),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_actor_id"), "event", ["actor_id"], unique=False)
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_centre_id"), "event", ["centre_id"], unique=False)
    op.create_index("ix_event_chain", "event", ["chain", "position"], unique=True)
    op.create_index(op.f("ix_event_officer_id"), "event", ["officer_id"], unique=False)
    op.create_index(op.f("ix_event_sub_county_id"), "event", ["sub_county_id"], unique=False)
    op.create_index("ix_event_subject", "event", ["entity", "entity_id"], unique=False)
    op.create_table(
        "examination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("historic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examination")),
        sa.UniqueConstraint("code", name=op.f("uq_examination_code")),
    )
    op.create_table(
        "installation_fact",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_fact")),
    )
    op.create_table(
        "request_receipt",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("user_id", "request_id", name=op.f("pk_request_receipt")),
    )
    op.create_table(
        "sign_in_counter",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_sign_in_counter")),
    )
    op.create_table(
        "staff_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_sw", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("works_at", sa.String(length=10), server_default="school", nullable=False),
        sa.Column(
            "manages_centre",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
        sa.Column(
            "needs_tsc_number",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
        ),
        sa.CheckConstraint("works_at IN ('school', 'store')", name=op.f("ck_staff_role_works_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint("code", name=op.f("uq_staff_role_code")),
    )
    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id", "role_id"),
    )
    op.create_index("idx_group_id", "ab_group_role", ["group_id"], unique=False)
    op.create_index("idx_group_role_id", "ab_group_role", ["role_id"], unique=False)
    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["ab_permission.id"],
        ),
        sa.ForeignKeyConstraint(
            ["view_menu_id"],
            ["ab_view_menu.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_id", "view_menu_id"),
    )
    op.create_index("idx_permission_id", "ab_permission_view", ["permission_id"], unique=False)
    op.create_index("idx_view_menu_id", "ab_permission_view", ["view_menu_id"], unique=False)
    op.create_table(
        "day_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("kes_per_day", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (sa.text("int4range(role_id, role_id, '[]')"), "&&"),
            (
                sa.text("int4range(coalesce(county_id, 0), coalesce(county_id, 0), '[]')"),
                "&&",
            ),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            using="gist",
            name="ex_day_rate_one_at_a_time",
        ),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_day_rate_dates_in_order")
        ),
        sa.CheckConstraint("kes_per_day > 0", name=op.f("ck_day_rate_positive")),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_day_rate_county_id")),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.id"],
            name=op.f("fk_day_rate_examination_id"),
        ),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_day_rate_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_rate")),
    )
    op.create_index(op.f("ix_day_rate_county_id"), "day_rate", ["county_id"], unique=False)
    op.create_index(
        op.f("ix_day_rate_examination_id"), "day_rate", ["examination_id"], unique=False
    )
    op.create_index(op.f("ix_day_rate_role_id"), "day_rate", ["role_id"], unique=False)
    op.create_table(
        "ratio_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=10), server_default="centre", nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("fixed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("candidates_per", sa.Integer(), nullable=True),
        sa.Column("extra", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extra_over", sa.Integer(), nullable=True),
        sa.Column(
            "day_kinds",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{rehearsal,oral,practical,written}'"),
            nullable=False,
        ),
        sa.Column("assumed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(examination_id, examination_id, '[]')"), "&&"),
            (sa.text("int4range(role_id, role_id, '[]')"), "&&"),
            (
                sa.text("int4range(coalesce(county_id, 0), coalesce(county_id, 0), '[]')"),
                "&&",
            ),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            using="gist",
            name="ex_ratio_rule_one_at_a_time",
        ),
        sa.CheckConstraint(
            "(basis = 'county') = (county_id IS NOT NULL)",
            name=op.f("ck_ratio_rule_county_basis"),
        ),
        sa.CheckConstraint("basis IN ('centre', 'county')", name=op.f("ck_ratio_rule_basis")),
        sa.CheckConstraint(
            "(extra = 0) = (extra_over IS NULL)",
            name=op.f("ck_ratio_rule_extra_with_threshold"),
        ),
        sa.CheckConstraint(
            "candidates_per IS NULL OR candidates_per > 0",
            name=op.f("ck_ratio_rule_candidates_per"),
        ),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_ratio_rule_dates_in_order")
        ),
        sa.CheckConstraint("fixed >= 0 AND extra >= 0", name=op.f("ck_ratio_rule_not_negative")),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_ratio_rule_county_id")),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.id"],
            name=op.f("fk_ratio_rule_examination_id"),
        ),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_ratio_rule_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratio_rule")),
    )
    op.create_index(op.f("ix_ratio_rule_county_id"), "ratio_rule", ["county_id"], unique=False)
    op.create_index(
        op.f("ix_ratio_rule_examination_id"),
        "ratio_rule",
        ["examination_id"],
        unique=False,
    )
    op.create_index(op.f("ix_ratio_rule_role_id"), "ratio_rule", ["role_id"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("examination_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=10), server_default="planned", nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'running', 'finished')",
            name=op.f("ck_series_status"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_series_dates_in_order")),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.id"],
            name=op.f("fk_series_examination_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("code", name=op.f("uq_series_code")),
        sa.UniqueConstraint("examination_id", "year", name=op.f("uq_series_examination_id_year")),
    )
    op.create_index(op.f("ix_series_examination_id"), "series", ["examination_id"], unique=False)
    op.create_table(
        "sub_county",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("county_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("boundary_name", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_sub_county_county_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_county")),
        sa.UniqueConstraint("code", name=op.f("uq_sub_county_code")),
        sa.UniqueConstraint("county_id", "name", name=op.f("uq_sub_county_county_id_name")),
        sa.UniqueConstraint("id", "county_id", name=op.f("uq_sub_county_id_county_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_sub_county_slug")),
    )
    op.create_index(op.f("ix_sub_county_county_id"), "sub_county", ["county_id"], unique=False)
    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permission_view_id"], ["ab_permission_view.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("permission_view_id", "role_id"),
    )
    op.create_index(
        "idx_permission_view_id",
        "ab_permission_view_role",
        ["permission_view_id"],
        unique=False,
    )
    op.create_index("idx_role_id", "ab_permission_view_role", ["role_id"], unique=False)
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.Column("county_id", sa.Integer(), nullable=True),
        sa.Column("sub_county_id", sa.Integer(), nullable=True),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "must_change_password",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
        sa.Column("locale", sa.String(length=5), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by_fk"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(["county_id"], ["county.id"], name=op.f("fk_ab_user_county_id")),
        sa.ForeignKeyConstraint(
            ["created_by_fk"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_ab_user_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
        sa.UniqueConstraint("officer_id", name=op.f("uq_ab_user_officer_id")),
        sa.UniqueConstraint("username"),
    )
    op.create_index(op.f("ix_ab_user_centre_id"), "ab_user", ["centre_id"], unique=False)
    op.create_index("ix_ab_user_changed_by_fk", "ab_user", ["changed_by_fk"], unique=False)
    op.create_index(op.f("ix_ab_user_county_id"), "ab_user", ["county_id"], unique=False)
    op.create_index("ix_ab_user_created_by_fk", "ab_user", ["created_by_fk"], unique=False)
    op.create_index(op.f("ix_ab_user_sub_county_id"), "ab_user", ["sub_county_id"], unique=False)
    op.create_index(
        "uq_ab_user_username_lower",
        "ab_user",
        [sa.literal_column("lower(username)")],
        unique=True,
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("falls_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_deadline_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
        sa.UniqueConstraint("series_id", "code", name=op.f("uq_deadline_series_id_code")),
    )
    op.create_index(op.f("ix_deadline_series_id"), "deadline", ["series_id"], unique=False)
    op.create_table(
        "exam_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("payable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("first_session", sa.Time(), server_default="08:00", nullable=False),
        sa.Column("second_session", sa.Time(), nullable=True),
        sa.Column("opens_at", sa.Time(), server_default="06:00", nullable=False),
        sa.Column("submit_by", sa.Time(), server_default="09:00", nullable=False),
        sa.Column("closes_at", sa.Time(), server_default="18:00", nullable=False),
        sa.Column("late_days", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "kind IN ('rehearsal', 'oral', 'practical', 'written')",
            name=op.f("ck_exam_day_kind"),
        ),
        sa.CheckConstraint("late_days BETWEEN 0 AND 30", name=op.f("ck_exam_day_late_days")),
        sa.CheckConstraint(
            "opens_at <= submit_by AND submit_by <= closes_at",
            name=op.f("ck_exam_day_window_in_order"),
        ),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_exam_day_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_day")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_exam_day_series_id_day")),
    )
    op.create_index(op.f("ix_exam_day_day"), "exam_day", ["day"], unique=False)
    op.create_index(op.f("ix_exam_day_series_id"), "exam_day", ["series_id"], unique=False)
    op.create_table(
        "office_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(length=10), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("telephone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("hours", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "(office = 'knec') = (sub_county_id IS NULL)",
            name=op.f("ck_office_contact_knec_is_national"),
        ),
        sa.CheckConstraint(
            "office IN ('knec', 'tsc', 'scde')", name=op.f("ck_office_contact_office")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"],
            ["sub_county.id"],
            name=op.f("fk_office_contact_sub_county_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_contact")),
        sa.UniqueConstraint(
            "office",
            "sub_county_id",
            name=op.f("uq_office_contact_office_sub_county_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_office_contact_sub_county_id"),
        "office_contact",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("moe_code", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("ownership", sa.String(length=20), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("ward", sa.String(length=80), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_school_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("moe_code", name=op.f("uq_school_moe_code")),
    )
    op.create_index(op.f("ix_school_name"), "school", ["name"], unique=False)
    op.create_index(op.f("ix_school_sub_county_id"), "school", ["sub_county_id"], unique=False)
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup_hash"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("idx_api_key_lookup_hash", "ab_api_key", ["lookup_hash"], unique=True)
    op.create_index("idx_api_key_prefix", "ab_api_key", ["key_prefix"], unique=False)
    op.create_index("idx_api_key_user_id", "ab_api_key", ["user_id"], unique=False)
    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "group_id"),
    )
    op.create_index("idx_user_group_id", "ab_user_group", ["group_id"], unique=False)
    op.create_index("idx_user_id", "ab_user_group", ["user_id"], unique=False)
    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "role_id"),
    )
    op.create_table(
        "centre",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="school", nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("candidates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hosting_centre_id", sa.Integer(), nullable=True),
        sa.Column("rooms", sa.Integer(), nullable=True),
        sa.Column("telephone", sa.String(length=12), nullable=True),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("contact_name", sa.String(length=120), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9]{8}$'", name=op.f("ck_centre_code_8_digits")),
        sa.CheckConstraint("kind IN ('school', 'store')", name=op.f("ck_centre_kind")),
        sa.CheckConstraint("candidates >= 0", name=op.f("ck_centre_candidates_not_negative")),
        sa.CheckConstraint("hosting_centre_id <> id", name=op.f("ck_centre_not_hosted_by_itself")),
        sa.CheckConstraint(
            "lat IS NULL OR lat BETWEEN -5 AND 6", name=op.f("ck_centre_lat_in_kenya")
        ),
        sa.CheckConstraint(
            "lon IS NULL OR lon BETWEEN 33 AND 43", name=op.f("ck_centre_lon_in_kenya")
        ),
        sa.CheckConstraint(
            "rooms IS NULL OR rooms BETWEEN 0 AND 500", name=op.f("ck_centre_rooms")
        ),
        sa.ForeignKeyConstraint(
            ["hosting_centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_centre_hosting_in_same_sub_county",
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_centre_school_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_centre_series_id")),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_centre_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
        sa.UniqueConstraint("id", "sub_county_id", name=op.f("uq_centre_id_sub_county_id")),
        sa.UniqueConstraint("series_id", "code", name=op.f("uq_centre_series_id_code")),
    )
    op.create_index(op.f("ix_centre_code"), "centre", ["code"], unique=False)
    op.create_index(
        op.f("ix_centre_hosting_centre_id"),
        "centre",
        ["hosting_centre_id"],
        unique=False,
    )
    op.create_index(op.f("ix_centre_name"), "centre", ["name"], unique=False)
    op.create_index(op.f("ix_centre_school_id"), "centre", ["school_id"], unique=False)
    op.create_index(op.f("ix_centre_series_id"), "centre", ["series_id"], unique=False)
    op.create_index(op.f("ix_centre_sub_county_id"), "centre", ["sub_county_id"], unique=False)
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column("mobile", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("year_of_birth", sa.Integer(), nullable=True),
        sa.Column("gender", sa.String(length=6), nullable=True),
        sa.Column("state", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("national_id_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("national_id_index", sa.LargeBinary(), nullable=True),
        sa.Column("national_id_last", sa.String(length=3), nullable=True),
        sa.Column("kra_pin_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("kra_pin_index", sa.LargeBinary(), nullable=True),
        sa.Column("tsc_number", sa.String(length=8), nullable=True),
        sa.Column("staff_number", sa.String(length=20), nullable=True),
        sa.Column("employer", sa.String(length=80), nullable=True),
        sa.Column("designation", sa.String(length=80), nullable=True),
        sa.Column("workstation", sa.String(length=160), nullable=True),
        sa.Column("workstation_school_id", sa.Integer(), nullable=True),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(length=300), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("gender IN ('female', 'male')", name=op.f("ck_officer_gender")),
        sa.CheckConstraint("mobile ~ '^254[17][0-9]{8}$'", name=op.f("ck_officer_mobile_254")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'verified', 'flagged')",
            name=op.f("ck_officer_state"),
        ),
        sa.CheckConstraint(
            "tsc_number ~ '^[0-9]{5,8}$'", name=op.f("ck_officer_tsc_number_digits")
        ),
        sa.CheckConstraint(
            "year_of_birth BETWEEN 1930 AND 2015", name=op.f("ck_officer_year_of_birth")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["ab_user.id"], name=op.f("fk_officer_created_by")),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_officer_sub_county_id")
        ),
        sa.ForeignKeyConstraint(
            ["workstation_school_id"],
            ["school.id"],
            name=op.f("fk_officer_workstation_school_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("kra_pin_index", name=op.f("uq_officer_kra_pin_index")),
        sa.UniqueConstraint("mobile", name=op.f("uq_officer_mobile")),
        sa.UniqueConstraint("national_id_index", name=op.f("uq_officer_national_id_index")),
        sa.UniqueConstraint("tsc_number", name=op.f("uq_officer_tsc_number")),
    )
    op.create_index(op.f("ix_officer_created_by"), "officer", ["created_by"], unique=False)
    op.create_index(op.f("ix_officer_sub_county_id"), "officer", ["sub_county_id"], unique=False)
    op.create_index(
        "ix_officer_sub_county_id_full_name",
        "officer",
        ["sub_county_id", "full_name"],
        unique=False,
    )
    op.create_index(
        op.f("ix_officer_workstation_school_id"),
        "officer",
        ["workstation_school_id"],
        unique=False,
    )
    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="page", nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("season_long", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
            name=op.f("fk_sign_in_session_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    op.create_index(
        op.f("ix_sign_in_session_expires_at"),
        "sign_in_session",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sign_in_session_user_id"), "sign_in_session", ["user_id"], unique=False
    )
    op.create_table(
        "centre_day",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("absent", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("unmarked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "expected = present + absent + late + unmarked",
            name=op.f("ck_centre_day_sums"),
        ),
        sa.CheckConstraint("held BETWEEN 0 AND present + late", name=op.f("ck_centre_day_held")),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_centre_day_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("centre_id", "day", "role_id", name=op.f("pk_centre_day")),
    )
    op.create_index(
        "ix_centre_day_series_id_day_sub_county_id",
        "centre_day",
        ["series_id", "day", "sub_county_id"],
        unique=False,
        postgresql_include=[
            "role_id",
            "expected",
            "present",
            "absent",
            "late",
            "state",
        ],
    )
    op.create_index(
        "ix_centre_day_sub_county_id_day",
        "centre_day",
        ["sub_county_id", "day"],
        unique=False,
    )
    op.create_table(
        "centre_login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_centre_login_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["ab_user.id"], name=op.f("fk_centre_login_issued_by")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_centre_login_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_login")),
        sa.UniqueConstraint("centre_id", name=op.f("uq_centre_login_centre_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_centre_login_user_id")),
        sa.UniqueConstraint("username", name=op.f("uq_centre_login_username")),
    )
    op.create_index(op.f("ix_centre_login_issued_by"), "centre_login", ["issued_by"], unique=False)
    op.create_index(
        op.f("ix_centre_login_sub_county_id"),
        "centre_login",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("absent_candidates", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('incident', 'unlisted_person', 'hand_over')",
            name=op.f("ck_incident_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_incident_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["ab_user.id"], name=op.f("fk_incident_created_by")
        ),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_incident_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_centre_id_day", "incident", ["centre_id", "day"], unique=False)
    op.create_index(op.f("ix_incident_created_by"), "incident", ["created_by"], unique=False)
    op.create_index(op.f("ix_incident_series_id"), "incident", ["series_id"], unique=False)
    op.create_index(op.f("ix_incident_sub_county_id"), "incident", ["sub_county_id"], unique=False)
    op.create_table(
        "post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.CheckConstraint("required >= 0", name=op.f("ck_post_required_not_negative")),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_post_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_post_role_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_post_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("centre_id", "role_id", name=op.f("uq_post_centre_id_role_id")),
        sa.UniqueConstraint(
            "id",
            "centre_id",
            "role_id",
            "series_id",
            name=op.f("uq_post_id_centre_id_role_id_series_id"),
        ),
    )
    op.create_index(op.f("ix_post_role_id"), "post", ["role_id"], unique=False)
    op.create_index(
        "ix_post_series_id_sub_county_id",
        "post",
        ["series_id", "sub_county_id"],
        unique=False,
    )
    op.create_index(op.f("ix_post_sub_county_id"), "post", ["sub_county_id"], unique=False)
    op.create_table(
        "roster_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column(
            "confirmed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_roster_confirmation_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["ab_user.id"],
            name=op.f("fk_roster_confirmation_confirmed_by"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_confirmation")),
        sa.UniqueConstraint("centre_id", name=op.f("uq_roster_confirmation_centre_id")),
    )
    op.create_index(
        op.f("ix_roster_confirmation_confirmed_by"),
        "roster_confirmation",
        ["confirmed_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_roster_confirmation_sub_county_id"),
        "roster_confirmation",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "period",
            postgresql.DATERANGE(),
            sa.Computed(
                "CASE WHEN status = 'declined' OR ends_on < starts_on THEN 'empty'::daterange ELSE daterange(starts_on, ends_on, '[]') END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=10), server_default="proposed", nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(officer_id, officer_id, '[]')"), "&&"),
            (sa.text("period"), "&&"),
            using="gist",
            name="ex_deployment_one_post_a_day",
        ),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(post_id, post_id, '[]')"), "&&"),
            (sa.text("int4range(slot, slot, '[]')"), "&&"),
            (sa.text("period"), "&&"),
            using="gist",
            name="ex_deployment_slot_filled_once",
        ),
        sa.CheckConstraint(
            "status IN ('proposed','published','accepted','declined','replaced','withdrawn')",
            name=op.f("ck_deployment_status"),
        ),
        sa.CheckConstraint("ends_on >= starts_on - 1", name=op.f("ck_deployment_dates_in_order")),
        sa.CheckConstraint("slot >= 1", name=op.f("ck_deployment_slot_from_one")),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_deployment_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["ab_user.id"], name=op.f("fk_deployment_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_deployment_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["post_id", "centre_id", "role_id", "series_id"],
            ["post.id", "post.centre_id", "post.role_id", "post.series_id"],
            name="fk_deployment_post",
        ),
        sa.ForeignKeyConstraint(["role_id"], ["staff_role.id"], name=op.f("fk_deployment_role_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_deployment_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
        sa.UniqueConstraint(
            "id",
            "centre_id",
            "officer_id",
            "role_id",
            name=op.f("uq_deployment_id_centre_id_officer_id_role_id"),
        ),
    )
    op.create_index(
        "ix_deployment_centre_id_starts_on",
        "deployment",
        ["centre_id", "starts_on"],
        unique=False,
    )
    op.create_index(op.f("ix_deployment_created_by"), "deployment", ["created_by"], unique=False)
    op.create_index(op.f("ix_deployment_officer_id"), "deployment", ["officer_id"], unique=False)
    op.create_index(op.f("ix_deployment_post_id"), "deployment", ["post_id"], unique=False)
    op.create_index(op.f("ix_deployment_role_id"), "deployment", ["role_id"], unique=False)
    op.create_index(
        "ix_deployment_series_id_sub_county_id",
        "deployment",
        ["series_id", "sub_county_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deployment_sub_county_id"),
        "deployment",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "deployment_concern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["ab_user.id"],
            name=op.f("fk_deployment_concern_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_deployment_concern_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["ab_user.id"],
            name=op.f("fk_deployment_concern_created_by"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_deployment_concern_deployment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_concern")),
    )
    op.create_index(
        op.f("ix_deployment_concern_answered_by"),
        "deployment_concern",
        ["answered_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deployment_concern_created_by"),
        "deployment_concern",
        ["created_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deployment_concern_deployment_id"),
        "deployment_concern",
        ["deployment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deployment_concern_sub_county_id"),
        "deployment_concern",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "dispute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("claim", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="open", nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answer IS NULL)", name=op.f("ck_dispute_answered")),
        sa.CheckConstraint("state IN ('open', 'upheld', 'refused')", name=op.f("ck_dispute_state")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["ab_user.id"], name=op.f("fk_dispute_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_dispute_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_dispute_deployment_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_dispute_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_answered_by"), "dispute", ["answered_by"], unique=False)
    op.create_index(op.f("ix_dispute_deployment_id"), "dispute", ["deployment_id"], unique=False)
    op.create_index(op.f("ix_dispute_officer_id"), "dispute", ["officer_id"], unique=False)
    op.create_index(op.f("ix_dispute_sub_county_id"), "dispute", ["sub_county_id"], unique=False)
    op.create_index(
        "uq_dispute_open_day",
        "dispute",
        ["deployment_id", "day"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "register",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("marked_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("return_reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'submitted', 'confirmed', 'returned', 'locked')",
            name=op.f("ck_register_state"),
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_register_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["ab_user.id"], name=op.f("fk_register_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["deployment.id"], name=op.f("fk_register_marked_by_id")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["ab_user.id"], name=op.f("fk_register_opened_by")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_register_series_id")),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["ab_user.id"], name=op.f("fk_register_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
        sa.UniqueConstraint("centre_id", "day", name=op.f("uq_register_centre_id_day")),
        sa.UniqueConstraint("id", "centre_id", "day", name=op.f("uq_register_id_centre_id_day")),
    )
    op.create_index(op.f("ix_register_confirmed_by"), "register", ["confirmed_by"], unique=False)
    op.create_index(
        "ix_register_day_sub_county_id",
        "register",
        ["day", "sub_county_id"],
        unique=False,
    )
    op.create_index(op.f("ix_register_marked_by_id"), "register", ["marked_by_id"], unique=False)
    op.create_index(op.f("ix_register_opened_by"), "register", ["opened_by"], unique=False)
    op.create_index("ix_register_series_id_day", "register", ["series_id", "day"], unique=False)
    op.create_index(op.f("ix_register_sub_county_id"), "register", ["sub_county_id"], unique=False)
    op.create_index(op.f("ix_register_submitted_by"), "register", ["submitted_by"], unique=False)
    op.create_table(
        "mark",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("minutes_late", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("remark", sa.String(length=300), nullable=True),
        sa.Column("self_marked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by_user", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(status = 'late') = (minutes_late IS NOT NULL) AND minutes_late BETWEEN 1 AND 600",
            name=op.f("ck_mark_late_has_minutes"),
        ),
        sa.CheckConstraint("status IN ('present', 'late', 'absent')", name=op.f("ck_mark_status")),
        sa.ForeignKeyConstraint(
            ["deployment_id", "centre_id", "officer_id", "role_id"],
            [
                "deployment.id",
                "deployment.centre_id",
                "deployment.officer_id",
                "deployment.role_id",
            ],
            name="fk_mark_deployment",
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["deployment.id"], name=op.f("fk_mark_marked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["register_id", "centre_id", "day"],
            ["register.id", "register.centre_id", "register.day"],
            name="fk_mark_register",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
        sa.UniqueConstraint("deployment_id", "day", name=op.f("uq_mark_deployment_id_day")),
        sa.UniqueConstraint("officer_id", "day", name=op.f("uq_mark_officer_id_day")),
    )
    op.create_index("ix_mark_centre_id_day", "mark", ["centre_id", "day"], unique=False)
    op.create_index("ix_mark_register_id", "mark", ["register_id"], unique=False)
    op.create_index("ix_mark_sub_county_id_day", "mark", ["sub_county_id", "day"], unique=False)
    op.create_table(
        "mark_history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("minutes_late", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("remark", sa.String(length=300), nullable=True),
        sa.Column("self_marked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=True),
        sa.Column("marked_by_user", sa.Integer(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("correction_reason", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "(status = 'late') = (minutes_late IS NOT NULL) AND minutes_late BETWEEN 1 AND 600",
            name=op.f("ck_mark_history_late_has_minutes"),
        ),
        sa.CheckConstraint(
            "status IN ('present', 'late', 'absent')",
            name=op.f("ck_mark_history_status"),
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id", "centre_id", "officer_id", "role_id"],
            [
                "deployment.id",
                "deployment.centre_id",
                "deployment.officer_id",
                "deployment.role_id",
            ],
            name="fk_mark_history_deployment",
        ),
        sa.ForeignKeyConstraint(
            ["register_id", "centre_id", "day"],
            ["register.id", "register.centre_id", "register.day"],
            name="fk_mark_history_register",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark_history")),
    )
    op.create_index(
        "ix_mark_history_deployment_id_day",
        "mark_history",
        ["deployment_id", "day"],
        unique=False,
    )
    op.create_index("ix_mark_history_register_id", "mark_history", ["register_id"], unique=False)
    op.create_table(
        "register_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=10), nullable=True),
        sa.Column("to_state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column(
            "rows",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_register_move_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moved_by"], ["ab_user.id"], name=op.f("fk_register_move_moved_by")
        ),
        sa.ForeignKeyConstraint(
            ["register_id"], ["register.id"], name=op.f("fk_register_move_register_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_move")),
    )
    op.create_index(
        op.f("ix_register_move_centre_id"), "register_move", ["centre_id"], unique=False
    )
    op.create_index(op.f("ix_register_move_moved_by"), "register_move", ["moved_by"], unique=False)
    op.create_index("ix_register_move_register_id", "register_move", ["register_id"], unique=False)
    op.create_index(
        op.f("ix_register_move_sub_county_id"),
        "register_move",
        ["sub_county_id"],
        unique=False,
    )
    op.create_table(
        "register_remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["centre_id", "sub_county_id"],
            ["centre.id", "centre.sub_county_id"],
            name="fk_register_remark_centre_in_sub_county",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["ab_user.id"], name=op.f("fk_register_remark_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_register_remark_deployment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["register_id"],
            ["register.id"],
            name=op.f("fk_register_remark_register_id"),
        ),
        sa.ForeignKeyConstraint(
            ["seen_by"], ["ab_user.id"], name=op.f("fk_register_remark_seen_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_remark")),
    )
    op.create_index(
        op.f("ix_register_remark_created_by"),
        "register_remark",
        ["created_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_remark_deployment_id"),
        "register_remark",
        ["deployment_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_remark_register_id"),
        "register_remark",
        ["register_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_remark_seen_by"), "register_remark", ["seen_by"], unique=False
    )
    op.create_index(
        op.f("ix_register_remark_sub_county_id"),
        "register_remark",
        ["sub_county_id"],
        unique=False,
    )
    op.create_foreign_key("fk_ab_user_centre_id", "ab_user", "centre", ["centre_id"], ["id"])
    op.create_foreign_key("fk_ab_user_officer_id", "ab_user", "officer", ["officer_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk_ab_user_officer_id", "ab_user", type_="foreignkey")
    op.drop_constraint("fk_ab_user_centre_id", "ab_user", type_="foreignkey")
    op.drop_index(op.f("ix_register_remark_sub_county_id"), table_name="register_remark")
    op.drop_index(op.f("ix_register_remark_seen_by"), table_name="register_remark")
    op.drop_index(op.f("ix_register_remark_register_id"), table_name="register_remark")
    op.drop_index(op.f("ix_register_remark_deployment_id"), table_name="register_remark")
    op.drop_index(op.f("ix_register_remark_created_by"), table_name="register_remark")
    op.drop_table("register_remark")
    op.drop_index(op.f("ix_register_move_sub_county_id"), table_name="register_move")
    op.drop_index("ix_register_move_register_id", table_name="register_move")
    op.drop_index(op.f("ix_register_move_moved_by"), table_name="register_move")
    op.drop_index(op.f("ix_register_move_centre_id"), table_name="register_move")
    op.drop_table("register_move")
    op.drop_index("ix_mark_history_register_id", table_name="mark_history")
    op.drop_index("ix_mark_history_deployment_id_day", table_name="mark_history")
    op.drop_table("mark_history")
    op.drop_index("ix_mark_sub_county_id_day", table_name="mark")
    op.drop_index("ix_mark_register_id", table_name="mark")
    op.drop_index("ix_mark_centre_id_day", table_name="mark")
    op.drop_table("mark")
    op.drop_index(op.f("ix_register_submitted_by"), table_name="register")
    op.drop_index(op.f("ix_register_sub_county_id"), table_name="register")
    op.drop_index("ix_register_series_id_day", table_name="register")
    op.drop_index(op.f("ix_register_opened_by"), table_name="register")
    op.drop_index(op.f("ix_register_marked_by_id"), table_name="register")
    op.drop_index("ix_register_day_sub_county_id", table_name="register")
    op.drop_index(op.f("ix_register_confirmed_by"), table_name="register")
    op.drop_table("register")
    op.drop_index(
        "uq_dispute_open_day",
        table_name="dispute",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index(op.f("ix_dispute_sub_county_id"), table_name="dispute")
    op.drop_index(op.f("ix_dispute_officer_id"), table_name="dispute")
    op.drop_index(op.f("ix_dispute_deployment_id"), table_name="dispute")
    op.drop_index(op.f("ix_dispute_answered_by"), table_name="dispute")
    op.drop_table("dispute")
    op.drop_index(op.f("ix_deployment_concern_sub_county_id"), table_name="deployment_concern")
    op.drop_index(op.f("ix_deployment_concern_deployment_id"), table_name="deployment_concern")
    op.drop_index(op.f("ix_deployment_concern_created_by"), table_name="deployment_concern")
    op.drop_index(op.f("ix_deployment_concern_answered_by"), table_name="deployment_concern")
    op.drop_table("deployment_concern")
    op.drop_index(op.f("ix_deployment_sub_county_id"), table_name="deployment")
    op.drop_index("ix_deployment_series_id_sub_county_id", table_name="deployment")
    op.drop_index(op.f("ix_deployment_role_id"), table_name="deployment")
    op.drop_index(op.f("ix_deployment_post_id"), table_name="deployment")
    op.drop_index(op.f("ix_deployment_officer_id"), table_name="deployment")
    op.drop_index(op.f("ix_deployment_created_by"), table_name="deployment")
    op.drop_index("ix_deployment_centre_id_starts_on", table_name="deployment")
    op.drop_table("deployment")
    op.drop_index(op.f("ix_roster_confirmation_sub_county_id"), table_name="roster_confirmation")
    op.drop_index(op.f("ix_roster_confirmation_confirmed_by"), table_name="roster_confirmation")
    op.drop_table("roster_confirmation")
    op.drop_index(op.f("ix_post_sub_county_id"), table_name="post")
    op.drop_index("ix_post_series_id_sub_county_id", table_name="post")
    op.drop_index(op.f("ix_post_role_id"), table_name="post")
    op.drop_table("post")
    op.drop_index(op.f("ix_incident_sub_county_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_series_id"), table_name="incident")
    op.drop_index(op.f("ix_incident_created_by"), table_name="incident")
    op.drop_index("ix_incident_centre_id_day", table_name="incident")
    op.drop_table("incident")
    op.drop_index(op.f("ix_centre_login_sub_county_id"), table_name="centre_login")
    op.drop_index(op.f("ix_centre_login_issued_by"), table_name="centre_login")
    op.drop_table("centre_login")
    op.drop_index("ix_centre_day_sub_county_id_day", table_name="centre_day")
    op.drop_index(
        "ix_centre_day_series_id_day_sub_county_id",
        table_name="centre_day",
        postgresql_include=[
            "role_id",
            "expected",
            "present",
            "absent",
            "late",
            "state",
        ],
    )
    op.drop_table("centre_day")
    op.drop_index(op.f("ix_sign_in_session_user_id"), table_name="sign_in_session")
    op.drop_index(op.f("ix_sign_in_session_expires_at"), table_name="sign_in_session")
    op.drop_table("sign_in_session")
    op.drop_index(op.f("ix_officer_workstation_school_id"), table_name="officer")
    op.drop_index("ix_officer_sub_county_id_full_name", table_name="officer")
    op.drop_index(op.f("ix_officer_sub_county_id"), table_name="officer")
    op.drop_index(op.f("ix_officer_created_by"), table_name="officer")
    op.drop_table("officer")
    op.drop_index(op.f("ix_centre_sub_county_id"), table_name="centre")
    op.drop_index(op.f("ix_centre_series_id"), table_name="centre")
    op.drop_index(op.f("ix_centre_school_id"), table_name="centre")
    op.drop_index(op.f("ix_centre_name"), table_name="centre")
    op.drop_index(op.f("ix_centre_hosting_centre_id"), table_name="centre")
    op.drop_index(op.f("ix_centre_code"), table_name="centre")
    op.drop_table("centre")
    op.drop_table("ab_user_role")
    op.drop_index("idx_user_id", table_name="ab_user_group")
    op.drop_index("idx_user_group_id", table_name="ab_user_group")
    op.drop_table("ab_user_group")
    op.drop_index("idx_api_key_user_id", table_name="ab_api_key")
    op.drop_index("idx_api_key_prefix", table_name="ab_api_key")
    op.drop_index("idx_api_key_lookup_hash", table_name="ab_api_key")
    op.drop_table("ab_api_key")
    op.drop_index(op.f("ix_school_sub_county_id"), table_name="school")
    op.drop_index(op.f("ix_school_name"), table_name="school")
    op.drop_table("school")
    op.drop_index(op.f("ix_office_contact_sub_county_id"), table_name="office_contact")
    op.drop_table("office_contact")
    op.drop_index(op.f("ix_exam_day_series_id"), table_name="exam_day")
    op.drop_index(op.f("ix_exam_day_day"), table_name="exam_day")
    op.drop_table("exam_day")
    op.drop_index(op.f("ix_deadline_series_id"), table_name="deadline")
    op.drop_table("deadline")
    op.drop_index("uq_ab_user_username_lower", table_name="ab_user")
    op.drop_index(op.f("ix_ab_user_sub_county_id"), table_name="ab_user")
    op.drop_index("ix_ab_user_created_by_fk", table_name="ab_user")
    op.drop_index(op.f("ix_ab_user_county_id"), table_name="ab_user")
    op.drop_index("ix_ab_user_changed_by_fk", table_name="ab_user")
    op.drop_index(op.f("ix_ab_user_centre_id"), table_name="ab_user")
    op.drop_table("ab_user")
    op.drop_index("idx_role_id", table_name="ab_permission_view_role")
    op.drop_index("idx_permission_view_id", table_name="ab_permission_view_role")
    op.drop_table("ab_permission_view_role")
    op.drop_index(op.f("ix_sub_county_county_id"), table_name="sub_county")
    op.drop_table("sub_county")
    op.drop_index(op.f("ix_series_examination_id"), table_name="series")
    op.drop_table("series")
    op.drop_index(op.f("ix_ratio_rule_role_id"), table_name="ratio_rule")
    op.drop_index(op.f("ix_ratio_rule_examination_id"), table_name="ratio_rule")
    op.drop_index(op.f("ix_ratio_rule_county_id"), table_name="ratio_rule")
    op.drop_table("ratio_rule")
    op.drop_index(op.f("ix_day_rate_role_id"), table_name="day_rate")
    op.drop_index(op.f("ix_day_rate_examination_id"), table_name="day_rate")
    op.drop_index(op.f("ix_day_rate_county_id"), table_name="day_rate")
    op.drop_table("day_rate")
    op.drop_index("idx_view_menu_id", table_name="ab_permission_view")
    op.drop_index("idx_permission_id", table_name="ab_permission_view")
    op.drop_table("ab_permission_view")
    op.drop_index("idx_group_role_id", table_name="ab_group_role")
    op.drop_index("idx_group_id", table_name="ab_group_role")
    op.drop_table("ab_group_role")
    op.drop_table("staff_role")
    op.drop_table("sign_in_counter")
    op.drop_table("request_receipt")
    op.drop_table("installation_fact")
    op.drop_table("examination")
    op.drop_index("ix_event_subject", table_name="event")
    op.drop_index(op.f("ix_event_sub_county_id"), table_name="event")
    op.drop_index(op.f("ix_event_officer_id"), table_name="event")
    op.drop_index("ix_event_chain", table_name="event")
    op.drop_index(op.f("ix_event_centre_id"), table_name="event")
    op.drop_index(op.f("ix_event_at"), table_name="event")
    op.drop_index(op.f("ix_event_actor_id"), table_name="event")
    op.drop_table("event")
    op.drop_table("county")
    op.drop_table("chain_head")
    op.drop_table("ab_view_menu")
    op.drop_table("ab_role")
    op.drop_table("ab_register_user")
    op.drop_table("ab_permission")
    op.drop_table("ab_group")
