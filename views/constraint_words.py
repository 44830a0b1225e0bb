"""What the database refused, in words: a sentence for each constraint, by its name.

A constraint without a sentence of its own gets the one of its kind; the database's own text,
which holds values, is shown to nobody.
"""
# ruff: noqa: N818 (a refusal is named as the office says it)

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import DBAPIError, OperationalError

from app.errors import Conflict, NotFound, PortalError, RuleBroken
from app.words import N_

NAME_TAKEN = N_("There is one with this name already.")
CODE_TAKEN = N_("There is one with this code already.")

WORDS: dict[str, tuple[str, str | None]] = {
    # Queries about results
    "uq_result_query_one_open": (
        N_("You asked this already: the answer will stand here."),
        None,
    ),
    "ck_result_query_period_days": (N_("Write between 1 and 365 days."), "days"),
    "ck_result_query_period_dates": (
        N_("A rule cannot end before its first day."),
        "effective_to",
    ),
    "ex_result_query_period_one_at_a_time": (
        N_("Another period holds on one of these days: end it first."),
        "effective_from",
    ),
    # Messages
    "ck_message_budget_limits_something": (
        N_("Say how many messages, or how much money."),
        "most_messages",
    ),
    "ck_message_budget_wait": (
        N_("A budget makes messages wait only where it counts those of one number."),
        "wait_minutes",
    ),
    "ck_message_budget_window": (
        N_("A window is between one minute and 31 days."),
        "window_minutes",
    ),
    "ck_message_budget_not_negative": (N_("A budget cannot be below zero."), "most_messages"),
    "ck_message_budget_dates": (N_("A rule cannot end before its first day."), "effective_to"),
    "ck_quiet_hours_some_time": (N_("Quiet hours begin and end at two times."), "ends_at"),
    "ck_quiet_hours_dates": (N_("A rule cannot end before its first day."), "effective_to"),
    "uq_message_price_effective_from": (
        N_("There is a price from this day already."),
        "effective_from",
    ),
    "ck_message_price_cents": (
        N_("A price is between 0 and 100,000 cents."),
        "cents_per_segment",
    ),
    # Accounts
    "uq_ab_user_username_lower": (N_("Somebody has this user name already."), "username"),
    "uq_ab_user_username": (N_("Somebody has this user name already."), "username"),
    "uq_ab_user_email": (N_("Another account has this e-mail address."), "email"),
    "uq_ab_user_officer_id": (N_("This officer has an account already."), "officer"),
    "uq_centre_login_centre_id": (N_("This centre has a sign-in already."), "centre"),
    # Places
    "uq_county_code": (CODE_TAKEN, "code"),
    "uq_county_name": (NAME_TAKEN, "name"),
    "uq_sub_county_code": (CODE_TAKEN, "code"),
    "uq_sub_county_slug": (NAME_TAKEN, "name"),
    "uq_sub_county_county_id_name": (N_("The county has this sub-county already."), "name"),
    "uq_school_moe_code": (N_("Another school has this Ministry code."), "moe_code"),
    "uq_centre_series_id_code": (N_("Another centre of this series has this code."), "code"),
    "ck_centre_code_8_digits": (N_("A centre's code has 8 digits."), "code"),
    "ck_centre_candidates_not_negative": (
        N_("Candidates cannot be fewer than none."),
        "candidates",
    ),
    "ck_centre_rooms": (N_("Rooms are between 0 and 500."), "rooms"),
    "ck_centre_lon_in_kenya": (N_("The longitude is not in Kenya (33 to 43)."), "lon"),
    "ck_centre_lat_in_kenya": (N_("The latitude is not in Kenya (-5 to 6)."), "lat"),
    "ck_centre_not_hosted_by_itself": (N_("A centre cannot host itself."), "hosting_centre"),
    "fk_centre_hosting_in_same_sub_county": (
        N_("The hosting centre must be in the same sub-county."),
        "hosting_centre",
    ),
    "uq_office_contact_office_sub_county_id": (N_("This office has a contact already."), "office"),
    "ck_office_contact_knec_is_national": (
        N_("KNEC's contact has no sub-county; every other contact has one."),
        "sub_county",
    ),
    # Officers
    "uq_officer_mobile": (N_("Another officer has this mobile number."), "mobile"),
    "uq_officer_national_id_index": (
        N_("Another officer has this identity number."),
        "national_id",
    ),
    "uq_officer_kra_pin_index": (N_("Another officer has this KRA PIN."), "kra_pin"),
    "uq_officer_tsc_number": (N_("Another officer has this TSC number."), "tsc_number"),
    "ck_officer_mobile_254": (N_("Give a Kenyan mobile number, such as 0712 345 678."), "mobile"),
    "ck_officer_year_of_birth": (N_("The year of birth is not possible."), "year_of_birth"),
    "ck_officer_tsc_number_digits": (N_("A TSC number has 5 to 8 digits."), "tsc_number"),
    "ck_officer_flag_says_why": (N_("A flag names its field and its reason."), "state"),
    "ck_officer_known": (N_("Give the name and the sub-county first."), "full_name"),
    "ex_profile_requirement_one_at_a_time": (
        N_("A rule for this field holds on some of these days already. End it first."),
        "effective_from",
    ),
    "ex_unmask_limit_one_at_a_time": (
        N_("A limit holds on some of these days already. End it first."),
        "effective_from",
    ),
    # Deployments
    "ck_deployment_within_required": (N_("All posts of this role are filled here."), "role"),
    "ck_post_keeps_its_people": (
        N_("Somebody holds a place that this would take away. Withdraw them first."),
        None,
    ),
    "ex_deployment_one_post_a_day": (
        N_("This officer has another post on one of these days."),
        "officer",
    ),
    "ex_deployment_slot_filled_once": (
        N_("Somebody filled this place at the same moment. Try again."),
        "role",
    ),
    "ck_deployment_within_series": (
        N_("The days must lie between the first and last day of the series."),
        "starts_on",
    ),
    "ck_deployment_keeps_marked_days": (
        N_("A day that is marked already would lose its deployment. Choose a later end."),
        "ends_on",
    ),
    "fk_deployment_officer_id": (N_("This officer cannot be deployed here."), "officer"),
    "ck_deployment_officer_stands": (
        N_("This record was merged into another one. Choose that one."),
        "officer",
    ),
    "ck_deployment_keeps_its_person": (N_("Days worked stay with whoever worked them."), "officer"),
    # Stand-ins
    "ck_deployment_yields_absent_days": (
        N_("Only a day that the register marks absent is given to a stand-in."),
        None,
    ),
    "ck_mark_day_not_yielded": (
        N_("Somebody stands in for a person here; ask the sub-county to change that first."),
        None,
    ),
    "ex_stand_in_call_asked_once": (N_("People are being asked for this place already."), None),
    "uq_stand_in_offer_one_accepted": (N_("Somebody else said yes first. Thank you."), None),
    "ck_stand_in_offer_stands": (N_("This offer has ended already."), None),
    "ck_stand_in_call_stands": (N_("This is settled already. Look at the board again."), None),
    "ck_stand_in_offer_own_deployment": (N_("This offer has ended already."), None),
    "ck_walk_in_accepted_by_another": (
        N_("You entered this yourself: somebody else accepts it."),
        None,
    ),
    "ck_deployment_concern_stands": (N_("This concern was answered already."), None),
    "uq_deployment_correction_open_once": (
        N_("You have said this already. The director answers it."),
        None,
    ),
    "ck_deployment_correction_stands": (N_("This was answered already."), None),
    "ck_deployment_correction_own_duty": (N_("There is no such duty."), None),
    # Vacancies
    "uq_vacancy_open_once": (N_("This post is on offer here already."), "role"),
    "uq_application_vacancy_id_officer_id": (N_("This application was made already."), "officer"),
    "ck_application_within_posts": (N_("Every post of this vacancy is offered already."), None),
    "ck_application_office_chooses": (N_("Only the office chooses among applicants."), None),
    "ck_vacancy_keeps_its_offers": (N_("More posts than that are offered already."), "posts"),
    "ck_vacancy_posts": (N_("Posts are between 1 and 1000."), "posts"),
    "ck_vacancy_closes_after_it_opens": (
        N_("Applications must close later than they open."),
        "closes_at",
    ),
    "uq_ranking_weight_examination_id_criterion": (
        N_("This criterion has a weight already."),
        "criterion",
    ),
    "uq_service_history_officer_id_examination_id_year_school_id": (
        N_("This season is on record already."),
        "year",
    ),
    "ex_eligibility_rule_one_at_a_time": (
        N_("A rule of this kind holds on some of these days already. End it first."),
        "effective_from",
    ),
    # Registers and marks
    "ck_mark_follows_merge": (N_("Days worked stay with whoever worked them."), None),
    "ck_mark_never_deleted": (N_("A mark is corrected, never deleted."), None),
    "ck_mark_register_closed": (N_("This register is closed. Ask for it to be reopened."), None),
    "ck_mark_covered_by_deployment": (N_("No published deployment covers this day."), None),
    # Rules
    "ck_used_rule_stays": (N_("This rule is in use: end it instead of deleting it."), None),
    "ex_ratio_rule_one_at_a_time": (
        N_("A rule for this role holds on some of these days already. End it first."),
        "effective_from",
    ),
    "ex_day_rate_one_at_a_time": (
        N_("A rate for this role holds on some of these days already. End it first."),
        "effective_from",
    ),
    "ck_ratio_rule_county_basis": (
        N_("A county's count names its county; a centre's rule names none."),
        "county",
    ),
    "ck_ratio_rule_extra_with_threshold": (
        N_("Extra posts need the number of candidates above which they are added."),
        "extra_over",
    ),
    # Letters
    "ck_letter_stands": (N_("A letter that was issued stands as it is. Write it anew."), None),
    "ck_letter_move_of_valid": (N_("This letter holds no more. Look at the page again."), None),
    "ck_used_template_stays": (
        N_("Letters use this template: end it, and add a new one from the next day."),
        None,
    ),
    "ex_letter_template_one_at_a_time": (
        N_("A template like this holds on some of these days already. End it first."),
        "effective_from",
    ),
    "ck_append_only": (N_("What is written in the history stays."), None),
}

_KINDS: dict[str, tuple[type[PortalError], str, str]] = {
    "23505": (Conflict, "exists", N_("There is one like this already.")),
    "23P01": (Conflict, "overlaps", N_("This overlaps with another one. Choose other days.")),
    "23503": (RuleBroken, "in-use", N_("Other records depend on this, or what it names is gone.")),
    "23001": (RuleBroken, "in-use", N_("Other records depend on this.")),
    "23502": (RuleBroken, "missing", N_("Something required is missing.")),
    "23514": (RuleBroken, "rule-broken", N_("A value is outside what is allowed.")),
    "42501": (NotFound, "not-found", N_("That record was not found.")),
    "40001": (Conflict, "changed", N_("Somebody changed this at the same moment. Try again.")),
    "40P01": (Conflict, "changed", N_("Somebody changed this at the same moment. Try again.")),
    "22": (RuleBroken, "value", N_("A value is too long or of the wrong kind.")),
}
_AWAY = N_("The portal is busy. Try again in a minute.")
_AWAY_STATES = ("53", "55", "57", "58", "08")
"""Out of room or memory, locked too long, cancelled or stopped, disk failure, connection lost."""


class Busy(PortalError):
    """The database cannot do this now: 503, to be tried again."""

    status = 503


def refusal_of(error: DBAPIError) -> PortalError | None:
    """The refusal to show for what the database raised; None where it is a defect of ours."""
    cause: Any = error.orig
    state: str = getattr(cause, "sqlstate", None) or ""
    name = getattr(getattr(cause, "diag", None), "constraint_name", None)
    if state[:2] in _AWAY_STATES or (not state and isinstance(error, OperationalError)):
        return Busy("busy", _AWAY)
    kind = _KINDS.get(state) or _KINDS.get(state[:2])
    if kind is None:
        return _unsendable(error)
    refusal, code, words = kind
    sentence, field = WORDS.get(name or "", (words, None))
    return refusal(code, sentence, field=field)


def _unsendable(error: DBAPIError) -> PortalError | None:
    """A value that could not even be sent, such as a text with a NUL byte or a huge number."""
    if type(error).__name__ == "DataError" or "NUL" in str(error.orig):
        _, code, words = _KINDS["22"]
        return RuleBroken(code, words)
    return None
