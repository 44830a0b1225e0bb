"""Text messages about identity numbers and records made one. They name nobody."""

from __future__ import annotations

from collections.abc import Mapping

from app.messages.texts import SmsText

__all__ = ["GIVEN_ELSEWHERE", "MADE_ONE"]

GIVEN_ELSEWHERE: Mapping[str, SmsText] = {
    kind: SmsText(
        en=f"Sajili: your {name_en} ending in %(last)s was given in another registration. It stays"
        " yours; your sub-county office looks into it. If that was you, call them.",
        sw=f"Sajili: {name_sw} inayoishia %(last)s imetolewa kwenye usajili mwingine. Bado ni yako;"
        " ofisi ya kaunti ndogo inafuatilia. Kama ni wewe, wapigie simu.",
    )
    for kind, name_en, name_sw in (
        ("national_id", "national ID number", "nambari yako ya kitambulisho"),
        ("kra_pin", "KRA PIN", "PIN yako ya KRA"),
        ("tsc_number", "TSC number", "nambari yako ya TSC"),
    )
}
"""To the holder of a number, by its kind."""

MADE_ONE = SmsText(
    en="Sajili: your two registrations were made one. Sign in with this number. Forgotten the"
    " password? Send PASSWORD to 22262.",
    sw="Sajili: usajili wako wa mara mbili umefanywa mmoja. Ingia kwa nambari hii. Umesahau nenosiri?"
    " Tuma PASSWORD kwa 22262.",
)
"""To the number that was kept in a merge."""
