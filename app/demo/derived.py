"""What follows from the marks, computed in the database: their history and the daily summaries."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from app.demo.marks import Exceptions

_HISTORY = """
    INSERT INTO mark_history (id, register_id, centre_id, sub_county_id, day, deployment_id,
        officer_id, role_id, status, minutes_late, reason, remark, self_marked, register_version,
        marked_by_id, marked_by_user, marked_at, correction_reason)
    SELECT 2 * m.id, m.register_id, m.centre_id, m.sub_county_id, m.day, m.deployment_id,
        m.officer_id, m.role_id, m.status, m.minutes_late, m.reason, m.remark, m.self_marked,
        r.version, m.marked_by_id, m.marked_by_user, m.marked_at, c.reason
    FROM mark m JOIN register r ON r.id = m.register_id
    LEFT JOIN demo_corrected c ON c.mark_id = m.id
    ORDER BY m.id
"""
_FIRST_VALUES = """
    INSERT INTO mark_history (id, register_id, centre_id, sub_county_id, day, deployment_id,
        officer_id, role_id, status, self_marked, register_version, marked_by_id, marked_by_user,
        marked_at)
    SELECT 2 * m.id - 1, m.register_id, m.centre_id, m.sub_county_id, m.day, m.deployment_id,
        m.officer_id, m.role_id, 'present', m.self_marked, 1, m.marked_by_id, m.marked_by_user,
        m.marked_at - interval '100 minutes'
    FROM mark m JOIN demo_corrected c ON c.mark_id = m.id
    ORDER BY m.id
"""
SUMMARIES = """
    SELECT r.centre_id, r.day, e.role_id, r.series_id, r.sub_county_id, e.expected,
        coalesce(m.present, 0) AS present, coalesce(m.absent, 0) AS absent,
        coalesce(m.late, 0) AS late, e.expected - coalesce(m.marked, 0) AS unmarked,
        coalesce(m.held, 0) AS held, r.state,
        coalesce(r.confirmed_at, r.submitted_at, r.opened_at) AS updated_at
    FROM register r
    JOIN (
        SELECT r.id AS register_id, d.role_id, count(*) AS expected
        FROM register r JOIN deployment d ON d.centre_id = r.centre_id AND d.period @> r.day
        WHERE d.status <> 'proposed'
        GROUP BY r.id, d.role_id
    ) e ON e.register_id = r.id
    LEFT JOIN (
        SELECT m.register_id, m.role_id, count(*) AS marked,
            count(*) FILTER (WHERE m.status = 'present') AS present,
            count(*) FILTER (WHERE m.status = 'absent') AS absent,
            count(*) FILTER (WHERE m.status = 'late') AS late,
            count(*) FILTER (WHERE m.status <> 'absent' AND s.id IS NOT NULL) AS held
        FROM mark m
        LEFT JOIN dispute s
          ON s.deployment_id = m.deployment_id AND s.day = m.day AND s.state = 'open'
        GROUP BY m.register_id, m.role_id
    ) m ON m.register_id = r.id AND m.role_id = e.role_id
"""
"""The summary of each register by role, as a submit writes it."""

_SUMMARIES_STORED = f"""
    INSERT INTO centre_day (centre_id, day, role_id, series_id, sub_county_id, expected, present,
        absent, late, unmarked, held, state, updated_at)
    {SUMMARIES} ORDER BY r.id, e.role_id
"""

_CONFIRMED = """
    INSERT INTO series_confirmation (officer_id, sub_county_id, series_id, answer, answered_at)
    SELECT o.id, o.sub_county_id, s.id, 'same', o.submitted_at
    FROM officer o CROSS JOIN series s
    WHERE s.status <> 'finished' AND (o.state = 'submitted' OR EXISTS (
        SELECT 1 FROM deployment d JOIN series r ON r.id = d.series_id AND r.status = 'running'
        WHERE d.officer_id = o.id AND d.status = 'accepted'))
    ORDER BY o.id, s.id
"""
_SENT = """
    INSERT INTO profile_move (officer_id, sub_county_id, act, from_state, to_state, fields, reason,
        version, moved_at, actor_name)
    SELECT o.id, o.sub_county_id, m.act, m.from_state, m.to_state, m.fields, m.reason, m.version,
        o.submitted_at + m.later, m.actor_name
    FROM officer o CROSS JOIN LATERAL (VALUES
        ('submit', 'draft', 'submitted', '{}'::text[], NULL, 1, interval '0', o.full_name, true),
        ('flag', 'submitted', 'flagged', ARRAY[o.flagged_field], o.flag_reason, 1, interval '1 day',
            'TSC office', o.state = 'flagged')
    ) AS m (act, from_state, to_state, fields, reason, version, later, actor_name, wanted)
    WHERE o.state IN ('submitted', 'flagged') AND m.wanted
    ORDER BY o.id, m.later
"""
"""What each officer waiting or flagged has behind them; the verified ones' history is older."""


def derive(
    connection: psycopg.Connection, exceptions: Exceptions, tell: Callable[[int, int], None]
) -> None:
    """Stores the history of every mark (two rows where it was corrected), summaries and profiles."""
    connection.execute(
        "CREATE TEMPORARY TABLE demo_corrected (mark_id bigint, reason text) ON COMMIT DROP"
    )
    with connection.cursor() as cursor, cursor.copy("COPY demo_corrected FROM STDIN") as copying:
        for corrected in exceptions.corrected:
            copying.write_row(corrected)
    connection.execute("ANALYZE register, deployment, mark, dispute, officer")
    statements = _HISTORY, _FIRST_VALUES, _SUMMARIES_STORED, _CONFIRMED, _SENT
    for number, statement in enumerate(statements, 1):
        connection.execute(statement.encode())
        tell(number, len(statements))
