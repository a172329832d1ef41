"""The command ``sandbox``: a CRM on this machine, with nobody in it who exists."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from threading import Event
from types import FrameType
from typing import Annotated, TypeAlias

import typer

from worker.cli.options import JsonOption, NowOption, exits, print_json, progress, quiet_logs, show
from worker.ports import RunningSandbox, SandboxOrder
from worker.registry import find_sandbox, sandbox_names
from worker.report.words import counted

PORTS = {"hubspot": 8710, "salesforce": 8720}
"""Where a twin is served unless a port is named: each elsewhere, so that several can be at once."""
INDEX_LAGS = {"hubspot": 2.0}
"""By how much a search stays behind unless told, where there is a search that does."""

DataOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_SANDBOX_DATA",
        exists=True,
        file_okay=False,
        help="Fill it from this folder, as `leadtriage sample` writes one.",
        show_default=False,
    ),
]
ScriptOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_SANDBOX_SCRIPT",
        help="JSON list of faults that strike, see connectors/sandbox/README.md.",
        show_default=False,
    ),
]
DatabaseOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_SANDBOX_DATABASE",
        help="Keep the state in this file. Default: memory.",
        show_default=False,
    ),
]
MetadataOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        envvar="LEADTRIAGE_SANDBOX_METADATA",
        exists=True,
        file_okay=False,
        help="Deploy the fields of this folder first, a Salesforce project in source format.",
        show_default=False,
    ),
]
LimitsOption: TypeAlias = Annotated[
    bool, typer.Option(envvar="LEADTRIAGE_SANDBOX_LIMITS", help="Keep the CRM's rate limits.")
]
LagOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        envvar="LEADTRIAGE_SANDBOX_INDEX_LAG",
        min=0,
        help="Seconds by which hubspot's search stays behind its writes. Default: 2.",
        show_default=False,
    ),
]
FeatureOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        envvar="LEADTRIAGE_SANDBOX_FEATURE",
        help="Switch something on in salesforce: person-accounts, shared-activities. May be repeated.",
        show_default=False,
    ),
]


def sandbox(
    system: Annotated[
        str, typer.Argument(help="Which CRM to stand in for.", autocompletion=sandbox_names)
    ] = "hubspot",
    port: Annotated[
        int | None,
        typer.Option(
            envvar="LEADTRIAGE_SANDBOX_PORT",
            min=0,
            max=65535,
            help="0 takes a free one. Default: 8710 for hubspot, 8720 for salesforce.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    script: ScriptOption = None,
    database: DatabaseOption = None,
    metadata: MetadataOption = None,
    limits: LimitsOption = True,
    index_lag: LagOption = None,
    feature: FeatureOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a local twin of a CRM until it is interrupted. No account is needed, nobody is real."""
    quiet_logs()
    ended = _when_interrupted()
    with exits(), progress(is_hidden=as_json) as bars:
        order = SandboxOrder(
            port=PORTS.get(system, 0) if port is None else port,
            data=data,
            script=script,
            database=database,
            metadata=metadata,
            now=now,
            has_limits=limits,
            index_lag_seconds=INDEX_LAGS.get(system) if index_lag is None else index_lag,
            features=tuple(feature or ()),
            on_progress=lambda done: bars("contacts", done, None),
        )
        with find_sandbox(system)(order) as running:
            is_kept = data is not None and not any(running.made.values())
            _tell(system, running, is_kept=is_kept, as_json=as_json)
            ended.wait()


def _when_interrupted() -> Event:
    ended = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    return ended


def _tell(system: str, running: RunningSandbox, *, is_kept: bool, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "system": system,
                "url": running.url,
                "token": running.token,
                "person_token": running.person_token,
                "variables": dict(running.variables),
                "made": dict(running.made),
                "left_out": dict(running.left_out),
            }
        )
        sys.stdout.flush()  # whoever started it waits for the address
        return
    for line in filled_in_words(running):
        show(line)
    if is_kept:
        show("The account is as it was left; the tables were not read.")
    show(f"Serving {system} at {running.url}. Interrupt to stop. In another terminal:")
    show(f"  {exports(running.variables)}")
    show(f"What is written with this token was done by a person: {running.person_token}")


def filled_in_words(running: RunningSandbox) -> Iterator[str]:
    """Say what a twin was filled with; nothing of one whose database was full already."""
    made = ", ".join(
        counted(count, name.removesuffix("s")) for name, count in running.made.items() if count
    )
    if made:
        yield f"Made {made}."
    if running.left_out:
        total = sum(running.left_out.values())
        columns = ", ".join(sorted(running.left_out))
        yield f"Left out {counted(total, 'value')} that an account could not hold: {columns}."


def exports(variables: Mapping[str, str]) -> str:
    """Write the line that points a shell's commands at a twin."""
    return " ".join(["export", *(f"{name}={quote(value)}" for name, value in variables.items())])
