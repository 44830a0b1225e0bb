"""What officers are told by SMS of their own answers, and of what they said is wrong."""

from collections.abc import Mapping

from app.deployments.enums import CorrectionKind, CorrectionState
from app.messages.texts import SmsText

ACCEPTED = SmsText(
    en="Sajili: you accepted duty as %(role)s at %(station)s, %(first)s to %(last)s. Carry your"
    " letter: %(address)s/me/deployments/",
    sw="Sajili: umekubali kazi ya %(role)s, %(station)s, %(first)s hadi %(last)s. Beba barua yako:"
    " %(address)s/me/deployments/",
)
DECLINED = SmsText(
    en="Sajili: you declined duty as %(role)s at %(station)s, %(first)s to %(last)s. The letter no"
    " longer holds.",
    sw="Sajili: umekataa kazi ya %(role)s, %(station)s, %(first)s hadi %(last)s. Barua haitumiki"
    " tena.",
)
ANSWERED: Mapping[CorrectionState, SmsText] = {
    CorrectionState.AMENDED: SmsText(
        en="Sajili: what you reported about your duty at %(station)s (%(what)s) is put right. Your"
        " new letter: %(address)s/me/deployments/",
        sw="Sajili: ulichoripoti kuhusu kazi yako, %(station)s (%(what)s) kimerekebishwa. Barua"
        " mpya: %(address)s/me/deployments/",
    ),
    CorrectionState.REDEPLOYED: SmsText(
        en="Sajili: after what you reported about your duty at %(station)s (%(what)s) you are"
        " deployed anew. Your new letter: %(address)s/me/deployments/",
        sw="Sajili: kwa ulichoripoti kuhusu kazi yako, %(station)s (%(what)s) umepangiwa upya."
        " Barua mpya: %(address)s/me/deployments/",
    ),
    CorrectionState.REFUSED: SmsText(
        en="Sajili: what you reported about your duty at %(station)s (%(what)s) changes nothing."
        " The reason: %(address)s/me/deployments/",
        sw="Sajili: ulichoripoti kuhusu kazi yako, %(station)s (%(what)s) hakibadilishi kitu."
        " Sababu: %(address)s/me/deployments/",
    ),
}
WHAT: Mapping[CorrectionKind, SmsText] = {
    CorrectionKind.STATION: SmsText(en="duty station", sw="kituo"),
    CorrectionKind.ROLE: SmsText(en="role", sw="kazi"),
    CorrectionKind.DATES: SmsText(en="dates", sw="tarehe"),
    CorrectionKind.NAME: SmsText(en="name", sw="jina"),
}
"""What is wrong, as a word within the texts above."""
