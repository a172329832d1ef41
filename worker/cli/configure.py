"""Commands about configuration and material: ``init``, ``check`` and ``sample``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from worker.app import open_system
from worker.cli.options import (
    ConfigOption,
    DryRunOption,
    JsonOption,
    err,
    exits,
    print_json,
    progress,
    quiet_logs,
    show,
)
from worker.config.findings import Findings, problem_at
from worker.config.folder import read_sheets
from worker.config.loader import check_configuration
from worker.config.settings import load_settings, with_overrides
from worker.core.configuration import Configuration
from worker.core.ruleset import owner_writers
from worker.core.setup_records import LiveAccount
from worker.core.trace import Json
from worker.errors import ExitCode, FixConfigurationError, FixDataError, LeadtriageError, Problem
from worker.report.setup import account_json, show_account
from worker.report.words import counted
from worker.sample import write_sample
from worker.steps.live import look_live
from worker.steps.live_twins import look_at_twins

WHOLE = "organisation.yaml"
"""An example that has it is a whole configuration."""
ROSTER = "routing.yaml"
NOT_COPIED = frozenset({"README.md", "docs", "__pycache__", "state"})


def shipped_mappings() -> Traversable:
    """Find the configuration that is shipped: in the installed package, or in the source tree."""
    inside = files("worker") / "_mappings"
    return inside if inside.is_dir() else files("worker") / ".." / "mappings"


def example_names() -> tuple[str, ...]:
    """List the examples that are shipped, in alphabetical order."""
    return tuple(sorted(path.name for path in (shipped_mappings() / "examples").iterdir()))


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the configuration.")],
    example: Annotated[
        str | None,
        typer.Option(
            envvar="LEADTRIAGE_EXAMPLE",
            help="Start from an example, such as hubspot.",
            autocompletion=example_names,
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a configuration to start from. Never overwrites a file."""
    quiet_logs()
    with exits(), as_file(shipped_mappings()) as shipped:
        copied, kept = copy_configuration(shipped, folder, example, dry_run=dry_run)
    if as_json:
        print_json({"folder": str(folder), "written": copied, "left": kept, "is_dry_run": dry_run})
        return
    verb = "Would write" if dry_run else "Wrote"
    show(f"{verb} {counted(copied, 'file')} to {folder}; left {kept} that were there.")
    if not dry_run:
        show(f"Next: {_next_step(folder, example)} ; leadtriage check --config {folder}")


def copy_configuration(
    shipped: Path, folder: Path, example: str | None, *, dry_run: bool
) -> tuple[int, int]:
    """Copy the shipped configuration, or an example; returns how many files were copied and kept.

    An example that says nothing of its organisation is another CRM for the shipped configuration:
    its files take the place of the shipped ones, and owners are called by the name of its system.
    """
    plain = NOT_COPIED | {"examples"}
    if example is None:
        return copy_tree(shipped, folder, plain, dry_run=dry_run)
    source = shipped / "examples" / example
    if not source.is_dir():
        known = ", ".join(sorted(p.name for p in (shipped / "examples").iterdir()))
        raise FixConfigurationError(f"There is no example {example!r}. There are: {known}.")
    copied, kept = copy_tree(source, folder, NOT_COPIED, dry_run=dry_run)
    if (source / WHOLE).exists():
        return copied, kept
    has_own = {path.name for path in source.glob("*.yaml")}
    has_roster = (folder / ROSTER).exists()
    more = copy_tree(shipped, folder, plain | has_own | {"systems"}, dry_run=dry_run)
    systems = [path.stem for path in source.glob("systems/*.yaml")]
    if len(systems) == 1 and not (dry_run or has_roster):
        _call_owners_by(folder / ROSTER, systems[0])
    return copied + more[0], kept + more[1]


def _call_owners_by(roster: Path, system: str) -> None:
    text = roster.read_text(encoding="utf-8")
    roster.write_text(text.replace("{files: ", f"{{{system}: "), encoding="utf-8")


def _next_step(folder: Path, example: str | None) -> str:
    """What comes before the check: the sample fits the shipped configuration only, not the examples."""
    if example is None:
        return f"leadtriage sample {folder / 'data'}"
    if not (folder / "systems" / "files.yaml").exists():
        return f"leadtriage setup {example} --config {folder}"
    return "export LEADTRIAGE_FILES__FOLDER=<the folder with your tables>"


def copy_tree(
    source: Path, target: Path, skipped: frozenset[str], *, dry_run: bool
) -> tuple[int, int]:
    """Copy files that are not there yet; returns how many were copied and how many kept."""
    copied = kept = 0
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source)
        if not path.is_file() or skipped & set(inner.parts):
            continue
        if (target / inner).exists():
            kept += 1
            continue
        copied += 1
        if not dry_run:
            (target / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inner)
    return copied, kept


def check(
    config: ConfigOption = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            envvar="LEADTRIAGE_LIVE",
            help="Compare with the CRMs as well: fields, types, lists, rules, stages, owners, "
            "permissions and limits.",
        ),
    ] = False,
    facts: Annotated[
        bool, typer.Option("--facts", envvar="LEADTRIAGE_FACTS", help="List the known facts.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the configuration before anything runs, and list every problem at once."""
    quiet_logs()
    with exits():
        settings = load_settings(config)
        report = check_configuration(settings.config, datetime.now(UTC).date())
        problems, warnings = list(report.problems), list(report.warnings)
        accounts: Sequence[LiveAccount] = ()
        if report.configuration is not None:
            configuration = with_overrides(report.configuration, settings)
            if facts:
                _show_facts(configuration)
                return
            if live:
                found, accounts = _look_live(configuration, settings.config)
                problems, warnings = problems + found.errors, warnings + found.warnings
    _end_check(problems, warnings, accounts, as_json=as_json)


def _end_check(
    problems: list[Problem],
    warnings: list[Problem],
    accounts: Sequence[LiveAccount],
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(
            {
                "is_usable": not problems,
                "problems": [problem_json(problem) for problem in problems],
                "warnings": [problem_json(problem) for problem in warnings],
                "accounts": [account_json(account) for account in accounts],
            }
        )
    else:
        for account in accounts:
            if account.facts or account.permissions:
                show(show_account(account))
        for problem in problems:
            err.print(str(problem), markup=False, soft_wrap=True)
        for warning in warnings:
            err.print(f"warning: {warning}", markup=False, soft_wrap=True)
        show(f"{counted(len(problems), 'problem')}, {counted(len(warnings), 'warning')}.")
    if problems:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def problem_json(problem: Problem) -> dict[str, Json]:
    """Give every part of a problem."""
    return {
        "file": problem.file,
        "line": problem.line,
        "key": problem.key,
        "message": problem.message,
        "allowed": problem.allowed,
        "hint": problem.hint,
    }


def _look_live(
    configuration: Configuration, folder: Path
) -> tuple[Findings, Sequence[LiveAccount]]:
    """Compare what is said of each CRM with the CRM."""
    sheets = read_sheets(folder)
    found = Findings()
    accounts: list[LiveAccount] = []
    for name, system in configuration.systems.items():
        try:
            with closing(open_system(system, folder)) as connector:
                accounts.append(look_live(configuration, system, connector, sheets, found))
        except LeadtriageError as error:
            spot = sheets[f"systems/{name}.yaml"].spot("system")
            found.errors.append(problem_at(spot, str(error)))
    listed = {account.system: account.owners for account in accounts}
    writers, roster = owner_writers(configuration), sheets["routing.yaml"]
    look_at_twins(configuration.routing, listed, writers, roster, found)
    return found, accounts


def _show_facts(configuration: Configuration) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("fact", "kind", "meaning"):
        table.add_column(column)
    for spec in configuration.facts.values():
        table.add_row(spec.name, spec.kind.value, spec.sentence)
    show(table)


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
    if as_json:
        print_json(
            {
                "contacts": summary.contacts,
                "activities": summary.activities,
                "owners": summary.owners,
                "people": summary.people,
                "pathways": dict(summary.pathways),
                "defects": dict(summary.defects),
                "outcomes": dict(summary.outcomes),
            }
        )
        return
    show(
        f"Wrote {counted(summary.contacts, 'contact')} of "
        f"{counted(summary.people, 'person', 'people')}, "
        f"{counted(summary.activities, 'activity', 'activities')} "
        f"and {counted(summary.owners, 'owner')} to {folder}, up to {last}."
    )
