"""What ``leadtriage fields`` shows: every mapped field, what reads it, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Group, RenderableType

from worker.core.field_uses import FieldUse
from worker.core.records import FieldDescription
from worker.core.refusals import why_delicate
from worker.core.trace import Json
from worker.report.text import plain_table
from worker.report.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldList:
    """The mapped fields, and what the CRMs say of theirs; ``described`` None: they were not asked."""

    uses: Sequence[FieldUse]
    described: Mapping[tuple[str, str, str], FieldDescription] | None = None

    def find(self, use: FieldUse) -> FieldDescription | None:
        return (self.described or {}).get((use.system, use.object_type, use.source))

    def is_lacking(self, use: FieldUse) -> bool:
        """The CRM was asked, and has no such field."""
        return self.described is not None and self.find(use) is None


def fields_json(found: FieldList) -> dict[str, Json]:
    """Everything that is known of each field, and the totals."""
    return {
        "fields": [_field_json(use, found) for use in found.uses],
        "totals": dict(count_uses(found.uses)),
    }


def _field_json(use: FieldUse, found: FieldList) -> dict[str, Json]:
    described = found.find(use)
    return {
        "system": use.system,
        "object_type": use.object_type,
        "field": use.source,
        "says": use.says,
        "is_requested": use.is_requested,
        "is_personal": use.is_personal,
        "uses": [item.value for item in use.uses],
        "readers": [{"use": item.use.value, "what": item.what} for item in use.readers],
        "written": use.written,
        "allow_sensitive": use.justification,
        "crm": None
        if found.described is None
        else {
            "has_field": described is not None,
            "sensitivity": described.sensitivity.value if described else None,
            "is_long_text": described.is_long_text if described else None,
        },
    }


def count_uses(uses: Sequence[FieldUse]) -> Mapping[str, int]:
    """Count fields, each once though it may fill several facts."""

    def names(chosen: Iterator[FieldUse]) -> int:
        return len({(use.system, use.object_type, use.source) for use in chosen})

    return {
        "requested": names(use for use in uses if use.is_requested),
        "read": names(use for use in uses if use.readers),
        "written": names(use for use in uses if use.written),
        "personal": names(use for use in uses if use.is_personal and use.is_requested),
        "allowed": names(use for use in uses if use.justification is not None),
        "not_requested": names(use for use in uses if not use.is_requested),
    }


def show_fields(found: FieldList, *, is_verbose: bool) -> RenderableType:
    """A table for each object type of each system, and the justifications."""
    parts: list[RenderableType] = []
    for (system, object_type), uses in groupby(found.uses, lambda u: (u.system, u.object_type)):
        table = plain_table(
            f"{system} {object_type}", "field", "says", "read for", "written as", "note"
        )
        for use in uses:
            said = readers_in_words(use, is_verbose=is_verbose)
            row = (
                use.source,
                use.says or "",
                said,
                use.written or "",
                ", ".join(_marks(use, found)),
            )
            table.add_row(*row)
        parts += [table, ""]
    allowed = [use for use in found.uses if use.justification is not None]
    if allowed:
        table = plain_table("Allowed by name though they look sensitive", "field", "because")
        for use in allowed:
            table.add_row(f"{use.object_type}.{use.source}", use.justification)
        parts += [table, ""]
    return Group(*parts)


def readers_in_words(use: FieldUse, *, is_verbose: bool) -> str:
    """Name what reads a field, use by use: all of it, or the first and how many more there are."""
    parts = []
    for item in use.uses:
        names = [reader.what for reader in use.readers if reader.use is item]
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        parts.append(f"{item.value}: {', '.join(names) if is_verbose else names[0] + more}")
    return "; ".join(parts)


def _marks(use: FieldUse, found: FieldList) -> Iterator[str]:
    if not use.is_requested:
        yield "not requested"
    if use.is_personal:
        yield "personal"
    if found.is_lacking(use):
        yield "will be added" if use.says is None else "not in the CRM"
    described = found.find(use)
    why = why_delicate(described) if described is not None else None
    if why is not None and use.says is not None:
        yield f"{why}, {'allowed' if use.justification else 'refused'}"


def totals_in_words(uses: Sequence[FieldUse]) -> str:
    """One sentence of totals."""
    counts = count_uses(uses)
    return (
        f"{counted(counts['requested'], 'field')} requested: {counts['read']} read, "
        f"{counts['written']} written, {counts['personal']} personal, {counts['allowed']} allowed by "
        f"name; {counts['not_requested']} mapped and not requested."
    )
