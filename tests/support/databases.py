"""Which database the tests of a store use: all of them both, unless they say otherwise."""

import pytest

BOTH = ("SQLite", "PostgreSQL")

sqlite_only = pytest.mark.parametrize("database", ["SQLite"], indirect=True)
"""Mark of tests that look into the file of SQLite."""

postgresql_only = pytest.mark.parametrize("database", ["PostgreSQL"], indirect=True)
"""Mark of tests that look at the server of PostgreSQL."""
