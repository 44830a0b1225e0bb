"""Tables of messages: the outbox, what came in, budgets."""
