"""Find what others of a profile have revoked and shown, for a record that joins them later.

Revision ID: 0013
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SHOWN = text("ending = 'shown'")


def upgrade() -> None:
    """Index the revocations that were shown by their profile."""
    op.create_index(
        "revocations_shown",
        "revocations",
        ["account", "profile_id"],
        sqlite_where=SHOWN,
        postgresql_where=SHOWN,
    )


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("revocations_shown", "revocations")
