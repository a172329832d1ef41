"""The command ``consent``: opt-outs that not every CRM shows yet, and how long there is left."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.app import is_missing, open_app
from worker.cli.options import (
    ConfigOption,
    JsonOption,
    NowOption,
    exits,
    print_json,
    quiet_logs,
    show,
)
from worker.config.settings import load_settings
from worker.errors import ExitCode, NotFoundError
from worker.report.revocation_text import show_revocations
from worker.report.revocations import revocations_json
from worker.steps.revocations import count_revocations, list_revocations

MOST_LISTED = 1_000
NO_LEDGER = (
    "There is no ledger where the settings say it is, so there is nothing to look at. "
    "Check ledger.url and --config, or run `leadtriage sync` first."
)


def consent(
    config: ConfigOption = None,
    now: NowOption = None,
    limit: Annotated[
        int,
        typer.Option(envvar="LEADTRIAGE_LIMIT", min=1, help="How many revocations to list."),
    ] = MOST_LISTED,
    as_json: JsonOption = False,
) -> None:
    """List the opt-outs that some record does not show yet, by deadline.

    Ends with exit code 1 when one is overdue, or so near its deadline that `alarm_before` in
    consent.yaml asks for an alarm.
    """
    quiet_logs()
    with exits():
        if is_missing(load_settings(config).ledger_url):
            raise NotFoundError(NO_LEDGER)
        with (
            open_app(config, now=now, stores=False, connects=False) as app,
            app.ledger.read() as tx,
        ):
            at = app.at()
            counts = count_revocations(tx, app.ruleset, at)
            listed = list_revocations(tx, app.ruleset, at)
            rows = [row for row, _number in zip(listed, range(limit), strict=False)]
        if as_json:
            print_json(revocations_json(counts, rows))
        else:
            for line in show_revocations(counts, rows, app.ruleset.configuration.time_zone):
                show(line)
        if counts.is_alarming:
            raise typer.Exit(ExitCode.FOUND_PROBLEMS)
