"""What applicants are told by SMS at each turn, in both languages, each within two messages, with the link."""

from app.messages.texts import SmsText
from app.vacancies.enums import ApplicationAct as Act

AT_EACH_TURN = {
    Act.APPLY: SmsText(
        en="Sajili: you applied as %(role)s at %(station)s, %(series)s. You will hear by SMS."
        " You can withdraw: %(address)s/me/applications/",
        sw="Sajili: umeomba kazi ya %(role)s, %(station)s, %(series)s. Utajulishwa kwa SMS."
        " Unaweza kuondoa ombi: %(address)s/me/applications/",
    ),
    Act.WITHDRAW: SmsText(
        en="Sajili: your application as %(role)s at %(station)s, %(series)s, is withdrawn.",
        sw="Sajili: ombi lako la %(role)s, %(station)s, %(series)s, limeondolewa.",
    ),
    Act.SHORTLIST: SmsText(
        en="Sajili: you are on the shortlist as %(role)s at %(station)s, %(series)s."
        " This is not an offer yet. Where you stand: %(address)s/me/applications/",
        sw="Sajili: umo kwenye orodha fupi ya %(role)s, %(station)s, %(series)s."
        " Bado si ahadi ya kazi. Ulipofikia: %(address)s/me/applications/",
    ),
    Act.SELECT: SmsText(
        en="Sajili: you are offered duty as %(role)s at %(station)s, %(series)s. Accept or"
        " decline: %(address)s/me/applications/",
        sw="Sajili: umepewa kazi ya %(role)s, %(station)s, %(series)s. Kubali au"
        " ukatae: %(address)s/me/applications/",
    ),
    Act.DECLINE: SmsText(
        en="Sajili: you were not selected as %(role)s at %(station)s, %(series)s. The"
        " reason: %(address)s/me/applications/",
        sw="Sajili: hukuchaguliwa kuwa %(role)s, %(station)s, %(series)s. Sababu:"
        " %(address)s/me/applications/",
    ),
    Act.ACCEPT: SmsText(
        en="Sajili: you accepted duty as %(role)s at %(station)s, %(series)s. Your letter follows"
        " once you are deployed.",
        sw="Sajili: umekubali kazi ya %(role)s, %(station)s, %(series)s. Barua yako itafuata"
        " ukishapangiwa.",
    ),
    Act.DECLINE_OFFER: SmsText(
        en="Sajili: you declined duty as %(role)s at %(station)s, %(series)s.",
        sw="Sajili: umekataa kazi ya %(role)s, %(station)s, %(series)s.",
    ),
}
"""One text for every act of the table of moves."""
