"""Examination series, their calendar, the roles of staff, and the dated rules and rates."""
