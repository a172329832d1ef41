"""What ``duplicates`` shows: pairs that look like one person, with the evidence in words.

Values are shown only when somebody asks for them; else ids, words and weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from rich.console import RenderableType

from worker.core.records import RecordRef
from worker.core.similarity import Evidence, Proposal
from worker.core.trace import Json
from worker.core.traits import Trait, Traits
from worker.report.text import plain_table
from worker.report.words import counted

_PLACES = {trait: place for place, trait in enumerate(Trait)}


class Proposed(Protocol):
    """Two people who look like one, as the step reports them."""

    @property
    def profiles(self) -> tuple[str, str]: ...
    @property
    def records(self) -> tuple[tuple[RecordRef, ...], tuple[RecordRef, ...]]: ...
    @property
    def traits(self) -> tuple[Traits, Traits]: ...
    @property
    def proposal(self) -> Proposal: ...
    @property
    def is_within_one_crm(self) -> bool: ...


class Named(Protocol):
    """A record, and those that its CRM named as the same when it refused a write."""

    @property
    def ref(self) -> RecordRef: ...
    @property
    def matches(self) -> tuple[RecordRef, ...]: ...
    @property
    def code(self) -> str | None: ...
    @property
    def at(self) -> datetime: ...


def proposal_json(item: Proposed, *, shows_values: bool) -> dict[str, Json]:
    """One proposal as JSON."""
    return {
        "grade": item.proposal.grade.value,
        "weight": item.proposal.total,
        "within_one_crm": item.is_within_one_crm,
        "profiles": list(item.profiles),
        "records": [[str(ref) for ref in refs] for refs in item.records],
        "evidence": [
            _evidence(part, item.traits, shows_values=shows_values)
            for part in item.proposal.evidence
        ],
    }


def named_json(item: Named) -> dict[str, Json]:
    """What a CRM said as it refused a write, as JSON."""
    return {
        "record": str(item.ref),
        "matches": [str(match) for match in item.matches],
        "code": item.code,
        "at": item.at.isoformat(),
    }


def _evidence(
    part: Evidence, traits: tuple[Traits, Traits], *, shows_values: bool
) -> dict[str, Json]:
    said: dict[str, Json] = {
        "field": part.trait.value,
        "likeness": part.likeness.value,
        "weight": round(part.weight, 2),
    }
    if shows_values:
        said["values"] = [one[_PLACES[part.trait]] for one in traits]
    return said


def show_duplicates(found: Mapping[str, Json]) -> Iterator[RenderableType]:
    """Show what ``duplicates --json`` says, to people."""
    proposals, blocks = _map(found["proposals"]), _map(found["blocks"])
    yield (
        f"{counted(_int(found['people']), 'person', 'people')} in "
        f"{counted(_int(found['records']), 'record')}; {_int(blocks['pairs'])} pairs compared"
    )
    if _int(blocks["cut"]):
        yield (
            f"{counted(_int(blocks['cut']), 'block')} of up to {_int(blocks['largest'])} people were "
            f"too large to compare; {_int(blocks['lost_people'])} of these people have no other"
        )
    links = ", ".join(f"{kind} {count}" for kind, count in _map(found["links"]).items())
    yield f"Linked by the worker: {links or 'nobody'}"
    yield (
        f"Proposed: {_int(proposals['likely'])} likely, {_int(proposals['doubtful'])} in doubt "
        "(a name differs: perhaps a household or an office)"
    )
    if _list(found["named"]):
        yield ""
        yield _named_table(_list(found["named"]))
    if _list(found["proposed"]):
        yield ""
        yield _proposals_table(_list(found["proposed"]))
    if _list(found["ambiguous"]):
        yield ""
        yield _ambiguous_table(_list(found["ambiguous"]))
    yield ""
    yield "Nothing was linked, merged or written. Merge in the CRM what is one person."


def _proposals_table(items: Sequence[Json]) -> RenderableType:
    columns = ("grade", "where", "records", "evidence", "weight")
    table = plain_table("Who may be one person", *columns, numbers=1)
    for item in map(_map, items):
        one, other = (", ".join(map(str, _list(refs))) for refs in _list(item["records"]))
        table.add_row(
            str(item["grade"]),
            "one CRM" if item["within_one_crm"] else "two CRMs",
            f"{one}\n{other}",
            "\n".join(_say(_map(part)) for part in _list(item["evidence"])),
            f"{item['weight']:g}",
        )
    return table


def _say(part: Mapping[str, Json]) -> str:
    values = " / ".join(map(str, _list(part.get("values"))))
    word = str(part["likeness"]).replace("_", " ")
    return f"{part['field']} {word} {part['weight']:+g}" + (f" ({values})" if values else "")


def _named_table(items: Sequence[Json]) -> RenderableType:
    columns = ("refused", "the same as", "code", "on")
    table = plain_table("The CRM says these are the same", *columns)
    for item in map(_map, items):
        matches = "\n".join(map(str, _list(item["matches"])))
        table.add_row(str(item["record"]), matches, str(item["code"]), str(item["at"])[:10])
    return table


def _ambiguous_table(groups: Sequence[Json]) -> RenderableType:
    table = plain_table("Who shares an e-mail address under different names", "records")
    for refs in groups:
        table.add_row(", ".join(map(str, _list(refs))))
    return table


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _int(value: Json) -> int:
    return value if isinstance(value, int) else 0
