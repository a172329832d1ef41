"""Add availability, who reads it, and who waits for it.

Revision ID: 0008
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer
from sqlalchemy import Text as PlainText

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables; they stay empty until a map names a source of availability."""
    op.create_table(
        "availability",
        *_key("account", "id", "system", "object_type"),
        *_text("site", "service_line"),
        Column("next_at", BigInteger, nullable=False),
        Column("open_slots", Integer),
        Column("as_of", BigInteger, nullable=False),
        Column("is_dated", Boolean, nullable=False),
    )
    op.create_table(
        "availability_readers",
        *_key("account", "profile_id"),
        *_text("service_line", "site"),
    )
    op.create_index(
        "availability_readers_line", "availability_readers", ["account", "service_line", "site"]
    )
    op.create_table(
        "waiting",
        *_key("account", "profile_id"),
        *_text("rule", "service_line", "site", "held_by"),
        Column("qualified_at", BigInteger, nullable=False),
        Column("score", Float, nullable=False),
    )
    op.create_index("waiting_list", "waiting", ["account", "rule", "service_line", "site"])
    op.create_table(
        "releases",
        *_key("account", "rule", "service_line", "site"),
        Column("since", BigInteger, primary_key=True, autoincrement=False),
        Column("released_count", Integer, nullable=False),
    )


def downgrade() -> None:
    """Take all of it away; the next run reads availability again, and nobody waits before it."""
    for table in ("releases", "waiting", "availability_readers", "availability"):
        op.drop_table(table)


def _key(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _text(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False) for name in names]
