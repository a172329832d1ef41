"""Duplicates: who looks like somebody else, who was linked and by what, and where nobody can say.

Walks the whole base once and reads only. What it proposes is for people: nothing is linked, nothing
is merged, nothing is written to a CRM.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TypeAlias

from worker.core.identity import AMBIGUOUS, match_keys, merge_contacts
from worker.core.mapping import MappedContact
from worker.core.records import RecordRef
from worker.core.similarity import Grade, Proposal
from worker.core.traits import Traits, take_traits
from worker.ledger.matches import matched_writes
from worker.ledger.profiles import profiles_after
from worker.ledger.records import records_of_profiles
from worker.ledger.rows import MatchedWrite, StoredRecord
from worker.ledger.transaction import Transaction
from worker.steps.pairing import Blocks, Pair, Person, fill, open_shelf
from worker.steps.stored import contact_of
from worker.steps.work import Work

READING, COMPARING = "read", "compare"
_BATCH = 1_000

KINDS: Mapping[str, str] = {"x": "cross-reference", "e": "e-mail", "p": "phone and name"}
"""What a match key is made of, by its first letter."""
Refs: TypeAlias = tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Records that are one person, and what linked them."""

    profile_id: str
    records: Refs
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Two people who look like one: the records and traits of each, and the evidence."""

    profiles: tuple[str, str]
    records: tuple[Refs, Refs]
    traits: tuple[Traits, Traits]
    proposal: Proposal

    @property
    def is_within_one_crm(self) -> bool:
        """Whether some CRM has both; else each is in a CRM of its own."""
        one, other = ({ref.system for ref in refs} for refs in self.records)
        return not one.isdisjoint(other)


@dataclass(slots=True, kw_only=True)
class DuplicatesReport:
    """What was found. The lists are cut to a limit; the counts are of all.

    ``named`` are those of whom a CRM itself said so, as it refused a write.
    """

    people: int = 0
    records: int = 0
    linked: list[Linked] = field(default_factory=list)
    links: Counter[str] = field(default_factory=Counter)
    ambiguous: dict[str, list[RecordRef]] = field(default_factory=lambda: defaultdict(list))
    proposed: list[Proposed] = field(default_factory=list)
    proposals: Counter[str] = field(default_factory=Counter)
    blocks: Blocks = field(default_factory=lambda: Blocks(pairs=0))
    named: list[MatchedWrite] = field(default_factory=list)
    named_by_crm: int = 0


def find_duplicates(work: Work, limit: int) -> DuplicatesReport:
    """Look through the whole base on one state of the ledger; lists at most ``limit`` of each kind."""
    policy = work.ruleset.configuration.identity.similarity
    report = DuplicatesReport()
    with work.ledger.read() as tx, open_shelf(tx.codec) as shelf:
        for count in fill(shelf, _read_people(work, tx, report, limit)):
            work.on_progress(READING, count, None)
        report.blocks = shelf.block(policy.largest_block)
        pairs = shelf.pairs(policy, lambda done, total: work.on_progress(COMPARING, done, total))
        strongest = nsmallest(limit, _counted(pairs, report), key=_strongest_first)
        report.proposed = _with_records(tx, strongest)
        named = matched_writes(tx)
        report.named, report.named_by_crm = named[:limit], len(named)
    return report


def _counted(pairs: Iterator[Pair], report: DuplicatesReport) -> Iterator[Pair]:
    for pair in pairs:
        report.proposals[pair.proposal.grade.value] += 1
        yield pair


def _strongest_first(pair: Pair) -> tuple[bool, float, str, str]:
    proposal = pair.proposal
    return proposal.grade is Grade.DOUBTFUL, -proposal.total, pair.one.id, pair.other.id


def _read_people(
    work: Work, tx: Transaction, report: DuplicatesReport, limit: int
) -> Iterator[Person]:
    """Yield everyone as traits, and note on the way who was linked and who could not be."""
    configuration = work.ruleset.configuration
    after = ""
    while ids := profiles_after(tx, after, _BATCH):
        after = ids[-1]
        for profile_id, stored in sorted(records_of_profiles(tx, ids).items()):
            contacts = [contact_of(one, configuration.facts) for one in stored]
            report.people += 1
            report.records += len(contacts)
            _note_links(report, profile_id, contacts, limit)
            _note_ambiguous(report, contacts)
            lead = merge_contacts(contacts, configuration.identity.survivorship)
            yield Person(profile_id, take_traits(lead.facts))


def _note_links(
    report: DuplicatesReport, profile_id: str, contacts: Sequence[MappedContact], limit: int
) -> None:
    if len(contacts) < 2:
        return
    keys = Counter(key for contact in contacts for key in match_keys(contact))
    by = tuple(sorted({KINDS[key[0]] for key, count in keys.items() if count > 1}))
    report.links.update(by)
    if len(report.linked) < limit:
        refs = tuple(contact.ref for contact in contacts)
        report.linked.append(Linked(profile_id=profile_id, records=refs, by=by))


def _note_ambiguous(report: DuplicatesReport, contacts: Sequence[MappedContact]) -> None:
    """Gather those who share an address; of whom it is not known what they share, one by one."""
    for contact in contacts:
        if AMBIGUOUS in contact.issues:
            emails = sorted(key for key in match_keys(contact) if key.startswith("e"))
            report.ambiguous[emails[0] if emails else str(contact.ref)].append(contact.ref)


def _with_records(tx: Transaction, pairs: Sequence[Pair]) -> list[Proposed]:
    ids = sorted({person.id for pair in pairs for person in pair[:2]})
    refs = {key: _refs(found) for key, found in records_of_profiles(tx, ids).items()}
    return [
        Proposed(
            profiles=(pair.one.id, pair.other.id),
            records=(refs[pair.one.id], refs[pair.other.id]),
            traits=(pair.one.traits, pair.other.traits),
            proposal=pair.proposal,
        )
        for pair in pairs
    ]


def _refs(stored: Sequence[StoredRecord]) -> Refs:
    return tuple(record.ref for record in stored)
