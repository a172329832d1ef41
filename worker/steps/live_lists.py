"""Compares the words of the stages in a field map with the CRM's own list of them.

Only the stages: they are words of the CRM's administrators, never of a person.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.config.findings import Findings, in_words
from worker.config.yaml_text import Sheet
from worker.core.field_map import ObjectMap
from worker.core.records import ObjectDescription
from worker.core.stage_words import STAGE_FACT, unlisted_stages, unnamed_words
from worker.steps.choices import lists_of


def look_at_lists(
    item: ObjectMap,
    description: ObjectDescription,
    sheet: Sheet,
    findings: Findings,
    *,
    names_missing: bool = True,
) -> None:
    """Name stages of the CRM that the map does not name, and, if asked, mapped ones that it lacks."""
    lists = lists_of(item, description)
    for stage, (field, word) in unlisted_stages(item, lists).items() if names_missing else ():
        findings.error(
            sheet.spot("objects", item.object_type, "writes", STAGE_FACT),
            f"the CRM's list of {field!r} has no {word!r}, the word for the stage {stage.value!r}.",
            allowed=in_words(sorted(lists[field]), 30),
            hint="add it to the list in the CRM, or mend the word; until then it is not written",
        )
    labels = {field.name: field.labels for field in description.fields}
    for field, words in unnamed_words(item, lists).items():
        names = in_words((named_word(word, labels[field]) for word in words), 30)
        findings.warning(
            sheet.spot("objects", item.object_type, "fields", STAGE_FACT),
            f"the map has no word for {names}, which the CRM's list of {field!r} has.",
            hint="a lead that stands there is left alone (STAGE_UNKNOWN_VALUE); name its stage",
        )


def named_word(word: str, labels: Mapping[str, str]) -> str:
    """Quote a word of a CRM's list, with what people see of it where that says something else."""
    label = labels.get(word, word)
    return repr(word) if label.casefold() == word.casefold() else f"{word!r} ({label})"
