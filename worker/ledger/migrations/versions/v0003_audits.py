"""Keep what audits of the data have counted.

Revision ID: 0003
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column
from sqlalchemy import Text as PlainText

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Create an empty table; the next audit begins the trend."""
    op.create_table(
        "audits",
        Column("account", Text, primary_key=True),
        Column("id", Text, primary_key=True),
        Column("audited_at", BigInteger, nullable=False),
        Column("config_digest", Text, nullable=False),
        Column("lead_count", BigInteger, nullable=False),
        Column("clean_count", BigInteger, nullable=False),
        Column("codes", Text, nullable=False),
    )
    op.create_index("audits_at", "audits", ["account", "audited_at"])


def downgrade() -> None:
    """Forget the trend; audits can be made again."""
    op.drop_table("audits")
