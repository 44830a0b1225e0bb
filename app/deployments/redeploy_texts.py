"""What centre managers and rotating supervisors are told by SMS when people move."""

from app.messages.texts import SmsText

COMES = SmsText(
    en="Sajili: %(officer)s comes to %(station)s as %(role)s on %(first)s, from %(other)s. Your"
    " register lists them from that day.",
    sw="Sajili: %(officer)s anakuja %(station)s kama %(role)s tarehe %(first)s, kutoka %(other)s."
    " Yumo katika sajili yako tangu siku hiyo.",
)
LEAVES = SmsText(
    en="Sajili: %(officer)s, %(role)s, leaves %(station)s for %(other)s on %(first)s. Your register"
    " no longer lists them from that day.",
    sw="Sajili: %(officer)s, %(role)s, anaondoka %(station)s kwenda %(other)s tarehe %(first)s."
    " Hayumo katika sajili yako tangu siku hiyo.",
)
ROTATED = SmsText(
    en="Sajili: the weekly rotation is out. On %(first)s you move to %(station)s. All your stations"
    " and letters: %(address)s/me/deployments/",
    sw="Sajili: mzunguko wa kila wiki umetoka. Tarehe %(first)s unahamia %(station)s. Vituo vyako"
    " vyote na barua: %(address)s/me/deployments/",
)
LEFT_OUT = SmsText(
    en="Sajili: the weekly rotation is out. You have no station in the week of %(weeks)s, and no"
    " letter of yours holds for it. Your duties: %(address)s/me/deployments/",
    sw="Sajili: mzunguko wa kila wiki umetoka. Huna kituo wiki ya %(weeks)s, na hakuna barua yako"
    " inayotumika wiki hiyo. Kazi zako: %(address)s/me/deployments/",
)
