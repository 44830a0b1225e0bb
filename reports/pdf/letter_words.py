"""The printed words of a letter of deployment, in English and in Kiswahili."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a letter of one language says beside its values."""

    language: str
    authority: str
    authority_other: str
    title: str
    reference: str
    numbers: tuple[str, str, str]
    through: str
    director: str
    regarding: str
    facts: tuple[tuple[str, str, str], tuple[str, str, str]]
    paid: str
    duties: str
    signers: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    blanks: tuple[str, str, str]
    check: str
    version: str
    one_page: str
    stamps: Mapping[str, str]
    not_recorded: str
    no_rate: str
    sample: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        language="en",
        authority="KENYA NATIONAL EXAMINATIONS COUNCIL",
        authority_other="Baraza la Mitihani la Kitaifa la Kenya",
        title="LETTER OF DEPLOYMENT",
        reference="Ref.",
        numbers=("National ID", "TSC number", "Mobile"),
        through="THROUGH",
        director="The TSC Sub-County Director",
        regarding="RE:",
        facts=(("Examination", "Role", "Duty station"), ("From – to", "Duration", "Pay for a day")),
        paid="Payment is based on days worked.",
        duties="Duties",
        signers=(
            ("For the Council", "Appointed for the days above."),
            ("TSC Sub-County Director", "Released for the days above. Official stamp:"),
            ("The officer", "I accept the duty and its rules."),
        ),
        blanks=("Name", "Signature", "Date"),
        check="Check by the code or at",
        version="version {version}, issued on {issued}",
        one_page="Page 1",
        stamps={"withdrawn": "WITHDRAWN", "replaced": "REPLACED"},
        not_recorded="not on record",
        no_rate="not published yet",
        sample="SAMPLE",
    ),
    "sw": Words(
        language="sw",
        authority="BARAZA LA MITIHANI LA KITAIFA LA KENYA",
        authority_other="Kenya National Examinations Council",
        title="BARUA YA KUPANGIWA KAZI",
        reference="Kumb.",
        numbers=("Kitambulisho", "Namba ya TSC", "Simu"),
        through="KUPITIA",
        director="Mkurugenzi wa TSC wa Kaunti Ndogo",
        regarding="YAH:",
        facts=(
            ("Mtihani", "Wadhifa", "Kituo cha kazi"),
            ("Kuanzia – hadi", "Muda", "Malipo ya siku"),
        ),
        paid="Malipo hutegemea siku zilizofanyiwa kazi.",
        duties="Majukumu",
        signers=(
            ("Kwa niaba ya Baraza", "Ameteuliwa kwa siku zilizotajwa."),
            ("Mkurugenzi wa TSC", "Ameruhusiwa kwa siku zilizotajwa. Mhuri rasmi:"),
            ("Afisa", "Ninakubali kazi hii na kanuni zake."),
        ),
        blanks=("Jina", "Sahihi", "Tarehe"),
        check="Hakiki kwa msimbo au kwenye",
        version="toleo la {version}, ilitolewa {issued}",
        one_page="Ukurasa 1",
        stamps={"withdrawn": "IMEONDOLEWA", "replaced": "IMEBADILISHWA"},
        not_recorded="haijarekodiwa",
        no_rate="bado hakijatangazwa",
        sample="MFANO",
    ),
}
