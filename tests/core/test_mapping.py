"""Mapping: a record becomes facts, and what is missing, empty or unreadable stays apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.leads import ACTIVITIES, Row, contact_ref
from worker.core.mapping import (
    Issue,
    compile_activity_mapper,
    mapped_from_json,
    mapped_to_json,
    to_activity,
)
from worker.core.records import Record, RecordRef
from worker.core.ruleset import Ruleset


@pytest.mark.parametrize("text", ["Select", "select", "N/A", "n/a", "NULL", "-", "", "   "])
def test_a_word_that_stands_for_nothing_gives_no_fact(text: str, shipped: Ruleset) -> None:
    mapped = Row(values={"service_line": text}).map(shipped)
    assert "service_line" not in mapped.facts
    assert mapped.issues == ()


def test_a_column_that_is_not_there_is_unseen_and_not_empty(shipped: Ruleset) -> None:
    mapped = Row(values={}, hidden=frozenset({"opt_out_email"})).map(shipped)
    assert mapped.unseen == {"opt_out_email"}


def test_a_bad_value_is_told_beside_its_fact(shipped: Ruleset) -> None:
    mapped = Row(values={"phone": "12345"}).map(shipped)
    assert mapped.issues == (Issue("DQ_PHONE_INVALID", "phone"),)
    assert "phone" not in mapped.facts


def test_synonyms_of_the_catalog_are_read(shipped: Ruleset) -> None:
    values = {"service_line": "Joint Replacement", "role": "HR director", "payer": "BCBS"}
    facts = Row(values=values).map(shipped).facts
    assert facts == {
        "service_line": "orthopedics",
        "role": "benefits_director",
        "payer": "blue_cross",
    }


def test_a_mapped_contact_survives_the_ledger(shipped: Ruleset) -> None:
    values = {
        "first_name": "Ana-Lucía",
        "wanted_date": "2026-05-14",
        "created_at": "2026-05-01T10:00:00Z",
        "documents": "letter;card",
        "is_test": "no",
        "organization_size": "1,200",
        "phone": "12345",
    }
    mapped = Row(values=values, hidden=frozenset({"opt_out_all"})).map(shipped)
    again = mapped_from_json(
        mapped_to_json(mapped), contact_ref(), None, shipped.configuration.facts
    )
    assert again == mapped


def _activity(**values: str) -> Record:
    ref = RecordRef(system="files", object_type="activities", id="a1")
    given = {"contact_id": "1", "type": "inbound_call", "occurred_at": "2026-05-01T10:00:00Z"}
    return Record(ref=ref, values={**given, **values}, revision="1")


def test_an_activity_names_its_contact_kind_and_time(shipped: Ruleset) -> None:
    mapped = shipped.activity_mappers[ACTIVITIES](_activity(service_line="Ortho"))
    assert mapped is not None
    assert (mapped.contact, mapped.kind) == (contact_ref("1"), "inbound_call")
    assert mapped.at == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert mapped.service_line == "orthopedics"


def test_a_line_of_an_activity_that_no_list_knows_is_not_kept(shipped: Ruleset) -> None:
    mapped = shipped.activity_mappers[ACTIVITIES](_activity(service_line="My bad knee"))
    assert mapped is not None
    assert mapped.service_line is None


@pytest.mark.parametrize(
    ("column", "value"), [("contact_id", ""), ("type", "smoke_signal"), ("occurred_at", "lately")]
)
def test_an_activity_without_contact_kind_or_time_is_left_out(
    column: str, value: str, shipped: Ruleset
) -> None:
    assert shipped.activity_mappers[ACTIVITIES](_activity(**{column: value})) is None


def test_the_source_of_an_activity_is_folded(shipped: Ruleset) -> None:
    """So that the ledger and the core compare it in the same way."""
    item = shipped.configuration.systems["files"].find_object("activities")
    assert item is not None
    assert item.activity is not None
    told = replace(item, activity=replace(item.activity, source="reported_by"))
    assert "reported_by" in told.requested_fields()
    read = compile_activity_mapper(told)
    found = [read(_activity(reported_by=text)) for text in (" Web-Formular GRÖSSE ", "", "BOT")]
    assert [f and f.source for f in found] == ["web-formular grösse", None, "bot"]
    without = shipped.activity_mappers[ACTIVITIES](_activity(reported_by="BOT"))
    assert without is not None
    assert without.source is None


def test_a_kind_that_is_not_enabled_is_left_out(shipped: Ruleset) -> None:
    mapped = shipped.activity_mappers[ACTIVITIES](_activity(type="condition_page_view"))
    kinds = shipped.configuration.activity_kinds
    assert mapped is None or to_activity(mapped, kinds) is None
