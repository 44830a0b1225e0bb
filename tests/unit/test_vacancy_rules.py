"""The table of moves, the order of applicants, and what is still to advertise."""

from __future__ import annotations

import pytest

from app.errors import IllegalMove
from app.exams.enums import RankCriterion as Criterion
from app.messages.rules import segments_of
from app.vacancies.adverts import Missing, missing, with_braille
from app.vacancies.enums import ApplicationAct as Act
from app.vacancies.enums import ApplicationState as State
from app.vacancies.machine import BY_ACT, MOVES, REFUSALS, acts_from, state_after
from app.vacancies.ranking import Standing, Weight, distance_km, ranked
from app.vacancies.texts import AT_EACH_TURN

LEGAL = {
    (None, Act.APPLY): State.APPLIED,
    (State.WITHDRAWN, Act.APPLY): State.APPLIED,
    (State.APPLIED, Act.WITHDRAW): State.WITHDRAWN,
    (State.SHORTLISTED, Act.WITHDRAW): State.WITHDRAWN,
    (State.APPLIED, Act.SHORTLIST): State.SHORTLISTED,
    (State.SHORTLISTED, Act.SELECT): State.SELECTED,
    (State.APPLIED, Act.DECLINE): State.NOT_SELECTED,
    (State.SHORTLISTED, Act.DECLINE): State.NOT_SELECTED,
    (State.SELECTED, Act.DECLINE): State.NOT_SELECTED,
    (State.SELECTED, Act.ACCEPT): State.ACCEPTED,
    (State.SELECTED, Act.DECLINE_OFFER): State.DECLINED,
}


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("state", [None, *State])
def test_every_pair_of_state_and_act_is_in_the_table_or_refused(
    state: State | None, act: Act
) -> None:
    if (state, act) in LEGAL:
        assert state_after(state, act) is LEGAL[state, act]
        return
    with pytest.raises(IllegalMove) as refused:
        state_after(state, act)
    assert refused.value.message == REFUSALS[state]


def test_the_table_names_every_act_once() -> None:
    assert [move.act for move in MOVES] == list(BY_ACT)
    assert set(BY_ACT) == set(Act) == set(AT_EACH_TURN)


def test_buttons_come_from_the_table() -> None:
    assert acts_from(None, by_officer=True) == (Act.APPLY,)
    assert acts_from(State.SELECTED, by_officer=True) == (Act.ACCEPT, Act.DECLINE_OFFER)
    assert acts_from(State.APPLIED, by_officer=False) == (Act.SHORTLIST, Act.DECLINE)
    assert acts_from(State.ACCEPTED, by_officer=True) == ()


WEIGHTS = (
    Weight(Criterion.DISTANCE, 40, 100),
    Weight(Criterion.EXPERIENCE, 30, 5),
    Weight(Criterion.LEFT_OUT, 20),
    Weight(Criterion.VERIFIED, 10),
)


def test_points_are_shown_for_each_criterion_and_add_up() -> None:
    (one,) = ranked([Standing(1, 25.0, 2, chosen_last_year=False, verified=True)], WEIGHTS)
    assert dict(one.points) == {
        Criterion.DISTANCE: 30.0,
        Criterion.EXPERIENCE: 12.0,
        Criterion.LEFT_OUT: 20.0,
        Criterion.VERIFIED: 10.0,
    }
    assert (one.total, one.place) == (72.0, 1)


def test_the_order_follows_the_weights_and_ties_go_to_the_nearer_then_the_earlier() -> None:
    far_but_left_out = Standing(1, 90.0, 0, chosen_last_year=False, verified=True)
    near_but_chosen = Standing(2, 10.0, 0, chosen_last_year=True, verified=True)
    unknown_place = Standing(3, None, 0, chosen_last_year=True, verified=True)
    twin = Standing(4, None, 0, chosen_last_year=True, verified=True)
    people = [twin, unknown_place, far_but_left_out, near_but_chosen]
    assert [one.standing.application_id for one in ranked(people, WEIGHTS)] == [2, 1, 3, 4]
    only_fairness = (Weight(Criterion.LEFT_OUT, 20),)
    assert ranked(people, only_fairness)[0].standing.application_id == 1
    assert [one.total for one in ranked(people, ())] == [0, 0, 0, 0]


def test_distance_is_that_of_the_great_circle() -> None:
    nairobi, kisumu = (36.8219, -1.2921), (34.7617, -0.0917)
    found = distance_km(nairobi, kisumu)
    assert found is not None
    assert round(found) == 265
    assert distance_km((None, None), kisumu) is None


def test_what_nobody_holds_and_no_advert_covers_is_to_advertise() -> None:
    found = missing(
        {(1, 5): 4, (2, 5): 2, (3, 5): 1, (1, 6): 1},
        {(1, 5): 1, (3, 5): 1},
        {(1, 5): 2, (3, 5): 1},
        {5: 1, 6: 3},
    )
    assert found == (
        Missing(1, 5, required=4, deployed=1, on_offer=3, to_advertise=0),
        Missing(1, 6, required=1, deployed=0, on_offer=1, to_advertise=0),
        Missing(2, 5, required=2, deployed=0, on_offer=0, to_advertise=2),
    )


@pytest.mark.parametrize(
    ("posts", "blind", "readers", "split"),
    [(4, 0, 0, (4, 0)), (4, 2, 0, (3, 1)), (4, 2, 1, (4, 0)), (1, 1, 0, (0, 1)), (0, 1, 0, (0, 0))],
)
def test_one_reader_of_braille_is_asked_for_where_blind_candidates_sit(
    posts: int, blind: int, readers: int, split: tuple[int, int]
) -> None:
    assert with_braille(posts, blind_candidates=blind, readers=readers) == split


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("locale", ["en", "sw"])
def test_every_text_fits_two_messages_and_fills_its_gaps(act: Act, locale: str) -> None:
    facts = {
        "role": "supervisor of oral and practical",
        "station": "S" * 40,
        "series": "KPSEA 2026",
        "address": "https://sajili.knec-examinations.example.go.ke",
    }
    said = AT_EACH_TURN[act].spoken(facts, locale)
    assert "%(" not in said
    assert segments_of(said) <= 2


@pytest.mark.parametrize("act", [Act.SHORTLIST, Act.SELECT, Act.DECLINE])
@pytest.mark.parametrize("locale", ["en", "sw"])
def test_what_the_office_decides_leads_to_the_page(act: Act, locale: str) -> None:
    facts = {"role": "r", "station": "s", "series": "e", "address": "https://a.example"}
    assert "https://a.example/me/applications/" in AT_EACH_TURN[act].spoken(facts, locale)
