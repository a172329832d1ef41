"""Options that several commands share, each with its variable, and the way every command ends."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from worker.core.trace import Json
from worker.core.transforms import parse_instant
from worker.errors import ExitCode, LeadtriageError, recovery_of
from worker.log import configure_logging, frames_of
from worker.steps.work import OnProgress

BUG_SENTENCE = "This is a bug in leadtriage. Nothing was lost; please report the lines below."
out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, highlight=False)


def _parse_now(text: str) -> datetime:
    at = parse_instant(text)
    if at is None:
        raise typer.BadParameter("give an instant such as 2026-11-02T15:00:00Z")
    return at.astimezone(UTC)


ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="LEADTRIAGE_CONFIG",
        help="Folder of the organisation's configuration; without it, the present folder.",
        show_default=False,
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", envvar="LEADTRIAGE_JSON", help="Print one JSON object instead.")
]
NowOption: TypeAlias = Annotated[
    datetime | None,
    typer.Option(
        "--now",
        envvar="LEADTRIAGE_NOW",
        parser=_parse_now,
        metavar="INSTANT",
        help="Decide as of this instant, to rehearse or to replay; what is asked of a CRM goes by the clock "
        "all the same. Default: the clock.",
        show_default=False,
    ),
]
DryRunOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--dry-run", envvar="LEADTRIAGE_DRY_RUN", help="Show what would happen; write nothing."
    ),
]


def json_text(value: Mapping[str, Json], *, indent: int | None = None) -> str:
    """Write JSON as stdout can hold it: escaped where its encoding has no room, so nothing is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def print_json(value: Mapping[str, Json]) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def forgive_encodings() -> None:
    """Replace what the terminal's encoding cannot show, rather than end in the middle of a table."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def show(value: RenderableType) -> None:
    """Print something for people on stdout. A sentence is never broken: it may hold a command."""
    out.print(value, soft_wrap=isinstance(value, (str, Text)), markup=False)


def with_config(command: str, config: Path | None) -> str:
    """Write a command for the same configuration as this one has, ready to be pasted."""
    return command if config is None else f"{command} --config {shlex.quote(str(config))}"


@contextmanager
def progress(*, is_hidden: bool) -> Iterator[OnProgress]:
    """Show progress bars on stderr, on a terminal only."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
        disable=is_hidden or not err.is_terminal,
    ) as bars:
        yield _updater(bars)


def _updater(bars: Progress) -> OnProgress:
    tasks = {}

    def update(name: str, done: int, total: int | None) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=total)
        bars.update(tasks[name], completed=done, total=total)

    return update


@contextmanager
def exits() -> Iterator[None]:
    """End the command with the exit code of the error, and its message on stderr.

    An error nobody foresaw is a bug: its place is shown and its message is not, since that may hold
    a contact value.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except LeadtriageError as error:
        style = "red" if err.is_terminal else ""
        err.print(str(error), style=style, markup=False, soft_wrap=True)  # it may hold a command
        raise typer.Exit(recovery_of(error).exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except Exception as error:  # noqa: BLE001  # the boundary of the command: nothing may pass
        name = type(error).__name__
        said = f"{BUG_SENTENCE}\n{frames_of(error)}\n  {name}"
        err.print(said, markup=False, soft_wrap=True)
        raise typer.Exit(recovery_of(error).exit_code) from None


def quiet_logs() -> None:
    """Show only warnings: the command prints its own result."""
    configure_logging("warning", as_json=False)
