"""Text messages about profiles."""

from __future__ import annotations

from collections.abc import Mapping

from app.messages.texts import SmsText

FLAGGED = SmsText(
    en="Sajili: please put right in your profile: %(field_en)s. %(reason)s Open %(link)s",
    sw="Sajili: tafadhali sahihisha kwenye wasifu wako: %(field_sw)s. %(reason)s Fungua %(link)s",
)
FIELD_SW: Mapping[str, str] = {
    "wanted_roles": "kazi unayotaka",
    "home_sub_county": "unapoishi",
    "full_name": "jina kamili",
    "mpesa_name": "jina la M-Pesa",
    "year_of_birth": "mwaka wa kuzaliwa",
    "gender": "jinsia",
    "national_id": "nambari ya kitambulisho",
    "kra_pin": "PIN ya KRA",
    "nssf": "nambari ya NSSF",
    "sha": "nambari ya SHA au NHIF",
    "email": "barua pepe",
    "bank_name": "benki",
    "bank_branch": "tawi la benki",
    "account": "nambari ya akaunti",
    "qualification_level": "kiwango cha elimu",
    "qualification_institution": "chuo",
    "qualification_course": "kozi",
    "qualification_from": "mwaka wa kuanza kozi",
    "qualification_to": "mwaka wa kumaliza kozi",
    "employer_kind": "mwajiri",
    "employer": "jina la mwajiri",
    "tsc_number": "nambari ya TSC",
    "staff_number": "nambari ya PF au ya huduma",
    "sub_county": "kaunti ndogo ya kazi",
    "workstation": "shule au ofisi ya kazi",
    "designation": "cheo cha kazi",
    "teaches_at": "unakofundisha",
    "started_on": "tarehe ya kuanza kazi",
    "kin_name": "jina la jamaa wa karibu",
    "kin_telephone": "simu ya jamaa wa karibu",
    "kin_relationship": "uhusiano na jamaa wa karibu",
}
"""The fields as a message in Kiswahili names them."""
