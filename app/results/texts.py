"""What people who ask for a result by text message or USSD are told, in both languages.

Written in the small alphabet of telephones, so that no sign is lost and no message doubles in cost.
"""

from app.messages.texts import SmsText

OFF = SmsText(
    en="Results are not given by telephone now. Read them at %(address)s/results/ - KNEC never sends"
    " results that nobody asked for.",
    sw="Matokeo hayatolewi kwa simu kwa sasa. Yasome %(address)s/results/ - KNEC haitumi kamwe matokeo"
    " ambayo hayakuombwa.",
)
EARLY = SmsText(
    en="Results are not out yet. They are released to everybody at the same minute: %(at)s.",
    sw="Matokeo hayajatolewa. Yatatolewa kwa wote kwa dakika moja: %(at)s.",
)
HOW = SmsText(
    en="Send KCSE, the 11 digits of the index number, and one registered name: KCSE 12345678001"
    " Achieng",
    sw="Tuma MATOKEO, tarakimu 11 za nambari ya mtahiniwa, na jina moja lililosajiliwa: MATOKEO"
    " 12345678001 Achieng",
)
NOTHING = SmsText(
    en="No result was found for this index number and name. Check both; if they are right, ask the"
    " school, or try again in an hour.",
    sw="Hakuna matokeo ya nambari na jina hili. Hakiki yote mawili; yakiwa sahihi, uliza shule, au"
    " jaribu tena baada ya saa moja.",
)
LIMITED = SmsText(
    en="You have asked many times. Ask again later, or read results at %(address)s/results/",
    sw="Umeuliza mara nyingi. Uliza tena baadaye, au soma matokeo %(address)s/results/",
)
BUSY = SmsText(
    en="Your question could not be answered just now. Ask again in a few minutes, or read results at"
    " %(address)s/results/",
    sw="Swali lako halikuweza kujibiwa kwa sasa. Uliza tena baada ya dakika chache, au soma matokeo"
    " %(address)s/results/",
)
CHANGED = SmsText(
    en="This result was corrected while you were reading it. Dial again and read it from the start.",
    sw="Matokeo haya yamesahihishwa ulipokuwa ukiyasoma. Piga tena uyasome tangu mwanzo.",
)
HEAD = SmsText(
    en="%(series)s, release %(release)s\n%(index)s %(initials)s",
    sw="%(series)s, toleo %(release)s\n%(index)s %(initials)s",
)
MEAN = SmsText(en="MEAN %(mean)s", sw="WASTANI %(mean)s")
FOOT = SmsText(
    en="Version %(version)s. Check code %(code)s",
    sw="Nakala %(version)s. Nambari ya uhakiki %(code)s",
)
WHOLE = SmsText(en="%(lines)s", sw="%(lines)s")

MENU = "Exam results / Matokeo ya mtihani\n1. English\n2. Kiswahili"
ASK_INDEX = SmsText(
    en="Index number (11 digits, as on the examination card):",
    sw="Nambari ya mtahiniwa (tarakimu 11, kama kwenye kadi ya mtihani):",
)
ASK_NAME = SmsText(
    en="One registered name of the candidate, whole:",
    sw="Jina moja la mtahiniwa lililosajiliwa, zima:",
)
MALFORMED = SmsText(
    en="The index number has 11 digits. Dial again.",
    sw="Nambari ya mtahiniwa ina tarakimu 11. Piga tena.",
)
MORE = SmsText(en="0. More", sw="0. Zaidi")
