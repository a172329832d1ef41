"""Reads a sample back, for the tests that ask what it promises."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from worker.sample import SampleSummary, write_sample

UNTIL = date(2026, 6, 1)
CONTACTS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    summary: SampleSummary
    contacts: list[dict[str, str]]
    activities: list[dict[str, str]]
    owners: list[dict[str, str]]
    truth: dict[str, dict[str, Any]]

    def with_defect(self, defect: str) -> list[dict[str, str]]:
        return [row for row in self.contacts if defect in self.truth[row["contact_id"]]["defects"]]


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_sample(folder: Path) -> Sample:
    """Write a sample and read it back."""
    summary = write_sample(folder, CONTACTS, 7, UNTIL)
    lines = (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return Sample(
        summary=summary,
        contacts=read_table(folder / "contacts.csv"),
        activities=read_table(folder / "activities.csv"),
        owners=read_table(folder / "owners.csv"),
        truth={truth["contact_id"]: truth for truth in map(json.loads, lines)},
    )


def luhn_holds(npi: str) -> bool:
    digits = [int(digit) for digit in reversed("80840" + npi)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
