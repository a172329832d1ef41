"""Reads one question about what the lead did: which actions, in which window, how often, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from worker.config.condition_words import check_keys, read_duration, read_words
from worker.config.findings import Findings, Spot, nearest
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.conditions import ActivityTest, LineMatch, Touch
from worker.core.exclusions import LOOK_BACK
from worker.core.model import ActivityKind, Strength
from worker.core.selection import LINES_OF_THE_LEAD

ACTIVITY_KEYS = (
    "activity",
    "strength",
    "within",
    "older_than",
    "silent_for",
    "after",
    "touch",
    "at_least",
    "distinct_kinds",
    "service_line",
    "of",
)
_COUNTS = ("at_least", "distinct_kinds")
_NOT_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "silent_for": ("within", "older_than", "after", "touch", *_COUNTS),
    "touch": _COUNTS,
}
_NOT_WITH_LINES = frozenset({LineMatch.ANY, LineMatch.OWN, LineMatch.NONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuestion:
    """Where a question about actions stands."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    path: KeyPath

    def error(self, key: str, message: str, *, allowed: str = "", hint: str = "") -> None:
        spot = self.sheet.spot(*self.path, key)
        self.findings.error(spot, message, allowed=allowed, hint=hint)


def read_activity_test(question: ActivityQuestion, raw: dict[str, Yaml]) -> ActivityTest | None:
    """Read ``{activity: …, within: …, …}``; None when it has mistakes."""
    before = len(question.findings.errors)
    check_keys(question.findings, question.sheet, raw, question.path, ACTIVITY_KEYS)
    kinds = _read_kinds(question, raw, "activity", may_be_any=True)
    after = _read_kinds(question, raw, "after", may_be_any=False)
    lengths = {key: _read_length(question, raw, key) for key in _LENGTHS if key in raw}
    counts = {key: _read_count(question, raw, key) for key in _COUNTS}
    strengths = _read_strengths(question, raw)
    touch = _read_choice(question, raw, "touch", Touch)
    line = _read_choice(question, raw, "service_line", LineMatch) or LineMatch.ANY
    _check_together(question, raw, lengths)
    if touch is not None:
        _check_touch(question, kinds)
    if len(question.findings.errors) > before:
        return None
    return ActivityTest(
        kinds=kinds,
        strengths=strengths,
        within=lengths.get("within"),
        at_least=counts["at_least"],
        distinct_kinds=counts["distinct_kinds"],
        line=line,
        related=frozenset() if line in _NOT_WITH_LINES else question.words.related_lines,
        older_than=lengths.get("older_than"),
        silent_for=lengths.get("silent_for"),
        after=after,
        touch=touch,
        touch_among=_by_the_lead(question.words) if touch is not None else frozenset(),
    )


def reads_own_line(test: ActivityTest) -> bool:
    """Tell whether a test looks at the lead's own service line."""
    return test.line in LINES_OF_THE_LEAD


_LENGTHS = ("within", "older_than", "silent_for")


def _read_kinds(
    question: ActivityQuestion, raw: Mapping[str, Yaml], key: str, *, may_be_any: bool
) -> frozenset[str]:
    value = raw.get(key)
    if key not in raw or (may_be_any and value == "any"):
        return frozenset()
    known, path = question.words.activities, (*question.path, key)
    found = read_words(question.findings, question.sheet, value, path, known, "activity")
    for kind in found or ():
        _check_kind(question, key, kind)
    if found == ():
        question.error(key, f"{key!r} names no activity.")
    return frozenset(found or ())


def _check_kind(question: ActivityQuestion, key: str, kind: str) -> None:
    known, mapped = question.words.activities, question.words.mapped
    if known is not None and not known[kind].is_enabled:
        message = f"the activity {kind!r} is not enabled, so it is never counted."
        hint = "set `enabled: true` in activities.yaml, or leave it out here"
        question.error(key, message, hint=hint)
    elif mapped is not None and kind not in mapped.activities:
        message = f"no system maps the activity {kind!r}, so it never happens."
        question.error(key, message, hint="map it in systems/, or leave it out here")


def _read_strengths(question: ActivityQuestion, raw: Mapping[str, Yaml]) -> frozenset[Strength]:
    if "strength" not in raw:
        return frozenset()
    path = (*question.path, "strength")
    words = read_words(
        question.findings, question.sheet, raw["strength"], path, tuple(Strength), "value"
    )
    return frozenset(map(Strength, words or ()))


def _read_length(question: ActivityQuestion, raw: Mapping[str, Yaml], key: str) -> timedelta | None:
    path = (*question.path, key)
    length = read_duration(question.findings, question.sheet, raw[key], path)
    if length is not None and length > LOOK_BACK:
        report_too_long(question.findings, question.sheet.spot(*path), key)
        return None
    return length


def report_too_long(findings: Findings, spot: Spot, key: str) -> None:
    """Report a window that reaches further back than actions are looked at."""
    message = f"{key!r} is longer than {LOOK_BACK.days} days; older actions are not looked at."
    findings.error(spot, message, allowed=f"at most {LOOK_BACK.days} days")


def _read_count(question: ActivityQuestion, raw: Mapping[str, Yaml], key: str) -> int:
    value = raw.get(key, 1)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    question.error(key, f"{key!r} must be a whole number from 1 on.")
    return 1


C = TypeVar("C", Touch, LineMatch)


def _read_choice(
    question: ActivityQuestion, raw: Mapping[str, Yaml], key: str, choices: type[C]
) -> C | None:
    if key not in raw:
        return None
    words, value = [choice.value for choice in choices], raw[key]
    if isinstance(value, str) and value in words:
        return choices(value)
    allowed = ", ".join(words)
    message = f"{key!r} must be one of these words."
    question.error(key, message, allowed=allowed, hint=nearest(str(value), words))
    return None


def _check_together(
    question: ActivityQuestion,
    raw: Mapping[str, Yaml],
    lengths: Mapping[str, timedelta | None],
) -> None:
    for key, others in _NOT_TOGETHER.items():
        for other in others if key in raw else ():
            if other in raw:
                question.error(other, f"{other!r} has no place beside {key!r}.", hint=_WHY[key])
    within, older_than = lengths.get("within"), lengths.get("older_than")
    if within is not None and older_than is not None and older_than >= within:
        message = "this window ends before it begins: `older_than` must be less than `within`."
        question.error("older_than", message)


_WHY: Mapping[str, str] = {
    "silent_for": "it asks whether the last of these actions is longer ago than that",
    "touch": "it asks for one action, the first or the last",
}


def _check_touch(question: ActivityQuestion, kinds: frozenset[str]) -> None:
    possible = _by_the_lead(question.words)
    if question.words.activities is None:
        return
    for kind in sorted(kinds - possible):
        message = f"{kind!r} is never the first or last thing a lead does: it is not counted."
        question.error("activity", message, hint="leave it out here")


def _by_the_lead(words: Vocabulary) -> frozenset[str]:
    return frozenset(name for name, kind in (words.activities or {}).items() if _is_counted(kind))


def _is_counted(kind: ActivityKind) -> bool:
    return kind.is_by_lead and kind.is_enabled and kind.strength is not Strength.NONE
