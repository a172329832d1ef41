"""Automatic links, measured on the invented base against its planted truth."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pytest

from tests.core.sample_tables import Sample, make_sample
from worker.core.identity import group_records
from worker.core.records import Record, RecordRef
from worker.core.ruleset import Ruleset

Pair = frozenset[str]
APART = (
    "shared_phone",
    "shared_email",
    "generation_suffix",
    "recycled_address",
    "front_desk_phone",
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def usable(sample: Sample) -> set[str]:
    """Ids of the records that are read at all: a damaged id is put aside before identity."""
    return {key for key, truth in sample.truth.items() if "id_damaged" not in truth["defects"]}


@pytest.fixture(scope="module")
def linked(sample: Sample, usable: set[str], shipped: Ruleset) -> set[Pair]:
    map_contact = shipped.contact_mappers["files", "contacts"]
    rows = [row for row in sample.contacts if row["contact_id"] in usable]
    records = [
        Record(
            ref=RecordRef(system="files", object_type="contacts", id=row["contact_id"]),
            values=row,
            revision="1",
        )
        for row in rows
    ]
    grouping = group_records([map_contact(record) for record in records])
    ids = ([ref.id for ref in group] for group in grouping.groups)
    return {frozenset(pair) for group in ids for pair in combinations(group, 2)}


@pytest.fixture(scope="module")
def true(sample: Sample, usable: set[str]) -> set[Pair]:
    people: defaultdict[str, list[str]] = defaultdict(list)
    for key in usable:
        people[sample.truth[key]["person_id"]].append(key)
    return {frozenset(pair) for own in people.values() for pair in combinations(own, 2)}


def test_links_are_right(linked: set[Pair], true: set[Pair]) -> None:
    assert len(linked & true) / len(linked) >= 0.999


def test_most_second_records_are_linked(linked: set[Pair], true: set[Pair]) -> None:
    assert len(linked & true) / len(true) >= 0.9


@pytest.mark.parametrize("defect", APART)
def test_who_only_shares_an_address_or_number_is_linked_to_nobody_else(
    sample: Sample, linked: set[Pair], true: set[Pair], defect: str
) -> None:
    sharing = {row["contact_id"] for row in sample.with_defect(defect)}
    assert sharing
    assert [pair for pair in linked - true if pair & sharing] == []
