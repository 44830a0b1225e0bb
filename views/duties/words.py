"""The words of duties on pages: what may be wrong with one, and how it was answered."""

from __future__ import annotations

from collections.abc import Mapping

from app.deployments.enums import CorrectionKind, CorrectionState
from app.words import N_

KINDS: Mapping[str, str] = {
    CorrectionKind.STATION: N_("Duty station"),
    CorrectionKind.ROLE: N_("Role"),
    CorrectionKind.DATES: N_("Dates"),
    CorrectionKind.NAME: N_("Name"),
}
STATES: Mapping[str, str] = {
    CorrectionState.OPEN: N_("Waits for the TSC Sub-County Director"),
    CorrectionState.AMENDED: N_("Put right"),
    CorrectionState.REDEPLOYED: N_("Deployed anew"),
    CorrectionState.REFUSED: N_("Refused"),
}
