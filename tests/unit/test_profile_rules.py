"""The pure rules of profiles: what is missing, which moves there are, what was typed."""

from __future__ import annotations

import datetime as dt
from itertools import product

import pytest

from app.errors import IllegalMove
from app.people.enums import NeededFor, ProfileAct, ProfileGroup, ProfileState
from app.people.fields import FIELD, FIELDS, GROUP_WORDS, banks, fields_of
from app.people.machine import MOVES, move_for, moves_from, still_verified, verified_groups
from app.people.readings import read_step
from app.people.requirements import WORK_NUMBER, Requirement, missing, needed
from app.people.texts import FIELD_SW
from app.permissions import MATRIX

DAY, SINCE = dt.date(2026, 11, 11), dt.date(2025, 1, 1)
RULES = (
    Requirement("full_name", NeededFor.SUBMIT, SINCE),
    Requirement("kra_pin", NeededFor.PAY, SINCE),
    Requirement("tsc_number", NeededFor.SUBMIT, SINCE, role_code="invigilator"),
    Requirement(WORK_NUMBER, NeededFor.SUBMIT, SINCE, role_code="driver"),
    Requirement("email", NeededFor.SUBMIT, dt.date(2027, 1, 1)),
    Requirement("gender", NeededFor.SUBMIT, SINCE, effective_to=dt.date(2025, 12, 31)),
    Requirement("teaches_at", NeededFor.SUBMIT, SINCE, examination_code="KCSE"),
)


def names(facts: dict[str, object], *roles: str, on: dt.date = DAY, **more: str) -> list[str]:
    return [one.name for one in missing(facts, RULES, roles, on=on, **more)]


def test_a_teacher_needs_a_tsc_number_and_a_driver_a_work_number() -> None:
    assert names({"full_name": "A B", "kra_pin": "x"}, "invigilator") == ["tsc_number"]
    assert names({"full_name": "A B", "kra_pin": "x"}, "driver") == ["staff_number"]
    both = names({"full_name": "A B", "kra_pin": "x"}, "driver", "invigilator")
    assert both == ["tsc_number", "staff_number"]


@pytest.mark.parametrize("given", ["staff_number", "national_id"])
def test_a_service_or_an_identity_number_stands_for_the_tsc_number(given: str) -> None:
    assert names({"full_name": "A B", "kra_pin": "x", given: "1"}, "driver") == []


def test_rules_hold_in_their_dates_only() -> None:
    assert names({}) == ["full_name", "kra_pin"]
    assert names({}, on=dt.date(2025, 6, 1)) == ["full_name", "gender", "kra_pin"]
    assert names({}, on=dt.date(2027, 1, 1)) == ["full_name", "kra_pin", "email"]
    assert names({}, on=dt.date(2024, 12, 31)) == []


def test_a_rule_of_one_examination_speaks_of_that_one() -> None:
    assert "teaches_at" not in names({}, examination_code="KPSEA")
    assert "teaches_at" in names({}, examination_code="KCSE")


def test_what_is_only_needed_for_pay_does_not_bar_sending() -> None:
    found = missing({}, RULES, on=DAY)
    assert {one.name: one.needed_for for one in found} == {
        "full_name": NeededFor.SUBMIT,
        "kra_pin": NeededFor.PAY,
    }
    assert needed(RULES, on=DAY) == {"full_name"}


def test_the_stricter_of_two_rules_counts() -> None:
    rules = (
        Requirement("email", NeededFor.SUBMIT, SINCE),
        Requirement("email", NeededFor.PAY, SINCE, role_code="driver"),
    )
    (found,) = missing({}, rules, ["driver"], on=DAY)
    assert found.needed_for is NeededFor.SUBMIT


def test_every_missing_field_says_why_it_matters() -> None:
    assert all(one.why and one.matters and one.label for one in FIELDS)
    assert [one.field.matters for one in missing({}, RULES, on=DAY)] == [
        FIELD["full_name"].matters,
        FIELD["kra_pin"].matters,
    ]


def test_the_fields_are_those_of_the_portal_in_six_steps() -> None:
    assert len(FIELD) == len(FIELDS)
    assert set(GROUP_WORDS) == set(ProfileGroup)
    assert all(fields_of(group) for group in ProfileGroup)
    assert len(banks()) > 30
    assert set(FIELD) - set(FIELD_SW) == {"reads_braille"}


@pytest.mark.parametrize(("state", "act"), list(product(ProfileState, ProfileAct)))
def test_every_state_and_act_is_in_the_table_or_refused(
    state: ProfileState, act: ProfileAct
) -> None:
    known = [move for move in MOVES if (move.before, move.act) == (state, act)]
    if known:
        assert [move_for(state, act)] == known
    else:
        with pytest.raises(IllegalMove):
            move_for(state, act)


def test_nothing_leads_from_a_draft_to_verified() -> None:
    assert {move.after for move in MOVES if move.before is ProfileState.DRAFT} == {
        ProfileState.DRAFT,
        ProfileState.SUBMITTED,
    }


def test_every_move_is_an_act_of_the_matrix() -> None:
    offered = {(move.resource, move.may) for move in MOVES}
    known = {(r, act) for r, by in MATRIX.items() for acts in by.values() for act in acts}
    assert offered <= known


def test_moves_are_offered_by_permission() -> None:
    found = moves_from(ProfileState.SUBMITTED, lambda resource, act: act == "verify")
    assert [move.act for move in found] == [ProfileAct.VERIFY]


def test_an_edit_opens_its_own_group_and_no_other() -> None:
    left = still_verified(ProfileState.VERIFIED, [], ProfileGroup.BANK)
    assert set(ProfileGroup) - set(left) == {ProfileGroup.BANK}
    again = still_verified(ProfileState.SUBMITTED, map(str, left), ProfileGroup.KIN)
    assert set(ProfileGroup) - set(again) == {ProfileGroup.BANK, ProfileGroup.KIN}
    assert verified_groups(ProfileState.DRAFT, []) == ()


def test_a_step_reads_what_is_valid_beside_what_is_not() -> None:
    typed = {"full_name": ["  jane   wanjiku "], "year_of_birth": ["abc"], "email": [""]}
    reading = read_step(ProfileGroup.PERSONAL, typed)
    assert reading.values == {"full_name": "jane wanjiku", "email": None}
    assert [problem.field for problem in reading.problems] == ["year_of_birth"]


def test_a_sealed_number_left_empty_is_not_touched() -> None:
    assert "account" not in read_step(ProfileGroup.BANK, {"account": [""]}).values


def test_years_of_study_come_in_order() -> None:
    typed = {"qualification_from": ["2012"], "qualification_to": ["2010"]}
    reading = read_step(ProfileGroup.QUALIFICATION, typed)
    assert reading.values == {"qualification_from": 2012}
    assert [problem.code for problem in reading.problems] == ["years"]


def test_roles_that_do_not_exist_are_left_out() -> None:
    typed = {"wanted_roles": ["driver", "minister"]}
    reading = read_step(ProfileGroup.DUTIES, typed, ["driver", "clerk"])
    assert reading.values == {"wanted_roles": ["driver"], "reads_braille": False}


@pytest.mark.parametrize(("kind", "employer"), [("tsc", "Teachers Service Commission")])
def test_the_employer_is_named_by_its_kind(kind: str, employer: str) -> None:
    typed = {"employer_kind": [kind], "employer": ["whatever"]}
    assert read_step(ProfileGroup.WORKSTATION, typed).values["employer"] == employer


@pytest.mark.parametrize("hostile", ["<script>", "=cmd()", "a\x00b", "\u202eabc", "1" * 500, "@x"])
@pytest.mark.parametrize("field", ["designation", "workstation", "employer"])
def test_words_are_words(field: str, hostile: str) -> None:
    reading = read_step(ProfileGroup.WORKSTATION, {field: [hostile], "employer_kind": ["other"]})
    assert field not in reading.values
