"""Checks that look across files: what each file says by itself is right, but not together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from worker.config.check_consent import check_consent, check_written_topics
from worker.config.check_hand_off import check_hand_off
from worker.config.check_policies import check_policies
from worker.config.check_routes import check_routes
from worker.config.documents import ActivitiesDocument, ConsentDocument, PathwaysDocument
from worker.config.findings import Findings
from worker.config.folder import Folder
from worker.config.implication import find_contradiction, follows, spelled_out
from worker.config.parts import Parts
from worker.config.policy_documents import PolicyDocument
from worker.config.references import check_references
from worker.config.route_check import RouteCheck
from worker.config.shared_documents import SharedDocument
from worker.config.system_documents import SystemDocument
from worker.config.vocabulary import plain_kinds
from worker.core.conditions import ActivityTest, Condition, walk
from worker.core.field_map import Managed


def check_across(
    files: Folder, parts: Parts, findings: Findings, today: date | None = None
) -> None:
    """Report what can never work, or never be used, given all files together."""
    sheets = {name: source.sheet for name, source in files.sources.items()}
    _check_pathways(files, findings)
    _check_pathway_rules(files, parts, findings)
    check_policies(parts, sheets, findings)
    _check_written_stages(files, parts, findings)
    if consent := files.get("consent.yaml", ConsentDocument):
        check_consent(consent, parts, findings)
        check_written_topics(consent, files, findings)
    if parts.routing is not None:
        check = RouteCheck(
            routing=parts.routing,
            sheet=sheets["routing.yaml"],
            words=parts.words,
            findings=findings,
            today=today,
        )
        check_routes(check)
    check_hand_off(files, parts, findings)
    check_references(files, parts, findings)
    if not findings.errors:  # while something is wrong, what is used is not known for sure
        _warn_of_unnamed_governed(files, parts, findings)
        _warn_of_unused_fragments(files, parts, findings)


def _check_pathways(files: Folder, findings: Findings) -> None:
    """Every pathway has one policy, and every policy a pathway."""
    policies: dict[str, str] = {}
    pathways = files.get("pathways.yaml", PathwaysDocument)
    entries = pathways.document.pathways if pathways else []
    for source in files.all_of(PolicyDocument):
        name, spot = source.document.pathway, source.sheet.spot("pathway")
        other = policies.setdefault(name, source.sheet.file)
        if other != source.sheet.file:
            findings.error(spot, f"the pathway {name!r} has a policy already, in {other}.")
        if pathways and name not in {entry.pathway for entry in entries}:
            message = f"no rule in pathways.yaml leads to the pathway {name!r}."
            findings.error(spot, message, hint="add a rule for it, or take the policy out")
    if pathways is None or not files.is_whole("policies"):
        return
    for number, entry in enumerate(entries):
        if entry.pathway not in policies:
            spot = pathways.sheet.spot("pathways", number, "pathway")
            message = f"the pathway {entry.pathway!r} has no policy."
            findings.error(spot, message, hint=f"write policies/{entry.pathway}.yaml")


def _check_pathway_rules(files: Folder, parts: Parts, findings: Findings) -> None:
    source = files.get("pathways.yaml", PathwaysDocument)
    if source is None or len(parts.pathways) < len(source.document.pathways):
        return
    kinds = plain_kinds(parts.words)
    meant = [spelled_out(rule.condition, kinds) for rule in parts.pathways]
    for number, condition in enumerate(meant):
        spot = source.sheet.spot("pathways", number, "when")
        contradiction = find_contradiction(iter((condition,)), {})
        if contradiction is not None:
            findings.error(spot, f"this rule can never hold: {contradiction}.")
        earlier = next(
            (
                e
                for e, m in zip(parts.pathways[:number], meant, strict=False)
                if follows(condition, m)
            ),
            None,
        )
        if earlier is not None:
            message = (
                f"this rule is never reached: the one for {earlier.pathway!r} takes its leads."
            )
            findings.error(spot, message, hint="put the narrower rule first")


def _check_written_stages(files: Folder, parts: Parts, findings: Findings) -> None:
    """A stage the worker sets must have a word in every system it is written to."""
    if parts.lifecycle is None:
        return
    stages = sorted({target.value for _source, target in parts.lifecycle.transitions})
    for source in files.all_of(SystemDocument):
        name = source.sheet.file.removeprefix("systems/").removesuffix(".yaml")
        for item in parts.systems[name].objects:
            write = next((w for w in item.writes if w.managed is Managed.STAGE), None)
            missing = [stage for stage in stages if write and stage not in write.values]
            if write and write.values and missing:
                path = ("objects", item.object_type, "writes", "lifecycle_stage", "values")
                message = f"the worker may set the stage {missing[0]!r}, which has no word here."
                hint = f"add `<their word>: {missing[0]}`"
                findings.error(source.sheet.spot(*path), message, hint=hint)


def _warn_of_unnamed_governed(files: Folder, parts: Parts, findings: Findings) -> None:
    """A delicate kind that nothing asks for by name is stored for nothing."""
    source = files.get("activities.yaml", ActivitiesDocument)
    if source is None or parts.words.activities is None:
        return
    named = {
        kind
        for condition in _all_conditions(parts)
        for part in walk(condition)
        if isinstance(part, ActivityTest)
        for kind in part.kinds | part.after
    }
    for kind in parts.words.activities.values():
        if kind.is_governed and kind.is_enabled and kind.name not in named:
            spot = source.sheet.spot("activities", kind.name)
            message = f"the activity {kind.name!r} is governed and no condition names it."
            hint = "set `enabled: false`, or name it: `activity: any` leaves it out"
            findings.warning(spot, message, hint=hint)


def _all_conditions(parts: Parts) -> Iterator[Condition]:
    for policy in parts.policies.values():
        yield from policy.asked()
    yield from (rule.condition for rule in parts.pathways)
    if parts.routing is not None:
        yield from (rule.condition for rule in parts.routing.rules)
    if parts.consent is not None:
        yield from (place.condition for place in parts.consent.jurisdictions)
        for channel in parts.consent.channels:
            yield from (item.condition for item in channel.evidence)


def _warn_of_unused_fragments(files: Folder, parts: Parts, findings: Findings) -> None:
    source, shared = files.get("shared.yaml", SharedDocument), parts.words.shared
    if source is None or shared is None:
        return
    for kind, names in (("conditions", shared.conditions), ("criteria", shared.criteria)):
        for name in names:
            if f"{kind}.{name}" not in shared.used:
                message = f"nothing uses the fragment {name!r}."
                findings.warning(source.sheet.spot(kind, name), message, hint="take it out")
