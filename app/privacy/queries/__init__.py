"""Reads of privacy: the notice and its periods, own data, what retention would remove."""
