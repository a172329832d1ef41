"""Every command line that a document tells people to type is one that exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer

from tests.project.docs import ROOT
from worker.cli.main import app

DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part == "demo" for part in path.relative_to(ROOT).parts)
)
_TOLD = re.compile(r"(?:^|`|/)leadtriage ((?:audit |route )?[a-z]+)([^`#\n]*)", re.MULTILINE)


def commands() -> dict[str, set[str]]:
    """The flags of every command, by the words it is called with."""
    root = typer.main.get_command(app)
    found: dict[str, set[str]] = {}
    for name, command in root.commands.items():
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            flags = {flag for param in leaf.params for flag in param.opts}
            found[f"{name} {inner}".strip()] = flags | {"--help"}
    return found


def told() -> Iterator[tuple[str, str, str]]:
    """The documents, commands and arguments people are told to type."""
    for path in DOCUMENTS:
        for words, rest in _TOLD.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(ROOT).as_posix(), words, rest


@pytest.mark.parametrize(("document", "words", "rest"), sorted(set(told())))
def test_a_command_people_are_told_to_type_exists(document: str, words: str, rest: str) -> None:
    known = commands()
    name = words if words in known else words.partition(" ")[0]

    assert name in known, document
    assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= known[name], document


def test_the_readme_leads_from_nothing_to_an_explained_lead() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition("## The same by hand")[2].partition("```\n")[2].partition("```")[0]

    assert re.findall(r"^leadtriage (\w+)", block, re.MULTILINE) == [
        "sample",
        "sandbox",
        "sandbox",
        "init",
        "setup",
        "sync",
        "explain",
    ]
