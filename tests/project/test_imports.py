"""The import rule holds, and the core rests on pure libraries only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.project.sources import ROOT, breaking, modules, parsed

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


def reaching_out(path: Path) -> set[str]:
    return set(imported(path)) - PURE - PURE_STANDARD - {"worker"}


def clocks_read(path: Path) -> list[str]:
    return [
        node.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]


def relative_imports(path: Path) -> list[str]:
    return [
        node.module or "."
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def test_the_core_imports_nothing_that_reaches_out() -> None:
    assert len(modules("worker/core")) > 50
    assert breaking(modules("worker/core"), reaching_out) == {}


def test_the_core_reads_no_clock() -> None:
    assert breaking(modules("worker/core"), clocks_read) == {}


def test_imports_are_absolute() -> None:
    assert breaking(modules("worker", "connectors"), relative_imports) == {}


def test_the_contracts_of_import_linter_are_kept() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
