"""Checks of the hand-off against policies and field maps: what it may tell, and whether it fits.

Each file is right by itself; only together do they say that a slot names a fact which the policy does
not hand on, or that a CRM's field is too short for what must always be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.config.findings import Findings, Spot, nearest
from worker.config.folder import Folder, Source
from worker.config.hand_off import line_templates, text_path
from worker.config.hand_off_documents import HandOffDocument
from worker.config.parts import Parts
from worker.config.policy_documents import PolicyDocument
from worker.config.sensitive import FEWEST_WORDS, looks_clinical
from worker.config.system_documents import SystemDocument
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.consent import ConsentPolicy
from worker.core.field_map import FieldRead, FieldWrite, Managed
from worker.core.hand_off_policy import (
    SLOTS,
    STEP_SLOTS,
    HandOffLine,
    HandOffPolicy,
    reads_by_fact,
    why_untold,
)
from worker.core.hand_off_words import (
    join_choices,
    plain_words,
    say_channel,
    within_a_sentence,
)
from worker.core.policy import Policy
from worker.core.templates import Template, fill, parse_template


def check_hand_off(files: Folder, parts: Parts, findings: Findings) -> None:
    """Report slots that tell what they may not, and fields too short for what they must hold."""
    source = files.get("hand_off.yaml", HandOffDocument)
    check = _Check(
        files=files,
        parts=parts,
        findings=findings,
        reads=reads_by_fact(
            read for system in parts.systems.values() for o in system.objects for read in o.reads
        ),
    )
    check.justifications()
    if source is not None and parts.hand_off is not None:
        check.lines(source, parts.hand_off)
        check.lengths(parts.hand_off)
    check.next_steps()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    files: Folder
    parts: Parts
    findings: Findings
    reads: Mapping[str, list[FieldRead]]

    # --- what is allowed by name

    def justifications(self) -> None:
        """Whoever lets a delicate fact into the text says why, in words compliance can read."""
        for source in self.files.all_of(PolicyDocument):
            entry = source.document.hand_off
            for fact, why in entry.allow.items():
                spot = source.sheet.spot("hand_off", "allow", fact)
                if fact not in (*entry.facts, *entry.required):
                    message = f"the fact {fact!r} is allowed, but not among the facts handed on."
                    self.findings.error(spot, message, hint="add it to `facts`, or take it out")
                elif len(why.split()) < FEWEST_WORDS:
                    message = f"{why!r} does not say why {fact!r} is told."
                    allowed = f"a reason of at least {FEWEST_WORDS} words"
                    self.findings.error(spot, message, allowed=allowed)

    # --- slots

    def lines(self, source: Source[HandOffDocument], policy: HandOffPolicy) -> None:
        for pathway, lines in policy.pathways.items():
            told_by = [p for p in self.parts.policies.values() if p.pathway == pathway]
            self._check_lines(lines, ("pathways", pathway), told_by, source.sheet)
        if source.document.default is not None:
            others = [p for p in self.parts.policies.values() if p.pathway not in policy.pathways]
            self._check_lines(policy.default, ("default",), others, source.sheet)

    def _check_lines(
        self,
        lines: Sequence[HandOffLine],
        path: KeyPath,
        policies: Sequence[Policy],
        sheet: Sheet,
    ) -> None:
        if not policies:  # the policy has errors of its own, or nothing uses these lines
            return
        for number, line in enumerate(lines):
            for key, template in line_templates(line).items():
                spot = sheet.spot(*text_path(sheet, (*path, number), key))
                for slot in dict.fromkeys(template.slots):
                    if slot not in SLOTS:
                        self._check_fact(slot, spot, policies, SLOTS)

    def _check_fact(
        self, fact: str, spot: Spot, policies: Iterable[Policy], others: Iterable[str]
    ) -> None:
        """A fact in a slot is handed on by some policy there, and of a kind that may be told."""
        handed_on = [policy for policy in policies if fact in policy.hand_off_facts]
        facts = self.parts.words.facts
        if facts is None:
            return
        if not handed_on:
            self._report_unknown(fact, spot, policies, others)
            return
        for policy in handed_on:
            why = why_untold(facts[fact], self.reads.get(fact, ())) if fact in facts else None
            if why is None and looks_clinical(fact):
                why = "it sounds clinical"
            if why is not None and fact not in policy.hand_off_allowed:
                message = f"the fact {fact!r} is not told: {why}."
                hint = (
                    f"leave it out, or write in the policy of {policy.pathway} "
                    f'`hand_off: {{facts: [...], allow: {{{fact}: "<why it is needed>"}}}}`'
                )
                self.findings.error(spot, message, hint=hint)

    def _report_unknown(
        self, slot: str, spot: Spot, policies: Iterable[Policy], others: Iterable[str]
    ) -> None:
        """A fact that is not handed on is never told; a word that is no fact is a mistake."""
        if slot in (self.parts.words.facts or {}):
            names = ", ".join(sorted({policy.pathway for policy in policies}))
            message = f"the fact {slot!r} is not handed on by the policy of {names}."
            hint = "add it to `hand_off` there, or leave the slot out: it is always empty"
            self.findings.warning(spot, message, hint=hint)
            return
        known = sorted({*others, *(fact for p in policies for fact in p.hand_off_facts)})
        message = f"the slot {slot!r} does not exist."
        self.findings.error(spot, message, allowed=", ".join(known), hint=nearest(slot, known))

    # --- next steps

    def next_steps(self) -> None:
        """A next step always says something, in the same words until something happens."""
        routing, sheet = self.parts.routing, self.files.sources.get("routing.yaml")
        if routing is None or sheet is None:
            return
        policies = tuple(self.parts.policies.values())
        for name, step in routing.next_steps.items():
            texts = [("sentence", step.sentence)]
            texts += [(f"when_allowed.{channel}", text) for channel, text in step.when_allowed]
            for key, text in texts:
                spot = sheet.sheet.spot("next_steps", name, *key.split("."))
                self._check_step(text, spot, policies)

    def _check_step(self, text: str, spot: Spot, policies: Sequence[Policy]) -> None:
        try:
            template = parse_template(text)
        except ValueError as exc:
            hint = "an optional part stands in brackets: `[ for {service_line}]`"
            self.findings.error(spot, str(exc), hint=hint)
            return
        for slot in template.needed:
            message = f"the slot {slot!r} may be empty, and the next step with it."
            self.findings.error(spot, message, hint=f"put it in brackets: `[ {{{slot}}}]`")
        for slot in dict.fromkeys(template.slots):
            if slot in SLOTS and slot not in STEP_SLOTS:
                message = f"the slot {slot!r} changes by itself, and a next step does not."
                allowed = f"{', '.join(sorted(STEP_SLOTS))}, and facts that are handed on"
                self.findings.error(spot, message, allowed=allowed)
            elif slot not in SLOTS and policies:
                self._check_fact(slot, spot, policies, STEP_SLOTS)
        self._check_step_length(template, spot)

    def _check_step_length(self, template: Template, spot: Spot) -> None:
        fixed = "".join(
            piece.text for part in template.parts if not part.is_optional for piece in part.pieces
        )
        for sheet, _path, write in self._writes(Managed.NEXT_STEP):
            limit = write.max_length
            if limit is not None and len(fixed) > limit:
                message = (
                    f"the sentence takes {len(fixed)} characters, and {write.target!r} "
                    f"of {sheet.file} holds {limit}."
                )
                self.findings.error(spot, message, hint="write it shorter")

    # --- lengths

    def lengths(self, policy: HandOffPolicy) -> None:
        """What is always said fits every field it is written to, at its longest."""
        if self.parts.consent is None:
            return
        for sheet, path, write in self._writes(Managed.SUMMARY):
            for one in self.parts.policies.values():
                longest = longest_required(policy, one, self.parts.consent, write)
                if write.max_length is not None and longest > write.max_length:
                    message = (
                        f"the required lines of the hand-off of {one.pathway!r} take up to "
                        f"{longest} characters, and this field holds {write.max_length}."
                    )
                    hint = "shorten the required lines in hand_off.yaml, or use a longer field"
                    self.findings.error(sheet.spot(*path, "max_length"), message, hint=hint)

    def _writes(self, managed: Managed) -> Iterator[tuple[Sheet, KeyPath, FieldWrite]]:
        for source in self.files.all_of(SystemDocument):
            name = source.sheet.file.removeprefix("systems/").removesuffix(".yaml")
            system = self.parts.systems.get(name)
            for item in system.objects if system is not None else ():
                path: KeyPath = ("objects", item.object_type, "writes", managed.value)
                for write in item.writes:
                    if write.managed is managed:
                        yield source.sheet, path, write


def longest_required(
    policy: HandOffPolicy, pathway: Policy, consent: ConsentPolicy, write: FieldWrite
) -> int:
    """Work out the longest text of the required lines: every channel open, every topic allowed."""
    words = policy.words
    topics = [t.sentence for t in consent.topics if pathway.purpose in t.purposes]
    channels = [say_channel(words, rule.channel) for rule in consent.channels]
    said = {
        "allowed_channels": join_choices(words, channels) or words.no_channel,
        "allowed_topics": join_choices(words, list(map(within_a_sentence, topics))),
        "never": words.never,
        "pathway": pathway.title,
    }
    if not consent.topics:
        said["allowed_topics"] = plain_words(pathway.purpose)
    lengths = [
        max(
            len(fill(t, lambda slot: said.get(slot, "")) or "")
            for t in line_templates(line).values()
        )
        for line in policy.lines_of(pathway.pathway)
        if line.is_required
    ]
    return sum(lengths) + len(write.line_break) * max(0, len(lengths) - 1)
