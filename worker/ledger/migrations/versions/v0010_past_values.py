"""Keep for a while which stage and owner a record showed before: a copy of them is nobody's edit.

Revision ID: 0010
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column
from sqlalchemy import Text as PlainText

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Add an empty column: what was shown before is known from the next change on."""
    op.add_column("records", Column("past", Text))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("records", "past")
