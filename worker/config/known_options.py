"""Finds options that a connector does not have, wherever they are set, before any CRM is asked.

A connector names its options and needs no secret for it. One that names none, or is not installed, is
left alone here: it speaks for itself when it is opened. No value is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.folder import Source, read_folder
from worker.config.settings_sources import Toml, environment_options, read_toml, variable
from worker.config.system_documents import SystemDocument
from worker.errors import Problem
from worker.ports import KnownOptions, ObjectSource

_MANY = 40
FindOptions: TypeAlias = Callable[[str], KnownOptions | None]
"""Finds what names the options of a connector, by the connector's name."""


def check_options(
    folder: Path, environment: Mapping[str, str], find: FindOptions
) -> tuple[Problem, ...]:
    """Report each unknown option of a field map, of ``leadtriage.toml`` and of the environment.

    What else is wrong with the files is left to those who check it.
    """
    findings = Findings()
    files = read_folder(folder, Findings())
    toml = read_toml(folder, Findings())
    variables = environment_options(environment, files.systems)
    for source in files.all_of(SystemDocument):
        known = find(source.document.connector)
        if known is not None:
            _check_map(source, known, findings)
            _check_toml(toml, source.document, known(), findings)
            given = variables.get(source.document.system, ())
            _check_variables(given, source.document, known(), findings)
    return tuple(sorted(findings.errors))


def _check_map(source: Source[SystemDocument], known: KnownOptions, findings: Findings) -> None:
    document, sheet = source.document, source.sheet
    message = f"the connector {document.connector} has no option"
    for key in document.options:
        spot = sheet.spot("options", key)
        _require(key, known(), spot, f"{message} {key!r}.", findings)
    for name, entry in document.objects.items():
        item = ObjectSource(object_type=name, id_field=entry.id, options=entry.options)
        for key in entry.options:
            spot = sheet.spot("objects", name, "options", key)
            _require(key, known(item), spot, f"{message} {key!r} for {name}.", findings)


def _check_toml(
    toml: Toml, document: SystemDocument, known: Iterable[str], findings: Findings
) -> None:
    for key in toml.systems.get(document.system, ()):
        spot = toml.spot(f"systems.{document.system}.{key}")
        message = f"the connector {document.connector} has no option {key!r}."
        _require(key, known, spot, message, findings)


def _check_variables(
    given: Iterable[str], document: SystemDocument, known: Iterable[str], findings: Findings
) -> None:
    variables = [variable(f"{document.system}.{key}") for key in known]
    for key in given:
        name = variable(f"{document.system}.{key}")
        spot = Spot(file="environment", line=0, key=name)
        message = f"the connector {document.connector} has no option {key!r}."
        _require(name, variables, spot, message, findings)


def _require(word: str, known: Iterable[str], spot: Spot, message: str, findings: Findings) -> None:
    names = tuple(known)
    if word not in names:
        findings.error(spot, message, allowed=in_words(names, _MANY), hint=nearest(word, names))
