"""Nothing is said or raised that its catalogue does not know."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
import typer

from tests.project.sources import ROOT, breaking, modules, name_of, parsed
from worker import errors
from worker.cli.main import app
from worker.config.loader import load_configuration
from worker.config.settings import FLAG_VARIABLES, setting_names
from worker.config.settings_sources import variable
from worker.core.reasons import CODE_PATTERN, REASONS
from worker.errors import RECOVERY, LeadtriageError

AREAS = frozenset(code.partition("_")[0] for code in REASONS)
VENDOR_WORDS = frozenset({"CONSENT_WITH_NOTICE"})
"""Values of a CRM that look like ours: a legal basis of HubSpot."""
CONFIGURATIONS = (ROOT / "mappings", ROOT / "mappings" / "examples" / "education")


def codes_in(path: Path) -> set[str]:
    """The texts of a Python file that look like reason codes."""
    return {
        node.value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE_PATTERN.fullmatch(node.value)
        and node.value.partition("_")[0] in AREAS
    }


def unknown_codes(path: Path) -> set[str]:
    return codes_in(path) - set(REASONS) - VENDOR_WORDS


def test_every_code_in_the_code_is_in_the_catalogue() -> None:
    assert breaking(modules("worker", "connectors"), unknown_codes) == {}


@pytest.mark.parametrize("folder", CONFIGURATIONS, ids=name_of)
def test_every_code_of_a_shipped_configuration_is_in_its_catalogue(folder: Path) -> None:
    files = [p for p in folder.rglob("*.yaml") if "examples" not in p.relative_to(folder).parts]
    lines = "\n".join(path.read_text(encoding="utf-8") for path in files).splitlines()
    words = {word for line in lines for word in re.findall(r"\w+", line.partition("# ")[0])}
    codes = {w for w in words if CODE_PATTERN.fullmatch(w) and w.partition("_")[0] in AREAS}

    assert codes - set(load_configuration(folder).reasons) == set()


def test_every_sentence_of_the_catalogue_ends_as_one() -> None:
    assert [r.code for r in REASONS.values() if not r.sentence.endswith(".")] == []


def test_recovery_knows_every_class_of_error() -> None:
    classes = {
        cls
        for _name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, LeadtriageError) and cls is not LeadtriageError
    }
    assert set(RECOVERY) == classes


def test_no_error_is_declared_elsewhere() -> None:
    named = [
        f"{name_of(path)}: {node.name}"
        for path in modules("worker", "connectors")
        if path.name != "errors.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Error|Exception)$", node.name)
    ]
    assert named == []


def flags() -> set[str]:
    """The variables of all flags of all commands."""
    pending, found = [typer.main.get_command(app)], set()
    while pending:
        command = pending.pop()
        pending += getattr(command, "commands", {}).values()
        found |= {p.envvar for p in command.params if p.param_type_name == "option" and p.envvar}
    return found


def test_the_variables_of_flags_are_not_mistaken_for_settings() -> None:
    assert flags() == FLAG_VARIABLES | {variable("config")}


def test_no_flag_has_the_variable_of_a_setting() -> None:
    assert FLAG_VARIABLES & {variable(name) for name in setting_names()} == set()
