"""The tables of availability and of those who wait for it. Nothing here runs a query."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table

from worker.ledger.columns import Instant, Text
from worker.ledger.tables import metadata


def _keys(*names: str) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in names]


availability = Table(
    "availability",
    metadata,
    *_keys("account", "id", "system", "object_type"),
    Column("site", Text, nullable=False),
    Column("service_line", Text, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("open_slots", Integer),
    Column("as_of", Instant, nullable=False),
    Column("is_dated", Boolean, nullable=False),
)

availability_readers = Table(
    "availability_readers",
    metadata,
    *_keys("account"),
    *_keys("profile_id"),
    Column("service_line", Text, nullable=False),
    Column("site", Text, nullable=False),
    Index("availability_readers_line", "account", "service_line", "site"),
)

waiting = Table(
    "waiting",
    metadata,
    *_keys("account"),
    *_keys("profile_id"),
    Column("rule", Text, nullable=False),
    Column("service_line", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("held_by", Text, nullable=False),
    Column("qualified_at", Instant, nullable=False),
    Column("score", Float, nullable=False),
    Index("waiting_list", "account", "rule", "service_line", "site"),
)

releases = Table(
    "releases",
    metadata,
    *_keys("account"),
    *_keys("rule"),
    *_keys("service_line"),
    *_keys("site"),
    Column("since", Instant, primary_key=True, autoincrement=False),
    Column("released_count", Integer, nullable=False),
)
