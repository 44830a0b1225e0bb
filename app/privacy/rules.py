"""The rules of retention: which rows each one means, and what becomes of them.

How long is data (`retention_period`); what is meant is here, because it is code that acts. `due` is
the condition of a row whose period is over: `:before` is the real moment, `:day` the office day that
lies the period back. Rows that a rule has treated are not due any more. Histories that only grow
(events, moves, marks, merges, unmaskings) are in no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.privacy.enums import How
from app.words import N_

_SERVED = "SELECT 1 FROM deployment d WHERE d.officer_id = officer.id AND d.status <> 'declined'"
_IDLE = (
    "created_at < :before AND anonymised_at IS NULL"
    f" AND NOT EXISTS ({_SERVED} AND d.ends_on >= :day)"
)
_AWAY = (
    "NOT EXISTS (SELECT 1 FROM ab_user u JOIN sign_in_session s ON s.user_id = u.id"
    " WHERE u.officer_id = officer.id AND s.last_seen_at >= :before)"
)
_KIN = ("kin_name", "kin_telephone", "kin_relationship")
_BANK = ("mpesa_name", "bank_name", "bank_branch", "account_cipher", "account_last")


def _any_of(columns: tuple[str, ...]) -> str:
    return "(" + " OR ".join(f"{column} IS NOT NULL" for column in columns) + ")"


def _nothing_in(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{column} = NULL" for column in columns)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rows of one table, when they are due, and what is done: `sets` is the SQL of a wipe, `first`
    tables whose rows of the same key go before."""

    code: str
    what: str
    table: str
    due: str
    how: How
    sets: str = ""
    first: tuple[tuple[str, str], ...] = ()


_RULES = (
    RetentionRule(
        "sign-in-sessions",
        N_("Sign-in sessions after they ended"),
        "sign_in_session",
        "coalesce(ended_at, expires_at) < :before AND expires_at < clock_timestamp()",
        How.DELETED,
    ),
    RetentionRule(
        "sign-in-counters",
        N_("Counters of sign-in attempts"),
        "sign_in_counter",
        "window_start < :before",
        How.DELETED,
    ),
    RetentionRule(
        "one-time-codes",
        N_("One-time codes after they expired"),
        "one_time_code",
        "expires_at < :before",
        How.DELETED,
    ),
    RetentionRule(
        "message-texts",
        N_("Texts of messages to telephones"),
        "message",
        "body IS NOT NULL AND created_at < :before"
        " AND state NOT IN ('waiting', 'sending', 'in_doubt')",
        How.WIPED,
        sets="body = NULL",
    ),
    RetentionRule(
        "messages",
        N_("That a message was sent, to which number and at what cost"),
        "message",
        "created_at < :before AND state NOT IN ('waiting', 'sending', 'in_doubt')",
        How.DELETED,
    ),
    RetentionRule(
        "messages-received",
        N_("Messages that came in"),
        "sms_inbound",
        "received_at < :before AND state <> 'received'",
        How.DELETED,
    ),
    RetentionRule(
        "result-questions",
        N_("That somebody asked for a result by telephone"),
        "result_question",
        "asked_at < :before",
        How.DELETED,
    ),
    RetentionRule(
        "import-files",
        N_("Lists that were brought, their rows and faults"),
        "list_import",
        "wiped_at IS NULL AND coalesce(finished_at, asked_at, added_at) < :before",
        How.WIPED,
        sets="first_rows = NULL, wiped_at = clock_timestamp()",
        first=(
            ("import_piece", "import_id"),
            ("import_line", "import_id"),
            ("import_fault", "import_id"),
        ),
    ),
    RetentionRule(
        "unsuccessful-applications",
        N_("What was written in applications that came to nothing"),
        "application",
        "state IN ('not_selected', 'withdrawn', 'declined') AND moved_at < :before"
        " AND (reason IS NOT NULL OR note IS NOT NULL)",
        How.WIPED,
        sets="reason = NULL, note = NULL",
    ),
    RetentionRule(
        "walk-ins",
        N_("Names and numbers of people entered at a centre without a deployment"),
        "walk_in",
        "(number_cipher IS NOT NULL OR typed_name <> '') AND day < :day",
        How.WIPED,
        sets="typed_name = '', number_cipher = NULL, number_index = NULL, number_last = NULL",
    ),
    RetentionRule(
        "number-changes",
        N_("Former mobile numbers"),
        "number_change",
        "coalesce(decided_at, asked_at) < :before",
        How.DELETED,
    ),
    RetentionRule(
        "next-of-kin",
        N_("Next of kin, after the last season worked"),
        "officer",
        f"{_any_of(_KIN)} AND {_IDLE}",
        How.WIPED,
        sets=_nothing_in(_KIN),
    ),
    RetentionRule(
        "bank-details",
        N_("Bank and M-Pesa details, without work"),
        "officer",
        f"{_any_of(_BANK)} AND {_IDLE}",
        How.WIPED,
        sets=_nothing_in(_BANK),
    ),
    RetentionRule(
        "unfinished-profiles",
        N_("Profiles that were begun and never sent in"),
        "officer",
        f"state = 'draft' AND {_IDLE} AND {_AWAY} AND NOT EXISTS ({_SERVED})",
        How.ANONYMISED,
    ),
    RetentionRule(
        "inactive-officers",
        N_("Officers who neither worked nor signed in"),
        "officer",
        f"{_IDLE} AND {_AWAY}",
        How.ANONYMISED,
    ),
    RetentionRule(
        "data-requests",
        N_("Answered requests about own data"),
        "data_request",
        "answered_at < :before",
        How.DELETED,
    ),
)
RULES: Mapping[str, RetentionRule] = {rule.code: rule for rule in _RULES}
"""code -> rule, in the order in which they are applied."""

NEVER = (
    ("event", N_("Who did what, when and why: the proof behind pay, without identity numbers")),
    ("mark_history", N_("Every value that a mark ever had")),
    ("unmasking", N_("Who read a number in full, and why")),
)
"""What only grows: kept as long as the portal, and in the page of the notice."""
