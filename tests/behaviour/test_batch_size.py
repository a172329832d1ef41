"""The size of a batch decides nothing, not even while records are deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.organisation import (
    NOW,
    OWNERS,
    Organisation,
    add_qualified,
    copied,
    make_empty,
    write_table,
)
from worker.sample.columns import OWNER_COLUMNS

LATER = NOW.replace(hour=16)


def in_batches(organisation: Organisation, batch: int, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("LEADTRIAGE_RUN__BATCH", str(batch))
    organisation.sync(LATER)
    return organisation.ask("SELECT id, owner FROM profiles ORDER BY id")


def test_a_list_grows_shorter_by_leads_that_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One scheduler speaks Spanish, and has three leads, of which all are deleted."""
    whole = make_empty(tmp_path / "whole")
    rows = [{"owner_id": name, "active": "true"} for name in (*OWNERS, "own-900")]
    write_table(whole.folder / "data" / "owners.csv", OWNER_COLUMNS, rows)
    whole.reconfigure("routing.yaml", "max_open: 120", "max_open: 3")
    add_spanish(whole, 0, 3)
    whole.sync()
    whole.delete("s0", "s1", "s2")
    add_spanish(whole, 3, 12)
    single = copied(whole, tmp_path / "single")
    assert in_batches(whole, 500, monkeypatch) == in_batches(single, 1, monkeypatch)


def add_spanish(organisation: Organisation, first: int, end: int) -> None:
    for number in range(first, end):
        name = f"s{number}"
        add_qualified(organisation, name, email=f"{name}@example.org", language="Spanish")
