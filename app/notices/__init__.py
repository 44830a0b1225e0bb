"""Dated notices to a role or to centres in a scope."""
