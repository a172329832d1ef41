"""Builds the topics of a first outreach: short, for known purposes, and never clinical."""

from __future__ import annotations

from collections.abc import Iterator

from worker.config.documents import ConsentDocument, TopicEntry
from worker.config.governance import Desk
from worker.config.sensitive import find_clinical_word
from worker.config.vocabulary import check_name
from worker.config.yaml_text import KeyPath
from worker.core.topics import Topic, Topics


def build_topics(document: ConsentDocument, desk: Desk) -> Topics:
    """Build the topics in the order in which they are written."""
    return tuple(_topics(document, desk))


def _topics(document: ConsentDocument, desk: Desk) -> Iterator[Topic]:
    reader = desk.conditions("topic")
    seen: set[str] = set()
    for number, entry in enumerate(document.topics):
        path: KeyPath = ("topics", number)
        if entry.id in seen:
            spot = desk.sheet.spot(*path, "id")
            desk.findings.error(spot, f"the id {entry.id!r} is used by an earlier topic.")
        seen.add(entry.id)
        _check_words(entry, path, desk)
        for place, purpose in enumerate(entry.purposes):
            spot = desk.sheet.spot(*path, "purposes", place)
            check_name(desk.findings, spot, "purpose", purpose, frozenset(document.purposes))
        condition = reader.read(entry.when, (*path, "when")) if entry.when is not None else None
        if condition is not None or entry.when is None:
            yield Topic(
                id=entry.id,
                purposes=frozenset(entry.purposes),
                sentence=entry.sentence,
                condition=condition,
            )


def _check_words(entry: TopicEntry, path: KeyPath, desk: Desk) -> None:
    """Both are written to a CRM, where a first outreach must not hint at anybody's health."""
    for key, text in (("id", entry.id), ("sentence", entry.sentence)):
        word = find_clinical_word(text)
        if word is not None:
            message = (
                f"{word!r} sounds clinical; a topic never speaks of health, results or advice."
            )
            hint = "say what is to be arranged, such as a visit or a call"
            desk.findings.error(desk.sheet.spot(*path, key), message, hint=hint)
