"""What must hold of attendance data whatever wrote it: each question has no row as its answer."""

from __future__ import annotations

import psycopg

from app.demo.derived import SUMMARIES

_SCOPED = (
    *("mark", "mark_history", "register", "register_move", "post", "deployment", "centre_day"),
    *("centre_login", "incident", "dispute", "roster_confirmation", "deployment_concern"),
)
INVARIANTS: dict[str, str] = {
    "a mark outside its published deployment": """
        SELECT m.id FROM mark m JOIN deployment d ON d.id = m.deployment_id
        WHERE NOT d.period @> m.day OR d.status = 'proposed'""",
    "an officer with two marks on one day": """
        SELECT officer_id FROM mark GROUP BY officer_id, day HAVING count(*) > 1""",
    "an officer with two deployments on one day": """
        SELECT id FROM (SELECT id, starts_on, max(ends_on) OVER (PARTITION BY officer_id
            ORDER BY starts_on, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM deployment WHERE NOT isempty(period)) d WHERE starts_on <= before""",
    "a deployment beyond the posts required": """
        SELECT d.id FROM deployment d JOIN post p ON p.id = d.post_id
        WHERE NOT isempty(d.period) AND d.slot > p.required""",
    "a published deployment without a letter that holds": """
        SELECT d.id FROM deployment d LEFT JOIN letter l
          ON l.deployment_id = d.id AND l.state = 'valid'
        WHERE d.status IN ('published', 'accepted') AND l.id IS NULL""",
    "a letter whose officer has other numbers": """
        SELECT l.id FROM letter l JOIN officer o ON o.id = l.officer_id
        WHERE l.identity <> sha256(coalesce(o.national_id_index, '') || '|'::bytea
            || convert_to(coalesce(o.tsc_number, ''), 'UTF8'))""",
    "a deployment outside its series": """
        SELECT d.id FROM deployment d JOIN series s ON s.id = d.series_id
        WHERE NOT isempty(d.period) AND (d.starts_on < s.starts_on OR d.ends_on > s.ends_on)""",
    "an officer deployed at their own workstation": """
        SELECT d.id FROM deployment d JOIN officer o ON o.id = d.officer_id
        JOIN centre c ON c.id = d.centre_id WHERE c.school_id = o.workstation_school_id""",
    "an officer at one school in two seasons": """
        SELECT d.officer_id FROM deployment d JOIN centre c ON c.id = d.centre_id
        WHERE c.school_id IS NOT NULL AND NOT isempty(d.period)
        GROUP BY d.officer_id, c.school_id HAVING count(DISTINCT d.series_id) > 1""",
    "a register on no day of its calendar": """
        SELECT r.id FROM register r
        LEFT JOIN exam_day e ON e.series_id = r.series_id AND e.day = r.day WHERE e.id IS NULL""",
    "a state without its time": """
        SELECT id FROM register WHERE (state = 'open') <> (submitted_at IS NULL)
        OR (state IN ('confirmed', 'locked')) <> (confirmed_at IS NOT NULL)
        OR (state = 'returned') <> (return_reason IS NOT NULL)
        OR submitted_at < opened_at OR confirmed_at < submitted_at""",
    "somebody left out of a submitted register": """
        SELECT centre_id FROM centre_day WHERE state <> 'open' AND unmarked <> 0""",
    "a register whose last move is not its state": """
        SELECT r.id FROM register r LEFT JOIN (SELECT DISTINCT ON (register_id) register_id,
            to_state FROM register_move ORDER BY register_id, moved_at DESC, id DESC) m
        ON m.register_id = r.id WHERE m.to_state IS DISTINCT FROM r.state""",
    "a marker who is not on the roster": """
        SELECT m.id FROM mark m JOIN deployment d ON d.id = m.marked_by_id
        WHERE d.centre_id <> m.centre_id OR NOT d.period @> m.day""",
    "an own mark that is not flagged": """
        SELECT id FROM mark WHERE self_marked <> (deployment_id = marked_by_id)""",
    "a mark that its history does not end with": """
        SELECT m.id FROM mark m LEFT JOIN (SELECT DISTINCT ON (deployment_id, day) deployment_id,
            day, status FROM mark_history ORDER BY deployment_id, day, id DESC) h
        ON h.deployment_id = m.deployment_id AND h.day = m.day
        WHERE h.status IS DISTINCT FROM m.status""",
    "a summary that differs from its marks": f"""
        SELECT centre_id FROM (({SUMMARIES}) EXCEPT SELECT centre_id, day, role_id, series_id,
            sub_county_id, expected, present, absent, late, unmarked, held, state, updated_at
            FROM centre_day) d""",  # noqa: S608
    "a summary without a register": """
        SELECT d.centre_id FROM centre_day d
        LEFT JOIN register r ON r.centre_id = d.centre_id AND r.day = d.day WHERE r.id IS NULL""",
    "a gap or a broken link in a chain of events": """
        SELECT id FROM (SELECT id, position, previous_hash,
            lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER w AS hash_before,
            row_number() OVER w AS expected FROM event
            WINDOW w AS (PARTITION BY chain ORDER BY position)) e
        WHERE previous_hash <> hash_before OR position <> expected""",
    "a chain whose head is not its last event": """
        SELECT h.chain FROM chain_head h LEFT JOIN event e
        ON e.chain = h.chain AND e.position = h.position WHERE e.hash IS DISTINCT FROM h.hash""",
    "a scoped row in another sub-county than its centre": " UNION ALL ".join(
        f"SELECT x.centre_id FROM {table} x JOIN centre c ON c.id = x.centre_id"  # noqa: S608
        " WHERE x.sub_county_id <> c.sub_county_id"
        for table in _SCOPED
    ),
    "a centre outside its school's sub-county": """
        SELECT c.id FROM centre c JOIN school s ON s.id = c.school_id
        WHERE s.sub_county_id <> c.sub_county_id""",
}


def violations(connection: psycopg.Connection, name: str) -> int:
    """How many rows break one invariant; 0 is sound."""
    question = f"SELECT count(*) FROM ({INVARIANTS[name]}) AS broken"  # noqa: S608
    found = connection.execute(question.encode()).fetchone()
    return int(found[0]) if found else 0
