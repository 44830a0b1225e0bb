"""What schools are told about their queries by SMS: never whose result, and never what it is."""

from app.messages.texts import SmsText

SETTLED = SmsText(
    en="Sajili: KNEC answered your query about the results of %(series)s. Sign in with the centre's"
    " login and open Results.",
    sw="Sajili: KNEC imejibu swali lenu kuhusu matokeo ya %(series)s. Ingia kwa akaunti ya kituo,"
    " fungua Matokeo.",
)
