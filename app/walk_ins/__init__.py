"""People at work who are not on the roster: entered by the centre, decided by the director.

A walk-in is provisional: it is in no summary and no claim. Only an acceptance makes a deployment
of it, and only that deployment's mark in a confirmed register is paid.
"""
