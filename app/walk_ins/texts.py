"""What people who worked without a deployment are told by SMS, in both languages."""

from app.messages.texts import SmsText

ACCEPTED = SmsText(
    en="Sajili: you are taken on as %(role)s at %(station)s, %(first)s to %(last)s. Your letter:"
    " %(address)s/me/deployments/",
    sw="Sajili: umekubaliwa kazi ya %(role)s, %(station)s, %(first)s hadi %(last)s. Barua yako:"
    " %(address)s/me/deployments/",
)
LONGEST_REASON = 80
"""So much of the director's reason an SMS repeats."""
REFUSED = SmsText(
    en="Sajili: your work at %(station)s on %(day)s is not taken on and is not paid: %(reason)s"
    " Ask the TSC Sub-County Director.",
    sw="Sajili: kazi yako %(station)s, %(day)s haikukubaliwa na hailipwi: %(reason)s Uliza"
    " Mkurugenzi wa TSC wa kaunti ndogo.",
)
REFUSED_UNSAID = SmsText(
    en="Sajili: your work at %(station)s on %(day)s is not taken on and is not paid. Ask the TSC"
    " Sub-County Director for the reason.",
    sw="Sajili: kazi yako %(station)s, %(day)s haikukubaliwa na hailipwi. Uliza Mkurugenzi wa TSC"
    " wa kaunti ndogo sababu yake.",
)
"""Where nothing of the reason may be repeated."""
