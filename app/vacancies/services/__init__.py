"""Writes of vacancies: posts that follow the rules, adverts, applications and what becomes of them."""

from app.vacancies.services.adverts import (
    add_vacancy,
    advertise_missing,
    close_vacancies,
    edit_vacancy,
)
from app.vacancies.services.applications import (
    accept_offer,
    add_application,
    apply_for,
    decline_offer,
    edit_application,
    withdraw_application,
)
from app.vacancies.services.choosing import (
    decline_applications,
    decline_remaining,
    select_applications,
    shortlist_applications,
    shortlist_best,
)
from app.vacancies.services.posts import recompute_posts, recompute_series, recompute_stores

__all__ = [
    "accept_offer",
    "add_application",
    "add_vacancy",
    "advertise_missing",
    "apply_for",
    "close_vacancies",
    "decline_applications",
    "decline_offer",
    "decline_remaining",
    "edit_application",
    "edit_vacancy",
    "recompute_posts",
    "recompute_series",
    "recompute_stores",
    "select_applications",
    "shortlist_applications",
    "shortlist_best",
    "withdraw_application",
]
