"""Imports of the fixed world: in each sub-county a checked list with one row to put right."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.imports.models import ImportFault, ImportLine, ImportMapping, ImportPiece, ListImport
from app.places.models import SubCounty

HEADINGS = ["Name", "Telephone"]
MAPPING = {"full_name": 0, "mobile": 1}


def build(b: Any) -> None:
    """Adds the rows; `b` is the builder of `world`."""
    for place in b.session.scalars(select(SubCounty).order_by(SubCounty.code)).all():
        one = b.add(
            ListImport(
                kind="officers",
                sub_county_id=place.id,
                state="checked",
                run=1,
                file_name=f"officers-{place.slug}.csv",
                file_bytes=64,
                file_hash=f"world {place.slug}".encode().ljust(32, b"."),
                format="csv",
                heading_row=1,
                headings=HEADINGS,
                mapping=MAPPING,
                choices={},
                counts={"rows": 1, "rejected": 1, "warned": 0, "new": 0, "changed": 0, "same": 0},
            )
        )
        _parts(b, one)


def _parts(b: Any, one: ListImport) -> None:
    own = {"import_id": one.id, "sub_county_id": one.sub_county_id}
    b.add(ImportPiece(**own, number=0, body=b"sealed"))
    b.add(ImportLine(**own, row_number=2, rejected=True, cells=b"sealed"))
    b.add(
        ImportFault(
            **own,
            row_number=2,
            field="mobile",
            code="mobile-number",
            message="Write a Kenyan mobile number, such as 0712 345 678 or 0110 345 678.",
        )
    )
    b.add(
        ImportMapping(
            kind="officers",
            headings_hash=b"world",
            sub_county_id=one.sub_county_id,
            mapping=MAPPING,
        )
    )
