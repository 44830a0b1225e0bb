"""Writes of privacy: the notice taken note of, own data handed out, requests, retention."""
