"""Builds what may be written back to a system."""

from __future__ import annotations

from collections.abc import Mapping

from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.system_documents import ObjectEntry, WriteEntry
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.field_map import OPT_OUTS, FieldWrite, Managed, Transform
from worker.core.model import ContactChannel, Stage
from worker.core.transforms import read_boolean, read_inverted_boolean

_READ_BACK = frozenset({Managed.STAGE, Managed.OWNER})
"""Values that people set as well: each is read and written in one column, as the same thing."""


def build_writes(
    entry: ObjectEntry, sheet: Sheet, path: KeyPath, findings: Findings
) -> tuple[FieldWrite, ...]:
    """Build the writes of one object, and report columns that two values would share."""
    targets: dict[str, Managed] = {}
    writes: list[FieldWrite] = []
    for managed, item in entry.writes.items():
        place = (*path, "writes", managed.value)
        other = targets.setdefault(item.to, managed)
        if other is not managed:
            message = f"column {item.to!r} is already written with '{other}'."
            findings.error(
                sheet.spot(*place), message, hint="write each value to a column of its own"
            )
        _check_target(entry, managed, item.to, sheet.spot(*place), findings)
        _check_word(managed, item, sheet.spot(*place), findings)
        writes.append(
            FieldWrite(
                managed=managed,
                target=item.to,
                values=_turned(item.values, managed, sheet, (*place, "values"), findings),
                separator=item.separator,
                max_length=item.max_length,
                max_items=item.max_items,
                line_break=item.line_break.text,
                word=_word_of(entry, managed, item, sheet.spot(*place), findings),
            )
        )
    return tuple(writes)


def _check_word(managed: Managed, item: WriteEntry, spot: Spot, findings: Findings) -> None:
    if item.word is not None and managed not in OPT_OUTS:
        message = f"'{managed}' has no `word`: only an opt-out is written as one word for yes."
        findings.error(spot, message, hint="use `values` to translate")


def _word_of(
    entry: ObjectEntry, managed: Managed, item: WriteEntry, spot: Spot, findings: Findings
) -> str | None:
    """Find what an opt-out is written as; it must be read back from the same column as yes."""
    if managed not in OPT_OUTS:
        return None
    read = entry.fields.get(managed.value)
    if read is None or read.from_ != item.to:
        message = (
            f"column {item.to!r} is not read as '{managed}', so it cannot be told what it says."
        )
        findings.error(spot, message, hint=f"map it under fields: `{managed}: {{from: {item.to}}}`")
        return None
    is_inverted = read.as_ is Transform.INVERTED_BOOLEAN
    word = item.word or ("false" if is_inverted else "true")
    reading = (read_inverted_boolean if is_inverted else read_boolean)(word)
    if reading.value is not True:
        message = f"the word {word!r} would not be read back as an opt-out."
        findings.error(spot, message, hint="write the word that means yes in this column")
    return word


def _check_target(
    entry: ObjectEntry, managed: Managed, target: str, spot: Spot, findings: Findings
) -> None:
    """Refuse a column that says something of its own: a write would overwrite what somebody said."""
    if target == entry.id:
        findings.error(spot, f"column {target!r} is the record's id and is never written.")
        return
    if target == entry.modified_at:
        message = f"column {target!r} says when the record was changed and is never written."
        findings.error(spot, message)
        return
    own = managed.value if managed in _READ_BACK or managed in OPT_OUTS else None
    read_as = sorted(
        fact for fact, item in entry.fields.items() if item.from_ == target and fact != own
    )
    if read_as:
        message = f"column {target!r} is read as {read_as[0]!r}; '{managed}' would overwrite it."
        hint = "write to a column of its own"
        findings.error(spot, message, hint=hint)


_CLOSED: Mapping[Managed, tuple[str, tuple[str, ...]]] = {
    Managed.STAGE: ("stage", tuple(map(str, Stage))),
    Managed.ALLOWED_CHANNELS: ("channel", tuple(map(str, ContactChannel))),
}
"""Values of which we know every word, with what such a word is called."""


def _turned(
    values: Mapping[str, str], managed: Managed, sheet: Sheet, place: KeyPath, findings: Findings
) -> Mapping[str, str]:
    """Turn ``{their word: our word}`` round, since a write goes the other way."""
    turned: dict[str, str] = {}
    noun, known = _CLOSED.get(managed, ("", ()))
    for theirs, ours in values.items():
        spot = sheet.spot(*place, theirs)
        if known and ours not in known:
            message = f"the {noun} {ours!r} does not exist."
            findings.error(spot, message, allowed=in_words(known), hint=nearest(ours, known))
        if ours in turned:
            message = f"{ours!r} is already written as {turned[ours]!r}."
            findings.error(spot, message, hint="a write needs one word for each value")
        turned.setdefault(ours, theirs)
    return turned
