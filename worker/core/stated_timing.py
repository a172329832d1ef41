"""The days that follow from what a lead stated about when, counted from the day it said so.

The day comes from the record that holds the statement: another record of the same person was made on
another day. Nothing here looks at the instant of deciding, so a statement never moves.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from worker.core.calendar_words import CalendarWords
from worker.core.configuration import Configuration
from worker.core.identity import MergedLead
from worker.core.mapping import Issue, MappedContact
from worker.core.model import FactKind, Facts, days_of
from worker.core.timeframe_grammar import read_statement
from worker.core.timeframe_ranges import DayRange, Unplaced, place

SAID_AT = ("received_at", "created_at")
"""When something was said, where a map does not name another fact; the first one known."""
_DATE, _DAYS = "wanted_date", "wanted_within_days"
"""A date and a number of days that say the same as the wanted timeframe; the date goes before it."""
_LONGEST_DAYS = 3660
_Place: TypeAlias = tuple[str, str, str]


class _Question(NamedTuple):
    """A timeframe that some rule asks about; ``first`` or ``last`` is None when nothing reads it."""

    timeframe: str
    first: str | None
    last: str | None
    has_other_sources: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTiming:
    """The timeframes that rules ask about; ``said_at`` goes by system, object type and fact."""

    questions: tuple[_Question, ...]
    said_at: Mapping[_Place, tuple[str, ...]]
    calendar: CalendarWords
    zone: ZoneInfo


def compile_timing(configuration: Configuration, asked: Container[str]) -> StatedTiming:
    """Prepare the timeframes from which some fact in ``asked`` follows."""
    return StatedTiming(
        questions=tuple(_questions(configuration, asked)),
        said_at={
            (system.system, item.object_type, read.fact): read.said_at
            for system in configuration.systems.values()
            for item in system.objects
            for read in item.reads
            if read.said_at
        },
        calendar=configuration.calendar,
        zone=configuration.time_zone,
    )


def _questions(configuration: Configuration, asked: Container[str]) -> Iterator[_Question]:
    for spec in configuration.facts.values():
        if spec.kind is FactKind.TIMEFRAME:
            ends = days_of(spec.name)
            first, last = (fact if fact in asked else None for fact in ends)
            if first or last:
                more = configuration.facts[ends[0]].follows_from
                yield _Question(spec.name, first, last, _DATE in more)


def derive_timing(
    lead: MergedLead, contacts: Sequence[MappedContact], timing: StatedTiming
) -> MergedLead:
    """Add the days that follow from stated timeframes, or an issue that says why none do."""
    for question in timing.questions:
        lead = _derive(lead, contacts, timing, question)
    return lead


def _derive(
    lead: MergedLead,
    contacts: Sequence[MappedContact],
    timing: StatedTiming,
    question: _Question,
) -> MergedLead:
    day = lead.facts.get(_DATE) if question.has_other_sources else None
    if isinstance(day, date):
        return _with_days(lead, question, DayRange(day, day), _DATE)
    found = _stated(lead, contacts, timing, question.timeframe)
    if isinstance(found, DayRange):
        return _with_days(lead, question, found, question.timeframe)
    days = lead.facts.get(_DAYS) if question.has_other_sources else None
    said = _said(lead, contacts, timing, _DAYS) if days is not None else None
    if isinstance(days, (int, float)) and said is not None and 0 <= days <= _LONGEST_DAYS:
        return _with_days(lead, question, DayRange(said, said + timedelta(days=int(days))), _DAYS)
    if found is None:
        return lead
    return msgspec.structs.replace(
        lead, issues=(*lead.issues, Issue(found.value, question.timeframe))
    )


def _stated(
    lead: MergedLead, contacts: Sequence[MappedContact], timing: StatedTiming, fact: str
) -> DayRange | Unplaced | None:
    """The days a statement means; None where nothing was stated."""
    text = lead.facts.get(fact)
    if not isinstance(text, str):
        return None
    statement = read_statement(text, timing.calendar)
    if statement is None:
        return Unplaced.UNREADABLE
    return place(statement, _said(lead, contacts, timing, fact), timing.calendar)


def _said(
    lead: MergedLead, contacts: Sequence[MappedContact], timing: StatedTiming, fact: str
) -> date | None:
    """The day on which a fact was stated, in the organisation's time zone; None: not known."""
    ref = lead.sources.get(fact)
    contact = next((item for item in contacts if item.ref == ref), None)
    if contact is None:
        return None
    place_of_fact = (contact.ref.system, contact.ref.object_type, fact)
    return _first_day(contact.facts, timing.said_at.get(place_of_fact, SAID_AT), timing.zone)


def _first_day(facts: Facts, names: Sequence[str], zone: ZoneInfo) -> date | None:
    for name in names:
        at = facts.get(name)
        if isinstance(at, datetime):
            return at.astimezone(zone).date()
        if isinstance(at, date):
            return at
    return None


def _with_days(lead: MergedLead, question: _Question, days: DayRange, source: str) -> MergedLead:
    """Add the days; a fact that some record gives is kept."""
    ends = ((question.first, days.low), (question.last, days.high))
    added = {fact: day for fact, day in ends if fact and day and fact not in lead.facts}
    if not added:
        return lead
    return msgspec.structs.replace(
        lead,
        facts={**lead.facts, **added},
        unseen=lead.unseen - added.keys(),
        derived={**lead.derived, **dict.fromkeys(added, source)},
    )
