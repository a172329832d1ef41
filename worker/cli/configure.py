"""Commands about a configuration: ``init`` and ``check``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from worker.app import open_system
from worker.cli.join import ROSTER, join_systems
from worker.cli.options import (
    ConfigOption,
    DryRunOption,
    JsonOption,
    err,
    exits,
    print_json,
    quiet_logs,
    show,
)
from worker.config.findings import Findings, problem_at
from worker.config.folder import read_sheets
from worker.config.known_options import check_options
from worker.config.loader import check_configuration
from worker.config.settings import load_settings, with_overrides
from worker.core.configuration import Configuration
from worker.core.ruleset import owner_writers
from worker.core.setup_records import LiveAccount
from worker.core.trace import Json
from worker.errors import ExitCode, FixConfigurationError, LeadtriageError, Problem, recovery_of
from worker.registry import find_options
from worker.report.setup import account_json, show_account
from worker.report.words import counted
from worker.steps.live import look_live
from worker.steps.live_twins import look_at_twins

WHOLE = "organisation.yaml"
"""An example that has it is a whole configuration."""
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
        list[str] | None,
        typer.Option(
            envvar="LEADTRIAGE_EXAMPLE",
            help="Start from an example, such as hubspot; may be given more than once, for several CRMs.",
            autocompletion=example_names,
        ),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a configuration to start from. Never overwrites a file."""
    quiet_logs()
    with exits(), as_file(shipped_mappings()) as shipped:
        copied, kept = copy_configuration(shipped, folder, *(example or ()), dry_run=dry_run)
    if as_json:
        print_json({"folder": str(folder), "written": copied, "left": kept, "is_dry_run": dry_run})
        return
    verb = "Would write" if dry_run else "Wrote"
    show(f"{verb} {counted(copied, 'file')} to {folder}; left {kept} that were there.")
    if not dry_run:
        show(f"Next: {_next_step(folder, example or ())} ; leadtriage check --config {folder}")


def copy_configuration(
    shipped: Path, folder: Path, *examples: str, dry_run: bool
) -> tuple[int, int]:
    """Copy the shipped configuration, or examples; returns how many files were copied and kept.

    An example that says nothing of its organisation is another CRM for the shipped configuration:
    its files take the place of the shipped ones, and owners are called by the name of its system.
    Several such are one organisation: they refer to each other, and owners are matched by e-mail.
    """
    plain = NOT_COPIED | {"examples"}
    if not examples:
        return copy_tree(shipped, folder, plain, dry_run=dry_run)
    sources = [_example(shipped, name, is_alone=len(examples) == 1) for name in examples]
    counts = [copy_tree(source, folder, NOT_COPIED, dry_run=dry_run) for source in sources]
    if not any((source / WHOLE).exists() for source in sources):
        has_own = {path.name for source in sources for path in source.glob("*.yaml")}
        has_roster = (folder / ROSTER).exists()
        counts.append(copy_tree(shipped, folder, plain | has_own | {"systems"}, dry_run=dry_run))
        systems = [path.stem for source in sources for path in source.glob("systems/*.yaml")]
        if not (dry_run or has_roster):
            join_systems(folder, systems)
    return sum(copied for copied, _ in counts), sum(kept for _, kept in counts)


def _example(shipped: Path, name: str, *, is_alone: bool) -> Path:
    source = shipped / "examples" / name
    if not source.is_dir():
        known = ", ".join(example_names())
        raise FixConfigurationError(f"There is no example {name!r}. There are: {known}.")
    if not is_alone and (source / WHOLE).exists():
        raise FixConfigurationError(
            f"The example {name!r} is a whole organisation and stands alone. Name it by itself."
        )
    return source


def _next_step(folder: Path, examples: Sequence[str]) -> str:
    """What comes before the check: the sample fits the shipped configuration only, not the examples."""
    if not examples:
        return f"leadtriage sample {folder / 'data'}"
    if not (folder / "systems" / "files.yaml").exists():
        return " ; ".join(f"leadtriage setup {name} --config {folder}" for name in examples)
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
    """Check the configuration before anything runs, and list every problem at once.

    With --live, a CRM that cannot be opened, as without a way to log in, ends it with the exit code
    of that error. One that refuses us, or does not answer, is a problem like any other.
    """
    quiet_logs()
    with exits():
        settings = load_settings(config)
        report = check_configuration(settings.config, datetime.now(UTC).date())
        unknown = check_options(settings.config, os.environ, find_options)
        problems, warnings = sorted([*report.problems, *unknown]), list(report.warnings)
        accounts: Sequence[LiveAccount] = ()
        code = ExitCode.FOUND_PROBLEMS
        if report.configuration is not None:
            configuration = with_overrides(report.configuration, settings)
            if facts:
                _show_facts(configuration, as_json=as_json)
                return
            if live and not unknown:  # or the connector would say the same without a line
                found, accounts, code = _look_live(configuration, settings.config)
                problems, warnings = problems + found.errors, warnings + found.warnings
    _end_check(problems, warnings, accounts, code, as_json=as_json)


def _end_check(
    problems: list[Problem],
    warnings: list[Problem],
    accounts: Sequence[LiveAccount],
    code: ExitCode,
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
        raise typer.Exit(code)


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
) -> tuple[Findings, Sequence[LiveAccount], ExitCode]:
    """Compare what is said of each CRM with the CRM.

    A CRM that cannot be opened ends the check with the code that any other command would end with.
    """
    sheets = read_sheets(folder)
    found = Findings()
    accounts: list[LiveAccount] = []
    code = ExitCode.FOUND_PROBLEMS
    for name, system in configuration.systems.items():
        try:
            with closing(open_system(system, folder)) as connector:
                accounts.append(look_live(configuration, system, connector, sheets, found))
        except LeadtriageError as error:
            spot = sheets[f"systems/{name}.yaml"].spot("system")
            found.errors.append(problem_at(spot, str(error)))
            code = recovery_of(error).exit_code
    listed = {account.system: account.owners for account in accounts}
    writers, roster = owner_writers(configuration), sheets["routing.yaml"]
    look_at_twins(configuration.routing, listed, writers, roster, found)
    return found, accounts, code


def _show_facts(configuration: Configuration, *, as_json: bool) -> None:
    if as_json:
        facts = configuration.facts.values()
        print_json(
            {
                "facts": [
                    {"fact": s.name, "kind": s.kind.value, "meaning": s.sentence} for s in facts
                ]
            }
        )
        return
    table = Table(box=None, pad_edge=False)
    for column in ("fact", "kind", "meaning"):
        table.add_column(column)
    for spec in configuration.facts.values():
        table.add_row(spec.name, spec.kind.value, spec.sentence)
    show(table)
