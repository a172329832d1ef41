"""What is worth knowing of an org before a run: versions, calls, and what our user sees of consent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connectors.salesforce.sources import RecordSource
from connectors.salesforce.transport import Transport
from connectors.salesforce.versions import read_versions
from worker.core.setup_records import AccountFact, Permission


def read_facts(transport: Transport, version: str) -> Iterator[AccountFact]:
    """Tell which versions are served, and how many of the day's calls were used."""
    served = read_versions(transport)
    if served:
        says = f"{version}; the org serves {served[0]} to {served[-1]}"
        yield AccountFact("version of the API", says)
    usage = transport.budget.usage
    if usage is not None:
        says = f"{usage.used:,} of {usage.limit:,} used, by everybody"
        yield AccountFact("calls of 24 hours", says)


def consent_permissions(sources: Iterable[RecordSource]) -> tuple[Permission, ...]:
    """Say of each standard field of consent whether field-level security shows it to our user."""
    found: dict[str, Permission] = {}
    for source in sources:
        for field in source.spec.consent:
            name = f"Read on {source.name}.{field}"
            shown = field in source.book.of(source.name).fields
            found[name] = Permission(
                name, "knowing who opted out; hidden, nobody may be contacted", shown
            )
    return tuple(found.values())
