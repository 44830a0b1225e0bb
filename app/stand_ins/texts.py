"""What stand-ins are told by SMS, in both languages. Somebody waits for each: none is quiet."""

from app.messages.texts import SmsText

OFFER = SmsText(
    en="Sajili: can you stand in as %(role)s at %(station)s, %(days)s, paper at %(time)s? First yes"
    " gets it. Reply YES %(code)s to %(short_code)s by %(until)s, or %(address)s/me/offers/",
    sw="Sajili: unaweza kushika nafasi ya %(role)s, %(station)s, %(days)s, mtihani saa %(time)s?"
    " Wa kwanza anapata. Jibu NDIO %(code)s kwa %(short_code)s kabla ya %(until)s, au"
    " %(address)s/me/offers/",
)
WON = SmsText(
    en="Sajili: the place is yours. %(role)s at %(station)s, %(days)s, paper at %(time)s. Go now;"
    " call %(manager)s %(telephone)s. Letter: %(address)s/me/deployments/",
    sw="Sajili: nafasi ni yako. %(role)s, %(station)s, %(days)s, mtihani saa %(time)s. Nenda sasa;"
    " piga %(manager)s %(telephone)s. Barua: %(address)s/me/deployments/",
)
TAKEN = SmsText(
    en="Sajili: the place at %(station)s, %(days)s, is taken: somebody said yes first. Thank you.",
    sw="Sajili: nafasi ya %(station)s, %(days)s, imechukuliwa: mwingine alijibu kwanza. Asante.",
)
WITHDRAWN = SmsText(
    en="Sajili: no stand-in is needed any more at %(station)s, %(days)s. Thank you.",
    sw="Sajili: hakuna tena haja ya mtu wa nafasi %(station)s, %(days)s. Asante.",
)
EXPIRED = SmsText(
    en="Sajili: your answer about %(station)s, %(days)s, came after %(until)s. Do not go there."
    " Thank you.",
    sw="Sajili: jibu lako kuhusu %(station)s, %(days)s, limefika baada ya %(until)s. Usiende."
    " Asante.",
)
REFUSED = SmsText(
    en="Sajili: you said no to %(station)s, %(days)s. Thank you for answering.",
    sw="Sajili: umesema hapana kwa %(station)s, %(days)s. Asante kwa kujibu.",
)
BARRED = SmsText(
    en="Sajili: you cannot have the place at %(station)s, %(days)s, any more: a rule or another"
    " duty of yours bars it. Do not go there.",
    sw="Sajili: huwezi tena kupata nafasi ya %(station)s, %(days)s: kanuni au kazi yako nyingine"
    " inazuia. Usiende.",
)
NO_OFFER = SmsText(
    en="Sajili: no offer waits for your answer under this code. See %(address)s/me/offers/",
    sw="Sajili: hakuna nafasi inayosubiri jibu lako kwa msimbo huu. Tazama %(address)s/me/offers/",
)
