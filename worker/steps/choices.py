"""The CRMs' own lists of choices: what a run learned of them, kept for whoever plans a write.

A stage that a list lacks is not written to that CRM, and everything else goes on. The lists come with
the description that a pull asks for anyway, so that this costs no call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from worker.core.field_map import ObjectMap
from worker.core.lifecycle import Mover
from worker.core.model import Stage
from worker.core.plan import Options
from worker.core.records import ObjectDescription
from worker.core.stage_words import unlisted_stages, with_unlisted
from worker.ledger.profiles import funnel, mark_stages_dirty
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.steps.work import Work

log = get_logger()
UNLISTED = "stages_not_in_crm"


def lists_of(object_map: ObjectMap, shape: ObjectDescription) -> Mapping[str, frozenset[str]]:
    """Collect the closed lists of the mapped fields. An empty one is no list: nothing would be allowed."""
    ours = set(object_map.requested_fields())
    return {
        field.name: frozenset(field.options)
        for field in shape.fields
        if field.options and field.name in ours
    }


def note_lists(
    tx: Transaction, system: str, object_map: ObjectMap, shape: ObjectDescription
) -> None:
    """Remember the lists of the fields that are written; stages that come or go are decided anew."""
    targets = {write.target for write in object_map.writes}
    lists = {name: words for name, words in lists_of(object_map, shape).items() if name in targets}
    before = _load(tx, system, object_map.object_type)
    if lists == before:
        return
    text = json.dumps({name: sorted(words) for name, words in sorted(lists.items())})
    save_setting(tx, _name(system, object_map.object_type), text)
    moved = unlisted_stages(object_map, lists).keys() ^ unlisted_stages(object_map, before).keys()
    mark_stages_dirty(tx, sorted(moved))


def with_lists(work: Work, tx: Transaction) -> Work:
    """The same work, that writes to no CRM what its lists lack."""
    options: dict[tuple[str, str, str], frozenset[str]] = {}
    for system in work.ruleset.configuration.systems.values():
        for item in system.objects:
            for name, words in _load(tx, system.system, item.object_type).items():
                options[system.system, item.object_type, name] = words
    if not options:
        return work
    configuration = work.ruleset.configuration
    unlisted = {
        system: frozenset((object_type, stage) for object_type, _field, stage in found)
        for system, found in _unlisted(work, options).items()
    }
    lifecycle = with_unlisted(configuration.lifecycle, unlisted)
    ruleset = replace(work.ruleset, configuration=replace(configuration, lifecycle=lifecycle))
    return replace(work, ruleset=ruleset, options=options)


def report_unlisted(work: Work) -> None:
    """Count the leads at each stage that a CRM's list lacks, and warn of it."""
    with work.ledger.read() as tx:
        found = _unlisted(work, with_lists(work, tx).options)
        if not found:
            return
        leads: dict[str | None, int] = {}
        for line in funnel(tx):
            leads[line.stage] = leads.get(line.stage, 0) + line.count
    counts = {
        f"{system} {object_type} {field} {stage.value}": leads[stage.value]
        for system, places in sorted(found.items())
        for object_type, field, stage in sorted(places)
        if leads.get(stage.value)
    }
    if not counts:
        return
    work.count(UNLISTED, **counts)
    log.warning("stages_not_in_crm", count=sum(counts.values()), counts=counts)


def _unlisted(work: Work, options: Options) -> dict[str, list[tuple[str, str, Stage]]]:
    """Name by system the object type, field and stage of each stage that we write and its CRM lacks."""
    rows = work.ruleset.configuration.lifecycle.rows()
    ours = {row.target for row in rows if row.by is not Mover.PEOPLE}
    found: dict[str, list[tuple[str, str, Stage]]] = {}
    for system in work.ruleset.configuration.systems.values():
        for item in system.objects:
            mine = {
                field: words
                for (name, object_type, field), words in options.items()
                if (name, object_type) == (system.system, item.object_type)
            }
            missing = unlisted_stages(item, mine).items()
            places = [(item.object_type, f, stage) for stage, (f, _w) in missing if stage in ours]
            if places:
                found[system.system] = [*found.get(system.system, ()), *places]
    return found


def _load(tx: Transaction, system: str, object_type: str) -> Mapping[str, frozenset[str]]:
    text = load_setting(tx, _name(system, object_type))
    known = json.loads(text) if text else {}
    return {name: frozenset(words) for name, words in known.items()}


def _name(system: str, object_type: str) -> str:
    return f"lists of {system} {object_type}"
