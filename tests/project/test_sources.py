"""What every file owes the reader: a docstring, a modest length, and nothing that gives a place away."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.project.sources import CODE, breaking, modules, name_of, parsed, texts

MOST_LINES = 400
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "files.python" + "hosted")
PLACES = re.compile(r"(?<![\w.])/(?:home|root|Users|work|opt|mnt)/[\w.]")


Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the rules look at in a module."""

    is_explained: bool
    silent: tuple[str, ...]
    long: tuple[str, ...]


@cache
def outline(path: Path) -> Outline:
    module = parsed(path)
    return Outline(
        is_explained=ast.get_docstring(module) is not None,
        silent=tuple(
            node.name
            for node in module.body
            if isinstance(node, Function)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ),
        long=tuple(
            node.name
            for node in ast.walk(module)
            if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= 50
        ),
    )


def lines_beyond(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[MOST_LINES:]


def test_there_are_modules_to_look_at() -> None:
    assert len(modules(*CODE)) > 500


def test_a_module_says_what_it_is() -> None:
    assert [name_of(p) for p in modules(*CODE) if not outline(p).is_explained] == []


def test_every_public_function_says_what_it_does() -> None:
    assert breaking(modules(*CODE), lambda path: outline(path).silent) == {}


def test_no_file_is_longer_than_one_can_read() -> None:
    assert breaking(modules(*CODE, "tests"), lines_beyond) == {}


def test_no_function_is_longer_than_a_page() -> None:
    assert breaking(modules(*CODE), lambda path: outline(path).long) == {}


def test_no_file_names_a_package_registry() -> None:
    assert [name_of(p) for p in texts() if any(h in p.read_text("utf-8") for h in HOSTS)] == []


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    found = {name_of(p): PLACES.findall(p.read_text("utf-8")) for p in texts()}

    assert {name: places for name, places in found.items() if places} == {}
