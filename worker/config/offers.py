"""Reads what the catalog offers to whom, and the two questions about it: ``offered_in``, ``in_group``.

An entry may be limited by other facts: ``medicare: {title: Medicare, for: {age_band: [65_plus]}}``.
The question whether a lead's value is offered becomes plain conditions here, so that evaluation and
explanation need to know nothing of catalogs, and every fact that a limit reads is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from worker.config.documents import CatalogDocument, CatalogEntry
from worker.config.fact_tests import WORD_KINDS, FactQuestion, check_word, possible_words
from worker.config.findings import Findings
from worker.config.messages import value_at
from worker.config.vocabulary import Limits, Vocabulary, check_fact
from worker.config.yaml_text import KeyPath, Sheet, Yaml
from worker.core.conditions import AllOf, AnyOf, Condition, FactTest, Operator
from worker.core.model import FactKind, FactSpec

_OPERATORS: Mapping[FactKind, Operator] = {
    **dict.fromkeys(WORD_KINDS, Operator.IN),
    FactKind.CHOICES: Operator.HAS_ANY,
}


def build_offers(
    document: CatalogDocument, sheet: Sheet, words: Vocabulary, findings: Findings
) -> Mapping[str, Mapping[str, Limits]]:
    """Build the limits of every entry, by list and id; each is checked, whether it is used or not."""
    lists = document.__pydantic_extra__ or {}
    return {
        name: {
            entry_id: tuple(_build_limits(entry, sheet, (name, entry_id, "for"), words, findings))
            for entry_id, entry in entries.items()
        }
        for name, entries in lists.items()
    }


def _build_limits(
    entry: CatalogEntry, sheet: Sheet, path: KeyPath, words: Vocabulary, findings: Findings
) -> Iterator[FactTest]:
    for fact, limit in entry.for_.items():
        spot = sheet.spot(*path, fact)
        if not check_fact(findings, spot, fact, words) or words.facts is None:
            continue
        spec = words.facts[fact]
        if spec.kind not in _OPERATORS:
            message = f"what we offer is limited by words, and {fact!r} is a {spec.kind} fact."
            findings.error(spot, message, hint="use a fact with a few known words, such as a band")
            continue
        question = FactQuestion(sheet=sheet, findings=findings, words=words, spec=spec, path=path)
        if _check_words(question, fact, limit):
            yield FactTest(fact=fact, operator=_OPERATORS[spec.kind], operand=frozenset(limit))


def _check_words(question: FactQuestion, fact: str, limit: list[str]) -> bool:
    place: KeyPath = (*question.path, fact)
    is_list = isinstance(value_at(question.sheet.value, place), list)
    checked = [
        check_word(question, question.sheet.spot(*place, *((number,) if is_list else ())), word)
        for number, word in enumerate(limit)
    ]
    return all(checked) and bool(checked)


# --- questions


def read_offered_in(
    question: FactQuestion, raw: Yaml, note_fact: Callable[[str, KeyPath], None]
) -> Condition | None:
    """Read ``{fact: …, offered_in: <list>}``. Every fact that limits an entry is noted as read."""
    entries = _entries(question, raw)
    if entries is None:
        return None
    alike: dict[Limits, set[str]] = {}
    for entry_id, limits in entries.items():
        alike.setdefault(limits, set()).add(entry_id)
        for limit in limits:
            note_fact(limit.fact, question.path)
    items = tuple(_offered(question.spec, ids, limits) for limits, ids in alike.items())
    return items[0] if len(items) == 1 else AnyOf(items=items)


def _entries(question: FactQuestion, raw: Yaml) -> Mapping[str, Limits] | None:
    spec, offers, spot = question.spec, question.words.offers, question.spot("offered_in")
    if offers is None:
        return None
    if not isinstance(raw, str) or raw not in offers:
        question.findings.unknown(spot, "catalog list", str(raw), offers)
        return None
    entries = offers[raw]
    possible = possible_words(question)
    if possible is not None and possible.isdisjoint(entries):
        message = f"no field mapped to {spec.name!r} can have a value of the catalog list {raw!r}."
        question.findings.error(spot, message, hint="map the field with this catalog list")
        return None
    return entries


def _offered(spec: FactSpec, ids: set[str], limits: Limits) -> Condition:
    """Say of entries with the same limits: the lead's value is among them, and every limit holds."""
    value = FactTest(fact=spec.name, operator=_OPERATORS[spec.kind], operand=frozenset(ids))
    return AllOf(items=(value, *limits)) if limits else value


def read_in_group(question: FactQuestion, raw: Yaml) -> Condition | None:
    """Read ``{fact: …, in_group: <list>.<group>}``."""
    groups, spot = question.words.groups, question.spot("in_group")
    if groups is None:
        return None
    if not isinstance(raw, str) or raw not in groups:
        question.findings.unknown(spot, "group", str(raw), groups)
        return None
    possible = possible_words(question)
    if possible is not None and possible.isdisjoint(groups[raw]):
        message = (
            f"no field mapped to {question.spec.name!r} can have a value of the group {raw!r}."
        )
        question.findings.error(spot, message, hint="map the field with the list of this group")
        return None
    operator = _OPERATORS[question.spec.kind]
    return FactTest(fact=question.spec.name, operator=operator, operand=groups[raw])
