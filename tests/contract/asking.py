"""Short forms of the questions that the contract tests ask of a connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from tests.contract.harness import EMAIL, FIELDS, NOTE, STAGE, Harness
from worker.core.records import Page, RawValue, Record, RecordRef, WriteCommand, WriteOutcome
from worker.ports import Connector

_SERIAL = count(1)


def seeded(crm: Harness, amount: int = 3) -> Sequence[str]:
    """Create contacts of one instant, each with an e-mail, a stage and an empty note."""
    return crm.add(
        {
            str(1000 + n): named(crm, {EMAIL: f"c{n}@example.org", STAGE: "lead", NOTE: None})
            for n in range(amount)
        }
    )


def named(crm: Harness, values: Mapping[str, RawValue]) -> dict[str, RawValue]:
    return {crm.field(name): value for name, value in values.items()}


def ref_of(crm: Harness, connector: Connector, record_id: str) -> RecordRef:
    return RecordRef(system=connector.name, object_type=crm.object_type, id=record_id)


def pages_of(
    crm: Harness, connector: Connector, since: str | None = None, fields: Sequence[str] = FIELDS
) -> list[Page]:
    asked = [crm.field(name) for name in fields]
    return list(connector.pull(crm.object_type, fields=asked, since=since))


def live(pages: Sequence[Page]) -> dict[str, Record]:
    return {r.ref.id: r for page in pages for r in page.records if not r.is_deleted}


def bookmark_of(pages: Sequence[Page]) -> str:
    last = [page.bookmark for page in pages if page.bookmark is not None][-1]
    assert last is not None
    return last


def fetched(
    crm: Harness, connector: Connector, record_id: str, fields: Sequence[str] = FIELDS
) -> Record | None:
    ref = ref_of(crm, connector, record_id)
    return connector.fetch([ref], fields=[crm.field(name) for name in fields]).get(ref)


def command(
    crm: Harness,
    connector: Connector,
    record_id: str,
    changes: Mapping[str, RawValue],
    expected: Mapping[str, RawValue] | None = None,
) -> WriteCommand:
    return WriteCommand(
        command_id=f"command-{next(_SERIAL)}",
        ref=ref_of(crm, connector, record_id),
        changes=named(crm, changes),
        expected=named(crm, expected or {}),
    )


def outcomes(connector: Connector, commands: Sequence[WriteCommand]) -> list[WriteOutcome]:
    """Push, match the results by id, and give the outcomes in the order of the commands."""
    results = {result.command_id: result for result in connector.push(commands)}
    return [results[one.command_id].outcome for one in commands]


def value(crm: Harness, record_id: str, name: str) -> RawValue:
    record = crm.read(record_id)
    assert record is not None
    return record.get(crm.field(name))
