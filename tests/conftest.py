"""Fixtures for everybody: real PostgreSQL built by migrations, the application, a browser."""

pytest_plugins = [
    "tests.databases",
    "tests.browsers",
    "tests.factories.signing",
    "tests.factories.races",
]
