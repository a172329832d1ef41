"""The command ``duplicates``: who may be the same person, for people to look at."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli.inspect import open_stored
from worker.cli.options import (
    ConfigOption,
    JsonOption,
    exits,
    print_json,
    progress,
    quiet_logs,
    show,
)
from worker.core.trace import Json
from worker.report.duplicates import named_json, proposal_json, show_duplicates
from worker.steps.duplicates import DuplicatesReport, find_duplicates


def duplicates(
    config: ConfigOption = None,
    limit: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_LIMIT", min=1, help="How many of each kind to list.")
    ] = 50,
    show_values: Annotated[
        bool,
        typer.Option(
            "--show-values",
            envvar="LEADTRIAGE_SHOW_VALUES",
            help="Show names, addresses and numbers beside the evidence. They are personal data.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List who may be the same person, with the evidence, the strongest first.

    Compares the whole base as it was last synced, by blocks of people who share a key. What it
    lists is a proposal: nothing is linked, merged or written.
    """
    quiet_logs()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_stored(config, on_progress=bars) as app,
    ):
        report = find_duplicates(app.looking(), limit)
    found = _as_json(report, limit, shows_values=show_values)
    if as_json:
        print_json(found)
        return
    for line in show_duplicates(found):
        show(line)


def _as_json(report: DuplicatesReport, limit: int, *, shows_values: bool) -> dict[str, Json]:
    blocks = report.blocks
    shared = sorted(refs for refs in report.ambiguous.values())
    return {
        "people": report.people,
        "records": report.records,
        "links": dict(sorted(report.links.items())),
        "linked": [
            {
                "profile": one.profile_id,
                "records": [str(r) for r in one.records],
                "by": list(one.by),
            }
            for one in report.linked
        ],
        "proposals": {name: report.proposals[name] for name in ("likely", "doubtful")},
        "proposed": [proposal_json(item, shows_values=shows_values) for item in report.proposed],
        "named_by_crm": report.named_by_crm,
        "named": [named_json(one) for one in report.named],
        "ambiguous_groups": len(shared),
        "ambiguous": [[str(ref) for ref in refs] for refs in shared[:limit]],
        "blocks": {
            "pairs": blocks.pairs,
            "cut": blocks.cut,
            "largest": blocks.largest,
            "cut_people": blocks.cut_people,
            "lost_people": blocks.lost_people,
        },
    }
