"""The step behind ``route simulate``: one stream of arrivals, given to one roster or to two. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

from worker.core.routing import RoutingPolicy, compile_routing
from worker.core.simulation import Arrival, Closing, Simulation, Terms
from worker.errors import NotFoundError
from worker.report.simulation import Outcome, SimulationReport, Source
from worker.steps.other_arrivals import Invention, invented_arrivals, table_arrivals
from worker.steps.owners import active_among, owners_if_told
from worker.steps.past_arrivals import STEP, past_arrivals
from worker.steps.work import Work

EMPTY = (
    "Nobody was handed off in that time, so there is nothing to replay. Give another --from and "
    "--to, a table with --arrivals, or --invent a number of leads."
)
INVENTED_FOR = timedelta(days=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be simulated. ``changed`` is the roster to compare with the present one.

    Without ``since`` it begins with the first arrival, without ``until`` it ends now.
    """

    since: datetime | None = None
    until: datetime | None = None
    open_for: timedelta | None = None
    changed: RoutingPolicy | None = None
    table: Path | None = None
    invent: int | None = None
    seed: int = 1


def simulate(work: Work, asked: Asked) -> SimulationReport:
    """Replay arrivals against the present roster, and the changed one beside it.

    Raises:
        NotFoundError: there is no arrival in that time.
        FixDataError: the table of arrivals cannot be read.
    """
    configuration = work.ruleset.configuration
    policies = [configuration.routing, *([asked.changed] if asked.changed else [])]
    until = asked.until or work.now
    with _stream(work, asked, until, policies) as events:
        first = _first(events)
        if first is None:
            raise NotFoundError(EMPTY)
        since = asked.since or first.at
        terms = Terms(
            since=since,
            zone=configuration.time_zone,
            active=active_among(owners_if_told(work)),
            open_for=asked.open_for,
        )
        rosters = [Simulation(compile_routing(policy), terms) for policy in policies]
        moved, last = _feed(rosters, first, events, since)
    end = until if asked.until or _source(asked) is not Source.TABLE else last
    outcomes = [
        Outcome(policy=policy, tally=roster.finish(max(end, last)))
        for policy, roster in zip(policies, rosters, strict=True)
    ]
    if outcomes[0].tally.arrivals == 0:
        raise NotFoundError(EMPTY)
    return SimulationReport(
        source=_source(asked),
        since=since,
        until=max(end, last),
        zone=configuration.time_zone,
        open_for=asked.open_for,
        present=outcomes[0],
        changed=outcomes[1] if len(outcomes) > 1 else None,
        moved=moved if len(outcomes) > 1 else None,
    )


def _source(asked: Asked) -> Source:
    if asked.table is not None:
        return Source.TABLE
    return Source.LEDGER if asked.invent is None else Source.INVENTED


@contextmanager
def _stream(
    work: Work, asked: Asked, until: datetime, policies: list[RoutingPolicy]
) -> Iterator[Iterator[Arrival | Closing]]:
    configuration = work.ruleset.configuration
    match _source(asked):
        case Source.LEDGER:
            with work.ledger.read() as tx:
                yield past_arrivals(work, tx, until, policies)
        case Source.TABLE:
            assert asked.table is not None
            events = table_arrivals(asked.table, configuration)
            told = takewhile(lambda event: asked.until is None or event.at <= until, events)
            yield _counted(work, told, None)
        case Source.INVENTED:
            invention = Invention(
                count=asked.invent or 0,
                since=asked.since or until - INVENTED_FOR,
                until=until,
                seed=asked.seed,
            )
            invented = invented_arrivals(invention, configuration, policies[0])
            yield _counted(work, invented, asked.invent)


def _counted(
    work: Work, events: Iterable[Arrival | Closing], total: int | None
) -> Iterator[Arrival | Closing]:
    for done, event in enumerate(events, start=1):
        if done % work.batch == 0:
            work.on_progress(STEP, done, total)
        yield event


def _first(events: Iterator[Arrival | Closing]) -> Arrival | None:
    """Read up to the first arrival; what closes before it was never open."""
    return next((event for event in events if isinstance(event, Arrival)), None)


def _feed(
    rosters: list[Simulation],
    first: Arrival,
    events: Iterator[Arrival | Closing],
    since: datetime,
) -> tuple[int, datetime]:
    """Let everything happen in every roster; returns how many leads go to somebody else, and when
    the last one came."""
    moved, last = int(_feed_one(rosters, first, since)), first.at
    for event in events:
        moved += _feed_one(rosters, event, since)
        last = max(last, event.at)
    return moved, last


def _feed_one(rosters: list[Simulation], event: Arrival | Closing, since: datetime) -> bool:
    owners = {roster.feed(event) for roster in rosters}
    return event.at >= since and len(owners) > 1
