"""What officers are told by SMS about their duties, in both languages, short enough for one or two."""

from app.messages.texts import SmsText

PUBLISHED = SmsText(
    en="Sajili: you are deployed as %(role)s at %(station)s, %(first)s to %(last)s. Read your"
    " letter and accept or decline: %(address)s/me/deployments/",
    sw="Sajili: umepangiwa kazi ya %(role)s, %(station)s, %(first)s hadi %(last)s. Soma barua,"
    " ukubali au ukatae: %(address)s/me/deployments/",
)
MOVED = SmsText(
    en="Sajili: your duty has moved: %(role)s at %(station)s, %(first)s to %(last)s. Your new"
    " letter: %(address)s/me/deployments/",
    sw="Sajili: kazi yako imehamishwa: %(role)s, %(station)s, %(first)s hadi %(last)s. Barua"
    " mpya: %(address)s/me/deployments/",
)
WITHDRAWN = SmsText(
    en="Sajili: your deployment as %(role)s at %(station)s is withdrawn; the letter no longer"
    " holds. The reason: %(address)s/me/deployments/",
    sw="Sajili: upangaji wako wa %(role)s, %(station)s umeondolewa; barua haitumiki tena. Sababu:"
    " %(address)s/me/deployments/",
)
