"""Builds the hand-off from hand_off.yaml: its words, and the lines of each pathway.

Which facts a line may tell depends on the policies, and is looked at when those are built, in
``worker.config.check_hand_off``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.config.findings import Findings
from worker.config.hand_off_documents import (
    HandOffDocument,
    HandOffLineEntry,
    HandOffWordsEntry,
)
from worker.config.vocabulary import Vocabulary, check_name, check_reason
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.hand_off_policy import (
    BOUNDED_SLOTS,
    PERMISSION_SLOTS,
    PLAIN_LINES,
    HandOffLine,
    HandOffPolicy,
)
from worker.core.hand_off_words import DATE_SLOTS, TIME_SLOTS, HandOffWords
from worker.core.templates import Template, parse_template

_PLAIN = HandOffWords()
_TOPICS = "allowed_topics"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffReader:
    """Builds the hand-off policy of one organisation."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary

    def build(self, document: HandOffDocument) -> HandOffPolicy | None:
        """Build it; None when something in it cannot be read."""
        before = len(self.findings.errors)
        words = self._build_words(document.words)
        pathways: dict[str, tuple[HandOffLine, ...]] = {}
        for name, entries in document.pathways.items():
            spot = self.sheet.spot("pathways", name)
            check_name(self.findings, spot, "pathway", name, self.words.pathways)
            pathways[name] = self._build_lines(entries, ("pathways", name))
        default = PLAIN_LINES
        if document.default is not None:
            default = self._build_lines(document.default, ("default",))
        if len(self.findings.errors) > before:
            return None
        return HandOffPolicy(words=words, pathways=pathways, default=default)

    # --- words

    def _build_words(self, entry: HandOffWordsEntry) -> HandOffWords:
        for fact in entry.facts:
            spot = self.sheet.spot("words", "facts", fact)
            check_name(self.findings, spot, "fact", fact, self.words.facts)
        for code in entry.reasons:
            spot = self.sheet.spot("words", "reasons", code)
            check_reason(self.findings, spot, code, self.words.reasons)
        return HandOffWords(
            yes=entry.yes,
            no=entry.no,
            either=entry.either,
            date=self._form("date", entry.date, _PLAIN.date, DATE_SLOTS),
            time=self._form("time", entry.time, _PLAIN.time, TIME_SLOTS),
            weekdays=tuple(entry.weekdays or _PLAIN.weekdays),
            months=tuple(entry.months or _PLAIN.months),
            thousands=entry.thousands,
            channels={**_PLAIN.channels, **entry.channels},
            no_channel=entry.no_channel,
            never=entry.never.rstrip("."),
            passed=self._form("passed", entry.passed, _PLAIN.passed, ("value",)),
            not_permitted=self._form(
                "not_permitted", entry.not_permitted, _PLAIN.not_permitted, ("value",)
            ),
            colleague=entry.colleague,
            colleagues=self._form("colleagues", entry.colleagues, _PLAIN.colleagues, ("count",)),
            facts={**_PLAIN.facts, **entry.facts},
            reasons=dict(entry.reasons),
        )

    def _form(
        self, key: str, text: str | None, plain: Template, known: tuple[str, ...]
    ) -> Template:
        """Read the form of a value; its slots are the parts of that value."""
        if text is None:
            return plain
        path: KeyPath = ("words", key)
        template = self._parse(text, path)
        if template is None:
            return plain
        for slot in template.slots:
            spot = self.sheet.spot(*path)
            check_name(self.findings, spot, "slot", slot, frozenset(known))
        if not template.slots:
            message = f"{key!r} has no slot, so every value would read alike."
            hint = "write " + " or ".join(f"{{{name}}}" for name in known[:3])
            self.findings.error(self.sheet.spot(*path), message, hint=hint)
        return template

    def _parse(self, text: str, path: KeyPath) -> Template | None:
        try:
            return parse_template(text)
        except ValueError as exc:
            hint = "an optional part stands in brackets: `[ at {site}]`"
            self.findings.error(self.sheet.spot(*path), str(exc), hint=hint)
            return None

    # --- lines

    def _build_lines(
        self, entries: Iterable[HandOffLineEntry], path: KeyPath
    ) -> tuple[HandOffLine, ...]:
        lines: list[HandOffLine] = []
        is_whole = True
        for number, entry in enumerate(entries):
            line = self._build_line(entry, number, path)
            is_whole = is_whole and line is not None
            if line is not None:
                lines.append(line)
        if is_whole:
            self._check_permissions(lines, path)
        return tuple(lines)

    def _build_line(
        self, entry: HandOffLineEntry, number: int, path: KeyPath
    ) -> HandOffLine | None:
        place: KeyPath = (*path, number)
        text = self._parse(entry.text, text_path(self.sheet, place, "text"))
        otherwise = self._parse(entry.else_, (*place, "else")) if entry.else_ else None
        if text is None or (entry.else_ and otherwise is None):
            return None
        line = HandOffLine(
            text=text,
            otherwise=otherwise,
            is_required=entry.required,
            priority=entry.priority if entry.priority is not None else number + 1,
        )
        if line.is_required:
            self._check_required(line, place)
        return line

    def _check_required(self, line: HandOffLine, path: KeyPath) -> None:
        """A line that is always there must always fit and always have something to say."""
        spot = self.sheet.spot(*path)
        for slot in _slots_of(line):
            if slot not in BOUNDED_SLOTS:
                message = f"the slot {slot!r} cannot stand in a required line: its length is open."
                allowed = ", ".join((*PERMISSION_SLOTS, "pathway"))
                self.findings.error(spot, message, allowed=allowed)
        if _TOPICS not in line.text.needed:
            return
        if line.otherwise is None:
            message = "a required line with {allowed_topics} has no `else`: there may be no topic."
            hint = "say there by what contact is allowed, and that no topic is allowed yet"
            self.findings.error(spot, message, hint=hint)
            return
        if _TOPICS in line.otherwise.needed:
            message = "the `else` of a required line needs {allowed_topics} too."
            self.findings.error(spot, message, hint="leave the slot out there")
        for slot in line.text.needed:
            if slot != _TOPICS and slot not in line.otherwise.needed:
                message = f"the `else` of this required line leaves out {{{slot}}}."
                self.findings.error(spot, message, hint=f"say {{{slot}}} there as well")

    def _check_permissions(self, lines: Iterable[HandOffLine], path: KeyPath) -> None:
        """What may be said to the lead, and what never, stands in lines that are never left out."""
        said = {slot for line in lines if line.is_required for slot in line.text.needed}
        missing = [f"{{{slot}}}" for slot in PERMISSION_SLOTS if slot not in said]
        if missing:
            message = f"no required line says {' or '.join(missing)}."
            hint = "give the line that says it `required: true`"
            self.findings.error(self.sheet.spot(*path), message, hint=hint)


def _slots_of(line: HandOffLine) -> tuple[str, ...]:
    return (*line.text.slots, *(line.otherwise.slots if line.otherwise else ()))


def text_path(sheet: Sheet, place: KeyPath, key: str) -> KeyPath:
    """Find where a line's text stands: under a key, or alone."""
    path = (*place, key)
    return path if path in sheet.places else place


def line_templates(line: HandOffLine) -> Mapping[str, Template]:
    """The templates of a line, by the key under which each stands."""
    found = {"text": line.text}
    return found if line.otherwise is None else {**found, "else": line.otherwise}
