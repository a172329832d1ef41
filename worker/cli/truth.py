"""The command ``truth``: on whom the CRMs disagree about stage, owner or consent, and what settles it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated

import typer

from worker.app import App, is_missing, open_app
from worker.cli.options import (
    ConfigOption,
    JsonOption,
    NowOption,
    exits,
    json_text,
    progress,
    quiet_logs,
    show,
)
from worker.config.settings import load_settings
from worker.core.testimony import About, Disagreement
from worker.core.trace import Json
from worker.errors import ExitCode, NotFoundError
from worker.ledger.transaction import Transaction
from worker.report.truth import (
    PAGE,
    disagreement_json,
    show_people,
    show_truth,
    truth_json,
)
from worker.steps.truth import Tally, read_at, tell_truth

NO_LEDGER = (
    "There is no ledger where the settings say it is, so there is nothing to look at. "
    "Check ledger.url and --config, or run `leadtriage sync` first."
)


def truth(
    config: ConfigOption = None,
    about: Annotated[
        list[About] | None,
        typer.Option(
            envvar="LEADTRIAGE_ABOUT", help="Only this; may be given more than once. Default: all."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            envvar="LEADTRIAGE_LIMIT",
            min=1,
            help="How many disagreements to list. Default: all.",
            show_default=False,
        ),
    ] = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """List everybody on whom the CRMs disagree about stage, owner or consent: why, and what settles it.

    Reads the ledger and calls no CRM: it tells how things stood when they were last read. Ends with
    exit code 1 when there is any disagreement.
    """
    quiet_logs()
    asked = frozenset(about or About)
    with exits():
        if is_missing(load_settings(config).ledger_url):
            raise NotFoundError(NO_LEDGER)
        with (
            progress(is_hidden=as_json) as bars,
            open_app(config, now=now, on_progress=bars, stores=False, connects=False) as app,
            app.ledger.read() as tx,
        ):
            is_agreed = _tell(app, tx, asked, limit, as_json=as_json)
        if not is_agreed:
            raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _tell(
    app: App, tx: Transaction, asked: frozenset[About], limit: int | None, *, as_json: bool
) -> bool:
    """Count first, then walk again to list: so nothing is kept, however many there are."""
    counts = Tally()
    for _found in tell_truth(app.looking(), tx, asked, counts):
        pass
    times = read_at(tx, sorted(app.ruleset.configuration.systems))
    listed = islice(tell_truth(app.looking(), tx, asked, Tally()), limit)
    if as_json:
        _print_json(truth_json(counts, times), listed)
        return not counts.disagreeing
    zone = app.ruleset.configuration.time_zone
    for part in show_truth(counts, times, zone):
        show(part)
    while some := list(islice(listed, PAGE)):
        show("")
        show(show_people(some, zone))
    return not counts.disagreeing


def _print_json(head: Mapping[str, Json], listed: Iterator[Disagreement]) -> None:
    """Print one JSON object whose list of people is written as it is found."""
    text = json_text(head)
    sys.stdout.write(text.removesuffix("}") + ', "listed": [')
    for number, item in enumerate(listed):
        sys.stdout.write(",\n" if number else "\n")
        sys.stdout.write(json_text(disagreement_json(item)))
    sys.stdout.write("\n]}\n")
