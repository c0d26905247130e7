"""Table of the audit log: who did what, when and from where.

It is written by `core.audit` alone, and lies here because one database has one history of
migrations. Triggers keep its rows from being changed or deleted.
"""

from sqlalchemy import Column, DateTime, Index, String, Table

from core.annotation.table_metadata import RowId, metadata

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("time", DateTime, nullable=False),  # UTC
    Column("person", String(200), nullable=False),  # blank where nobody can be named
    Column("client", String(64), nullable=False),  # address that the request came from
    Column("action", String(40), nullable=False),
    # What it was done to, by an opaque name: of an opened series, an upload or a project.
    Column("subject", String(64), nullable=False),
    Column("detail", String(200), nullable=False),
    Index(None, "time"),
    Index(None, "person", "id"),
    Index(None, "subject", "id"),
)
