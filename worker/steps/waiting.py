"""Waiting lists in the decide step: who is let through, and who waits on.

A slowed list is decided last. Whoever might be let through is first entered in its list and left for
a second walk, so that the order in which profiles happen to be decided gives nobody an advantage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.core.availability import (
    EMPTY_LISTS,
    AvailabilityRule,
    HeldBy,
    ListKey,
    Openings,
    Place,
    Slow,
    WaitingLists,
    first_of,
    open_at,
    order_turns,
    period_of,
)
from worker.core.decide import Decision, JudgedLead
from worker.core.due import next_exception_at
from worker.core.judgement import LeadSnapshot
from worker.ledger.availability import LookedAt, load_availability, save_readers
from worker.ledger.profiles import mark_dirty
from worker.ledger.transaction import Transaction
from worker.ledger.waiting import (
    add_releases,
    delete_places,
    delete_releases,
    held_lists,
    load_places,
    places_held_by,
    releases_since,
    save_places,
)
from worker.steps.work import Work

KEPT = timedelta(days=60)
"""Counts of periods are kept so long, for whoever asks why somebody waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is open, and where the leads of a batch stand. ``openings`` None: nothing asks for them."""

    openings: Openings | None
    places: Mapping[str, Place]

    def show(self, snapshot: LeadSnapshot) -> LeadSnapshot:
        """Add what is known of openings, and whether the lead waits."""
        if self.openings is None:
            return snapshot
        is_waiting = snapshot.profile_id in self.places
        return replace(snapshot, openings=self.openings, is_waiting=is_waiting)


@dataclass(slots=True, kw_only=True)
class Door:
    """The waiting lists as one batch finds them, and moves them with each decision.

    ``is_last``: slowed lists are decided in this walk.
    """

    lists: WaitingLists
    is_last: bool
    before: WaitingLists
    released: Counter[ListKey] = field(default_factory=Counter)

    def defers(self, decision: Decision) -> bool:
        """Enter a lead of a slowed list, and say whether it is to be decided in the second walk."""
        admission = decision.admission
        if self.is_last or admission is None or not admission.is_slowed:
            return False
        self.lists = self.lists.with_place(admission.place)
        return True

    def leave(self, profile_id: str) -> None:
        """Take a lead off the lists that is not there any more."""
        self.lists = self.lists.without(profile_id)

    def note(self, decision: Decision) -> None:
        """Move the lists on by one decision."""
        admission = decision.admission
        if admission is not None and admission.held_by is not None:
            self.lists = self.lists.with_place(admission.place)
        elif admission is not None and admission.is_slowed:
            self.lists = self.lists.with_release(decision.profile_id, admission.key)
            self.released[admission.key] += 1
        else:
            self.lists = self.lists.without(decision.profile_id)


def look_out(work: Work, tx: Transaction, ids: Iterable[str]) -> Outlook:
    """Read what is open, and where these profiles wait."""
    policy = work.ruleset.configuration.availability
    if not work.ruleset.availability.is_used:
        return Outlook(openings=None, places={})
    openings = open_at(load_availability(tx), policy, work.now)
    places = load_places(tx, ids) if policy.rules else []
    return Outlook(openings=openings, places={place.profile_id: place for place in places})


def open_door(work: Work, tx: Transaction, outlook: Outlook, *, is_last: bool) -> Door:
    """Read the lists; the roster's lock keeps other workers from moving them meanwhile."""
    lists = EMPTY_LISTS
    if work.ruleset.configuration.availability.rules:
        lists = WaitingLists(
            places=outlook.places,
            released=_released(work, tx),
            turns=order_turns(places_held_by(tx, HeldBy.SLOW)),
            kinds=held_lists(tx),
        )
    return Door(lists=lists, is_last=is_last, before=lists)


def close_door(work: Work, tx: Transaction, door: Door, decided: Iterable[Decision]) -> None:
    """Store what the batch changed, and what each of its decisions looked at."""
    if not work.ruleset.availability.is_used:
        return
    before, after = door.before.places, door.lists.places
    save_places(tx, [place for name, place in after.items() if before.get(name) != place])
    delete_places(tx, before.keys() - after.keys())
    for rule, slow in _slowed(work):
        counts = {key: count for key, count in door.released.items() if key.rule == rule.id}
        add_releases(tx, counts, _since(work, slow))
    save_readers(tx, {decision.profile_id: _looked_at(work, decision) for decision in decided})


def wake_waiting(work: Work, tx: Transaction) -> frozenset[str]:
    """Have decided again who is next in each slowed list, as far as there is room; returns them."""
    if not work.ruleset.configuration.availability.rules:
        delete_places(tx)
        return frozenset()
    delete_releases(tx, work.now - KEPT)
    released = _released(work, tx)
    rules = {rule.id: slow for rule, slow in _slowed(work)}
    woken = set[str]()
    for key, turns in order_turns(places_held_by(tx, HeldBy.SLOW)).items():
        if slow := rules.get(key.rule):
            left = max(slow.at_most - released.get(key, 0), 0)
            woken.update(turn.profile_id for turn in turns[:left])
    mark_dirty(tx, sorted(woken))
    return frozenset(woken)


def walks(work: Work) -> Iterator[bool]:
    """Say of each walk through the profiles whether slowed lists are decided in it.

    They need a second walk, and another for whoever has come to the front because somebody left a
    list for another reason: the next run would let them through, though nothing has happened.
    """
    if not any(_slowed(work)):
        yield True
        return
    yield from (False, True)
    known = frozenset[str]()
    while woken := _next_in_turn(work) - known:
        known |= woken
        yield True


def _next_in_turn(work: Work) -> frozenset[str]:
    with work.begin() as tx:
        return wake_waiting(work, tx)


def due_by_availability(work: Work, lead: JudgedLead, decision: Decision) -> datetime | None:
    """Say when what is known of availability changes the answer by itself, or becomes stale."""
    admission, openings = decision.admission, lead.snapshot.openings
    if admission is not None and admission.held_by is not None:
        exempt_at = next_exception_at(work.ruleset, lead.snapshot, lead.lead, admission)
        return first_of(admission.again_at, exempt_at)
    looked_at = _looked_at(work, decision)
    if looked_at is None or openings is None:
        return None
    row = openings.find(looked_at[0], looked_at[1] or None)
    return openings.stale_at(row) if row is not None else None


def _released(work: Work, tx: Transaction) -> Mapping[ListKey, int]:
    found: dict[ListKey, int] = {}
    for rule, slow in _slowed(work):
        found.update(releases_since(tx, rule.id, _since(work, slow)))
    return found


def _slowed(work: Work) -> Iterator[tuple[AvailabilityRule, Slow]]:
    for rule in work.ruleset.configuration.availability.rules:
        if rule.slow is not None:
            yield rule, rule.slow


def _since(work: Work, slow: Slow) -> datetime:
    return period_of(slow.per, work.now, work.ruleset.configuration.time_zone)[0]


def _looked_at(work: Work, decision: Decision) -> LookedAt | None:
    """Name the place whose change may change the decision."""
    facts = decision.lead.facts
    line, site = facts.get("service_line"), facts.get("site")
    if not isinstance(line, str):
        return None
    waits = decision.admission is not None and decision.admission.held_by is not None
    asks = work.ruleset.availability.is_read and not decision.judgement.move.is_hands_off
    return (line, str(site or "")) if waits or asks else None
