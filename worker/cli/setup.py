"""The command ``setup``: makes in a CRM what the write-back needs, and shows it first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from worker.app import open_system
from worker.cli.configure import problem_json
from worker.cli.options import (
    ConfigOption,
    DryRunOption,
    JsonOption,
    err,
    exits,
    print_json,
    quiet_logs,
    show,
    with_config,
)
from worker.cli.setup_package import find_system, write_package
from worker.config.findings import Findings
from worker.config.loader import load_configuration
from worker.config.settings import load_settings, with_overrides
from worker.config.yaml_text import Sheet, read_sheet
from worker.core.setup_records import SetupPlan, SetupStep, WantedField
from worker.core.wanted_fields import wanted_fields
from worker.errors import ExitCode, Problem
from worker.ports import Connector
from worker.registry import connector_names
from worker.report.setup import setup_json, show_setup, step_in_words
from worker.report.words import counted
from worker.steps.setup import carry_out, plan_setup, problems_of, refuse_setup

PackageOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--package",
        envvar="LEADTRIAGE_PACKAGE",
        file_okay=False,
        help="Write what an administrator deploys (Salesforce) to this folder, instead.",
        show_default=False,
    ),
]
OverwriteOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        envvar="LEADTRIAGE_OVERWRITE",
        help="With --package: replace files that read otherwise.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The CRM to set up: its connector, what its map writes, and the file of the map.

    ``config`` is the folder that was named, if any.
    """

    system: str
    config: Path | None
    connector: Connector
    wanted: tuple[WantedField, ...]
    sheet: Sheet


def setup(
    system: Annotated[
        str,
        typer.Argument(
            help="Which CRM: the name of its file in systems/.", autocompletion=connector_names
        ),
    ],
    config: ConfigOption = None,
    package: PackageOption = None,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show, then make, what is written to a CRM and what it lacks. Removes nothing, and changes no type.

    With --package nothing is asked or made: what an administrator of Salesforce deploys is written to
    a folder, for this map.

    Ends with exit code 1 while something is left that only a person can do, and with 77, before
    anything is made, if the token lacks a permission.
    """
    quiet_logs()
    with exits():
        if package is not None:
            write_package(
                system, config, package, overwrite=overwrite, dry_run=dry_run, as_json=as_json
            )
            return
        with _open(system, config) as place:
            _set_up(place, dry_run=dry_run, as_json=as_json)


@contextmanager
def _open(system: str, config: ConfigOption) -> Iterator[_Place]:
    settings = load_settings(config)
    configuration = with_overrides(load_configuration(settings.config), settings)
    found = find_system(configuration, system)
    file = f"systems/{system}.yaml"
    sheet = read_sheet(settings.config / file, file, Findings())
    assert sheet is not None, "it was read just now"
    with closing(open_system(found, settings.config)) as connector:
        yield _Place(
            system=system,
            config=config,
            connector=connector,
            wanted=wanted_fields(configuration, found),
            sheet=sheet,
        )


def _set_up(place: _Place, *, dry_run: bool, as_json: bool) -> None:
    plan = plan_setup(place.connector, place.wanted)
    if not as_json:
        show(show_setup(place.system, plan))
    done: list[SetupStep] = []
    left = plan
    if not dry_run and plan.steps:
        refuse_setup(plan)
        carry_out(place.connector, plan.steps, _teller(done, as_json=as_json))
        left = plan_setup(place.connector, place.wanted)
    problems = sorted(problems_of(left, place.sheet))
    if as_json:
        listed = [problem_json(problem) for problem in problems]
        print_json(setup_json(place.system, plan, done, listed, is_dry_run=dry_run))
    else:
        _tell(place, plan, left, problems, dry_run=dry_run)
    is_unfinished = bool(left.steps) and not dry_run
    if problems or is_unfinished:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _teller(done: list[SetupStep], *, as_json: bool) -> Callable[[SetupStep], None]:
    def tell(step: SetupStep) -> None:
        done.append(step)
        if not as_json:
            show(step_in_words(step, is_done=True))

    return tell


def _tell(
    place: _Place, plan: SetupPlan, left: SetupPlan, problems: list[Problem], *, dry_run: bool
) -> None:
    for problem in problems:
        err.print(str(problem), markup=False, soft_wrap=True)
    for step in plan.steps if dry_run else ():
        show(step_in_words(step, is_done=False))
    if problems:
        show(f"{counted(len(problems), 'thing')} for a person to do; then run setup again.")
    show(_end_in_words(place.system, plan, left, dry_run=dry_run))
    if not (problems or dry_run or left.steps):
        show(f"Next: {with_config('leadtriage check --live', place.config)}")


def _end_in_words(system: str, plan: SetupPlan, left: SetupPlan, *, dry_run: bool) -> str:
    if dry_run:
        return "Nothing was changed."
    if left.steps:
        return f"{system} does not show all of it yet. Run setup again."
    if plan.steps:
        return f"{system} now has what we make there."
    return f"Nothing was left to make: {system} was not changed."
