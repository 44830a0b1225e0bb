"""Words of privacy that several pages use."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from app.privacy.rules import RULES

YEAR = 365

REQUESTS = (
    ("correction", _("Correct what is wrong")),
    ("erasure", _("Erase what is not needed")),
    ("objection", _("Stop using it for something")),
)
REQUEST_STATES = (("open", _("Waiting")), ("done", _("Done")), ("refused", _("Refused")))
RETENTION_RULES = tuple((code, _(rule.what)) for code, rule in RULES.items())


def period_words(days: int) -> str:
    """ "7 years", "90 days"."""
    if days % YEAR == 0:
        years = days // YEAR
        return ngettext("%(num)s year", "%(num)s years", years)
    return ngettext("%(num)s day", "%(num)s days", days)
