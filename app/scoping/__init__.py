"""Who sees which rows: the Scope value, its resolution from a user, and the walls that apply it."""
