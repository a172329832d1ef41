"""The options of ``route simulate``, each with its variable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import typer

from worker.config.durations import DURATION_EXAMPLE, parse_duration
from worker.core.transforms import parse_instant


def _parse_at(text: str) -> datetime:
    """Read an instant, or a day, which has no zone until ``begins_at`` gives it that of the organisation."""
    at = parse_instant(text)
    if at is None:
        raise typer.BadParameter("give a day such as 2026-11-02, or an instant")
    is_day = len(text.strip()) == len("2026-11-02")
    return at.replace(tzinfo=None) if is_day else at.astimezone(UTC)


def begins_at(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Say when a day begins where the organisation is; an instant is itself."""
    if at is None or at.tzinfo is not None:
        return at
    return at.replace(tzinfo=zone).astimezone(UTC)


def _parse_length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise typer.BadParameter(f"give {DURATION_EXAMPLE}") from None


SinceOption: TypeAlias = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        parser=_parse_at,
        metavar="DAY",
        envvar="LEADTRIAGE_FROM",
        help="First day, in the organisation's time zone. Default: that of the first arrival.",
        show_default=False,
    ),
]

UntilOption: TypeAlias = Annotated[
    datetime | None,
    typer.Option(
        "--to",
        parser=_parse_at,
        metavar="DAY",
        envvar="LEADTRIAGE_TO",
        help="The instant it ends; of a day, its beginning there. Default: now.",
        show_default=False,
    ),
]

WithOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--with",
        envvar="LEADTRIAGE_WITH",
        help="Compare with the roster of another configuration folder.",
        show_default=False,
    ),
]

RoutingOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_ROUTING",
        help="Compare with the roster of another routing.yaml.",
        show_default=False,
    ),
]

PauseOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(envvar="LEADTRIAGE_PAUSE", help="What if this member were paused."),
]

WeightOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        envvar="LEADTRIAGE_WEIGHT",
        metavar="MEMBER=N",
        help="What if this member had another weight.",
    ),
]

AddOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        envvar="LEADTRIAGE_ADD",
        metavar="TEAM/MEMBER[=N]",
        help="What if a team had one more member, of weight N, without limits.",
    ),
]

OpenForOption: TypeAlias = Annotated[
    timedelta | None,
    typer.Option(
        parser=_parse_length,
        metavar="TIME",
        envvar="LEADTRIAGE_OPEN_FOR",
        help='Assume that each lead stays open so long, such as "3 days". Default: as the '
        "ledger or the table says; else for good.",
        show_default=False,
    ),
]

ArrivalsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_ARRIVALS",
        help="Take the arrivals from a CSV file: at, pathway, closed_at if known, and facts.",
        show_default=False,
    ),
]

InventOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        envvar="LEADTRIAGE_INVENT",
        min=1,
        help="Invent so many leads in the time asked for, or in four weeks.",
        show_default=False,
    ),
]

SeedOption: TypeAlias = Annotated[
    int, typer.Option(envvar="LEADTRIAGE_SEED", help="The same seed invents the same leads.")
]

SvgOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(envvar="LEADTRIAGE_SVG", help="Draw it as a picture too.", show_default=False),
]

HtmlOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_HTML",
        help="Write it as a page too, with the picture in it.",
        show_default=False,
    ),
]
