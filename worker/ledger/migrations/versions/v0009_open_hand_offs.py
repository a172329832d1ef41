"""Count a proposed sale as an open hand-off of its owner.

Revision ID: 0009
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OWNED = "owner IS NOT NULL"
QUALIFIED = "stage = 'mql' AND owner IS NOT NULL"
COUNT_OWNED = """
INSERT INTO roster_loads (account, owner, open_count)
SELECT account, owner, count(*) FROM profiles WHERE owner IS NOT NULL GROUP BY account, owner
"""
COUNT_QUALIFIED = """
INSERT INTO roster_loads (account, owner, open_count)
SELECT account, owner, count(*) FROM profiles
WHERE stage = 'mql' AND owner IS NOT NULL GROUP BY account, owner
"""


def upgrade() -> None:
    """Find by owner every lead that has one, and count them again."""
    _find(OWNED, COUNT_OWNED)


def downgrade() -> None:
    """Go back to the marketing qualified ones."""
    _find(QUALIFIED, COUNT_QUALIFIED)


def _find(which: str, count: str) -> None:
    op.drop_index("profiles_open", "profiles")
    op.create_index(
        "profiles_open",
        "profiles",
        ["account", "owner"],
        sqlite_where=text(which),
        postgresql_where=text(which),
    )
    op.execute("DELETE FROM roster_loads")
    op.execute(count)
