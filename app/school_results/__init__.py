"""A school's own results, through the login of its centre: the whole school at the minute, and what
it asks about them.

`queries` reads what the public edge shows of the very same documents; `computation` is the school's
own statistics; `services` raises queries and answers them.
"""
