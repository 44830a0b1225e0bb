"""The profile's fields, dated requirements, flags and the yearly confirmation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
    op.execute("ALTER TABLE declared_interest ENABLE ROW LEVEL SECURITY")
    for act, rule in (
        ("SELECT", f"USING ({OWN})"),
        ("INSERT", f"WITH CHECK ({OWN})"),
        ("UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})"),
        ("DELETE", f"USING ({OWN})"),
    ):
        name = {"SELECT": "read"}.get(act, act.lower())
        op.execute(f"CREATE POLICY scope_{name} ON declared_interest FOR {act} {rule}")


def downgrade() -> None:
    op.drop_table("declared_interest")
    for name in LISTED:
        op.drop_constraint(op.f(f"ck_officer_{name}"), "officer", type_="check")
    for name in ("home_sub_county_id", "reads_braille", *(name for name, _ in COLUMNS)):
        op.drop_column("officer", name)
