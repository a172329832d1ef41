"""Record every hand-off, and keep the number of open ones by owner.

Revision ID: 0007
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, text
from sqlalchemy import Text as PlainText

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Text = PlainText().with_variant(PlainText(collation="C"), "postgresql")

COUNT = """
INSERT INTO roster_loads (account, owner, open_count)
SELECT account, owner, count(*) FROM profiles
WHERE stage = 'mql' AND owner IS NOT NULL GROUP BY account, owner
"""
RECORD = """
INSERT INTO assignments
(account, decision_id, profile_id, owner, is_given, reasons, assigned_at)
SELECT account, decision_id, id, owner, :is_given, '', assigned_at FROM profiles
WHERE owner IS NOT NULL AND assigned_at IS NOT NULL AND decision_id IS NOT NULL
"""


def upgrade() -> None:
    """Take over the hand-offs that stand; of earlier ones nothing is known beyond the decisions."""
    op.create_table(
        "roster_loads",
        Column("account", Text, primary_key=True),
        Column("owner", Text, primary_key=True),
        Column("open_count", BigInteger, nullable=False),
    )
    op.create_table(
        "assignments",
        Column("account", Text, primary_key=True),
        Column("decision_id", Text, primary_key=True),
        Column("profile_id", Text, nullable=False),
        Column("owner", Text, nullable=False),
        Column("team", Text),
        Column("is_given", Boolean, nullable=False),
        Column("reasons", Text, nullable=False),
        Column("assigned_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        Column("ending", Text),
    )
    _index()
    op.execute(text(COUNT))
    op.execute(text(RECORD).bindparams(is_given=True))
    op.drop_index("profiles_assigned", "profiles")


def _index() -> None:
    op.create_index(
        "assignments_open",
        "assignments",
        ["account", "profile_id"],
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    )
    op.create_index(
        "assignments_given",
        "assignments",
        ["account", "assigned_at", "owner"],
        sqlite_where=text("is_given = 1"),
        postgresql_where=text("is_given"),
    )
    op.create_index("assignments_profile", "assignments", ["account", "profile_id", "assigned_at"])


def downgrade() -> None:
    """Take the tables away, and find by profile again what was assigned when."""
    op.drop_table("assignments")
    op.drop_table("roster_loads")
    op.create_index(
        "profiles_assigned",
        "profiles",
        ["account", "assigned_at"],
        sqlite_where=text("assigned_at IS NOT NULL"),
        postgresql_where=text("assigned_at IS NOT NULL"),
    )
