"""Arrivals that never were in the ledger: from a table, or invented, to try a roster before a first run."""

from __future__ import annotations

import csv
import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from worker.core.case import make_case
from worker.core.conditions import FactTest, walk
from worker.core.configuration import Configuration
from worker.core.model import FactKind, FactSpec, FactValue
from worker.core.routing import RouteRequest, RoutingPolicy
from worker.core.simulation import Arrival, Closing
from worker.core.transforms import parse_instant
from worker.errors import FixDataError

OWN_COLUMNS = ("at", "pathway", "closed_at")
_WORDS_OF_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


# --- a table


def table_arrivals(path: Path, configuration: Configuration) -> Iterator[Arrival | Closing]:
    """Yield the arrivals of a CSV file, which must stand in the order of their time.

    Columns are ``at``, ``pathway``, if known ``closed_at``, and facts by their names.

    Raises:
        FixDataError: the file cannot be read, or a line of it; named by line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _in_order(_rows(csv.DictReader(file), path, configuration))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise FixDataError(f"{path.name} cannot be read as CSV in UTF-8.") from exc


def _in_order(
    rows: Iterator[tuple[Arrival, datetime | None]],
) -> Iterator[Arrival | Closing]:
    """Put each closing where it belongs among the arrivals."""
    ends: list[tuple[datetime, str]] = []
    for arrival, closed_at in rows:
        while ends and ends[0][0] <= arrival.at:
            at, key = heapq.heappop(ends)
            yield Closing(key=key, at=at)
        yield arrival
        if closed_at is not None:
            heapq.heappush(ends, (closed_at, arrival.key))


def _rows(
    reader: csv.DictReader[str], path: Path, configuration: Configuration
) -> Iterator[tuple[Arrival, datetime | None]]:
    _check_columns(reader.fieldnames or (), path, configuration)
    last: datetime | None = None
    for row in reader:
        where = f"{path.name}:{reader.line_num}"
        at = parse_instant((row["at"] or "").strip())
        if at is None:
            raise FixDataError(f"{where}  at\n    must be an instant such as 2026-11-02T15:00:00Z.")
        if last is not None and at < last:
            raise FixDataError(
                f"{where}  at\n    is earlier than the line before; sort the file by it."
            )
        last = at
        yield _arrival_of(row, at, where, configuration), _closed_at(row, at, where)


def _closed_at(row: Mapping[str, str | None], at: datetime, where: str) -> datetime | None:
    text = (row.get("closed_at") or "").strip()
    closed_at = parse_instant(text) if text else None
    if text and (closed_at is None or closed_at < at):
        raise FixDataError(f"{where}  closed_at\n    must be empty, or an instant after `at`.")
    return closed_at


def _check_columns(names: Sequence[str], path: Path, configuration: Configuration) -> None:
    for name in ("at", "pathway"):
        if name not in names:
            raise FixDataError(f"{path.name}:1  {name}\n    The column is missing.")
    for name in names:
        if name not in OWN_COLUMNS and name not in configuration.facts:
            allowed = f"{', '.join(OWN_COLUMNS)}, or a fact (`leadtriage check --facts`)"
            raise FixDataError(
                f"{path.name}:1  {name}\n    No fact is called so.\n    allowed: {allowed}"
            )


def _arrival_of(
    row: Mapping[str, str | None], at: datetime, where: str, configuration: Configuration
) -> Arrival:
    pathway = (row["pathway"] or "").strip()
    if pathway not in configuration.policies:
        allowed = ", ".join(sorted(configuration.policies))
        raise FixDataError(
            f"{where}  pathway\n    No pathway is called so.\n    allowed: {allowed}"
        )
    facts: dict[str, FactValue] = {"pathway": pathway}
    for name, text in row.items():
        if name in configuration.facts and name not in OWN_COLUMNS and (text or "").strip():
            value = _value(str(text).strip(), configuration.facts[name])
            if value is None:
                kind = configuration.facts[name].kind.value
                raise FixDataError(f"{where}  {name}\n    is no {kind}.")
            facts[name] = value
    case = make_case(facts, (), at, configuration.time_zone)
    return Arrival(key=where, pathway=pathway, case=case, request=RouteRequest(present_owners={}))


def _value(text: str, spec: FactSpec) -> FactValue | None:
    match spec.kind:
        case FactKind.NUMBER:
            try:
                return float(text)
            except ValueError:
                return None
        case FactKind.BOOLEAN:
            return _WORDS_OF_TRUTH.get(text.casefold())
        case FactKind.INSTANT:
            return parse_instant(text)
        case FactKind.DATE:
            at = parse_instant(text)
            return None if at is None else at.date()
        case FactKind.CHOICES:
            return tuple(word.strip() for word in text.split(";"))
        case _:
            return text


# --- invented


@dataclass(frozen=True, slots=True, kw_only=True)
class Invention:
    """So many leads within a time; the same ``seed`` gives the same ones."""

    count: int
    since: datetime
    until: datetime
    seed: int = 1


RATES = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 10, 10, 10, 10, 9, 8, 7, 6, 5, 4, 2, 1)
"""How many leads come in each hour of a working day, one against another."""
WEEKEND = 0.35


def invented_arrivals(
    invention: Invention, configuration: Configuration, policy: RoutingPolicy
) -> Iterator[Arrival]:
    """Yield invented leads in order of time: more by day than by night, fewer at weekends.

    Pathways come up alike; so does every value that a field map knows of the facts that rules and
    skills ask for, and now and then one of these facts is not known.
    """
    chance = random.Random(invention.seed)  # noqa: S311  # a rehearsal, not a secret
    pathways = sorted(configuration.policies)
    values = _possible_values(configuration, policy)
    for number, at in enumerate(_instants(invention, configuration, chance), start=1):
        facts: dict[str, FactValue] = {"pathway": chance.choice(pathways)}
        for fact, words in values.items():
            if chance.random() >= 0.1:
                facts[fact] = chance.choice(words)
        yield Arrival(
            key=str(number),
            pathway=str(facts["pathway"]),
            case=make_case(facts, (), at, configuration.time_zone),
            request=RouteRequest(present_owners={}),
        )


def _instants(
    invention: Invention, configuration: Configuration, chance: random.Random
) -> Iterator[datetime]:
    """Share the leads out over the hours, the remainder carried on, each at a minute of its hour."""
    hours = list(_hours(invention))
    rates = [_rate(at.astimezone(configuration.time_zone)) for at in hours]
    whole, owed = sum(rates) or 1.0, 0.0
    left = invention.count
    for place, (at, rate) in enumerate(zip(hours, rates, strict=True)):
        owed += invention.count * rate / whole
        due = left if place == len(hours) - 1 else min(left, int(owed))
        owed -= due
        left -= due
        minutes = sorted(chance.uniform(0, 60) for _ in range(due))
        yield from (at + timedelta(minutes=minute) for minute in minutes)


def _hours(invention: Invention) -> Iterator[datetime]:
    day = invention.since.astimezone(UTC)
    at = datetime.combine(day.date(), time(day.hour), UTC)
    while at < invention.until:
        if at >= invention.since:
            yield at
        at += timedelta(hours=1)


def _rate(local: datetime) -> float:
    return RATES[local.hour] * (WEEKEND if local.weekday() >= 5 else 1.0)


def _possible_values(configuration: Configuration, policy: RoutingPolicy) -> dict[str, list[str]]:
    """Collect what the facts that decide a route can be, so that the leads no rule names come too."""
    found = {fact: set(words) for fact, words in _named_values(policy).items()}
    for system in configuration.systems.values():
        for mapped in (one for item in system.objects for one in item.reads):
            if mapped.fact in found and mapped.is_closed:
                found[mapped.fact].update(mapped.values.values())
    return {fact: sorted(words) for fact, words in found.items()}


def _named_values(policy: RoutingPolicy) -> dict[str, list[str]]:
    """Collect the words that rules and skills know of each fact."""
    found: dict[str, set[str]] = {}
    for part in (part for rule in policy.rules for part in walk(rule.condition)):
        if isinstance(part, FactTest) and part.fact != "pathway":
            operand = part.operand
            words = operand if isinstance(operand, frozenset) else {operand}
            found.setdefault(part.fact, set()).update(w for w in words if isinstance(w, str))
    for team in policy.teams.values():
        for member in team.members:
            for fact, covered in member.skills.items():
                found.setdefault(fact, set()).update(covered.words)
    return {fact: sorted(words) for fact, words in sorted(found.items()) if words}
