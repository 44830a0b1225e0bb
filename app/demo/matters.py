"""What people said beside the marks: disputes, incidents, concerns, remarks, roster confirmations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

from app.attendance.enums import RegisterState
from app.demo import accounts, season
from app.demo.marks import Exceptions
from app.demo.places import Country
from app.demo.registers import EAT, Register
from app.demo.staffing import SHOWN, Centre, Deployment

CLAIMS = (
    "I was at the centre the whole day; the supervisor can say so.",
    "I signed the book at the gate at 6:50.",
    "I was sent to fetch papers from the store and came back at 9.",
)
ANSWERS = (
    "The gate book shows it: the register was returned.",
    "No record at the centre shows it.",
)
INCIDENTS = (
    ("Papers came late", "The papers of the first session came at 08:20; it began at 08:40."),
    ("Power cut", "No power from 10:00 to 11:30. The practical went on with the generator."),
    ("Candidate unwell", "One candidate was taken to the health centre and came back."),
    ("Heavy rain", "The road from the store was flooded; the escort took the upper road."),
)
CONCERNS = ("Works at a school of the same sponsor.", "Is said to be on sick leave.")
HAND_OVER = "Seating plans, attendance sheets and the invigilators' list were handed over."
_ANSWERED_AFTER = dt.timedelta(hours=14)
_WEEK_ENDS = dt.date(2026, 11, 6)


def office_contacts(country: Country) -> Iterator[tuple[Any, ...]]:
    """KNEC's contacts and those of each sub-county's two offices; no number is a real office's."""
    hours = "Monday to Friday, 8:00-17:00; in the season 6:00-20:00"
    yield (
        *(1, "knec", None, "KNEC help desk", "0800 000 100", "help@knec.example", "Nairobi"),
        hours,
    )
    number = 1
    for place in country.sub_counties:
        for office, title in (
            ("tsc", "TSC Sub-County Director"),
            ("scde", "Sub-County Education Office"),
        ):
            number += 1
            telephone = f"020 000 {number:04d}"
            email = f"{office}.{place.slug}@education.example"
            name = f"{title}, {place.name}"
            yield number, office, place.id, name, telephone, email, place.name, hours


def roster_confirmations(centres: list[Centre], *, seed: int) -> Iterator[tuple[Any, ...]]:
    """On rehearsal day most centres said that their roster was right."""
    rng = Random(f"{seed}:rosters")
    day = season.RUNNING.others_from
    for centre in _running(centres):
        people = sum(d.on_roster(day) for d in centre.deployments)
        at = dt.datetime(day.year, day.month, day.day, 9, 0, tzinfo=EAT)
        at += dt.timedelta(minutes=rng.randrange(0, 360))
        if people and accounts.has_login(centre) and rng.random() < 0.96:
            remark = "One invigilator has not reported yet." if rng.random() < 0.02 else None
            by = accounts.centre_account(centre.id)
            yield centre.id, centre.sub_county.id, at, by, people, remark


def concerns(centres: list[Centre], *, seed: int) -> Iterator[tuple[Any, ...]]:
    """The SCDE's concerns about some deployments, half of them answered; one waits in the sub-county
    that is shown."""
    rng = Random(f"{seed}:concerns")
    seen: set[int] = set()
    for centre in _running(centres):
        for deployment in centre.deployments:
            new = centre.sub_county.id not in seen
            if deployment.status == "accepted" and (rng.random() < 0.002 or new):
                seen.add(centre.sub_county.id)
                place = centre.sub_county.id
                at = dt.datetime(2026, 10, 5, 9, 0, tzinfo=EAT)
                waits = new and centre.sub_county.slug == SHOWN
                answered = rng.random() < 0.5 and not waits
                answer = "Checked: it is not so." if answered else None
                yield (
                    *(deployment.id, centre.id, place, rng.choice(CONCERNS), at),
                    *(accounts.scde_account(place), answer, at if answered else None),
                    accounts.tsc_account(place) if answered else None,
                )


def incidents(centres: list[Centre], *, seed: int) -> Iterator[tuple[Any, ...]]:
    """Some incidents, and the weekly hand-over reports of half the centres."""
    rng = Random(f"{seed}:incidents")
    past = [day.day for day in season.RUNNING.days if day.day < season.TODAY]
    for centre in _running(centres):
        if centre.kind == "store":
            continue
        own = (season.RUNNING.id, centre.id, centre.sub_county.id)
        by = accounts.centre_account(centre.id)
        if rng.random() < 0.15:
            day = rng.choice(past)
            title, details = rng.choice(INCIDENTS)
            at = dt.datetime(day.year, day.month, day.day, 15, 30, tzinfo=EAT)
            sent = at if rng.random() < 0.9 else None
            yield (*own, day, "incident", title, details, rng.randrange(0, 4), sent, at, by)
        if rng.random() < 0.5:
            day, at = _WEEK_ENDS, dt.datetime(2026, 11, 6, 16, 45, tzinfo=EAT)
            title = "Hand-over of the first week"
            yield (*own, day, "hand_over", title, HAND_OVER, rng.randrange(0, 6), at, at, by)


def disputes(exceptions: Exceptions, *, seed: int) -> Iterator[tuple[Any, ...]]:
    """Some officers who were marked absent or late say otherwise; a part is answered."""
    rng = Random(f"{seed}:disputes")
    seen: set[int] = set()
    for register, deployment, said in exceptions.away:
        if register.centre.series is not season.RUNNING or register.day == season.TODAY:
            continue
        place = register.centre.sub_county.id
        likely = 0.03 if said.startswith("absent") else 0.006
        if rng.random() > likely and place in seen:
            continue
        seen.add(place)
        at = dt.datetime(register.day.year, register.day.month, register.day.day, 20, tzinfo=EAT)
        waits = at + _ANSWERED_AFTER > season.ANCHOR
        state = "open" if waits else rng.choice(("open", "open", "upheld", "refused"))
        answer = None if state == "open" else ANSWERS[state == "refused"]
        yield (
            *(deployment.id, deployment.officer.id, register.centre.id, place, register.day),
            *(rng.choice(CLAIMS), state, answer, at),
            at + _ANSWERED_AFTER if answer else None,
            accounts.tsc_account(place) if answer else None,
        )


def remarks(registers: list[Register], *, seed: int) -> Iterator[tuple[Any, ...]]:
    """Directors' remarks on rows of some registers that wait for the SCDE."""
    rng = Random(f"{seed}:remarks")
    for register in registers:
        waits = register.state is RegisterState.SUBMITTED and register.day < season.TODAY
        if waits and rng.random() < 0.03:
            place, deployment = register.centre.sub_county.id, rng.choice(register.roster)
            yield (
                *(register.id, deployment.id, register.centre.id, place),
                *(_remark(deployment), register.submitted_at, accounts.tsc_account(place)),
            )


def _remark(deployment: Deployment) -> str:
    return f"Please check slot {deployment.slot}: somebody else was seen in this role."


def _running(centres: list[Centre]) -> Iterator[Centre]:
    return (centre for centre in centres if centre.series is season.RUNNING)
