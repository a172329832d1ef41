"""Commands about routing: ``route simulate`` tries a roster on arrivals. They only look."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import typer

from worker.app import App, open_app
from worker.cli.options import (
    ConfigOption,
    JsonOption,
    NowOption,
    exits,
    print_json,
    progress,
    quiet_logs,
    show,
)
from worker.cli.route_options import (
    AddOption,
    ArrivalsOption,
    HtmlOption,
    InventOption,
    OpenForOption,
    PauseOption,
    RoutingOption,
    SeedOption,
    SinceOption,
    SvgOption,
    UntilOption,
    WeightOption,
    WithOption,
    begins_at,
)
from worker.config.findings import in_words, nearest
from worker.config.loader import load_configuration, load_routing
from worker.core.roster_changes import members_of, with_member, with_pause, with_weight
from worker.core.routing import RoutingPolicy
from worker.errors import FixConfigurationError
from worker.report.simulation import SimulationReport, simulation_json
from worker.report.simulation_page import simulation_page
from worker.report.simulation_picture import simulation_svg
from worker.report.simulation_text import show_simulation
from worker.steps.simulate import Asked, simulate

route = typer.Typer(no_args_is_help=True, help="Look at routing: who would get which leads.")


@route.callback()
def _route() -> None:
    """Look at routing: who would get which leads."""


@route.command("simulate")
def route_simulate(
    config: ConfigOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    other: WithOption = None,
    routing: RoutingOption = None,
    pause: PauseOption = None,
    weight: WeightOption = None,
    add: AddOption = None,
    open_for: OpenForOption = None,
    arrivals: ArrivalsOption = None,
    invent: InventOption = None,
    seed: SeedOption = 1,
    svg: SvgOption = None,
    html: HtmlOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay arrivals against the roster, or a changed one: loads, waits, overflow, fairness.

    Without `--with`, `--routing` or a what-if the present roster is compared with what really
    happened. Nothing is stored or written but the files that are asked for. Ends with exit code 66
    when nothing arrived in that time, 65 when the table cannot be read, 78 when the changed roster
    is not sound.
    """
    quiet_logs()
    what_if = _parse_what_if(pause or [], weight or [], add or [])
    if other is not None and routing is not None:
        raise typer.BadParameter("give --with or --routing, not both")
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_app(config, now=now, on_progress=bars, stores=False) as app,
    ):
        base = _other_roster(app, other, routing)
        zone = app.ruleset.configuration.time_zone
        asked = Asked(
            since=begins_at(since, zone),
            until=begins_at(until, zone),
            open_for=open_for,
            changed=_changed(app, base, what_if),
            table=arrivals,
            invent=invent,
            seed=seed,
        )
        began = time.perf_counter()
        report = simulate(app.looking(), asked)
        seconds = time.perf_counter() - began
        _draw(report, svg, html)
    _end(report, seconds, as_json=as_json)


def _end(report: SimulationReport, seconds: float, *, as_json: bool) -> None:
    rate = round(report.present.tally.arrivals / seconds)
    if as_json:
        print_json({**simulation_json(report), "seconds": round(seconds, 3), "per_second": rate})
        return
    for line in show_simulation(report):
        show(line)
    show(f"{rate} arrivals/s.")


def _draw(report: SimulationReport, svg: Path | None, html: Path | None) -> None:
    if svg is not None:
        svg.write_text(simulation_svg(report), encoding="utf-8")
    if html is not None:
        html.write_text(simulation_page(report), encoding="utf-8")


def _other_roster(app: App, other: Path | None, routing: Path | None) -> RoutingPolicy | None:
    if other is not None:
        return load_configuration(other).routing
    if routing is not None:
        return load_routing(app.settings.config, routing)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _WhatIf:
    """Changes of the roster: members paused, weights by member, and new ones as team, member, weight."""

    paused: tuple[str, ...]
    weights: tuple[tuple[str, float], ...]
    added: tuple[tuple[str, str, float], ...]


def _parse_what_if(pause: list[str], weight: list[str], add: list[str]) -> _WhatIf:
    added = []
    for text in add:
        place, number = _numbered(text, "--add", 1.0)
        team, _slash, member = place.partition("/")
        if not member:
            raise typer.BadParameter("--add takes a team and a new member: scheduling/new-1")
        added.append((team, member, number))
    return _WhatIf(
        paused=tuple(pause),
        weights=tuple(_numbered(text, "--weight", None) for text in weight),
        added=tuple(added),
    )


def _numbered(text: str, option: str, default: float | None) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    if not equals and default is not None:
        return name, default
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise typer.BadParameter(f"{option} takes a weight above 0, as in {name}=2")
    return name, value


def _changed(app: App, base: RoutingPolicy | None, what_if: _WhatIf) -> RoutingPolicy | None:
    """Apply the what-ifs; None when nothing is to be changed."""
    if base is None and not (what_if.paused or what_if.weights or what_if.added):
        return None
    policy = base or app.ruleset.configuration.routing
    for team, member, weight in what_if.added:
        _known("team", team, frozenset(policy.teams))
        if member in members_of(policy):
            raise FixConfigurationError(f"There is a member {member!r} already; name a new one.")
        policy = with_member(policy, team, member, weight)
    for member, weight in what_if.weights:
        _known("member", member, members_of(policy))
        policy = with_weight(policy, member, weight)
    for member in what_if.paused:
        _known("member", member, members_of(policy))
        policy = with_pause(policy, member)
    return policy


def _known(noun: str, name: str, names: frozenset[str]) -> None:
    if name not in names:
        hint = nearest(name, names) or f"There are {in_words(sorted(names))}."
        raise FixConfigurationError(f"There is no {noun} {name!r}. {hint[0].upper()}{hint[1:]}")
