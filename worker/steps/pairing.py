"""Pairing: of a whole base, which people look like one person.

Everyone is put on a shelf once, as traits and block keys, in a private SQLite file that vanishes
with its owner; the database then finds who shares a key. Memory stays flat whatever the size of the
base, no pair is met twice, and a block that is too large is cut and counted, never silently.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import NamedTuple

from worker.core.blocking import Census, block_keys
from worker.core.similarity import Proposal, SimilarityPolicy, compile_comparison
from worker.core.traits import Traits
from worker.ledger.codec import PLAIN, Codec

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE people (number INTEGER PRIMARY KEY, id TEXT, traits TEXT);
CREATE TABLE keys (block INTEGER, person INTEGER);
"""
_SEPARATOR = "\x1f"
"""Folding leaves no control character in a trait."""
_BATCH = 2_000
_REMEMBERED = 50_000
"""So many people are kept at hand while their pairs are compared."""


class Person(NamedTuple):
    """Someone to compare, by any id."""

    id: str
    traits: Traits


class Pair(NamedTuple):
    """Two people who look like one."""

    one: Person
    other: Person
    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What blocking gave: pairs to compare, and what was left out because a block was too large.

    ``cut_people`` were in a block that was cut; ``lost_people`` of them have no other block.
    """

    pairs: int
    cut: int = 0
    largest: int = 0
    cut_people: int = 0
    lost_people: int = 0


def _silent(_done: int, _total: int) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Everyone who is compared, on disk, and how common their values are."""

    db: sqlite3.Connection
    codec: Codec
    census: Census

    def add(self, people: Iterable[Person]) -> int:
        """Put people on the shelf; returns how many there are."""
        there = self._count("SELECT coalesce(max(number), 0) FROM people")
        rows: list[tuple[int, str, str]] = []
        keys: list[tuple[int, int]] = []
        for number, person in enumerate(people, start=there + 1):
            self.census.add(person.traits)
            rows.append((number, person.id, self.codec.encode(_SEPARATOR.join(person.traits))))
            keys += [(key, number) for key in block_keys(person.traits)]
        self.db.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)
        self.db.executemany("INSERT INTO keys VALUES (?, ?)", keys)
        return there + len(rows)

    def block(self, largest: int) -> Blocks:
        """Find who shares a key with whom. Call it once, when everyone is on the shelf."""
        execute = self.db.execute
        execute("CREATE INDEX by_block ON keys (block, person)")
        execute(
            "CREATE TABLE cut AS SELECT block, count(*) AS size FROM keys"
            " GROUP BY block HAVING size > ?",
            (largest,),
        )
        execute(
            "CREATE TABLE hit AS SELECT DISTINCT person FROM keys"
            " WHERE block IN (SELECT block FROM cut)"
        )
        execute("DELETE FROM keys WHERE block IN (SELECT block FROM cut)")
        execute(
            "CREATE TABLE pairs AS SELECT DISTINCT a.person AS one, b.person AS other"
            " FROM keys a JOIN keys b ON b.block = a.block AND b.person > a.person ORDER BY 1, 2"
        )
        cut, most = execute("SELECT count(*), coalesce(max(size), 0) FROM cut").fetchone()
        lost = "SELECT count(*) FROM hit WHERE person NOT IN (SELECT person FROM keys)"
        return Blocks(
            pairs=self._count("SELECT count(*) FROM pairs"),
            cut=cut,
            largest=most,
            cut_people=self._count("SELECT count(*) FROM hit"),
            lost_people=self._count(lost),
        )

    def pairs(
        self, policy: SimilarityPolicy, on_progress: Callable[[int, int], None] = _silent
    ) -> Iterator[Pair]:
        """Compare everyone who shares a key, and yield those who look like one person."""
        compare = compile_comparison(policy, self.census.rarity(), self.census.people)
        find = lru_cache(maxsize=_REMEMBERED)(self._find)
        total = self._count("SELECT count(*) FROM pairs")
        rows = self.db.execute("SELECT one, other FROM pairs ORDER BY rowid")
        done = 0
        for number, found in groupby(rows, key=lambda row: int(row[0])):
            one = find(number)
            for _number, other_number in found:
                other = find(other_number)
                proposal = compare(one.traits, other.traits)
                done += 1
                if proposal is not None:
                    yield Pair(one, other, proposal)
            on_progress(done, total)

    def _find(self, number: int) -> Person:
        query = "SELECT id, traits FROM people WHERE number = ?"
        id_, text = self.db.execute(query, (number,)).fetchone()
        return Person(id_, Traits(*self.codec.decode(text).split(_SEPARATOR)))

    def _count(self, query: str) -> int:
        return int(self.db.execute(query).fetchone()[0])


@contextmanager
def open_shelf(codec: Codec = PLAIN) -> Iterator[Shelf]:
    """Lend an empty shelf. What is on it is written as the ledger writes contact values."""
    # The empty name is SQLite's private on-disk database: unlinked at once, gone with its owner.
    with closing(sqlite3.connect("", isolation_level=None)) as db:
        db.executescript(_SCHEMA)
        db.execute("BEGIN")  # never ended: nothing on the shelf is to be kept
        yield Shelf(db=db, codec=codec, census=Census())


def fill(shelf: Shelf, people: Iterator[Person]) -> Iterator[int]:
    """Put people on the shelf batch by batch, telling after each how many are there."""
    while batch := list(islice(people, _BATCH)):
        yield shelf.add(batch)
