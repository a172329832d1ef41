"""What every connector promises about writing, run against every harness that can write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.asking import (
    bookmark_of,
    command,
    fetched,
    live,
    named,
    outcomes,
    pages_of,
    seeded,
    value,
)
from tests.contract.harness import EMAIL, NOTE, STAGE, Harness
from worker.core.records import Editor, WriteOutcome
from worker.ports import TellsEdits

SECRET = "zaphod@example.org"


@pytest.fixture(autouse=True)
def _writes(crm: Harness) -> None:
    if not crm.traits.can_write:
        pytest.skip("this connector only reads")


def test_a_write_lands(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    told = outcomes(connector, [command(crm, connector, one, {STAGE: "mql"}, {STAGE: "lead"})])
    assert (told, value(crm, one, STAGE)) == ([WriteOutcome.APPLIED], "mql")


def test_a_write_leaves_every_other_field_alone(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    connector.push([command(crm, connector, ids[0], {STAGE: "mql"}, {STAGE: "lead"})])
    assert [value(crm, one, EMAIL) for one in ids] == [f"c{n}@example.org" for n in range(3)]
    assert value(crm, ids[1], STAGE) == "lead"


def test_every_command_gets_one_result_under_its_own_id(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    commands = [command(crm, connector, one, {STAGE: "mql"}) for one in reversed(ids)]
    results = connector.push(commands)
    assert sorted(r.command_id for r in results) == sorted(c.command_id for c in commands)


def test_pushing_nothing_gives_nothing(crm: Harness) -> None:
    seeded(crm)
    assert not crm.open().push([])


def test_a_write_over_a_newer_edit_is_a_conflict(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    if not connector.capabilities.has_conditional_write:
        pytest.skip("the push step re-reads for this CRM")
    crm.change(one, named(crm, {STAGE: "sql"}))
    told = outcomes(connector, [command(crm, connector, one, {STAGE: "mql"}, {STAGE: "lead"})])
    assert (told, value(crm, one, STAGE)) == ([WriteOutcome.CONFLICT], "sql")


def test_a_conflict_in_one_field_stops_the_whole_command(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    if not connector.capabilities.has_conditional_write:
        pytest.skip("the push step re-reads for this CRM")
    crm.change(one, named(crm, {STAGE: "sql"}))
    changes, expected = {STAGE: "mql", NOTE: "x"}, {STAGE: "lead", NOTE: None}
    connector.push([command(crm, connector, one, changes, expected)])
    assert value(crm, one, NOTE) is None


def test_a_value_that_is_already_there_is_unchanged(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    told = outcomes(connector, [command(crm, connector, one, {STAGE: "lead"}, {STAGE: "lead"})])
    assert told == [WriteOutcome.UNCHANGED]


def test_a_write_to_a_record_that_is_gone_is_missing(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    crm.delete(ids[0])
    told = outcomes(connector, [command(crm, connector, ids[0], {STAGE: "mql"})])
    assert told == [WriteOutcome.MISSING]


def test_none_clears_a_field(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    told = outcomes(connector, [command(crm, connector, one, {STAGE: None}, {STAGE: "lead"})])
    assert (told, value(crm, one, STAGE)) == ([WriteOutcome.APPLIED], None)


def test_a_failing_record_does_not_sink_its_batch(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    crm.delete(ids[1])
    told = outcomes(connector, [command(crm, connector, one, {STAGE: "mql"}) for one in ids])
    assert told == [WriteOutcome.APPLIED, WriteOutcome.MISSING, WriteOutcome.APPLIED]


def test_commands_for_one_record_are_applied_in_order(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    told = outcomes(
        connector,
        [
            command(crm, connector, one, {STAGE: "nurture"}, {STAGE: "lead"}),
            command(crm, connector, one, {STAGE: "mql"}, {STAGE: "nurture"}),
        ],
    )
    assert (told, value(crm, one, STAGE)) == ([WriteOutcome.APPLIED] * 2, "mql")


def test_pushing_the_same_commands_twice_changes_nothing_more(crm: Harness) -> None:
    ids = seeded(crm)
    connector = crm.open()
    commands = [command(crm, connector, one, {STAGE: "mql"}, {STAGE: "lead"}) for one in ids]
    connector.push(commands)
    before = live(pages_of(crm, connector))
    assert outcomes(connector, commands) == [WriteOutcome.UNCHANGED] * 3
    assert live(pages_of(crm, connector)) == before


def test_what_was_written_is_read_back_exactly(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    text = 'said "yes", then;\nŁódź 🏥'
    connector.push([command(crm, connector, one, {NOTE: text}, {NOTE: None})])
    record = fetched(crm, connector, one, [NOTE])
    assert record is not None
    assert record.values == named(crm, {NOTE: text})


def test_a_written_record_is_pulled_again(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    since = bookmark_of(pages_of(crm, connector))
    connector.push([command(crm, connector, one, {STAGE: "mql"}, {STAGE: "lead"})])
    again = live(pages_of(crm, connector, since=since))
    assert again[one].values[crm.field(STAGE)] == "mql"


def test_a_full_batch_is_accepted(crm: Harness) -> None:
    connector = crm.open()
    size = connector.capabilities.write_batch
    many = crm.add({str(n): named(crm, {STAGE: "lead"}) for n in range(size)})
    commands = [command(crm, connector, one, {STAGE: "mql"}) for one in many]
    assert outcomes(connector, commands) == [WriteOutcome.APPLIED] * size


def test_a_failed_write_result_carries_no_value(crm: Harness) -> None:
    [one] = crm.add({"1": named(crm, {EMAIL: SECRET, STAGE: "lead"})})
    connector = crm.open()
    results = connector.push([command(crm, connector, one, {EMAIL: "x"}, {EMAIL: "other"})])
    assert SECRET not in repr(results)


def test_one_that_tells_who_changed_a_field_tells_a_person_from_us(crm: Harness) -> None:
    [one, *_] = seeded(crm)
    connector = crm.open()
    assert isinstance(connector, TellsEdits) is crm.traits.tells_edits
    if not isinstance(connector, TellsEdits):
        return
    stage, note = crm.field(STAGE), crm.field(NOTE)
    crm.change(one, named(crm, {STAGE: "mql"}))
    connector.push([command(crm, connector, one, {NOTE: "ours"}, {NOTE: None})])
    record = fetched(crm, connector, one)
    assert record is not None
    told = connector.edits(crm.object_type, [record], fields=[stage, note])[record.ref]
    assert (told[stage].by, told[stage].is_exact) == (Editor.PERSON, True)
    assert told[note].by is Editor.WORKER
    outdated = replace(record, values={stage: "lead"})
    told = connector.edits(crm.object_type, [outdated], fields=[stage]).get(record.ref, {})
    assert not any(edit.is_exact for edit in told.values())
