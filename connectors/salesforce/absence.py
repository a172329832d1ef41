"""Says why a field that is read is not shown: not there, hidden, or reached through something hidden.

A description leaves out what field-level security hides. Only whoever may view the set-up can be told the
two apart, so without that both are said, with where a person looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.salesforce.permissions import shown_to_somebody
from connectors.salesforce.sources import RecordSource
from connectors.salesforce.transport import Transport
from worker.core.setup_records import Absence

_INDIVIDUAL = "Individual"
_STANDARD = ("HasOptedOutSolicit",)
"""Fields of related records that every org has, which has such records at all."""
_SWITCHED_OFF = (
    "switch on Setup, Data Protection and Privacy, then deploy and assign Leadtriage_Individual; "
    "an organisation without Individuals takes the line out"
)


def why_absent(
    transport: Transport, source: RecordSource, names: Sequence[str]
) -> Mapping[str, Absence]:
    """Explain the fields that are there and hidden, or may be; one that is left out is not there."""
    own = [name for name in names if "." not in name]
    found = dict(_explain(transport, source.name, own, source.spec.consent))
    for name in names:
        relation, dot, rest = name.partition(".")
        behind = _behind(transport, source, relation, rest) if dot else None
        if behind is not None:
            found[name] = behind
    return found


def _behind(transport: Transport, source: RecordSource, relation: str, rest: str) -> Absence | None:
    """Explain a field of a related record: the way there may be hidden, or the field itself."""
    target = source.book.target(source.book.of(source.name), relation)
    if target is not None:
        return dict(_explain(transport, target.name, [rest], _STANDARD)).get(rest)
    says = f"our user sees no {relation} of {source.name}"
    if relation.endswith(_INDIVIDUAL):
        return Absence(f"{says}: Individuals are switched off, or hidden from it", _SWITCHED_OFF)
    to_do = f"grant Read on {relation} and on its lookup in {source.name}, or remove the line"
    return Absence(f"{says}: there is none, or it is hidden from it", to_do)


def _explain(
    transport: Transport, sobject: str, names: Sequence[str], standard: Sequence[str]
) -> Iterator[tuple[str, Absence]]:
    hidden = shown_to_somebody(transport, sobject, names)
    for name in names:
        grant = f"grant Read on {sobject}.{name}{_by(sobject, name)}"
        if name in standard or name in (hidden or ()):
            says = f"field-level security hides the field {name!r} of {sobject} from our user"
            yield name, Absence(says, grant)
        elif hidden is None:
            says = f"the org has no field {name!r} of {sobject}, or field-level security hides it"
            look = (
                f"look into Setup, Object Manager, {sobject}, Fields & Relationships: if it is there, "
                f"{grant}; else mend the name, or remove the line. With View Setup, our user is told which"
            )
            yield name, Absence(says, look)


def _by(sobject: str, name: str) -> str:
    """Name the permission set of our package that grants it."""
    if sobject == _INDIVIDUAL:
        return ", as Leadtriage_Individual does"
    return ", as Leadtriage_Own_Fields does" if name.endswith("__c") else ""
