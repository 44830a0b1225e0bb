"""What must hold of messages whatever wrote them: each question has no row as its answer."""

from __future__ import annotations

INVARIANTS: dict[str, str] = {
    "a report of an SMS that no row of the outbox sent": """
        SELECT id FROM sms_delivery WHERE message_id IS NULL""",
    "a message that went out without a try": """
        SELECT id FROM message WHERE state IN ('sent', 'delivered')
        AND (attempts = 0 OR first_try_at IS NULL OR sent_at IS NULL)""",
    "a message to anything but a Kenyan mobile": """
        SELECT id FROM message WHERE number !~ '^254[17][0-9]{8}$' AND state <> 'withheld'""",
    "a withheld message that was tried": """
        SELECT id FROM message WHERE state = 'withheld' AND attempts > 0""",
    "a message tried after a second doubt": """
        SELECT id FROM message WHERE doubts > 2 OR (doubts = 2 AND next_try_at IS NOT NULL)""",
    "a further try that is not marked as a possible duplicate": """
        SELECT id FROM message WHERE doubts = 2 AND NOT possible_duplicate""",
    "a one-time secret kept after its delivery": """
        SELECT id FROM message WHERE state = 'delivered' AND body IS NOT NULL
        AND kind IN ('credentials', 'number_change')""",
    "a lease that nobody holds": """
        SELECT id FROM message WHERE (state = 'sending') <> (lease_until IS NOT NULL)""",
}
"""Name of what is wrong -> the query that finds it."""
