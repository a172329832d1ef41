"""Keep which records a CRM named as the same when it refused a write.

Revision ID: 0011
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, text
from sqlalchemy import Text as PlainText

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Add an empty column: what was named before this version was not kept."""
    op.add_column("outcomes", Column("matches", Text))
    named = text("matches IS NOT NULL")
    op.create_index(
        "outcomes_matched",
        "outcomes",
        ["account", "at"],
        sqlite_where=named,
        postgresql_where=named,
    )


def downgrade() -> None:
    """Take the column away."""
    op.drop_index("outcomes_matched", "outcomes")
    op.drop_column("outcomes", "matches")
