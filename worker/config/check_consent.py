"""Checks of consent: an opt-out that nobody heeds, and evidence that is none.

Each file is right by itself: the map reads the opt-out, the policy names a channel. Only together do
they say that a refusal is looked at, and that having an address is not taken for agreement.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.config.documents import ConsentDocument
from worker.config.findings import Findings
from worker.config.folder import Folder, Source
from worker.config.parts import Parts
from worker.config.system_documents import SystemDocument
from worker.config.vocabulary import check_name
from worker.core.conditions import (
    AllOf,
    AnyOf,
    AreaTest,
    AtLeastOf,
    Condition,
    FactTest,
    FirstKnown,
    NotOf,
    ReachableTest,
)
from worker.core.consent import ChannelRule, ConsentPolicy
from worker.core.field_map import Managed
from worker.core.model import FactKind, FactSpec

OPT_OUT = "opt_out_"
OPT_OUT_OF_ALL = "opt_out_all"
_ADDRESS_KINDS = frozenset({FactKind.EMAIL, FactKind.PHONE, FactKind.POSTAL_CODE})


def check_consent(source: Source[ConsentDocument], parts: Parts, findings: Findings) -> None:
    """Report opt-outs no channel looks at, and evidence that only finds an address."""
    if parts.consent is None:
        return
    if all(rule.opt_outs for rule in parts.consent.channels):  # else that is said already
        _check_opt_outs(parts.consent, parts, findings)
    facts = parts.words.facts or {}
    for rule in parts.consent.channels:
        _check_evidence(source, rule, facts, findings)
    _check_topics(source, parts, findings)


def _check_topics(source: Source[ConsentDocument], parts: Parts, findings: Findings) -> None:
    """Warn of a policy whose hand-offs could allow no topic, though there are topics."""
    topics = source.document.topics
    meant = {purpose for topic in topics for purpose in topic.purposes}
    for file, policy in parts.policies.items() if topics else ():
        if policy.purpose in source.document.purposes and policy.purpose not in meant:
            message = f"no topic is for the purpose {policy.purpose!r} of {file}."
            hint = "name the purpose in a topic, or its hand-offs allow none"
            findings.warning(source.sheet.spot("topics"), message, hint=hint)


def check_written_topics(
    source: Source[ConsentDocument], files: Folder, findings: Findings
) -> None:
    """Report words of a CRM for topics that do not exist."""
    known = frozenset(topic.id for topic in source.document.topics)
    for system in files.all_of(SystemDocument):
        for name, item in system.document.objects.items():
            write = item.writes.get(Managed.ALLOWED_TOPICS)
            for theirs, ours in write.values.items() if write else ():
                path = ("objects", name, "writes", "allowed_topics", "values", theirs)
                check_name(findings, system.sheet.spot(*path), "topic", ours, known)


def _check_opt_outs(policy: ConsentPolicy, parts: Parts, findings: Findings) -> None:
    seen: set[str] = set()
    for item in parts.words.mapped.fields if parts.words.mapped else ():
        if not item.fact.startswith(OPT_OUT) or item.fact in seen:
            continue
        seen.add(item.fact)
        deaf = _channels_deaf_to(item.fact, policy)
        if deaf is not None:
            message = f"the opt-out {item.fact!r} is mapped, but {deaf}: nobody would heed it."
            hint = "name it under `opt_out` in consent.yaml, or take the field out"
            findings.error(item.spot, message, hint=hint)


def _channels_deaf_to(fact: str, policy: ConsentPolicy) -> str | None:
    """Say which channel does not look at an opt-out that is meant for it; None when all do."""
    heeding = {rule.channel.value for rule in policy.channels if fact in rule.opt_outs}
    if not heeding:
        return "no channel lists it"
    channels = {rule.channel.value for rule in policy.channels}
    meant = channels if fact == OPT_OUT_OF_ALL else channels & {fact.removeprefix(OPT_OUT)}
    deaf = sorted(meant - heeding)
    return f"the channel {deaf[0]!r} does not list it" if deaf else None


def _check_evidence(
    source: Source[ConsentDocument],
    rule: ChannelRule,
    facts: Mapping[str, FactSpec],
    findings: Findings,
) -> None:
    kinds = {name for name, spec in facts.items() if spec.kind in _ADDRESS_KINDS}
    addresses = frozenset(kinds | set(rule.addresses))
    written = [entry.id for entry in source.document.channels[rule.channel].evidence]
    for item in rule.evidence:
        if _is_met_by_an_address(item.condition, addresses):
            place = ("channels", rule.channel.value, "evidence", written.index(item.id), "when")
            message = f"the evidence {item.id!r} only says that there is an address."
            hint = "an address is not consent: test what the lead agreed to, or did"
            findings.error(source.sheet.spot(*place), message, hint=hint)


def _is_met_by_an_address(condition: Condition, addresses: frozenset[str]) -> bool:
    """Tell whether addresses alone can meet a condition."""
    match condition:
        case FactTest(fact=fact):
            return fact in addresses
        case AreaTest() | ReachableTest():
            return True
        case AllOf(items=items):
            return all(_is_met_by_an_address(item, addresses) for item in items)
        case AtLeastOf(count=count, items=items):
            return sum(_is_met_by_an_address(item, addresses) for item in items) >= count
        case AnyOf(items=items) | FirstKnown(items=items):
            return any(_is_met_by_an_address(item, addresses) for item in items)
        case NotOf(item=item):
            return _is_met_by_an_address(item, addresses)
        case _:
            return False
