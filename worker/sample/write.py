"""Writes the sample: three tables as a CRM would export them, and the truth beside them.

Contacts are written as they are made, so memory does not grow with their number.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TextIO

from msgspec.json import encode

from worker.sample import vocabulary as words
from worker.sample.actions import STRONG_KINDS
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS, OWNER_COLUMNS
from worker.sample.dice import Dice
from worker.sample.draft import SECOND_RECORDS, Draft
from worker.sample.moments import DAY, Moments
from worker.sample.population import make_population
from worker.sample.rates import DEFAULT_RATES, SAMPLE_VERSION, Rates
from worker.sample.story import Scene

CONTACTS: Final = "contacts.csv"
ACTIVITIES: Final = "activities.csv"
OWNERS: Final = "owners.csv"
TRUTH: Final = "truth.jsonl"
_PROGRESS_STEP: Final = 1_000
_STREAMED: Final = (CONTACTS, ACTIVITIES, TRUTH)
_RECENT: Final = -30 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """What was written. ``strong_recent`` counts contacts with a strong action in the last 30 days."""

    contacts: int
    activities: int
    owners: int
    people: int
    strong_recent: int
    pathways: Mapping[str, int]
    defects: Mapping[str, int]
    outcomes: Mapping[str, int]
    version: str = SAMPLE_VERSION


def write_sample(
    folder: Path,
    contacts: int,
    seed: int,
    until: date,
    on_progress: Callable[[int], None] | None = None,
    rates: Rates = DEFAULT_RATES,
) -> SampleSummary:
    """Write the four files into ``folder``, replacing those of a former sample.

    The bytes depend on ``contacts``, ``seed``, ``until``, ``rates`` and ``SAMPLE_VERSION`` alone.
    ``on_progress`` is told now and then how many contacts have been written.
    """
    scene = Scene(dice=Dice(seed), ages=Dice(~seed), moments=Moments(until), rates=rates)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        tables = _Tables(*(stack.enter_context(_open(folder / name)) for name in _STREAMED))
        for number, draft in enumerate(make_population(scene, contacts, seed), start=1):
            tables.write(draft, scene.moments)
            if on_progress is not None and (number % _PROGRESS_STEP == 0 or number == contacts):
                on_progress(number)
    owners = _write_owners(folder / OWNERS)
    return tables.summary(owners)


def _open(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


class _Tables:
    """The open files, and the counts of what went into them."""

    __slots__ = ("_activities", "_contacts", "_counts", "_strong_recent", "_truth")

    def __init__(self, contacts: TextIO, activities: TextIO, truth: TextIO) -> None:
        self._contacts = csv.writer(contacts, lineterminator="\n")
        self._activities = csv.writer(activities, lineterminator="\n")
        self._truth = truth
        self._counts: Counter[tuple[str, str]] = Counter()
        self._strong_recent = 0
        self._contacts.writerow(CONTACT_COLUMNS)
        self._activities.writerow(ACTIVITY_COLUMNS)

    def write(self, draft: Draft, moments: Moments) -> None:
        """Write one contact with its activities and its truth."""
        counts, ending = self._counts, draft.story.ending
        self._contacts.writerow(draft.row.values())
        self._write_activities(draft, moments)
        self._truth.write(_truth_line(draft))
        counts["pathway", draft.story.pathway.value] += 1
        for defect in draft.defects:
            counts["defect", defect.value] += 1
        if ending.outcome:
            counts["outcome", ending.outcome] += 1

    def _write_activities(self, draft: Draft, moments: Moments) -> None:
        contact_id, number = draft.contact_id, self._counts["table", ACTIVITIES]
        is_strong_recent = False
        for minute, kind, line, owner, automated in draft.story.events:
            number += 1
            at, flag = moments.text(minute), "true" if automated else "false"
            row = (f"act-{number}", contact_id, kind, at, line, owner, flag)
            self._activities.writerow(row)
            if minute >= _RECENT and kind in STRONG_KINDS and not automated:
                is_strong_recent = True
        self._counts["table", ACTIVITIES] = number
        self._strong_recent += is_strong_recent

    def summary(self, owners: int) -> SampleSummary:
        """Sum up what was written."""
        pathways, defects = self._group("pathway"), self._group("defect")
        contacts = sum(pathways.values())
        return SampleSummary(
            contacts=contacts,
            activities=self._counts["table", ACTIVITIES],
            owners=owners,
            people=contacts - sum(defects.get(defect, 0) for defect in SECOND_RECORDS),
            strong_recent=self._strong_recent,
            pathways=pathways,
            defects=defects,
            outcomes=self._group("outcome"),
        )

    def _group(self, group: str) -> dict[str, int]:
        found = ((name, count) for (kind, name), count in self._counts.items() if kind == group)
        return dict(sorted(found))


def _truth_line(draft: Draft) -> str:
    story = draft.story
    truth: dict[str, str | float | list[str] | None] = {
        "contact_id": draft.contact_id,
        "person_id": f"per-{draft.person.number}",
        "household_id": draft.household,
        "organisation_id": draft.organisation,
        "pathway": story.pathway.value,
        "readiness": round(story.readiness, 4),
        "shown": story.shown.name.lower(),
        "defects": sorted(draft.defects),
    }
    return encode(truth).decode() + "\n"


def _write_owners(path: Path) -> int:
    rows = [
        (owner, f"{owner}@staff.example.org", str(is_active).lower(), kind)
        for owner, is_active, kind in words.OWNERS
    ]
    with _open(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(OWNER_COLUMNS)
        table.writerows(rows)
    return len(rows)
