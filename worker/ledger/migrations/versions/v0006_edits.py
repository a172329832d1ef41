"""Keep when a person set an owner, and which write has to wait for another.

Revision ID: 0006
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, text
from sqlalchemy import Text as PlainText

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Add empty columns: whose the owners are is known from the next pull on."""
    op.add_column("records", Column("owner_set_by_person_at", BigInteger))
    op.add_column("intents", Column("follows", Text))
    waits = text("follows IS NOT NULL")
    op.create_index(
        "intents_follows",
        "intents",
        ["account", "follows"],
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    """Take the columns away."""
    op.drop_index("intents_follows", "intents")
    op.drop_column("intents", "follows")
    op.drop_column("records", "owner_set_by_person_at")
