"""The words of a field map for the stages, beside those that the CRM has now.

An administrator may take a choice out of a CRM's list, or add one that no map names. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from worker.core.field_map import Managed, ObjectMap
from worker.core.lifecycle import LifecyclePolicy
from worker.core.model import Stage
from worker.core.stage_rules import PLAIN

STAGE_FACT = "lifecycle_stage"


def unlisted_stages(
    object_map: ObjectMap, options: Mapping[str, frozenset[str]]
) -> Mapping[Stage, tuple[str, str]]:
    """Name the stages whose word the CRM's own list lacks, each with its field and that word.

    A field whose list is empty or not known says nothing of its words.
    """
    return {
        Stage(name): (write.target, word)
        for write in object_map.writes
        if write.managed is Managed.STAGE and options.get(write.target)
        for name, word in sorted(write.values.items())
        if word not in options[write.target]
    }


def unnamed_words(
    object_map: ObjectMap, options: Mapping[str, frozenset[str]]
) -> Mapping[str, tuple[str, ...]]:
    """Name, by field, the stages of the CRM that the map has no word for."""
    found = {}
    for read in object_map.reads:
        if read.fact != STAGE_FACT or not read.values:
            continue
        names = (*read.values, *read.values.values(), *object_map.missing)
        known = {_folded(word) for word in names}
        words = sorted(w for w in options.get(read.source, ()) if _folded(w) not in known)
        if words:
            found[read.source] = tuple(words)
    return found


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()


def with_unlisted(
    policy: LifecyclePolicy, unlisted: Mapping[str, frozenset[tuple[str, Stage]]]
) -> LifecyclePolicy:
    """Write no stage to a CRM, by object type, that its list does not have."""
    systems = dict(policy.systems)
    for name, stages in unlisted.items():
        systems[name] = replace(systems.get(name, PLAIN), unlisted=stages)
    return replace(policy, systems=systems)
