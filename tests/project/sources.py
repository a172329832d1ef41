"""The project's own files, as the project tests look at them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("worker", "connectors")
TOP = ("worker", "connectors", "mappings", "tests", "deploy")
MADE = frozenset({"__pycache__", "_mappings", "state"})
DOT_FILES = frozenset({".gitignore", ".editorconfig"})
TEXT = frozenset(
    {".py", ".md", ".yaml", ".yml", ".json", ".toml", ".cron", ".service", ".lock", ""}
)


def modules(*folders: str) -> list[Path]:
    """List the Python files below some folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def texts() -> Iterator[Path]:
    """Yield every file of text that belongs to the project."""
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and (path.name in DOT_FILES or path.name[0] != "."):
            yield path
    yield ROOT / ".ci" / "run"
    for folder in TOP:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT and not MADE & set(path.parts):
                yield path


def parsed(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Name a file from the root, for a test's id."""
    return path.relative_to(ROOT).as_posix()


def breaking(
    paths: Iterable[Path], found_in: Callable[[Path], Collection[object]]
) -> dict[str, list[object]]:
    """Name each file in which a rule is broken, and what breaks it there."""
    found = {name_of(path): list(found_in(path)) for path in paths}
    return {name: what for name, what in found.items() if what}
