"""What happened, by whom and why: append-only, hash-chained events in the change's own transaction."""
