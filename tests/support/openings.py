"""An organisation that knows when each site next has time: its table, its map and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tests.support.organisation import Organisation, write_table
from worker.steps.pull import pull
from worker.steps.waiting import wake_waiting

COLUMNS = ("opening_id", "clinic", "service", "next_available", "slots", "as_of")

OBJECT = """
  openings:
    kind: availability
    id: opening_id
    options: {table: availability.csv}
    availability:
      site: clinic
      service_line: service
      next_available: next_available
      open_slots: slots
      as_of: as_of
"""
UNDATED = OBJECT.replace("      as_of: as_of\n", "")


def with_openings(organisation: Organisation, rules: str, item: str = OBJECT) -> Organisation:
    """Add the map of the table, and these rules."""
    path = organisation.folder / "systems" / "files.yaml"
    path.write_text(path.read_text(encoding="utf-8") + item, encoding="utf-8")
    (organisation.folder / "availability.yaml").write_text(rules, encoding="utf-8")
    return organisation


def openings_file(organisation: Organisation) -> Path:
    return organisation.folder / "data" / "availability.csv"


def say_openings(organisation: Organisation, *rows: Mapping[str, str]) -> None:
    """Write the table: clinic, service and next_available of each row, and an id if it needs one."""
    numbered = [{"opening_id": f"o{n}", "slots": "3", **row} for n, row in enumerate(rows, 1)]
    write_table(openings_file(organisation), COLUMNS, numbered)


def opening(next_available: str, clinic: str = "boston_main", **more: str) -> dict[str, str]:
    """One row of orthopedics, which is what the usual lead asks for."""
    return {
        "clinic": clinic,
        "service": "orthopedics",
        "next_available": next_available,
        "as_of": "2026-11-02T08:00:00Z",
        **more,
    }


def woken(organisation: Organisation, now: datetime) -> int:
    """Pull at ``now``, and count the leads of nobody that are then to be decided again.

    Leads somebody has are left out: their follow-up wakes them for reasons of its own.
    """
    with organisation.open(now) as app, app._leased() as work:
        pull(work)
        with work.begin() as tx:
            wake_waiting(work, tx)
    ((count,),) = organisation.ask(
        "SELECT count(*) FROM profiles WHERE owner IS NULL AND (is_dirty = 1 OR due_at <= ?)",
        int(now.timestamp() * 1_000_000),
    )
    assert isinstance(count, int)
    return count
