"""What officers are told by SMS about their accounts, in both languages.

Written to fit one message of 160 plain characters with an address of thirty. A one-time secret
stands in no other place than these.
"""

from __future__ import annotations

from app.messages.texts import SmsText

WELCOME = SmsText(
    en="Sajili: user name %(username)s, one-time password %(password)s. Sign in at %(address)s"
    " within 24 hours and choose your own password.",
    sw="Sajili: jina la mtumiaji %(username)s, nywila ya mara moja %(password)s. Ingia %(address)s"
    " ndani ya saa 24 uchague nywila yako.",
)
"""To a number that has just registered, and to an officer whom an office added."""

FRESH = SmsText(
    en="Sajili: user name %(username)s, new one-time password %(password)s. Sign in at %(address)s"
    " within 24 hours. You are signed out elsewhere.",
    sw="Sajili: jina la mtumiaji %(username)s, nywila mpya ya mara moja %(password)s. Ingia"
    " %(address)s ndani ya saa 24. Umeondolewa kwingine.",
)
"""To a registered number that sent PASSWORD."""

ALREADY = SmsText(
    en="Sajili: this number has an account already. To get in, send PASSWORD to %(short_code)s."
    " If it was not you who registered now, you need do nothing.",
    sw="Sajili: nambari hii tayari ina akaunti. Kuingia, tuma PASSWORD kwa %(short_code)s."
    " Kama si wewe uliyejisajili sasa, huhitaji kufanya lolote.",
)

UNKNOWN = SmsText(
    en="Sajili: this number has no account. To create one, open %(address)s/account/create/",
    sw="Sajili: nambari hii haina akaunti. Kufungua moja, nenda %(address)s/account/create/",
)

CLOSED = SmsText(
    en="Sajili: you cannot sign in with this number. Your TSC sub-county office can tell you why.",
    sw="Sajili: huwezi kuingia kwa nambari hii. Ofisi ya TSC ya kaunti ndogo itakuambia sababu.",
)

ADDED = SmsText(
    en="Sajili: you have been added to the examination staff register. To get in, send PASSWORD"
    " to %(short_code)s from this number.",
    sw="Sajili: umeongezwa kwenye sajili ya maafisa wa mitihani. Kuingia, tuma PASSWORD kwa"
    " %(short_code)s kutoka nambari hii.",
)
"""To officers of an imported list; no password is made for them until they ask."""

CODE = SmsText(
    en="Sajili: your code is %(code)s. Type it on the page within 15 minutes, with a new password."
    " Tell it to nobody.",
    sw="Sajili: msimbo wako ni %(code)s. Uandike kwenye ukurasa ndani ya dakika 15, pamoja na"
    " nywila mpya. Usimwambie mtu.",
)

CODE_OLD_NUMBER = SmsText(
    en="Sajili: code %(code)s to move your account to %(new)s. If you did not ask for this, tell"
    " it to nobody and send PASSWORD to %(short_code)s.",
    sw="Sajili: msimbo %(code)s wa kuhamisha akaunti yako kwenda %(new)s. Kama hukuomba,"
    " usimwambie mtu na utume PASSWORD kwa %(short_code)s.",
)

CODE_NEW_NUMBER = SmsText(
    en="Sajili: code %(code)s to move an account to this number. Type it on the page within 15"
    " minutes. Tell it to nobody.",
    sw="Sajili: msimbo %(code)s wa kuhamisha akaunti kuja nambari hii. Uandike kwenye ukurasa"
    " ndani ya dakika 15. Usimwambie mtu.",
)

NUMBER_IN_USE = SmsText(
    en="Sajili: somebody asked to move an account to this number, which has one already. Nothing"
    " was changed. To get into yours, send PASSWORD to %(short_code)s.",
    sw="Sajili: mtu ameomba kuhamisha akaunti kuja nambari hii, ambayo tayari ina akaunti. Hakuna"
    " kilichobadilika. Kuingia, tuma PASSWORD kwa %(short_code)s.",
)

WAITS_FOR_OFFICE = SmsText(
    en="Sajili: somebody asked your TSC office to move your account to %(new)s. If it was not you,"
    " tell the office now.",
    sw="Sajili: mtu ameomba ofisi ya TSC ihamishe akaunti yako kwenda %(new)s. Kama si wewe,"
    " iambie ofisi sasa.",
)

MOVED_FROM = SmsText(
    en="Sajili: your account has moved from this number to %(new)s. If you did not want this, tell"
    " your TSC sub-county office now.",
    sw="Sajili: akaunti yako imehamishwa kutoka nambari hii kwenda %(new)s. Kama hukutaka, iambie"
    " ofisi ya TSC ya kaunti ndogo sasa.",
)

MOVED_TO = SmsText(
    en="Sajili: your account now has this number; it is your user name. Forgot the password? Send"
    " PASSWORD to %(short_code)s.",
    sw="Sajili: akaunti yako sasa ina nambari hii; ndiyo jina la mtumiaji. Umesahau nywila? Tuma"
    " PASSWORD kwa %(short_code)s.",
)

NOT_MOVED = SmsText(
    en="Sajili: your account was not moved to this number. Ask your TSC sub-county office.",
    sw="Sajili: akaunti yako haikuhamishwa kuja nambari hii. Uliza ofisi ya TSC ya kaunti ndogo.",
)
