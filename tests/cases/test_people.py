"""Worked cases of identity: which rows are one person, and which share an address without being one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.leads import Row
from worker.core.identity import group_records
from worker.core.ruleset import Ruleset

CASES = YAML(typ="safe").load(
    (Path(__file__).parent / "people" / "people.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_rows_are_grouped_as_written(case: Mapping[str, Any], shipped: Ruleset) -> None:
    assert set(case) <= {"name", "note", "rows", "people", "unclear"}
    map_contact = shipped.contact_mappers["files", "contacts"]
    contacts = [
        map_contact(Row(values=values, number=letter).read(shipped))
        for letter, values in case["rows"].items()
    ]
    for order in (contacts, contacts[::-1]):
        found = group_records(order)
        assert [[ref.id for ref in group] for group in found.groups] == case["people"]
        assert sorted(ref.id for ref in found.ambiguous) == case.get("unclear", [])
