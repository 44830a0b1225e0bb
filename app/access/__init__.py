"""Accounts, passwords, sessions and sign-in limits: how a person gets in and is put out."""
