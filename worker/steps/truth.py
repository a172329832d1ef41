"""``truth``: walks through everybody the ledger knows, and lists on whom the CRMs disagree.

Page by page, on one state of the ledger, and without a call to a CRM. What is listed is passed on one by
one, so that memory does not grow with the base.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.core.cross_references import reference_key
from worker.core.identity import CONTRADICTED
from worker.core.mapping import MappedContact
from worker.core.revocations import NOT_SAID_BY_PEOPLE
from worker.core.routing import owners_of
from worker.core.ruleset import Ruleset
from worker.core.testimony import About, Court, Disagreement, Person, Witness
from worker.core.truth import find_disagreements
from worker.core.truth_of_stages import stage_shown
from worker.ledger.outbox import latest_writes
from worker.ledger.profiles import load_profiles, profiles_after
from worker.ledger.records import load_records, records_of_profiles, records_sharing_keys
from worker.ledger.rows import StoredProfile, StoredRecord
from worker.ledger.runs import list_runs
from worker.ledger.transaction import Transaction
from worker.steps.choices import with_lists
from worker.steps.owners import with_known_twins
from worker.steps.prospects import is_due, with_prospects
from worker.steps.stored import contact_of
from worker.steps.work import Work

_BATCH = 500
_MOST_RUNS = 500
STEP = "truth"
NO_STAGE = "none"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted on the way.

    ``records`` and ``people`` count by system and stage, as each CRM would count by itself;
    ``agreed`` the people of whom all their CRMs show the same stage, ``split`` those of several CRMs
    of whom they do not, by the stage that each shows.
    """

    looked_at: int = 0
    in_several: int = 0
    disagreeing: int = 0
    about: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    records: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    agreed: Counter[str] = field(default_factory=Counter)
    alone: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    split: Counter[str] = field(default_factory=Counter)


def tell_truth(
    work: Work,
    tx: Transaction,
    about: frozenset[About],
    tally: Tally,
    *,
    rehearsed: str | None = None,
) -> Iterator[Disagreement]:
    """Yield every disagreement about what was asked, and count all on the way.

    ``rehearsed`` is the plan of a rehearsal that no guardrail would hold.
    """
    work = with_known_twins(with_lists(work, tx), tx)
    court = replace(court_of(work.ruleset, work.now), rehearsed=rehearsed)
    after, done = "", 0
    while ids := profiles_after(tx, after, _BATCH):
        after = ids[-1]
        people = list(_people(work, tx, ids))
        for person in people:
            _count(person, tally)
        doubtful = [one for one in people if any(find_disagreements(court, one))]
        for person in with_prospects(work, tx, _with_writes(tx, doubtful)):
            yield from _judged(court, person, about, tally)
        done += len(ids)
        work.on_progress(STEP, done, None)


def court_of(ruleset: Ruleset, now: datetime) -> Court:
    """Put together what disagreements are judged by."""
    configuration = ruleset.configuration
    closing: dict[str, list[str]] = {}
    for rule in configuration.consent.channels:
        for fact in (*rule.opt_outs, *rule.refused_by):
            if fact not in NOT_SAID_BY_PEOPLE:
                closing.setdefault(fact, []).append(rule.channel.value)
    copying = configuration.identity.copying
    return Court(
        lifecycle=configuration.lifecycle,
        routing=ruleset.routing,
        consent={fact: tuple(channels) for fact, channels in closing.items()},
        recent_since=now - copying.within if copying is not None else None,
    )


def _judged(
    court: Court, person: Person, about: frozenset[About], tally: Tally
) -> Iterator[Disagreement]:
    found = [one for one in find_disagreements(court, person) if one.about in about]
    tally.disagreeing += bool(found)
    for one in found:
        tally.about[one.about.value] += 1
        tally.causes.update(cause.value for cause in one.causes())
        yield one


def _count(person: Person, tally: Tally) -> None:
    """Count a person in the funnel; who is only said to be another one is counted where they are."""
    if not person.is_linked:
        return
    tally.looked_at += 1
    shown: dict[str, set[str]] = {}
    for one in person.witnesses:
        stage = stage_shown(one.contact) or NO_STAGE
        tally.records[one.ref.system][stage] += 1
        shown.setdefault(one.ref.system, set()).add(stage)
    stages = set().union(*shown.values()) if shown else set()
    if len(shown) < 2:
        for system in shown:
            tally.alone[system].update(stages)
        return
    tally.in_several += 1
    (tally.agreed if len(stages) == 1 else tally.split).update(stages)


def _people(work: Work, tx: Transaction, ids: Sequence[str]) -> Iterator[Person]:
    """Yield everybody of a page, and behind them whom their ids call the same person."""
    profiles = load_profiles(tx, ids)
    records = records_of_profiles(tx, ids)
    for profile_id in ids:
        found = records.get(profile_id, ())
        if not found:
            continue
        witnesses = _witnesses(work.ruleset, found)
        yield _person(work, profiles[profile_id], witnesses)
        yield from _strangers(work, tx, profiles[profile_id], witnesses)


def _with_writes(tx: Transaction, people: Sequence[Person]) -> list[Person]:
    """Add what became of the writes; asked only for people on whom the CRMs disagree."""
    found = []
    writes = latest_writes(tx, [one.profile_id for one in people]) if people else {}
    for person in people:
        told = tuple(replace(w, writes=writes.get(w.ref, ())) for w in person.witnesses)
        found.append(replace(person, witnesses=told))
    return found


def _person(
    work: Work,
    profile: StoredProfile,
    witnesses: tuple[Witness, ...],
    *,
    is_linked: bool = True,
) -> Person:
    configuration = work.ruleset.configuration
    accounts = owners_of(configuration.routing, profile.owner)
    stand_ins = configuration.routing.stand_ins
    known = {*accounts, *(name for name, owner in stand_ins.items() if owner is not None)}
    outside = profile.owner.partition(":")[0] if profile.owner and ":" in profile.owner else None
    return Person(
        profile_id=profile.id,
        witnesses=witnesses,
        stage=profile.stage,
        owner=profile.owner,
        owner_ids=frozenset(known | ({outside} if outside else set())),
        is_due=is_due(work, profile),
        is_linked=is_linked,
    )


def _witnesses(ruleset: Ruleset, records: Sequence[StoredRecord]) -> tuple[Witness, ...]:
    configuration = ruleset.configuration
    found = []
    for record in records:
        system = configuration.systems.get(record.ref.system)
        object_map = system.find_object(record.ref.object_type) if system else None
        if object_map is not None:
            found.append(
                Witness(
                    contact=contact_of(record, configuration.facts),
                    object_map=object_map,
                    stage_set_by_person_at=record.stage_set_by_person_at,
                    owner_set_by_person_at=record.owner_set_by_person_at,
                )
            )
    return tuple(found)


def _strangers(
    work: Work, tx: Transaction, profile: StoredProfile, witnesses: Sequence[Witness]
) -> Iterator[Person]:
    """Yield pairs of records that an id calls one person, and that are not linked, since ids contradict."""
    for one in witnesses:
        if CONTRADICTED not in one.contact.issues:
            continue
        for record in _named(tx, one.contact):
            if record.profile_id != profile.id and not record.is_deleted:
                pair = (one, *_witnesses(work.ruleset, [record]))
                yield _person(work, profile, pair, is_linked=False)


def _named(tx: Transaction, contact: MappedContact) -> list[StoredRecord]:
    """Read the records that a record names as the same person."""
    keys = {reference_key(reference): reference for reference in contact.references}
    met = records_sharing_keys(tx, sorted(keys)) if keys else {}
    refs = {ref for key, found in met.items() for ref in found if ref.system == keys[key].system}
    found_records = load_records(tx, sorted(refs))
    return [found_records[ref] for ref in sorted(found_records) if ref != contact.ref]


def read_at(tx: Transaction, systems: Sequence[str]) -> dict[str, datetime | None]:
    """Say when each system was last read, as far as the latest runs tell."""
    found: dict[str, datetime | None] = dict.fromkeys(systems)
    for run in list_runs(tx, _MOST_RUNS):
        steps = run.summary.get("steps")
        for name in steps if isinstance(steps, dict) else ():
            system = str(name).removeprefix("pull ").partition(" ")[0]
            if str(name).startswith("pull ") and found.get(system, run.now) is None:
                found[system] = run.now
        if None not in found.values():
            break
    return found
