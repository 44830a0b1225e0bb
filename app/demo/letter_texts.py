"""The words of the demonstration's letters: one body for all, duties for each role, two languages."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH = (
    "APPOINTMENT AS {{ role }}, {{ series }}",
    "You are appointed {{ role }} for the {{ series }} examination at {{ centre }}"
    " ({{ centre_code }}) in {{ sub_county }}, from {{ first_day }} to {{ last_day }}, {{ days }}.\n\n"
    "You are paid {{ rate }} for each day on which the register of the centre marks you present."
    " Payment is based on days worked.\n\n"
    "Carry this letter and your national identity card. The letter holds only as long as its code"
    " says so.",
)
KISWAHILI = (
    "KUTEULIWA KUWA {{ role }}, {{ series }}",
    "Umeteuliwa kuwa {{ role }} wa mtihani wa {{ series }} katika {{ centre }}"
    " ({{ centre_code }}), {{ sub_county }}, kuanzia {{ first_day }} hadi {{ last_day }},"
    " {{ days }}.\n\n"
    "Utalipwa {{ rate }} kwa kila siku ambayo sajili ya kituo inaonyesha kuwa ulikuwepo. Malipo"
    " hutegemea siku zilizofanyiwa kazi.\n\n"
    "Beba barua hii na kitambulisho chako cha taifa. Barua ni halali mradi tu msimbo wake unasema"
    " hivyo.",
)
_FIRST = {
    "en": (
        "Report to the centre manager on the first day with this letter, and be on time daily.",
    ),
    "sw": (
        "Ripoti kwa mkuu wa kituo siku ya kwanza ukiwa na barua hii, na ufike kwa wakati daima.",
    ),
}
_LAST = {
    "en": (
        "Keep everything you see and hear on duty confidential.",
        "Report any irregularity at once to your supervisor or to the sub-county office.",
        "See that the register marks you on every day you work, and sign it at the end.",
    ),
    "sw": (
        "Weka siri kila unachokiona na kukisikia kazini.",
        "Toa taarifa ya jambo lolote lisilo la kawaida mara moja kwa msimamizi au ofisi ya kaunti ndogo.",
        "Hakikisha sajili inaonyesha kila siku uliyofanya kazi, na uitie sahihi mwishoni.",
    ),
}
_OWN: Mapping[str | None, Mapping[str, tuple[str, ...]]] = {
    None: {
        "en": ("Follow the rules of the examination and the directions of the centre manager.",),
        "sw": ("Fuata kanuni za mtihani na maelekezo ya mkuu wa kituo.",),
    },
    "centre_manager": {
        "en": (
            "Answer for the centre: its rooms, its people, its register and its papers.",
            "Collect the papers from the store with the security officer and return the scripts.",
            "Submit the daily register by nine and report who did not come.",
        ),
        "sw": (
            "Wajibika kwa kituo: vyumba, watu, sajili na karatasi zake.",
            "Chukua karatasi kutoka ghalani pamoja na afisa wa usalama na urudishe majibu.",
            "Wasilisha sajili ya kila siku kufikia saa tatu na uripoti asiyefika.",
        ),
    },
    "supervisor": {
        "en": (
            "Open the papers before witnesses at the hour printed on them, and not before.",
            "Assign invigilators to rooms each day and see that they keep to the rules.",
            "Seal the scripts in the candidates' presence and hand over in writing when you rotate.",
        ),
        "sw": (
            "Fungua karatasi mbele ya mashahidi saa iliyoandikwa, si kabla.",
            "Wapangie wasimamizi vyumba kila siku na uhakikishe wanafuata kanuni.",
            "Funga majibu mbele ya watahiniwa na ukabidhi kwa maandishi unapohamishwa.",
        ),
    },
    "invigilator": {
        "en": (
            "Be in the room half an hour before each paper and stay until all scripts are handed in.",
            "Check that each candidate sits at the right place with nothing that is not allowed.",
            "Count papers and scripts with the supervisor and sign for them.",
        ),
        "sw": (
            "Kuwa chumbani nusu saa kabla ya kila karatasi na ubaki hadi majibu yote yakusanywe.",
            "Hakikisha kila mtahiniwa ameketi mahali pake bila kitu kisichoruhusiwa.",
            "Hesabu karatasi na majibu pamoja na msimamizi mkuu na utie sahihi.",
        ),
    },
    "security": {
        "en": (
            "Escort the papers from the store to the centre and the scripts back.",
            "Let in nobody but those on the roster and the candidates; check letters by their code.",
        ),
        "sw": (
            "Sindikiza karatasi kutoka ghalani hadi kituoni na majibu yakirudi.",
            "Ruhusu walio kwenye orodha na watahiniwa tu; hakiki barua kwa msimbo wake.",
        ),
    },
    "clerk": {
        "en": ("Keep the centre's records and help the centre manager with the register.",),
        "sw": ("Tunza kumbukumbu za kituo na umsaidie mkuu wa kituo na sajili.",),
    },
    "driver": {
        "en": ("Drive the papers and scripts on the route given, with the escort aboard.",),
        "sw": ("Safirisha karatasi na majibu kwa njia uliyopewa, ukiwa na mlinzi.",),
    },
    "store_keeper": {
        "en": (
            "Open the container only with both key holders present, and write down each opening.",
        ),
        "sw": ("Fungua kontena wenye funguo wote wawili wakiwepo tu, na uandike kila ufunguzi.",),
    },
}
DUTIES: Mapping[str | None, Mapping[str, str]] = {
    role: {
        language: "\n".join((*_FIRST[language], *own[language], *_LAST[language]))
        for language in ("en", "sw")
    }
    for role, own in _OWN.items()
}
"""Role code, or None for everybody, and language -> the duties, one a line."""
