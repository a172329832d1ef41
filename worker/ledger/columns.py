"""The two kinds of column that SQLite and PostgreSQL must treat alike: text and instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, TypeDecorator
from sqlalchemy import Text as PlainText

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")
"""Text ordered by code point in both databases, as Python orders it."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


# Inheriting is the one way SQLAlchemy offers to convert a column's values.
class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as integer microseconds so that both databases order it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger stores aware instants only")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=value)
