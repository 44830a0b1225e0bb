"""The columns of each kind of list: their names, what people head them, and how a cell is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from app.imports import rules
from app.imports.enums import Kind
from app.imports.rules import Check, remembered
from app.people import formats
from app.words import N_


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a list may have; `headings` are other words for it, letters and digits only.

    `secret` marks identity numbers, which are shown with their last digits only.
    """

    name: str
    label: str
    check: Check
    headings: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False


def _as_it_is(text: str) -> str:
    return text


_SUB_COUNTY = Column(
    "sub_county",
    N_("Sub-county"),
    _as_it_is,
    ("subcountyname", "subcountycode", "kauntindogo", "constituency"),
)
_COUNTY = Column("county", N_("County"), _as_it_is, ("countyname", "kaunti"))
_NAME = Column(
    "name",
    N_("Name"),
    rules.place_name,
    ("centrename", "nameofcentre", "schoolname", "nameofschool", "institution", "jina", "school"),
    required=True,
)
_MOE = Column(
    "moe_code",
    N_("Ministry's code of the school"),
    rules.text_of(20),
    ("moe", "moecode", "nemiscode", "uic", "schoolcode", "ministrycode"),
)
_LEVEL = Column("level", N_("Level"), remembered(rules.level), ("schoollevel", "ngazi"))
_OWNERSHIP = Column(
    "ownership",
    N_("Public or private"),
    remembered(rules.ownership),
    ("status", "type", "sponsor", "publicprivate"),
)
_WARD = Column("ward", N_("Ward"), rules.text_of(80), ("wardname", "wadi"))
_LON = Column("lon", N_("Longitude"), rules.degrees(33, 43), ("longitude", "long", "x", "easting"))
_LAT = Column("lat", N_("Latitude"), rules.degrees(-5, 6), ("latitude", "y", "northing"))
_CODE = Column(
    "code",
    N_("Centre code"),
    rules.centre_code,
    ("centrecode", "centreno", "centrenumber", "centercode", "knecode", "kneccode", "msimbo"),
    required=True,
)
_CANDIDATES = Column(
    "candidates",
    N_("Candidates"),
    rules.whole(0, 9_999),
    ("candidature", "registered", "registeredcandidates", "entry", "entries", "numberofcandidates"),
)

OFFICERS = (
    Column(
        "full_name",
        N_("Full name"),
        formats.person_name,
        ("name", "names", "officer", "officername", "teachername", "jina", "jinakamili"),
        required=True,
    ),
    Column(
        "mobile",
        N_("Mobile number"),
        formats.mobile,
        ("telephone", "phone", "phonenumber", "phoneno", "mobilenumber", "mobileno", "tel",
         "cellphone", "simu", "nambariyasimu", "msisdn"),
        required=True,
    ),
    Column(
        "national_id",
        N_("National ID"),
        formats.national_id,
        ("id", "idno", "idnumber", "nationalid", "nationalidno", "kitambulisho"),
        secret=True,
    ),
    Column(
        "kra_pin",
        N_("KRA PIN"),
        formats.kra_pin,
        ("pin", "krapin", "pinno", "taxpin", "pinnumber"),
        secret=True,
    ),
    Column(
        "tsc_number",
        N_("TSC number"),
        formats.tsc_number,
        ("tsc", "tscno", "tscnumber", "nambariyatsc"),
    ),
    Column(
        "staff_number",
        N_("PF or service number"),
        partial(formats.member_number, field="staff_number"),
        ("pf", "pfno", "pfnumber", "staffno", "servicenumber", "personalnumber", "forcenumber"),
    ),
    Column("gender", N_("Gender"), remembered(rules.gender), ("sex", "jinsia")),
    Column(
        "year_of_birth",
        N_("Year of birth"),
        remembered(rules.year_of_birth),
        ("yob", "birthyear", "dateofbirth", "dob", "mwakawakuzaliwa"),
    ),
    Column("email", N_("E-mail"), formats.email, ("mail", "emailaddress", "baruapepe")),
    Column("employer", N_("Employer"), remembered(partial(formats.words, field="employer", longest=80)), ("mwajiri",)),
    Column(
        "designation",
        N_("Designation"),
        remembered(partial(formats.words, field="designation", longest=80)),
        ("title", "jobtitle", "position", "rank", "cheo"),
    ),
    Column(
        "workstation",
        N_("Workstation"),
        remembered(partial(formats.words, field="workstation", longest=160)),
        ("school", "station", "institution", "schoolname", "currentstation", "kituo", "shule"),
    ),
    _COUNTY,
    _SUB_COUNTY,
)  # fmt: skip
CENTRES = (
    _CODE,
    _NAME,
    _COUNTY,
    _SUB_COUNTY,
    _CANDIDATES,
    Column("rooms", N_("Rooms"), rules.whole(0, 500), ("numberofrooms", "examrooms", "vyumba")),
    Column(
        "telephone",
        N_("Telephone"),
        lambda text: formats.mobile(text, field="telephone"),
        ("phone", "mobile", "phonenumber", "tel", "simu", "contact"),
    ),
    Column(
        "hosting_code",
        N_("Code of the hosting centre"),
        rules.centre_code,
        ("host", "hostingcentre", "hostcentre", "hostcode", "hostingcentrecode"),
    ),
    _LON,
    _LAT,
    _MOE,
    _LEVEL,
    _OWNERSHIP,
    _WARD,
)
CANDIDATES = (_CODE, replace(_CANDIDATES, required=True))
SCHOOLS = (_MOE, _NAME, _LEVEL, _OWNERSHIP, _COUNTY, _SUB_COUNTY, _WARD, _LON, _LAT)

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.OFFICERS: OFFICERS,
    Kind.CENTRES: CENTRES,
    Kind.CANDIDATES: CANDIDATES,
    Kind.SCHOOLS: SCHOOLS,
}
WRONG = N_("What is wrong")
"""The heading of the last column of a corrected-file, which an upload ignores."""
