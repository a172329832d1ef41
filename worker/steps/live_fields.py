"""Compares what is read with what a CRM's fields hold: their presence, their type, their words.

Words are only ever those of a CRM's own lists, which its administrators wrote: never of a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.config.findings import Findings, in_words, nearest
from worker.config.yaml_text import Sheet
from worker.core.field_map import FieldRead, ObjectMap, Transform
from worker.core.field_uses import requested_reads
from worker.core.records import FieldDescription, FieldForm, ObjectDescription
from worker.core.setup_records import Absence
from worker.core.stage_words import STAGE_FACT
from worker.core.transforms import UNKNOWN_WORD, compile_reader
from worker.steps.live_lists import named_word

_T, _F = Transform, FieldForm
_WORDS = frozenset({_F.TEXT, _F.CHOICE})
_CODES = frozenset({_F.TEXT, _F.CHOICE})
_MOMENTS = frozenset({_F.DATE, _F.INSTANT})
_TRUTHS = frozenset({_F.YES_NO, _F.CHOICE})
_FITTING: Mapping[Transform, frozenset[FieldForm]] = {
    _T.NAME: _WORDS,
    _T.EMAIL: _WORDS,
    _T.PHONE: _CODES,
    _T.POSTAL_CODE: _CODES,
    _T.STATE: _WORDS,
    _T.NPI: _CODES,
    _T.TIMEFRAME: _WORDS,
    _T.BOOLEAN: _TRUTHS,
    _T.INVERTED_BOOLEAN: _TRUTHS,
    _T.TICK: _TRUTHS,
    _T.NUMBER: frozenset({_F.NUMBER}),
    _T.DATE: _MOMENTS,
    _T.INSTANT: _MOMENTS,
    _T.CHOICE: frozenset({_F.TEXT, _F.CHOICE, _F.YES_NO}),
    _T.CHOICES: frozenset({_F.TEXT, _F.CHOICE, _F.CHOICES}),
}
"""What a field may hold for each way to read it; any other way takes whatever there is."""
_MANY = 12


def look_at_fields(
    item: ObjectMap,
    description: ObjectDescription,
    sheet: Sheet,
    found: Findings,
    absences: Mapping[str, Absence],
) -> None:
    """Report fields that are not there or of another type, and words that one side does not know."""
    described = {field.name: field for field in description.fields}
    _look_for(item, description, sheet, found, absences)
    for read in item.reads:
        field = described.get(read.source)
        if field is not None:
            _look_at_form(item, read, field, sheet, found)
            if read.fact != STAGE_FACT:
                _look_at_words(item, read, field, sheet, found)
    _look_at_kinds(item, described, sheet, found)


def absent_fields(item: ObjectMap, description: ObjectDescription) -> tuple[str, ...]:
    """Name the fields that are read, and not there; of those that are written others report."""
    known = {field.name for field in description.fields} | {one.target for one in item.writes}
    names = (source for _place, source, _why in requested_reads(item))
    return tuple(dict.fromkeys(name for name in names if name not in known))


def _look_for(
    item: ObjectMap,
    description: ObjectDescription,
    sheet: Sheet,
    found: Findings,
    absences: Mapping[str, Absence],
) -> None:
    known = {field.name for field in description.fields}
    absent = frozenset(absent_fields(item, description))
    for place, source, _why in requested_reads(item):
        if source not in absent:
            continue
        spot = sheet.spot("objects", item.object_type, *place)
        if source in description.archived:
            message = f"the field {source!r} is archived in the CRM."
            found.error(spot, message, hint="restore it there, or remove the line")
            continue
        if source in absences:
            found.error(spot, f"{absences[source].says}.", hint=absences[source].to_do)
            continue
        hint = nearest(source, known) or "mend the name, or remove the line"
        found.error(spot, f"the CRM has no field {source!r}.", hint=hint)


def _look_at_form(
    item: ObjectMap, read: FieldRead, field: FieldDescription, sheet: Sheet, found: Findings
) -> None:
    fitting = _FITTING.get(read.transform)
    if field.form is None or fitting is None or field.form in fitting:
        return
    spot = sheet.spot("objects", item.object_type, "fields", read.fact, "as")
    found.warning(
        spot,
        f"the field {field.name!r} holds {field.form}, and is read as {read.transform}.",
        allowed=" or ".join(sorted(fitting)),
        hint="a value that cannot be read so counts as missing; choose another `as`, or another field",
    )


def _look_at_words(
    item: ObjectMap, read: FieldRead, field: FieldDescription, sheet: Sheet, found: Findings
) -> None:
    if not (read.is_closed and field.options):
        return
    place = ("objects", item.object_type, "fields", read.fact)
    unknown = list(_unknown(item, read, field.options))
    if unknown:
        names = in_words((named_word(word, field.labels) for word in unknown), _MANY)
        found.warning(
            sheet.spot(*place),
            f"the map does not know {names}, which the CRM's list of {field.name!r} has.",
            hint=f"a record with it counts as having no {read.fact}: {_where_to_add(read, sheet, item)}",
        )
    for word in read.values if _is_spelt_out(read, sheet, item) else ():
        if _folded(word) not in {_folded(option) for option in field.options}:
            found.warning(
                sheet.spot(*place, "values", word),
                f"the CRM's list of {field.name!r} has no {word!r}.",
                allowed=in_words(field.options, _MANY),
                hint=nearest(word, field.options) or "mend the word, or take it out",
            )


def _unknown(item: ObjectMap, read: FieldRead, options: tuple[str, ...]) -> Iterator[str]:
    reader = compile_reader(read)
    missing = {_folded(word) for word in item.missing}
    for option in options:
        if _folded(option) not in missing and reader(option).code == UNKNOWN_WORD.code:
            yield option


def _is_spelt_out(read: FieldRead, sheet: Sheet, item: ObjectMap) -> bool:
    """Tell whether the map itself lists the words; those of a catalog are many, and meant to be."""
    path = ("objects", item.object_type, "fields", read.fact, "values")
    return path in sheet.places


def _where_to_add(read: FieldRead, sheet: Sheet, item: ObjectMap) -> str:
    if _is_spelt_out(read, sheet, item):
        return "add it under `values`"
    return "add it as a synonym in catalog.yaml, or translate it under `values`"


def _look_at_kinds(
    item: ObjectMap,
    described: Mapping[str, FieldDescription],
    sheet: Sheet,
    found: Findings,
) -> None:
    """Report kinds of activity that the CRM's list lacks: no such activity would ever be seen."""
    activity = item.activity
    field = described.get(activity.kind) if activity is not None else None
    if activity is None or field is None or not field.options:
        return
    options = {_folded(option) for option in field.options}
    for word in activity.kinds:
        spot = sheet.spot("objects", item.object_type, "activity", "kinds", word)
        if _folded(word) not in options:
            found.warning(
                spot,
                f"the CRM's list of {field.name!r} has no {word!r}, so no activity will be one.",
                allowed=in_words(field.options, _MANY),
                hint=nearest(word, field.options) or "mend the word, or take it out",
            )


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()
