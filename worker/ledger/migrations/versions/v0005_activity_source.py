"""Keep what reported an action.

Revision ID: 0005
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column
from sqlalchemy import Text as PlainText

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Add an empty column; a map that begins to name a source has the base read again."""
    op.add_column("activities", Column("source", Text))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("activities", "source")
