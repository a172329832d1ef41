"""Keep who set a stage and an owner, where the CRM tells.

Revision ID: 0012
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column
from sqlalchemy import Text as PlainText

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")


def upgrade() -> None:
    """Add empty columns: who did it is known from the next change on."""
    op.add_column("records", Column("stage_set_by", Text))
    op.add_column("records", Column("owner_set_by", Text))


def downgrade() -> None:
    """Take the columns away."""
    op.drop_column("records", "owner_set_by")
    op.drop_column("records", "stage_set_by")
