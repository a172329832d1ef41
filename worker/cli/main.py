"""The command ``leadtriage``: one command per question an operator asks."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Annotated

import typer

from worker import __version__
from worker.app import spare_collector
from worker.cli import (
    configure,
    consent,
    demo,
    duplicates,
    fields,
    inspect,
    route,
    sample,
    sandbox,
    setup,
    sync,
    truth,
)
from worker.cli.options import err, forgive_encodings, show
from worker.errors import ExitCode

EPILOG = (
    "Exit codes: 0 done, 1 problems found, 2 wrong usage, 3 plan held, 4 some writes failed, "
    "65 data, 66 not found, 69 unavailable, 70 bug, 75 try later, 77 no permission, "
    "78 configuration, 130 interrupted."
)

app = typer.Typer(
    name="leadtriage",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    help="Qualify, route and write back healthcare leads, by written criteria.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        show(f"leadtriage {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[  # handled by its callback
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Qualify, route and write back healthcare leads, by written criteria."""


app.command(rich_help_panel="Configure")(configure.init)
app.command(rich_help_panel="Configure")(setup.setup)
app.command(rich_help_panel="Configure")(configure.check)
app.command(rich_help_panel="Configure")(fields.fields)
app.command(rich_help_panel="Try it")(sample.sample)
app.command(rich_help_panel="Try it")(demo.demo)
app.command(rich_help_panel="Try it")(sandbox.sandbox)
app.command(rich_help_panel="Work")(sync.plan)
app.command(rich_help_panel="Work")(sync.apply)
app.command(rich_help_panel="Work")(sync.sync)
app.command(rich_help_panel="Work")(sync.run)
app.command(rich_help_panel="Look back")(inspect.explain)
app.command(rich_help_panel="Look back")(inspect.runs)
app.command(rich_help_panel="Look back")(duplicates.duplicates)
app.command(rich_help_panel="Look back")(consent.consent)
app.command(rich_help_panel="Look back")(truth.truth)
app.add_typer(route.route, name="route", rich_help_panel="Look back")
app.add_typer(inspect.audit, name="audit", rich_help_panel="Look back")


def main() -> None:
    """Run the command line. An error nobody foresaw is a bug: it is placed, but never quoted.

    Its message and the values around it may be somebody's data, so only code positions are shown.
    """
    forgive_encodings()
    spare_collector()
    try:
        app()
    except Exception as error:  # noqa: BLE001  # the run boundary
        err.print(f"A bug in leadtriage: {type(error).__name__}. Please report these lines:")
        for frame in traceback.extract_tb(error.__traceback__):
            if "leadtriage" in frame.filename or "worker" in frame.filename:
                err.print(
                    f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}", markup=False
                )
        err.print(
            "Nothing was lost: what was stored is whole, and the next run goes on from there."
        )
        raise SystemExit(ExitCode.BUG) from None
