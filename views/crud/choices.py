"""The words of stored choices, in the order in which forms offer them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

DAY_KINDS = (
    ("rehearsal", _("Rehearsal")),
    ("oral", _("Oral")),
    ("practical", _("Practical")),
    ("written", _("Written")),
)
CENTRE_KINDS = (("school", _("School")), ("store", _("Store")))
OFFICES = (("knec", _("KNEC")), ("tsc", _("TSC office")), ("scde", _("SCDE office")))
SERIES_STATUS = (
    ("planned", _("Planned")),
    ("running", _("Running")),
    ("finished", _("Finished")),
)
BASES = (("centre", _("A centre's candidates")), ("county", _("A county, by count")))
GENDERS = (("female", _("Female")), ("male", _("Male")))
PROFILE = (
    ("draft", _("Draft")),
    ("submitted", _("Submitted")),
    ("verified", _("Verified")),
    ("flagged", _("Flagged")),
)
DEPLOYMENT = (
    ("proposed", _("Not published")),
    ("published", _("Published")),
    ("accepted", _("Accepted")),
    ("declined", _("Declined")),
    ("replaced", _("Replaced")),
    ("withdrawn", _("Withdrawn")),
)
REGISTER = (
    ("open", _("Open")),
    ("submitted", _("Submitted")),
    ("confirmed", _("Confirmed")),
    ("returned", _("Returned")),
    ("locked", _("Locked")),
)
MARK = (("present", _("Present")), ("late", _("Late")), ("absent", _("Absent")))
DISPUTE = (("open", _("Open")), ("upheld", _("Upheld")), ("refused", _("Refused")))
INCIDENT = (
    ("incident", _("Incident")),
    ("unlisted_person", _("Somebody who is not on the list")),
    ("hand_over", _("Hand-over report")),
)
