"""Builds what may be written back to a system."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from worker.config.basics import find_time_zone
from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.system_documents import ObjectEntry, WriteEntry
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.field_map import (
    INSTANTS,
    LISTS,
    OPT_OUTS,
    FieldWrite,
    Managed,
    Transform,
    WriteForm,
)
from worker.core.model import ContactChannel, Stage
from worker.core.transforms import read_boolean, read_inverted_boolean

_READ_BACK = frozenset({Managed.STAGE, Managed.OWNER})
"""Values that people set as well: each is read and written in one column, as the same thing."""


def build_writes(
    entry: ObjectEntry,
    sheet: Sheet,
    path: KeyPath,
    time_zone: ZoneInfo | None,
    findings: Findings,
) -> tuple[FieldWrite, ...]:
    """Build the writes of one object, and report columns that two values would share.

    ``time_zone`` is the organisation's, for dates of a write that names none of its own.
    """
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
        _check_form(managed, item, sheet, place, findings)
        _check_separator(managed, item, sheet, place, findings)
        writes.append(
            FieldWrite(
                managed=managed,
                target=item.to,
                values=_turned(item.values, managed, sheet, (*place, "values"), findings),
                separator=item.separator,
                max_length=item.max_length,
                max_items=item.max_items,
                line_break=item.line_break.text,
                form=item.as_,
                time_zone=_zone_of(item, sheet.spot(*place, "time_zone"), time_zone, findings),
                clears_owner=item.taken_back == "clear",
                word=_word_of(entry, managed, item, sheet.spot(*place), findings),
            )
        )
    return tuple(writes)


_FORMS: Mapping[frozenset[Managed], tuple[WriteForm, ...]] = {
    LISTS: (WriteForm.TEXT, WriteForm.LIST, WriteForm.JSON),
    INSTANTS: (WriteForm.DATETIME, WriteForm.DATE),
}
"""The forms that a value may be written in; a value that is not here has one form only."""
_ONLY: Mapping[str, tuple[str, frozenset[Managed]]] = {
    "line_break": ("a text of several lines", frozenset({Managed.SUMMARY})),
    "time_zone": ("a date", INSTANTS),
    "taken_back": ("the owner", frozenset({Managed.OWNER})),
}
"""Keys that speak of some values only: of what, and which those are."""


def _check_form(
    managed: Managed, item: WriteEntry, sheet: Sheet, place: KeyPath, findings: Findings
) -> None:
    """Report a form, or an option, that the value does not have."""
    forms = next((forms for group, forms in _FORMS.items() if managed in group), ())
    if item.as_ is not None and item.as_ not in forms:
        message = f"'{managed}' is not written as {item.as_.value}."
        allowed = in_words(forms) if forms else "no `as`: it has one form only"
        findings.error(sheet.spot(*place, "as"), message, allowed=allowed)
    for key, (noun, group) in _ONLY.items():
        if key in item.model_fields_set and managed not in group:
            message = f"'{managed}' has no `{key}`: it is not {noun}."
            findings.error(sheet.spot(*place, key), message, hint="take it out")


def _check_separator(
    managed: Managed, item: WriteEntry, sheet: Sheet, place: KeyPath, findings: Findings
) -> None:
    """A list that is read back must come apart into the words that were put in.

    Some CRMs add to what a field holds when the value begins with the separator; words never do.
    """
    if managed not in LISTS or item.as_ is WriteForm.JSON:
        return
    separator = item.separator.strip()
    if not separator or any(map(str.isalnum, separator)) or "_" in separator:
        message = f"the separator {item.separator!r} could be part of a code."
        findings.error(
            sheet.spot(*place, "separator"), message, allowed="a mark such as `;`, `,` or `|`"
        )
        return
    for theirs in item.values:
        if separator in theirs:
            message = f"the word {theirs!r} holds the separator {separator!r}."
            hint = "choose another separator, or the CRM would read two words, or add instead of replace"
            findings.error(sheet.spot(*place, "values", theirs), message, hint=hint)


def _zone_of(
    item: WriteEntry, spot: Spot, usual: ZoneInfo | None, findings: Findings
) -> ZoneInfo | None:
    return find_time_zone(item.time_zone, spot, findings) if item.time_zone else usual


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
    Managed.OWN_STAGE: ("stage", tuple(map(str, Stage))),
    Managed.LEAD_STATUS: ("stage", tuple(map(str, Stage))),
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
