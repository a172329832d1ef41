"""The import rule holds, and the core rests on pure libraries only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.sources import ROOT, modules, name_of, parsed

PURE = frozenset(
    {
        "disposable_email_domains",
        "email_validator",
        "holidays",
        "jellyfish",
        "msgspec",
        "nicknames",
        "phonenumbers",
        "rapidfuzz",
        "stdnum",
        "zipcodes",
    }
)
"""The libraries that the core may use: those of the field, and one for JSON. They do no I/O."""
PURE_STANDARD = frozenset(
    {
        "__future__",
        "bisect",
        "calendar",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "typing",
        "unicodedata",
        "zoneinfo",
    }
)


def imported(path: Path) -> Iterator[str]:
    """Name the top-level packages a file imports."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                pass


@pytest.mark.parametrize("path", modules("worker/core"), ids=name_of)
def test_the_core_imports_nothing_that_reaches_out(path: Path) -> None:
    assert set(imported(path)) - PURE - PURE_STANDARD - {"worker"} == set()


@pytest.mark.parametrize("path", modules("worker/core"), ids=name_of)
def test_the_core_reads_no_clock(path: Path) -> None:
    asked = [
        node.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert asked == []


@pytest.mark.parametrize("path", modules("worker", "connectors"), ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    relative = [
        node for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_the_contracts_of_import_linter_are_kept() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
