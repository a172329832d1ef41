"""The JSON that ``plan``, ``sync`` and ``explain`` print: as documented, and as it really is."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

from typer.testing import CliRunner

from worker.cli.main import app

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ("plan", "sync", "explain")
NOW = "2026-11-02T15:00Z"
OPEN_MAPS = frozenset(
    {"action_sources", "writes", "owners", "reasons", "facts", "families", "held_plans"}
    | {"stages_not_in_crm", "not_written"}
)
"""Their keys are data: ids of owners, codes, names of facts and so on."""
OPEN_BELOW = frozenset({"steps"})
"""What lies below them is counts by any name."""

_SECTION = re.compile(r"^## `(\w+) --json`\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documented(shape: str) -> list[Json]:
    """The examples of a shape in the README of the command line."""
    text = (ROOT / "worker" / "cli" / "README.md").read_text(encoding="utf-8")
    return [json.loads(block) for block in _BLOCK.findall(dict(_SECTION.findall(text))[shape])]


@cache
def printed() -> dict[str, list[Json]]:
    """What the commands really print on an invented base, with guardrails that hold the plan once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "demo"
        _run("init", folder)
        _run("sample", folder / "data", "--contacts", 300, "--seed", 7, "--until", "2026-11-02")
        common = ("--config", folder, "--now", NOW, "--json")
        guardrails = folder / "guardrails.yaml"
        usual = guardrails.read_text(encoding="utf-8")
        guardrails.write_text(
            "budgets:\n  - {id: mql, scope: stage, key: mql, max_count: 1, floor: 1}\n"
        )
        plan = _load("plan", *common)
        guardrails.write_text(usual, encoding="utf-8")
        leads = _leads(plan)
        before = [_load("explain", lead, *common) for lead in leads[:4]]
        sync = _load("sync", *common)
        after = [_load("explain", lead, *common) for lead in leads]
        return {"plan": [plan], "sync": [sync], "explain": [*before, *after]}


def _leads(plan: Json) -> list[str]:
    """One lead for each of the first reasons of the plan, so that all kinds are among them."""
    assert isinstance(plan, dict)
    found: dict[str, str] = {}
    for change in sorted(plan["changes"], key=lambda change: change["id"]):
        found.setdefault(change["reasons"][0], change["id"])
    return list(found.values())[:20]


def _load(*arguments: object) -> Json:
    found: Json = json.loads(_run(*arguments))
    return found


def _run(*arguments: object) -> str:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False).stdout


def key_paths(values: Iterable[Json]) -> frozenset[str]:
    """Name every key by its path; keys that are data are all called ``*``."""
    return frozenset(path for value in values for path in _paths(value, ""))


def _paths(value: Json, at: str) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield f"{at}.{key}"
                yield from _below(key, inner, f"{at}.{key}")
        case list():
            for inner in value:
                yield from _paths(inner, f"{at}[]")
        case _:
            pass


def _below(key: str, inner: Json, at: str) -> Iterator[str]:
    if key in OPEN_BELOW:
        return
    if key in OPEN_MAPS and isinstance(inner, dict):
        for value in inner.values():
            yield from _paths(value, f"{at}.*")
        return
    yield from _paths(inner, at)
