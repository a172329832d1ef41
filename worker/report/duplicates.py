"""What ``duplicates`` shows: pairs that look like one person, with the evidence in words.

Values are shown only when somebody asks for them; else ids, words and weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from rich.console import RenderableType
from rich.text import Text

from worker.core.records import RecordRef
from worker.core.similarity import Evidence, Proposal
from worker.core.trace import Json
from worker.core.traits import Trait, Traits
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
        yield from _named(_list(found["named"]))
    if _list(found["proposed"]):
        yield ""
        yield from _proposals(_list(found["proposed"]))
    if _list(found["ambiguous"]):
        yield ""
        yield from _ambiguous(_list(found["ambiguous"]))
    yield ""
    yield "Nothing was linked, merged or written. Merge in the CRM what is one person."


def _proposals(items: Sequence[Json]) -> Iterator[RenderableType]:
    """Show the pairs line by line, so that references are whole on any screen."""
    yield Text("Who may be one person", "bold")
    for item in map(_map, items):
        where = "in one CRM" if item["within_one_crm"] else "across two CRMs"
        yield Text(f"{item['grade']}, {where}, weight {item['weight']:g}", "bold")
        for refs in _list(item["records"]):
            yield f"  {', '.join(map(str, _list(refs)))}"
        yield f"    {', '.join(_say(_map(part)) for part in _list(item['evidence']))}"


def _say(part: Mapping[str, Json]) -> str:
    values = " / ".join(map(str, _list(part.get("values"))))
    word = str(part["likeness"]).replace("_", " ")
    return f"{part['field']} {word} {part['weight']:+g}" + (f" ({values})" if values else "")


def _named(items: Sequence[Json]) -> Iterator[RenderableType]:
    yield Text("The CRM says these are the same", "bold")
    for item in map(_map, items):
        matches = ", ".join(map(str, _list(item["matches"])))
        yield f"{item['record']} and {matches} ({item['code']}, refused on {str(item['at'])[:10]})"


def _ambiguous(groups: Sequence[Json]) -> Iterator[RenderableType]:
    yield Text("Who shares an e-mail address under different names", "bold")
    yield from (", ".join(map(str, _list(refs))) for refs in groups)


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _int(value: Json) -> int:
    return value if isinstance(value, int) else 0
