"""Note which profiles belong to one organisation.

Revision ID: 0002
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column
from sqlalchemy import Text as PlainText

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Create an empty table; the next run places every profile."""
    op.create_table(
        "members",
        Column("account", Text, primary_key=True),
        Column("profile_id", Text, primary_key=True),
        Column("organisation", Text, nullable=False),
        Column("role", Text),
        Column("is_counted", Boolean, nullable=False),
    )
    op.create_index("members_organisation", "members", ["account", "organisation"])


def downgrade() -> None:
    """Forget who belongs to which organisation; it can be worked out again."""
    op.drop_table("members")
