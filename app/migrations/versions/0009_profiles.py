"""The profile's fields, dated requirements, flags and the yearly confirmation."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = (
    ("nssf_cipher", sa.LargeBinary()),
    ("sha_cipher", sa.LargeBinary()),
    ("mpesa_name", sa.String(120)),
    ("bank_name", sa.String(80)),
    ("bank_branch", sa.String(80)),
    ("account_cipher", sa.LargeBinary()),
    ("account_last", sa.String(3)),
    ("qualification_level", sa.String(12)),
    ("qualification_institution", sa.String(120)),
    ("qualification_course", sa.String(120)),
    ("qualification_from", sa.Integer()),
    ("qualification_to", sa.Integer()),
    ("employer_kind", sa.String(10)),
    ("teaches_at", sa.String(10)),
    ("started_on", sa.Date()),
    ("kin_name", sa.String(120)),
    ("kin_telephone", sa.String(15)),
    ("kin_relationship", sa.String(20)),
)
LISTED = {
    "qualification_level": ("certificate", "diploma", "degree", "masters", "doctorate"),
    "employer_kind": ("tsc", "police", "ministry", "knec", "other"),
    "teaches_at": ("primary", "junior", "secondary"),
}
VERSIONS = (
    ("profile_version", sa.Integer(), "0"),
    ("group_versions", postgresql.JSONB(), "{}"),
    ("wanted_roles", postgresql.ARRAY(sa.Text()), "{}"),
    ("verified_groups", postgresql.ARRAY(sa.Text()), "{}"),
)
"""Which save changed each group last, what somebody wants to do, and what a director has verified."""
WAITING = (
    ("submitted_at", sa.DateTime(timezone=True)),
    ("flagged_field", sa.String(30)),
    ("flag_reason", sa.String(300)),
)
FIELDS = (
    *("full_name", "mpesa_name", "year_of_birth", "gender", "national_id", "wanted_roles"),
    *("qualification_level", "qualification_institution", "qualification_course"),
    *("employer_kind", "workstation", "designation", "sub_county"),
    *("kin_name", "kin_telephone", "kin_relationship"),
)
PAID_BY = ("kra_pin", "bank_name", "bank_branch", "account")
SOURCE = "Fields of the portal of 2025"
APPEND_ONLY = ("profile_move", "unmasking")
REVOKE = """
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = '{table}'
      AND g.grantee <> current_user AND g.grantee <> 'PUBLIC'
  LOOP
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', grantee);
  END LOOP;
END $$;
"""
ALL = "(SELECT app_scope_all())"
SUB_COUNTY = "sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
OFFICER = "officer_id = ANY ((SELECT app_scope_ids('officer'))::int[])"
OWN = f"{ALL} OR {SUB_COUNTY} OR {OFFICER}"


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("officer", sa.Column(name, kind))
    op.add_column(
        "officer",
        sa.Column("reads_braille", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("officer", sa.Column("home_sub_county_id", sa.Integer()))
    op.create_foreign_key(
        op.f("fk_officer_home_sub_county_id"),
        "officer",
        "sub_county",
        ["home_sub_county_id"],
        ["id"],
    )
    op.create_index(op.f("ix_officer_home_sub_county_id"), "officer", ["home_sub_county_id"])
    for name, words in LISTED.items():
        listed = ", ".join(f"'{word}'" for word in words)
        op.create_check_constraint(op.f(f"ck_officer_{name}"), "officer", f"{name} IN ({listed})")
    _declared_interest()
    _states()
    _requirements()
    _histories()
    _unmasking()


def _states() -> None:
    """What a state needs beside its name; whoever is verified already is so in every group."""
    for name, kind, default in VERSIONS:
        op.add_column("officer", sa.Column(name, kind, server_default=default, nullable=False))
    for name, kind in WAITING:
        op.add_column("officer", sa.Column(name, kind))
    op.execute(
        "UPDATE officer SET verified_groups ="
        " '{personal,bank,qualification,workstation,kin,duties}' WHERE state = 'verified'"
    )
    op.execute(
        "UPDATE officer SET flagged_field = 'full_name', flag_reason = 'Flagged before reasons'"
        " WHERE state = 'flagged'"
    )
    op.create_check_constraint(
        op.f("ck_officer_flag_says_why"),
        "officer",
        "state <> 'flagged' OR (flagged_field IS NOT NULL AND flag_reason IS NOT NULL)",
    )
    op.create_index(
        "ix_officer_waiting",
        "officer",
        ["sub_county_id", "submitted_at", "id"],
        postgresql_where=sa.text("state = 'submitted' OR state = 'flagged'"),
    )


def _requirements() -> None:
    op.create_table(
        "profile_requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(30), nullable=False),
        sa.Column("role_id", sa.Integer()),
        sa.Column("examination_id", sa.Integer()),
        sa.Column("needed_for", sa.String(6), server_default="submit", nullable=False),
        *_dated(),
        sa.CheckConstraint(
            "needed_for IN ('submit', 'pay')", name=op.f("ck_profile_requirement_needed_for")
        ),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_profile_requirement_dates_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["staff_role.id"], name=op.f("fk_profile_requirement_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.id"],
            name=op.f("fk_profile_requirement_examination_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_requirement")),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(hashtext(field), hashtext(field), '[]')"), "&&"),
            (sa.text("int4range(coalesce(role_id, 0), coalesce(role_id, 0), '[]')"), "&&"),
            (
                sa.text(
                    "int4range(coalesce(examination_id, 0), coalesce(examination_id, 0), '[]')"
                ),
                "&&",
            ),
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_profile_requirement_one_at_a_time",
            using="gist",
        ),
    )
    for column in ("role_id", "examination_id"):
        name = op.f(f"ix_profile_requirement_{column}")
        op.create_index(name, "profile_requirement", [column])
    table = sa.table(
        "profile_requirement",
        *map(sa.column, ("field", "needed_for", "source")),
        sa.column("effective_from", sa.Date()),
    )
    dated = {"effective_from": dt.date(2025, 1, 1), "source": SOURCE}
    op.bulk_insert(
        table,
        [
            {"field": field, "needed_for": needed_for} | dated
            for fields, needed_for in ((FIELDS, "submit"), (PAID_BY, "pay"))
            for field in fields
        ],
    )


def _dated() -> tuple[sa.Column, ...]:
    return (
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date()),
        sa.Column("source", sa.String(200), nullable=False),
    )


def _person(table: str) -> tuple[sa.Column | sa.Constraint, ...]:
    """Whose row it is: the officer, and the sub-county whose director may see it."""
    return (
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f(f"fk_{table}_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f(f"fk_{table}_sub_county_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _stamp(name: str) -> sa.Column:
    now = sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False)


def _histories() -> None:
    op.create_table(
        "profile_move",
        *_person("profile_move"),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("from_state", sa.String(10), nullable=False),
        sa.Column("to_state", sa.String(10), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("reason", sa.String(300)),
        sa.Column("version", sa.Integer(), nullable=False),
        _stamp("moved_at"),
        sa.Column("moved_by", sa.Integer()),
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.ForeignKeyConstraint(
            ["moved_by"], ["ab_user.id"], name=op.f("fk_profile_move_moved_by")
        ),
    )
    op.create_table(
        "series_confirmation",
        *_person("series_confirmation"),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False),
        _stamp("answered_at"),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_confirmation_series_id")
        ),
        sa.UniqueConstraint(
            "officer_id", "series_id", name=op.f("uq_series_confirmation_officer_id_series_id")
        ),
        sa.CheckConstraint(
            "answer IN ('same', 'changed')", name=op.f("ck_series_confirmation_answer")
        ),
    )
    indexed = {
        "profile_move": ("officer_id", "sub_county_id", "moved_by"),
        "series_confirmation": ("sub_county_id", "series_id"),
    }
    for table, columns in indexed.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
        _policies(table)
    _append_only("profile_move")


def _unmasking() -> None:
    op.create_table(
        "unmasking",
        *_person("unmasking"),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.String(128), nullable=False),
        sa.Column("field", sa.String(30), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        _stamp("unmasked_at"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name=op.f("fk_unmasking_user_id")),
    )
    op.create_index(op.f("ix_unmasking_officer_id"), "unmasking", ["officer_id"])
    op.create_index(op.f("ix_unmasking_sub_county_id"), "unmasking", ["sub_county_id"])
    op.create_index("ix_unmasking_user_id_unmasked_at", "unmasking", ["user_id", "unmasked_at"])
    _policies("unmasking")
    _append_only("unmasking")
    op.create_table(
        "unmask_limit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        *_dated(),
        sa.CheckConstraint("per_day >= 0", name=op.f("ck_unmask_limit_not_negative")),
        sa.CheckConstraint(
            "effective_to >= effective_from", name=op.f("ck_unmask_limit_dates_in_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmask_limit")),
        postgresql.ExcludeConstraint(
            (sa.text("daterange(effective_from, effective_to, '[]')"), "&&"),
            name="ex_unmask_limit_one_at_a_time",
            using="gist",
        ),
    )
    op.execute(
        "INSERT INTO unmask_limit (per_day, effective_from, source)"
        " VALUES (30, '2025-01-01', 'Our own decision')"
    )


def _append_only(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(REVOKE.format(table=table))


def _declared_interest() -> None:
    op.create_table(
        "declared_interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column(
            "declared_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_declared_interest_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["sub_county_id"], ["sub_county.id"], name=op.f("fk_declared_interest_sub_county_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_declared_interest_school_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_interest")),
        sa.UniqueConstraint(
            "officer_id", "school_id", name=op.f("uq_declared_interest_officer_id_school_id")
        ),
    )
    for column in ("sub_county_id", "school_id"):
        op.create_index(op.f(f"ix_declared_interest_{column}"), "declared_interest", [column])
    _policies("declared_interest")


def _policies(table: str) -> None:
    """Rows of a sub-county's people, and everybody's own."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for act, rule in (
        ("SELECT", f"USING ({OWN})"),
        ("INSERT", f"WITH CHECK ({OWN})"),
        ("UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})"),
        ("DELETE", f"USING ({OWN})"),
    ):
        name = {"SELECT": "read"}.get(act, act.lower())
        op.execute(f"CREATE POLICY scope_{name} ON {table} FOR {act} {rule}")


def downgrade() -> None:
    tables = ("unmask_limit", "unmasking", "series_confirmation", "profile_move")
    for table in (*tables, "profile_requirement", "declared_interest"):
        op.drop_table(table)
    op.drop_index("ix_officer_waiting", "officer")
    op.drop_constraint(op.f("ck_officer_flag_says_why"), "officer", type_="check")
    for name in (*(name for name, _ in WAITING), *(name for name, _, _ in VERSIONS)):
        op.drop_column("officer", name)
    for name in LISTED:
        op.drop_constraint(op.f(f"ck_officer_{name}"), "officer", type_="check")
    for name in ("home_sub_county_id", "reads_braille", *(name for name, _ in COLUMNS)):
        op.drop_column("officer", name)
