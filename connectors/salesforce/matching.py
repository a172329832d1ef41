"""Which records Salesforce names as it refuses one that it holds for the same. Pure.

The answer to a write of a single record names them (``duplicateResult``), an item of a collection does not
(REST API Developer Guide, sObject Collections): it has a code, fields and a sentence. A value that another
record has where it must be unique is told in the sentence, with that record's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from connectors.salesforce.ids import is_id, long_id

DUPLICATES: Final = "DUPLICATES_DETECTED"
_TAKEN: Final = "DUPLICATE_VALUE"
_HOLDER: Final = re.compile(r"on record with id: ([0-9A-Za-z]{15,18})(?![0-9A-Za-z])")
_MOST_ASKED: Final = 10
_MOST_NAMED: Final = 25
"""A matching rule finds up to a hundred; as many are enough to look at."""


@dataclass(slots=True, kw_only=True)
class Questions:
    """How many refusals may still be asked about: each costs a call. A connector serves one run."""

    left: int = _MOST_ASKED

    def take(self) -> bool:
        """Use one up, if any is left."""
        self.left -= 1
        return self.left >= 0


class _Named(msgspec.Struct):
    id: str = msgspec.field(name="Id", default="")


class _Match(msgspec.Struct):
    record: _Named


class _Rule(msgspec.Struct, rename="camel"):
    match_records: list[_Match] = []


class _Duplicates(msgspec.Struct, rename="camel"):
    match_results: list[_Rule] = []


def matches_in(said: Mapping[str, object]) -> tuple[str, ...]:
    """Name what an answer to the write of a single record calls the same; of another shape: nothing."""
    try:
        told = msgspec.convert(said.get("duplicateResult", {}), _Duplicates)
    except msgspec.ValidationError:
        return ()
    ids = [match.record.id for rule in told.match_results for match in rule.match_records]
    return tuple(dict.fromkeys(long_id(one) for one in ids if is_id(one)))[:_MOST_NAMED]


def holder_in(code: str | None, sentence: str) -> tuple[str, ...]:
    """Name the record that holds a value which must be unique; nothing else of the sentence is kept."""
    found = _HOLDER.search(sentence) if code == _TAKEN else None
    return (long_id(found[1]),) if found and is_id(found[1]) else ()
