"""Loads, rotation and hand-offs move with the intents: a kill at any statement leaves none behind.

The second batch of a first sync is killed after whatever it writes, and around its commit. The next sync then
gives every lead to the owner it has in an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.crashes import Killing, Point, Runners
from tests.support.ledger_view import differences
from tests.support.many_leads import TIGHT, add_leads, with_members
from tests.support.organisation import NOW, make_empty

LEADS = 50
"""Three batches of the 20 that a killed sync decides at a time, and more than the team can take."""
WRITING = ("after INSERT", "after UPDATE", "after DELETE", "before commit", "after transaction")
"""Before the next statement is the same as after this one."""


def of_second_batch(points: Sequence[Point]) -> list[Point]:
    """The writing points of the second transaction that hands out leads."""
    number, found = 0, []
    for point in points:
        if point.phase == "decide" and number == 2 and any(w in point.what for w in WRITING):
            found.append(point)
        number += point.phase == "decide" and point.what == "after transaction"
    return found


def test_a_batch_killed_at_any_statement_gives_every_lead_to_the_same_owner(
    tmp_path: Path, runners: Runners
) -> None:
    organisation = with_members(make_empty(tmp_path / "start"), TIGHT)
    add_leads(organisation, LEADS)
    work = tmp_path / "work"
    killing = Killing(start=organisation.folder, work=work, now=NOW, runners=runners)
    points = of_second_batch(killing.points())
    touched = {point.what for point in points}
    for table in ("decisions", "intents", "assignments", "profiles", "roster_loads"):
        assert f"after INSERT INTO {table}" in touched
    expected = killing.undisturbed()
    ends = killing.killed_at([[point.number] for point in points])
    wrong = {
        str(point): [*differences(end.ledger, expected.ledger), *end.differs_from(expected)]
        for point, (killed, end) in zip(points, ends, strict=True)
        if killed != 1 or end.differs_from(expected)
    }
    assert wrong == {}
