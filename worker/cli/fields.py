"""The command ``fields``: the minimum-necessary list, for admins and for compliance."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from worker.app import open_system
from worker.cli.options import ConfigOption, JsonOption, exits, print_json, quiet_logs, show
from worker.config.loader import load_configuration
from worker.config.settings import load_settings, with_overrides
from worker.core.configuration import Configuration
from worker.core.field_uses import list_field_uses
from worker.core.records import FieldDescription
from worker.report.fields import FieldList, fields_json, show_fields, totals_in_words
from worker.steps.live import describe_fields


def fields(
    config: ConfigOption = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            envvar="LEADTRIAGE_LIVE",
            help="Ask the CRMs too, and mark what they lack or label sensitive.",
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", envvar="LEADTRIAGE_VERBOSE", help="Name every reader."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what is requested from each CRM, and what reads it: the minimum necessary."""
    quiet_logs()
    with exits():
        settings = load_settings(config)
        configuration = with_overrides(load_configuration(settings.config), settings)
        described = _describe(configuration, settings.config) if live else None
        found = FieldList(uses=list_field_uses(configuration), described=described)
    if as_json:
        print_json(fields_json(found))
    else:
        show(show_fields(found, is_verbose=verbose))
        show(totals_in_words(found.uses))


def _describe(
    configuration: Configuration, folder: Path
) -> dict[tuple[str, str, str], FieldDescription]:
    described: dict[tuple[str, str, str], FieldDescription] = {}
    for system in configuration.systems.values():
        with closing(open_system(system, folder)) as connector:
            described |= describe_fields(system, connector)
    return described
