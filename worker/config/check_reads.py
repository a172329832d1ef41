"""Says which mapped fields nothing reads, and which justifications justify nothing."""

from __future__ import annotations

from collections.abc import Iterator

from worker.config.findings import Findings
from worker.config.folder import Folder
from worker.config.sensitive import looks_clinical
from worker.config.yaml_text import KeyPath
from worker.core.configuration import Configuration
from worker.core.field_map import ObjectMap

_HINT = "take it out, or name it in a rule"


def warn_of_unread(configuration: Configuration, files: Folder, findings: Findings) -> None:
    """Warn of fields that are mapped but not asked for; ``configuration`` is narrowed already."""
    for system in configuration.systems.values():
        sheet = files.sources[f"systems/{system.system}.yaml"].sheet
        for item in system.objects:
            for path, message in _unread(item):
                findings.warning(
                    sheet.spot("objects", item.object_type, *path), message, hint=_HINT
                )
            for path, message in _idle_permits(item):
                hint = "take allow_sensitive out"
                findings.warning(sheet.spot("objects", item.object_type, *path), message, hint=hint)


def _unread(item: ObjectMap) -> Iterator[tuple[KeyPath, str]]:
    for read in item.unread:
        message = f"the fact {read.fact!r} is mapped, but nothing reads it, so it is not asked for."
        yield ("fields", read.fact), message
    for name in item.activity.unread if item.activity else ():
        message = (
            f"the {name.replace('_', ' ')} of activities is mapped, but nothing reads it, "
            "so it is not asked for."
        )
        yield ("activity", name), message


def _idle_permits(item: ObjectMap) -> Iterator[tuple[KeyPath, str]]:
    for read in (*item.reads, *item.unread):
        if read.justification is not None and not looks_clinical(read.source):
            message = f"the name {read.source!r} is not sensitive, so it needs no allow_sensitive."
            yield ("fields", read.fact, "allow_sensitive"), message
    activity = item.activity
    if activity is None or activity.justification is None:
        return
    if not any(map(looks_clinical, (*activity.columns().values(), *activity.unread.values()))):
        message = "no column here has a sensitive name, so it needs no allow_sensitive."
        yield ("activity", "allow_sensitive"), message
