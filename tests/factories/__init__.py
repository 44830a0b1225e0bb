"""The people and places of tests."""
