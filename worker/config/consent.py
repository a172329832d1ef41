"""Builds the consent policy: jurisdictions, and what each channel needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.config.documents import ChannelEntry, ConsentDocument, EvidenceEntry
from worker.config.governance import Desk
from worker.config.messages import value_at
from worker.config.topics import build_topics
from worker.config.vocabulary import check_fact, check_name
from worker.config.yaml_text import KeyPath
from worker.core.consent import ChannelRule, ConsentPolicy
from worker.core.consent_evidence import ConsentEvidence, actions_in
from worker.core.jurisdictions import ELSEWHERE, UNKNOWN_PLACE, Jurisdiction
from worker.core.model import ContactChannel, FactKind

_RESERVED = (ELSEWHERE, UNKNOWN_PLACE)


def build_consent(document: ConsentDocument, desk: Desk) -> ConsentPolicy:
    """Build the consent policy. A channel without an opt-out could not be refused by anybody."""
    builder = _Builder(document=document, desk=desk)
    return ConsentPolicy(
        purposes=tuple(document.purposes),
        channels=tuple(
            builder.channel(channel, entry) for channel, entry in document.channels.items()
        ),
        revocation_deadline_days=document.revocation_deadline,
        alarm_before_days=document.alarm_before,
        jurisdictions=tuple(builder.jurisdictions()),
        outreach_purpose=_outreach_purpose(document, desk),
        topics=build_topics(document, desk),
    )


def _outreach_purpose(document: ConsentDocument, desk: Desk) -> str | None:
    purpose = document.outreach_purpose
    if purpose is not None:
        spot = desk.sheet.spot("outreach_purpose")
        check_name(desk.findings, spot, "purpose", purpose, frozenset(document.purposes))
    return purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    """The document being built, and the desk to report to."""

    document: ConsentDocument
    desk: Desk

    def jurisdictions(self) -> Iterator[Jurisdiction]:
        seen: set[str] = set()
        named = {
            name
            for channel in self.document.channels.values()
            for item in channel.evidence
            for name in (*item.only_in, *item.not_in)
        }
        reader = self.desk.conditions("jurisdiction")
        for number, entry in enumerate(self.document.jurisdictions):
            path: KeyPath = ("jurisdictions", number)
            self._check_jurisdiction(entry.id, (*path, "id"), seen, named)
            condition = reader.read(entry.when, (*path, "when"))
            if condition is not None:
                yield Jurisdiction(id=entry.id, condition=condition)

    def _check_jurisdiction(
        self, name: str, path: KeyPath, seen: set[str], named: set[str]
    ) -> None:
        findings, spot = self.desk.findings, self.desk.sheet.spot(*path)
        if name in _RESERVED:
            message = f"a jurisdiction cannot be called {name!r}: that is said where none is known."
            findings.error(spot, message, hint="choose another name")
        elif name in seen:
            findings.error(spot, f"the id {name!r} is used by an earlier jurisdiction.")
        elif name not in named:
            message = f"no evidence is limited to the jurisdiction {name!r}, or closed to it."
            findings.warning(spot, message, hint="name it under `only_in` or `not_in`")
        seen.add(name)

    def channel(self, channel: ContactChannel, entry: ChannelEntry) -> ChannelRule:
        path: KeyPath = ("channels", channel.value)
        findings = self.desk.findings
        if not entry.opt_out:
            message = f"the channel {channel.value!r} names no opt-out, so nobody could refuse it."
            hint = f"name the facts that refuse it, such as `opt_out: [opt_out_{channel.value}]`"
            findings.error(self.desk.sheet.spot(*path), message, hint=hint)
        if not entry.evidence:
            message = f"the channel {channel.value!r} has no evidence, so it may never be used."
            findings.warning(self.desk.sheet.spot(*path), message, hint="leave the channel out")
        self._check_facts(entry.address, (*path, "address"))
        self._check_facts(entry.opt_out, (*path, "opt_out"), kind=FactKind.BOOLEAN)
        self._check_facts(entry.refused_by, (*path, "refused_by"), kind=FactKind.BOOLEAN)
        evidence = (
            self._evidence(item, (*path, "evidence", number))
            for number, item in enumerate(entry.evidence)
        )
        return ChannelRule(
            channel=channel,
            addresses=tuple(entry.address),
            opt_outs=tuple(entry.opt_out),
            evidence=tuple(item for item in evidence if item is not None),
            refused_by=tuple(entry.refused_by),
        )

    def _check_facts(
        self, facts: Iterable[str], path: KeyPath, kind: FactKind | None = None
    ) -> None:
        for number, fact in enumerate(facts):
            self._check_fact(fact, (*path, number), kind)

    def _check_fact(self, fact: str, path: KeyPath, kind: FactKind | None) -> None:
        desk, spot = self.desk, self.desk.sheet.spot(*path)
        desk.reads.add(fact)
        is_known = check_fact(desk.findings, spot, fact, desk.words)
        facts = desk.words.facts
        if is_known and kind and facts and facts[fact].kind is not kind:
            message = f"the fact {fact!r} is a {facts[fact].kind} fact; here stands a {kind} one."
            desk.findings.error(spot, message)

    def _evidence(self, entry: EvidenceEntry, path: KeyPath) -> ConsentEvidence | None:
        self._check_purposes(entry, path)
        self._check_places(entry, path)
        if entry.proof is not None:
            self._check_fact(entry.proof, (*path, "proof"), None)
        if entry.given_at is not None:
            self._check_fact(entry.given_at, (*path, "given_at"), FactKind.INSTANT)
        condition = self.desk.conditions("consent rule").read(entry.when, (*path, "when"))
        if condition is None:
            return None
        found = ConsentEvidence(
            id=entry.id,
            condition=condition,
            purposes=frozenset(entry.purposes),
            proof=entry.proof,
            requires_proof=entry.requires_proof,
            given_at=entry.given_at or "consent_at",
            valid_for=entry.valid_for,
            only_in=frozenset(entry.only_in),
            not_in=frozenset(entry.not_in),
        )
        self._check_proof(found, path)
        self._check_age(found, entry, path)
        return found

    def _check_purposes(self, entry: EvidenceEntry, path: KeyPath) -> None:
        findings, sheet = self.desk.findings, self.desk.sheet
        raw = value_at(sheet.value, path)
        if isinstance(raw, dict) and "purposes" not in raw:
            message = f"the evidence {entry.id!r} does not say for which purposes it counts."
            hint = "write `purposes: any` if it counts for all of them"
            findings.warning(sheet.spot(*path), message, hint=hint)
        for number, purpose in enumerate(entry.purposes):
            spot = sheet.spot(*path, "purposes", number)
            check_name(findings, spot, "purpose", purpose, frozenset(self.document.purposes))

    def _check_places(self, entry: EvidenceEntry, path: KeyPath) -> None:
        known = frozenset(item.id for item in self.document.jurisdictions)
        findings, sheet = self.desk.findings, self.desk.sheet
        for key in ("only_in", "not_in"):
            for number, name in enumerate(getattr(entry, key)):
                spot = sheet.spot(*path, key, number)
                check_name(findings, spot, "jurisdiction", name, known)
        both = sorted(set(entry.only_in) & set(entry.not_in))
        if both:
            message = (
                f"{both[0]!r} stands under `only_in` and `not_in`: this evidence never counts."
            )
            findings.error(sheet.spot(*path, "not_in"), message)

    def _check_proof(self, found: ConsentEvidence, path: KeyPath) -> None:
        """An action is its own proof; an agreement needs a fact that holds the reference."""
        is_provable = found.proof is not None or bool(actions_in(found))
        if found.requires_proof and not is_provable:
            message = (
                f"the evidence {found.id!r} requires a proof, but names no fact that holds it."
            )
            hint = "add `proof: consent_proof`, or another fact"
            self.desk.findings.error(
                self.desk.sheet.spot(*path, "requires_proof"), message, hint=hint
            )

    def _check_age(self, found: ConsentEvidence, entry: EvidenceEntry, path: KeyPath) -> None:
        """Evidence that ages must have a time: that of an action, or a fact that some map fills."""
        if found.is_dated_by_fact():
            self.desk.reads.add(found.given_at)
            if found.valid_for is not None and entry.given_at is None:
                self._check_fact(found.given_at, (*path, "valid_for"), FactKind.INSTANT)
