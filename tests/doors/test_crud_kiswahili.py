"""What a centre and a director see of the generated screens in Kiswahili."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tests.factories import world


def test_roster_of_a_centre_names_roles_in_kiswahili(session: Session, client_of: Any) -> None:
    centre = client_of(f"KCSE{world.CENTRE}")
    english = centre.get("/deployments/list/").get_data(as_text=True)
    centre.get("/lang/sw")
    kiswahili = centre.get("/deployments/list/").get_data(as_text=True)
    assert "Invigilator" in english
    assert "Invigilator" not in kiswahili
    assert "Msimamizi" in kiswahili


def test_missing_field_is_said_in_kiswahili(session: Session, client_of: Any) -> None:
    director = client_of("tsc.kisumu-east")
    director.get("/lang/sw")
    page = director.post("/deployments/add", data={}).get_data(as_text=True)
    assert "Sehemu hii ni lazima." in page
    assert "This field is required." not in page
