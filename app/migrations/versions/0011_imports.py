"""Files brought in: their sealed pieces, what was wrong with their rows, remembered mappings.

A centre's code may be made by the portal where a list has none, and says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = "'received', 'to_map', 'checking', 'checked', 'storing', 'stored', 'refused', 'discarded'"
ALL = "(SELECT app_scope_all())"
OWN = f"{ALL} OR sub_county_id = ANY ((SELECT app_scope_ids('sub_county'))::int[])"
TABLES = ("list_import", "import_piece", "import_line", "import_fault", "import_mapping")


def upgrade() -> None:
    op.add_column(
        "centre", sa.Column("code_made", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _list_import()
    _parts()
    _mapping()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for act, rule in (
            ("SELECT", f"USING ({OWN})"),
            ("INSERT", f"WITH CHECK ({OWN})"),
            ("UPDATE", f"USING ({OWN}) WITH CHECK ({OWN})"),
            ("DELETE", f"USING ({OWN})"),
        ):
            name = {"SELECT": "read"}.get(act, act.lower())
            op.execute(f"CREATE POLICY scope_{name} ON {table} FOR {act} {rule}")


def _stamp(name: str, *, required: bool = False) -> sa.Column:
    default = sa.text("clock_timestamp()") if required else None
    kind = sa.DateTime(timezone=True)
    return sa.Column(name, kind, server_default=default, nullable=not required)


def _foreign(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, **options)


def _list_import() -> None:
    op.create_table(
        "list_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("series_id", sa.Integer()),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("state", sa.String(10), server_default="received", nullable=False),
        sa.Column("run", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_name", sa.String(160), nullable=False),
        sa.Column("file_bytes", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(4), nullable=False),
        sa.Column("heading_row", sa.Integer()),
        sa.Column("headings", JSONB()),
        sa.Column("first_rows", sa.LargeBinary()),
        sa.Column("mapping", JSONB()),
        sa.Column("choices", JSONB()),
        sa.Column("rows_checked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("phase", sa.String(20)),
        sa.Column("counts", JSONB()),
        sa.Column("problem", JSONB()),
        sa.Column("added_by", sa.Integer()),
        _stamp("added_at", required=True),
        sa.Column("asked_by", sa.Integer()),
        _stamp("asked_at"),
        _stamp("finished_at"),
        _stamp("wiped_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_import")),
        _foreign("list_import", "series_id", "series"),
        _foreign("list_import", "sub_county_id", "sub_county"),
        _foreign("list_import", "added_by", "ab_user"),
        _foreign("list_import", "asked_by", "ab_user"),
        sa.CheckConstraint(
            "kind IN ('officers', 'centres', 'candidates', 'schools')",
            name=op.f("ck_list_import_kind"),
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_list_import_state")),
        sa.CheckConstraint("format IN ('csv', 'xlsx')", name=op.f("ck_list_import_format")),
        sa.CheckConstraint(
            "(series_id IS NOT NULL) = (kind IN ('centres', 'candidates'))",
            name=op.f("ck_list_import_series_of_centres"),
        ),
    )
    for column in ("series_id", "sub_county_id", "file_hash", "added_by", "asked_by"):
        op.create_index(op.f(f"ix_list_import_{column}"), "list_import", [column])


def _parts() -> None:
    op.create_table(
        "import_piece",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_piece")),
        _foreign("import_piece", "import_id", "list_import", ondelete="CASCADE"),
    )
    op.create_table(
        "import_line",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "row_number", name=op.f("pk_import_line")),
        _foreign("import_line", "import_id", "list_import", ondelete="CASCADE"),
    )
    op.create_table(
        "import_fault",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("field", sa.String(30)),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("message", sa.String(300), nullable=False),
        sa.Column("facts", JSONB()),
        sa.Column("warning", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_fault")),
        _foreign("import_fault", "import_id", "list_import", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_import_fault_import_id_row_number", "import_fault", ["import_id", "row_number"]
    )


def _mapping() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("headings_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sub_county_id", sa.Integer()),
        sa.Column("mapping", JSONB(), nullable=False),
        sa.Column("choices", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("saved_by", sa.Integer()),
        _stamp("saved_at", required=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint(
            "kind",
            "headings_hash",
            "sub_county_id",
            name=op.f("uq_import_mapping_kind_headings_hash_sub_county_id"),
            postgresql_nulls_not_distinct=True,
        ),
        _foreign("import_mapping", "sub_county_id", "sub_county"),
        _foreign("import_mapping", "saved_by", "ab_user"),
    )
    for column in ("sub_county_id", "saved_by"):
        op.create_index(op.f(f"ix_import_mapping_{column}"), "import_mapping", [column])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("centre", "code_made")
