"""Reads one question about one fact: which operator fits its kind, and which values it can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from worker.config.durations import parse_duration
from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.scalars import parse_day
from worker.config.vocabulary import Vocabulary, check_state
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.conditions import FactTest, Operand, Operator
from worker.core.model import FactKind, FactSpec, Stage

_K, _O = FactKind, Operator
WORD_KINDS = frozenset({_K.TEXT, _K.CHOICE, _K.POSTAL_CODE, _K.STATE, _K.NPI, _K.ID})
_WORD_OPERATORS = (_O.IS, _O.IS_NOT, _O.IN, _O.NOT_IN, _O.PRESENT)
_TIME_OPERATORS = (
    _O.PRESENT,
    _O.AT_LEAST,
    _O.AT_MOST,
    _O.BETWEEN,
    _O.WITHIN_LAST,
    _O.WITHIN_NEXT,
    _O.OLDER_THAN,
    _O.LATER_THAN,
)

OPERATORS: Mapping[FactKind, tuple[Operator, ...]] = {
    **dict.fromkeys(WORD_KINDS, _WORD_OPERATORS),
    _K.NAME: (_O.PRESENT,),
    _K.EMAIL: (_O.PRESENT,),
    _K.PHONE: (_O.PRESENT,),
    _K.CHOICES: (_O.HAS_ANY, _O.HAS_ALL, _O.PRESENT),
    _K.NUMBER: (_O.IS, _O.IS_NOT, _O.AT_LEAST, _O.AT_MOST, _O.BETWEEN, _O.PRESENT),
    _K.TIMEFRAME: (_O.PRESENT,),
    _K.BOOLEAN: (_O.IS, _O.PRESENT),
    _K.DATE: _TIME_OPERATORS,
    _K.INSTANT: _TIME_OPERATORS,
}
IN_CATALOG = "in_catalog"
OFFERED_IN, IN_GROUP = "offered_in", "in_group"
"""Questions about the catalog that ``worker.config.offers`` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuestion:
    """Where a question about a fact stands, and the fact it is about."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    spec: FactSpec
    path: KeyPath

    def spot(self, key: str) -> Spot:
        return self.sheet.spot(*self.path, key)


def read_fact_test(question: FactQuestion, raw: Mapping[str, Yaml]) -> FactTest | None:
    """Read ``{fact: …, <operator>: …}``; None when it has mistakes."""
    operators = [key for key in raw if key != "fact"]
    if len(operators) != 1:
        _report_operators(question, operators)
        return None
    word = operators[0]
    if word == IN_CATALOG:
        return _read_in_catalog(question, raw[word])
    if word not in tuple(Operator) or Operator(word) not in OPERATORS[question.spec.kind]:
        _report_operator(question, word)
        return None
    operator = Operator(word)
    operand = _OPERANDS[operator](question, raw[word], word)
    if operand is None:
        return None
    return FactTest(fact=question.spec.name, operator=operator, operand=operand)


def _allowed(spec: FactSpec) -> list[str]:
    words = [str(operator) for operator in OPERATORS[spec.kind]]
    return (
        [*words, IN_CATALOG, OFFERED_IN, IN_GROUP]
        if spec.kind in (_K.CHOICE, _K.CHOICES)
        else words
    )


def _report_operators(question: FactQuestion, operators: list[str]) -> None:
    spot = question.sheet.spot(*question.path)
    allowed = in_words(_allowed(question.spec))
    if operators:
        both = " and ".join(operators)
        message = f"a fact is asked one thing; here it is asked {both}."
        question.findings.error(spot, message, allowed=allowed, hint="join them with `all`")
    else:
        question.findings.error(
            spot, "the fact is named, but nothing is asked of it.", allowed=allowed
        )


def _report_operator(question: FactQuestion, word: str) -> None:
    spec, allowed = question.spec, _allowed(question.spec)
    message = f"{word!r} cannot be asked of {spec.name!r}, which is a {spec.kind} fact."
    hint = nearest(word, allowed)
    question.findings.error(question.spot(word), message, allowed=in_words(allowed), hint=hint)


def _read_in_catalog(question: FactQuestion, raw: Yaml) -> FactTest | None:
    spec, lists, spot = question.spec, question.words.lists, question.spot(IN_CATALOG)
    if spec.kind not in (_K.CHOICE, _K.CHOICES):
        _report_operator(question, IN_CATALOG)
        return None
    if lists is None:
        return None
    if not isinstance(raw, str) or raw not in lists:
        question.findings.unknown(spot, "catalog list", str(raw), lists)
        return None
    ids = frozenset(lists[raw].values())
    possible = possible_words(question)
    if possible is not None and possible.isdisjoint(ids):
        message = f"no field mapped to {spec.name!r} can have a value of the catalog list {raw!r}."
        question.findings.error(spot, message, hint="map the field with this catalog list")
        return None
    operator = Operator.IN if spec.kind is _K.CHOICE else Operator.HAS_ANY
    return FactTest(fact=spec.name, operator=operator, operand=ids)


def possible_words(question: FactQuestion) -> frozenset[str] | None:
    """Say which words the fact can have; None when it can have any."""
    spec, mapped = question.spec, question.words.mapped
    if spec.options:
        return frozenset(spec.options)
    if spec.name == "lifecycle_stage":
        return frozenset(map(str, Stage))
    return mapped.values_of(spec.name) if mapped else None


def check_word(question: FactQuestion, spot: Spot, word: str) -> bool:
    """Report a word that the fact never has; true when it may have it."""
    possible = possible_words(question)
    if possible is not None and word not in possible:
        message = f"the fact {question.spec.name!r} never has the value {word!r}."
        hint = nearest(word, possible) or "correct it, or add it to `values` or to the catalog"
        question.findings.error(spot, message, allowed=in_words(sorted(possible)), hint=hint)
        return False
    if question.spec.kind is _K.STATE:
        return check_state(question.findings, spot, word)
    is_open = possible is None and question.spec.kind is _K.CHOICE
    if is_open and word != word.casefold():
        message = f"{word!r} never matches: words without a list are read in lower case."
        question.findings.error(spot, message, hint=f"write {word.casefold()!r}")
        return False
    return True


def _one_word(question: FactQuestion, raw: Yaml, spot: Spot, place: KeyPath) -> str | None:
    if not isinstance(raw, str) or not raw:
        written = question.sheet.raw(place)
        hint = f'put it in quotes: "{written}"' if written else ""
        question.findings.error(spot, f"a value of {question.spec.name!r} must be text.", hint=hint)
        return None
    return raw if check_word(question, spot, raw) else None


def _read_is(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if question.spec.kind is _K.BOOLEAN:
        return _read_flag(question, raw, key)
    if question.spec.kind is _K.NUMBER:
        return _read_number(question, raw, key)
    return _one_word(question, raw, question.spot(key), (*question.path, key))


def _read_words(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if not isinstance(raw, list) or not raw:
        question.findings.error(question.spot(key), f"{key!r} must be a list, `[a, b]`.")
        return None
    words: set[str] = set()
    for number, entry in enumerate(raw):
        place = (*question.path, key, number)
        word = _one_word(question, entry, question.sheet.spot(*place), place)
        words |= {word} if word is not None else set()
    return frozenset(words) if len(words) == len(set(map(str, raw))) else None


def _read_flag(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if isinstance(raw, bool):
        return raw
    hint = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}
    written = str(raw).casefold()
    question.findings.error(
        question.spot(key), f"{key!r} must be true or false here.", hint=hint.get(written, "")
    )
    return None


def _is_number(raw: Yaml) -> bool:
    return isinstance(raw, (int, float)) and not isinstance(raw, bool)


def _read_number(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    question.findings.error(question.spot(key), f"{key!r} must be a number here.")
    return None


def _read_bound(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if question.spec.kind is _K.NUMBER:
        return _read_number(question, raw, key)
    try:
        day = parse_day(raw if isinstance(raw, str) else "")
    except ValueError as exc:
        question.findings.error(question.spot(key), f"{key!r} {exc}")
        return None
    if question.spec.kind is _K.DATE:
        return day
    zone = question.words.time_zone or UTC
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _read_between(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    if question.spec.kind is not _K.NUMBER:
        return _read_days(question, raw, key)
    if isinstance(raw, list) and len(raw) == 2 and all(map(_is_number, raw)):
        low, high = (float(str(item)) for item in raw)
        if low <= high:
            return (low, high)
    message = f"{key!r} must be two numbers, the lower one first, such as `[50, 500]`."
    question.findings.error(question.spot(key), message)
    return None


def _read_days(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    """Read two dates; of an instant they are whole days in the organisation's time zone."""
    try:
        first, last = (parse_day(str(item)) for item in (raw if isinstance(raw, list) else ()))
    except ValueError:
        first, last = date.max, date.min
    if first > last:
        message = f"{key!r} must be two dates, the earlier first, `[2026-01-01, 2026-03-31]`."
        question.findings.error(question.spot(key), message)
        return None
    if question.spec.kind is _K.DATE:
        return (first, last)
    zone = question.words.time_zone or UTC
    begin, end = (
        datetime.combine(day, time.min, zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    return (begin, end - timedelta(microseconds=1))


def _read_length(question: FactQuestion, raw: Yaml, key: str) -> Operand | None:
    try:
        return parse_duration(raw if isinstance(raw, str) else "")
    except ValueError as exc:
        question.findings.error(question.spot(key), f"{key!r} {exc}")
        return None


_OPERANDS: Mapping[Operator, Callable[[FactQuestion, Yaml, str], Operand | None]] = {
    _O.IS: _read_is,
    _O.IS_NOT: _read_is,
    _O.IN: _read_words,
    _O.NOT_IN: _read_words,
    _O.PRESENT: _read_flag,
    _O.AT_LEAST: _read_bound,
    _O.AT_MOST: _read_bound,
    _O.BETWEEN: _read_between,
    _O.HAS_ANY: _read_words,
    _O.HAS_ALL: _read_words,
    _O.WITHIN_LAST: _read_length,
    _O.WITHIN_NEXT: _read_length,
    _O.OLDER_THAN: _read_length,
    _O.LATER_THAN: _read_length,
}
