"""Many leads that qualify, and a team that is to take them: a small one, or one without limits."""

from __future__ import annotations

from tests.support.organisation import (
    ACTIVITY_COLUMNS,
    CONTACT_COLUMNS,
    QUALIFIED,
    Organisation,
    write_table,
)

TIGHT = """\
      - {id: sched-1, owner: {files: own-101}, weight: 1, max_open: 17, max_per_day: 40}
      - {id: sched-2, owner: {files: own-102}, weight: 1, max_per_day: 11}
      - {id: sched-3, owner: {files: own-103}, weight: 0.5, max_open: 60, max_per_day: 7}
    overflow: [intake]
"""
WIDE = """\
      - {id: sched-1, owner: {files: own-101}, weight: 1}
      - {id: sched-2, owner: {files: own-102}, weight: 1}
      - {id: sched-3, owner: {files: own-103}, weight: 0.5}
    overflow: [intake]
"""


def with_members(organisation: Organisation, members: str) -> Organisation:
    """Give the scheduling team these members, and nowhere to overflow to but the queue."""
    path = organisation.folder / "routing.yaml"
    before, _, rest = path.read_text(encoding="utf-8").partition("      - {id: sched-1")
    _, _, after = rest.partition("overflow: [care_navigation, intake]\n")
    path.write_text(before + members + after, encoding="utf-8")
    return organisation


def add_leads(organisation: Organisation, count: int) -> None:
    """Add patients who qualify, no two alike."""
    people = [
        {
            **QUALIFIED,
            "contact_id": f"q{n}",
            "first_name": f"Ann{n}",
            "last_name": f"Quill{n}",
            "email": f"ann{n}@quill{n}.example.org",
            "phone": f"+1617555{n:04}",
        }
        for n in range(count)
    ]
    acts = [
        {
            "activity_id": f"act-q{n}",
            "contact_id": f"q{n}",
            "type": "appointment_request",
            "occurred_at": "2026-11-01T12:00:00Z",
            "is_automated": "false",
        }
        for n in range(count)
    ]
    write_table(organisation.contacts_file, CONTACT_COLUMNS, people)
    write_table(organisation.folder / "data" / "activities.csv", ACTIVITY_COLUMNS, acts)
