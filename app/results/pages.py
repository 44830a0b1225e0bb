"""The public pages of a release in both languages, cut open where candidates and askers differ.

A page is pieces of fixed bytes with gaps between them, joined by zero bytes here and filled at the
edge: first the notice, then what the page's kind names in `GAPS`. Whoever fills a gap has escaped
it. Every page stands alone: style inside, no script, no picture, no other address.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from app.results.documents import SEPARATOR, Release
from app.results.enums import Kind

__all__ = [
    "ANSWERS", "GAPS", "HELP", "LANGUAGES", "Contacts", "answers_of", "dated", "headers", "help_of",
    "kind_words", "moment_words", "shells_of",
]  # fmt: skip

LANGUAGES = ("en", "sw")
_DAYS = {"en": "Mon Tue Wed Thu Fri Sat Sun", "sw": "Jtt Jnn Jtn Alh Ijm Jms Jpl"}
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "sw": "Jan Feb Mac Apr Mei Jun Jul Ago Sep Okt Nov Des",
}
GAP = "\0"
HELP = (b"<p id=help>", b"<p>")
"""Between these stands where people turn to; an edge puts the control's words there, if it has any."""
_PERSON = ("index", "names", "school")
_STORY = ("version", "check_code", "earlier")
_TYPED = ("typed_index", "typed_name")

GAPS: Mapping[str, tuple[str, ...]] = {
    "form": ("notice", *_TYPED),
    "malformed": ("notice", *_TYPED),
    "nameless": ("notice", *_TYPED),
    "missed": ("notice", *_TYPED),
    "limited": ("notice", *_TYPED),
    "crowded": ("notice", *_TYPED),
    "early": ("notice",),
    "busy": _TYPED,
    Kind.RESULT: ("notice", *_PERSON, "mean", "rows", *_STORY),
    **{kind: ("notice", *_PERSON, *_STORY) for kind in Kind if kind is not Kind.RESULT},
}
"""The gaps of each page in their order; "notice" is what headquarters has to say, or nothing."""

ANSWERS: Mapping[str, tuple[int, str]] = {
    "malformed": (422, "The index number has 11 digits."),
    "nameless": (422, "Write one registered name of the candidate."),
    "missed": (404, "No result was found for this index number and name."),
    "limited": (429, "Too many tries for this index number. Try again in an hour."),
    "crowded": (429, "Very many questions come from your network. Try again in a minute."),
    "early": (503, "Results are not out yet."),
    "busy": (503, "Very many people are asking just now. Try again in a minute."),
}
"""Status and sentence of each answer that shows no candidate."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where people turn to: toll-free numbers, as headquarters keeps them, and the check of codes."""

    toll_free: tuple[str, ...] = ()
    check_at: str = ""
    """Where a check code is typed, as people write an address; empty where nobody is told."""


_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Results",
        "index": "Index number",
        "index_hint": "11 digits, as on the examination card",
        "name": "One registered name of the candidate",
        "name_hint": "Any one of the names, whole: Achieng, Otieno",
        "ask": "Show the result",
        "again": "Another result",
        "other": "Kiswahili",
        "school": "School",
        "names": "Name",
        "mean": "Mean grade",
        "subject": "Subject",
        "grade": "Grade",
        "code": "Code",
        "release": "Release",
        "released": "released",
        "version": "Version",
        "earlier": "Earlier versions",
        "check_code": "Check code",
        "check_at": "Whoever is shown this on paper checks it at",
        "help": "Need help? Ask the school, or call free of charge:",
        "help_plain": "Need help? Ask the school.",
        "never": "KNEC never sends results that nobody asked for.",
        "malformed": "The index number has 11 digits. Look at the examination card and type it again.",
        "nameless": "Write one registered name of the candidate.",
        "missed": "No result was found for this index number and name. Check both: the number as on the"
        " examination card, and one whole name as it was registered. If both are right, ask the school.",
        "limited": "Too many tries for this index number. Try again in an hour, or ask the school: it has"
        " the results of all its candidates.",
        "crowded": "Very many questions come from your network just now. Wait a minute, then ask again"
        " once.",
        "early": "Results are not out yet. They are released to everybody at the same minute:",
        "busy": "Very many people are asking just now. Your question was not lost in a queue: nothing"
        " was done. Wait a minute, then ask again once.",
        "absent": "The candidate was absent (X). Ask the school about the next steps.",
        "cancelled": "This result was cancelled (Y). The school has the reason; questions are raised"
        " through the school within 30 days.",
        "unmet": "The requirements for a mean grade were not met (U). Ask the school which are missing.",
        "pended": "This result is pended (P): it waits for something that the school must send. Ask the"
        " school.",
        "withheld": "This result is withheld (W) while a question about the examination is looked into."
        " KNEC decides about it and tells the school: ask there.",
    },
    "sw": {
        "title": "Matokeo",
        "index": "Nambari ya mtahiniwa",
        "index_hint": "Tarakimu 11, kama kwenye kadi ya mtihani",
        "name": "Jina moja la mtahiniwa lililosajiliwa",
        "name_hint": "Jina lolote moja, zima: Achieng, Otieno",
        "ask": "Onyesha matokeo",
        "again": "Matokeo mengine",
        "other": "English",
        "school": "Shule",
        "names": "Jina",
        "mean": "Gredi ya wastani",
        "subject": "Somo",
        "grade": "Gredi",
        "code": "Kodi",
        "release": "Toleo",
        "released": "lilitolewa",
        "version": "Nakala",
        "earlier": "Nakala za awali",
        "check_code": "Nambari ya uhakiki",
        "check_at": "Anayeonyeshwa karatasi hii huihakiki katika",
        "help": "Unahitaji msaada? Uliza shule, au piga simu bila malipo:",
        "help_plain": "Unahitaji msaada? Uliza shule.",
        "never": "KNEC haitumi kamwe matokeo ambayo hayakuombwa.",
        "malformed": "Nambari ya mtahiniwa ina tarakimu 11. Angalia kadi ya mtihani uandike tena.",
        "nameless": "Andika jina moja la mtahiniwa lililosajiliwa.",
        "missed": "Hakuna matokeo ya nambari na jina hili. Hakiki yote mawili: nambari kama kwenye kadi ya"
        " mtihani, na jina moja zima lilivyosajiliwa. Yakiwa sahihi, uliza shule.",
        "limited": "Umejaribu mara nyingi kwa nambari hii. Jaribu tena baada ya saa moja, au uliza shule:"
        " ina matokeo ya watahiniwa wake wote.",
        "crowded": "Maswali mengi sana yanatoka kwenye mtandao wako kwa sasa. Subiri dakika moja, kisha"
        " uulize tena mara moja.",
        "early": "Matokeo hayajatolewa. Yatatolewa kwa wote kwa dakika moja:",
        "busy": "Watu wengi sana wanauliza kwa sasa. Hakuna kilichofanywa. Subiri dakika moja, kisha"
        " uulize tena mara moja.",
        "absent": "Mtahiniwa hakuwepo (X). Uliza shule kuhusu hatua zinazofuata.",
        "cancelled": "Matokeo haya yamefutwa (Y). Shule ina sababu; maswali huulizwa kupitia shule ndani ya"
        " siku 30.",
        "unmet": "Masharti ya gredi ya wastani hayakutimizwa (U). Uliza shule ni yapi.",
        "pended": "Matokeo haya yamesubirishwa (P): kuna kitu ambacho shule inapaswa kutuma. Uliza shule.",
        "withheld": "Matokeo haya yamezuiliwa (W) wakati suala la mtihani linachunguzwa. KNEC ndiyo"
        " inayoamua na kuiambia shule: uliza shuleni.",
    },
}

STYLE = (
    "*{box-sizing:border-box}body{margin:0;background:#f6f7f5;color:#14211d;"
    "font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{max-width:34rem;margin:0 auto;padding:16px}h1{font-size:1.5rem;line-height:1.25;margin:8px 0 16px}"
    "header{background:#0b6b4b;color:#fff}header div{max-width:34rem;margin:0 auto;padding:12px 16px;"
    "display:flex;justify-content:space-between}header a{color:#fff}"
    "section,form,.say{background:#fff;border:1px solid #dde3df;border-radius:8px;padding:16px;margin:0 0 16px}"
    ".say{background:#fff4dd;border-color:#eacb8d}.note{background:#e9f2fc;border-color:#b5d2f0}"
    "label{display:block;font-weight:600}small{display:block;color:#55635e}"
    "input{width:100%;min-height:44px;padding:8px 12px;margin:4px 0 16px;font:inherit;"
    "border:1px solid #76847e;border-radius:6px}"
    "button{width:100%;min-height:48px;border:0;border-radius:6px;background:#0b6b4b;color:#fff;"
    "font:inherit;font-weight:600}:focus-visible{outline:3px solid #1d5fa8;outline-offset:2px}"
    "dl{margin:0;display:grid;grid-template-columns:auto 1fr;gap:4px 16px}dt{color:#55635e}dd{margin:0}"
    ".mean{margin:16px 0;color:#55635e}.mean b{display:block;font-size:1.75rem;line-height:1.25;color:#14211d}"
    "td:last-child{white-space:nowrap}"
    "table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:6px 8px 6px 0;"
    "border-top:1px solid #dde3df;font-weight:400}thead th{color:#55635e;border:0}"
    "footer{color:#55635e;font-size:.875rem}ul{margin:0;padding-left:20px}ul:not(:empty)::before{content:attr(data-label)}"
    "@page{size:A4;margin:18mm}"
    "@media print{header a,.again,form,.note{display:none}body,header{background:#fff;color:#000}"
    "header div,main{max-width:none;padding:0 0 8px}header{border-bottom:2px solid}"
    "section,.say{border:0;padding:0;break-inside:avoid;background:#fff}"
    "small,dt,.mean,thead th,footer,footer a{color:#000}footer a{text-decoration:none}"
    "th,td{padding:3px 8px 3px 0;border-color:#888}}"
)


NOTHING_HERE = (
    b'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">'
    b"<title>Results</title><style>body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#14211d}</style>"
    b"<h1>No results are open here yet</h1><p>They can be read on this page once they are released. Ask the school when that is.</p>"
    b"<p lang=sw>Hakuna matokeo yaliyofunguliwa hapa bado. Yatasomwa kwenye ukurasa huu yatakapotolewa. Uliza shule ni lini.</p>"
)
"""What a machine says where no release was ever prepared: it knows no numbers to call. In nginx it is
written in edge.lua."""


def headers(*, page: bool) -> dict[str, str]:
    """What every answer carries: never kept, never framed, nothing from elsewhere. Each header costs
    as much as a hundredth of an answer: what is kept nowhere varies for nobody, and where the page
    was asked from is left out by a word of the page itself, which old phones know too."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    found = {
        "Content-Type": "text/html; charset=utf-8" if page else "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if page:
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'"
        found["Content-Security-Policy"] = policy + "; base-uri 'none'; frame-ancestors 'none'"
    return found


def shells_of(release: Release, contacts: Contacts) -> dict[str, bytes]:
    """Every page of a release, by `<page>:<language>`."""
    found = {}
    for language in LANGUAGES:
        for page in GAPS:
            text = _page(str(page), language, release, contacts)
            cut = text.encode().split(SEPARATOR)
            if len(cut) != len(GAPS[page]) + 1:
                raise ValueError(f"the page {page} has {len(cut) - 1} gaps")
            found[f"{page}:{language}"] = SEPARATOR.join(cut)
    return found


def answers_of(release: Release) -> dict[str, bytes]:
    """The JSON of every answer that shows no candidate, by its name."""
    return {
        name: json.dumps(
            {"code": name, "title": said, "release": release.number, "status": status},
            separators=(",", ":"),
        ).encode()
        for name, (status, said) in ANSWERS.items()
    }


def _page(page: str, language: str, release: Release, contacts: Contacts) -> str:
    words = _WORDS[language]
    other = "sw" if language == "en" else "en"
    title = f"{words['title']} {escape(release.series)}"
    body = _body(page, language, release, contacts)
    notice = GAP if "notice" in GAPS[page] else ""
    moment = moment_words(release.released_at, language)
    return (
        f'<!doctype html><html lang={language}><meta charset=utf-8><meta name=viewport content="width='
        f'device-width,initial-scale=1"><meta name=referrer content=no-referrer><title>{title}</title><style>{STYLE}</style>'
        f"<header><div><b>KNEC</b><a href='/results/?lang={other}' lang={other}>{words['other']}</a></div>"
        f"</header><main><h1>{title}</h1>{notice}{body}"
        f"<footer><p id=help>{help_of(contacts, language)}<p>{words['never']}"
        f"<p>{words['release']} {release.number}, {escape(release.series)}, {words['released']} {moment}"
        f"</footer></main></html>"
    )


def kind_words(kind: Kind, language: str) -> str:
    """What is said where a candidate has no mean grade."""
    return _WORDS[language][kind]


def moment_words(moment: str, language: str) -> str:
    """An instant (ISO with its offset) as people say it: Mon 11 Jan 2027, 11:00."""
    at = datetime.fromisoformat(moment)
    days, months = _DAYS[language].split(), _MONTHS[language].split()
    return f"{days[at.weekday()]} {at.day} {months[at.month - 1]} {at.year}, {at:%H:%M}"


def dated(said: str, at: datetime, language: str) -> str:
    """What headquarters says, with when it was said: "Mon 11 Jan, 14:05: Lines are open"."""
    days, months = _DAYS[language].split(), _MONTHS[language].split()
    return f"{days[at.weekday()]} {at.day} {months[at.month - 1]}, {at:%H:%M}: {said}"


def help_of(contacts: Contacts, language: str) -> str:
    """Where people turn to next, as HTML: the school, and the toll-free numbers where there are any."""
    words = _WORDS[language]
    if not contacts.toll_free:
        return words["help_plain"]
    numbers = ", ".join(
        f"<a href='tel:{escape(one.replace(' ', ''))}'>{escape(one)}</a>"
        for one in contacts.toll_free
    )
    return f"{words['help']} {numbers}"


def _body(page: str, language: str, release: Release, contacts: Contacts) -> str:
    words = _WORDS[language]
    if page == "early":
        moment = moment_words(release.released_at, language)
        return f"<div class=say role=status>{words['early']} <b>{moment}</b></div>"
    if page in {"form", *ANSWERS}:
        said = "" if page == "form" else f"<div class=say role=alert>{words[page]}</div>"
        return said + _form(words, language)
    return _shown(page, language, contacts)


def _form(words: Mapping[str, str], language: str) -> str:
    return (
        f"<form method=post action='/results/?lang={language}'>"
        f"<label for=i>{words['index']}</label><small id=ih>{words['index_hint']}</small>"
        f'<input id=i name=index inputmode=numeric autocomplete=off maxlength=20 aria-describedby=ih required value="{GAP}">'
        f"<label for=n>{words['name']}</label><small id=nh>{words['name_hint']}</small>"
        f'<input id=n name=name autocomplete=off maxlength=120 aria-describedby=nh required value="{GAP}">'
        f"<button>{words['ask']}</button></form>"
    )


def _shown(page: str, language: str, contacts: Contacts) -> str:
    words = _WORDS[language]
    person = (
        f"<section><dl><dt>{words['index']}<dd>{GAP}<dt>{words['names']}<dd>{GAP}"
        f"<dt>{words['school']}<dd>{GAP}</dl>"
    )
    if page == Kind.RESULT:
        person += (
            f"<p class=mean>{words['mean']}<b>{GAP}</b>"
            f"<table><thead><tr><th>{words['code']}<th>{words['subject']}<th>{words['grade']}</thead>"
            f"<tbody>{GAP}</table></section>"
        )
    else:
        person += f"</section><div class=say role=status>{words[page]}</div>"
    check_at = f"<small>{words['check_at']} {escape(contacts.check_at)}</small>"
    return (
        f"{person}<section>{words['version']} {GAP}<br>{words['check_code']} <b>{GAP}</b>"
        f"{check_at if contacts.check_at else ''}"
        f'<ul data-label="{words["earlier"]}">{GAP}</ul></section>'
        f"<p class=again><a href='/results/?lang={language}'>{words['again']}</a>"
    )
