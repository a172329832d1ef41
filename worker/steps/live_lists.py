"""Compares the words of the stages in a field map with the CRM's own list of them.

Only the stages: they are words of the CRM's administrators, never of a person.
"""

from __future__ import annotations

from worker.config.findings import Findings, in_words
from worker.config.yaml_text import Sheet
from worker.core.field_map import SystemMap
from worker.core.stage_words import STAGE_FACT, unlisted_stages, unnamed_words
from worker.ports import Connector
from worker.steps.choices import lists_of


def look_at_lists(
    system: SystemMap, connector: Connector, sheet: Sheet, findings: Findings
) -> None:
    """Name mapped stages that the CRM lacks, and stages of the CRM that the map does not name."""
    for item in system.objects:
        lists = lists_of(item, connector.describe(item.object_type))
        for stage, (field, word) in unlisted_stages(item, lists).items():
            findings.error(
                sheet.spot("objects", item.object_type, "writes", STAGE_FACT),
                f"the CRM's list of {field!r} has no {word!r}, the word for the stage {stage.value!r}.",
                allowed=in_words(sorted(lists[field]), 30),
                hint="add it to the list in the CRM, or mend the word; until then it is not written",
            )
        for field, words in unnamed_words(item, lists).items():
            findings.warning(
                sheet.spot("objects", item.object_type, "fields", STAGE_FACT),
                f"the map has no word for {in_words(map(repr, words), 30)}, which the CRM's list of "
                f"{field!r} has.",
                hint="a lead that stands there is left alone (STAGE_UNKNOWN_VALUE); name its stage",
            )
