"""Builds the lists of the catalog: the words that name each entry, their titles and groups."""

from __future__ import annotations

from collections.abc import Mapping

from worker.config.documents import CatalogDocument, CatalogEntry
from worker.config.findings import Findings
from worker.config.vocabulary import check_name
from worker.config.yaml_text import Sheet
from worker.core.conditions import RelatedLines

SERVICE_LINES = "service_lines"


def build_lists(
    document: CatalogDocument, sheet: Sheet, findings: Findings
) -> Mapping[str, Mapping[str, str]]:
    """Build, for each list of the catalog, the words that name each entry, without case."""
    lists: dict[str, Mapping[str, str]] = {}
    for name, entries in (document.__pydantic_extra__ or {}).items():
        lists[name] = _build_words(name, entries, sheet, findings)
        for entry_id, entry in entries.items():
            if entry.area is not None:
                spot = sheet.spot(name, entry_id, "area")
                check_name(findings, spot, "area", entry.area, frozenset(document.areas))
    return lists


def build_titles(document: CatalogDocument) -> Mapping[str, str]:
    """Find the title of every entry by its id; ids that lists call differently are left out."""
    titles: dict[str, set[str]] = {}
    for entries in (document.__pydantic_extra__ or {}).values():
        for entry_id, entry in entries.items():
            titles.setdefault(entry_id, set()).add(entry.title)
    return {entry_id: min(found) for entry_id, found in titles.items() if len(found) == 1}


def build_related_lines(
    document: CatalogDocument, sheet: Sheet, findings: Findings
) -> RelatedLines:
    """Build the pairs of related service lines; who is related to one is related both ways."""
    pairs: set[tuple[str, str]] = set()
    for name, entries in (document.__pydantic_extra__ or {}).items():
        for entry_id, entry in entries.items():
            for number, other in enumerate(entry.related):
                spot = sheet.spot(name, entry_id, "related", number)
                if name != SERVICE_LINES:
                    message = "only service lines are related to each other."
                    findings.error(spot, message, hint=f"use it in the list {SERVICE_LINES!r}")
                elif other == entry_id:
                    findings.error(spot, f"{other!r} is this service line itself.")
                elif check_name(findings, spot, "service line", other, entries):
                    pairs |= {(entry_id, other), (other, entry_id)}
    return frozenset(pairs)


def build_groups(document: CatalogDocument) -> Mapping[str, frozenset[str]]:
    """Collect the ids of every group, under the names of its list and its own: ``roles.decision``."""
    groups: dict[str, set[str]] = {}
    for name, entries in (document.__pydantic_extra__ or {}).items():
        for entry_id, entry in entries.items():
            for group in entry.groups:
                groups.setdefault(f"{name}.{group}", set()).add(entry_id)
    return {name: frozenset(ids) for name, ids in groups.items()}


def _build_words(
    name: str, entries: Mapping[str, CatalogEntry], sheet: Sheet, findings: Findings
) -> Mapping[str, str]:
    words: dict[str, str] = {}
    for entry_id, entry in entries.items():
        for word in (entry_id, entry.title, *entry.synonyms):
            key = " ".join(word.split()).casefold()
            other = words.setdefault(key, entry_id)
            if other != entry_id:
                message = f"the word {word!r} already stands for {other!r} in this list."
                findings.error(
                    sheet.spot(name, entry_id), message, hint="a word may stand for one entry only"
                )
    return words
