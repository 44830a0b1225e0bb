"""The names of the roles, and how far each reaches."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The roles of DOMAIN; the stored names of Flask-AppBuilder's roles.

    `Centre Manager` is never given to an account: it is what an officer holds while a published
    deployment makes them manager of a centre.
    """

    OFFICER = "Officer"
    CENTRE = "Centre"
    CENTRE_MANAGER = "Centre Manager"
    TSC_DIRECTOR = "TSC Sub-County Director"
    SCDE = "SCDE"
    COUNTY_DIRECTOR = "County Director"
    MONITOR = "KNEC Monitor"
    ADMINISTRATOR = "KNEC Administrator"
    PAYMENTS_CLERK = "KNEC Payments Clerk"
    PAYMENTS_APPROVER = "KNEC Payments Approver"
    RESULTS_OFFICER = "Results Officer"
    RESULTS_APPROVER = "Results Approver"


NATIONAL_ROLES = frozenset(
    {
        Role.MONITOR,
        Role.ADMINISTRATOR,
        Role.PAYMENTS_CLERK,
        Role.PAYMENTS_APPROVER,
        Role.RESULTS_OFFICER,
        Role.RESULTS_APPROVER,
    }
)
"""Roles whose scope is the whole country."""

SUB_COUNTY_ROLES = frozenset({Role.TSC_DIRECTOR, Role.SCDE})
"""Roles whose scope is one sub-county."""

RESULTS_ROLES = frozenset({Role.RESULTS_OFFICER, Role.RESULTS_APPROVER})
"""National roles that read the results of candidates before anybody else does."""
