"""The command ``sample``: an invented base of leads, in tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.options import JsonOption, exits, print_json, progress, quiet_logs, show
from worker.core.trace import Json
from worker.errors import FixDataError
from worker.report.words import counted
from worker.sample import SampleSummary, SplitSummary, split_sample, write_sample


def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write the tables.")],
    contacts: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_CONTACTS", min=1, help="How many contacts.")
    ] = 2000,
    seed: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_SEED", help="The same seed gives the same base.")
    ] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            envvar="LEADTRIAGE_UNTIL",
            help="Last day of the year the base covers. Default: today.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        bool,
        typer.Option(
            "--split",
            envvar="LEADTRIAGE_SPLIT",
            help="Also as two CRMs hold it, which disagree here and there: tables in FOLDER/hubspot "
            "and FOLDER/salesforce.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an invented base of leads to try things on. No real person is in it."""
    quiet_logs()
    with exits(), progress(is_hidden=as_json) as bars:
        if folder.is_dir() and any(folder.iterdir()):
            raise FixDataError(f"The folder {folder} is not empty. Name one that is, or a new one.")
        last: date = (until or datetime.now(UTC)).date()
        summary = write_sample(
            folder, contacts, seed, last, lambda done: bars("sample", done, contacts)
        )
        shares = split_sample(folder, seed) if split else None
    if as_json:
        print_json(_sample_json(summary, shares))
    else:
        _tell(folder, last, summary, shares)


def _sample_json(summary: SampleSummary, shares: SplitSummary | None) -> dict[str, Json]:
    return {
        "contacts": summary.contacts,
        "activities": summary.activities,
        "owners": summary.owners,
        "people": summary.people,
        "pathways": dict(summary.pathways),
        "defects": dict(summary.defects),
        "outcomes": dict(summary.outcomes),
        "records": dict(shares.records) if shares else None,
        "in_both": shares.in_both if shares else None,
    }


def _tell(folder: Path, last: date, summary: SampleSummary, shares: SplitSummary | None) -> None:
    show(
        f"Wrote {counted(summary.contacts, 'contact')} of "
        f"{counted(summary.people, 'person', 'people')}, "
        f"{counted(summary.activities, 'activity', 'activities')} "
        f"and {counted(summary.owners, 'owner')} to {folder}, up to {last}."
    )
    if shares is not None:
        parts = " and ".join(f"{count} in {name}" for name, count in shares.records.items())
        show(f"Split over two CRMs: {parts}, {shares.in_both} of them in both.")
