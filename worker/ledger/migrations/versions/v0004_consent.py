"""Add contact points and revocations.

Revision ID: 0004
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, text
from sqlalchemy import Text as PlainText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Create both tables; the next run fills the first from the records that are there."""
    op.create_table(
        "contact_points",
        *_key("account", "point", "id", "system", "object_type"),
        Column("opt_outs", Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("contact_points_record", "contact_points", ["account", "id"])
    _partial("contact_points_closed", "contact_points", "point", "opt_outs <> ''")
    op.create_table(
        "revocations",
        *_key("account", "id", "system", "object_type", "fact"),
        Column("seen_at", BigInteger, primary_key=True, autoincrement=False),
        Column("profile_id", Text, nullable=False),
        Column("deadline_at", BigInteger, nullable=False),
        Column("settled_at", BigInteger),
        Column("ending", Text),
    )
    _partial("revocations_open", "revocations", "deadline_at", "settled_at IS NULL")
    _partial("revocations_profile", "revocations", "profile_id", "settled_at IS NULL")


def downgrade() -> None:
    """Take both away; what they hold of the past is lost."""
    op.drop_table("revocations")
    op.drop_table("contact_points")


def _key(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(
        name,
        table,
        ["account", column],
        sqlite_where=text(where),
        postgresql_where=text(where),
    )
