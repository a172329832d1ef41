"""Writes JSON Schemas of the configuration files, so that an editor completes and checks them.

A file names its schema in its first line: ``# yaml-language-server: $schema=schemas/routing.json``.
The schemas come from the same documents the loader uses, and a test proves that they are fresh.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from worker.config.conditions import IN_CRITERION, IN_ROUTING
from worker.config.folder import FOLDERS, SINGLE_FILES
from worker.core.conditions import LineMatch, Operator, Touch, Whose
from worker.core.model import Strength
from worker.core.organisation_asks import MOST_COUNTED

SCHEMA_NAMES: dict[str, type[BaseModel]] = {
    **{name.removesuffix(".yaml"): model for name, model in SINGLE_FILES.items()},
    "policy": FOLDERS["policies"],
    "system": FOLDERS["systems"],
}
_CONDITION = {"$ref": "#/$defs/Condition"}
_CONDITIONS = {"type": "array", "items": _CONDITION, "minItems": 1}
_WORD_OR_WORDS = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


def write_schemas(folder: Path) -> list[Path]:
    """Write one schema for each kind of file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schema_texts().items():
        path = folder / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def schema_texts() -> dict[str, str]:
    """The text of every schema, by name."""
    return {name: _schema_text(model) for name, model in SCHEMA_NAMES.items()}


def _schema_text(model: type[BaseModel]) -> str:
    schema = model.model_json_schema(by_alias=True)
    text = json.dumps(schema)
    if "x-condition" in text:
        schema = _with_conditions(schema)
        schema.setdefault("$defs", {})["Condition"] = condition_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _with_conditions(node: Any) -> Any:
    """Put a reference to the condition schema wherever a document says that a condition stands."""
    if isinstance(node, list):
        return [_with_conditions(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-condition"):
        return _CONDITION
    return {key: _with_conditions(item) for key, item in node.items()}


def condition_schema() -> dict[str, Any]:
    """Describe a condition: one of the questions, with the keys that go with it."""
    properties: dict[str, Any] = {
        **dict.fromkeys(("activity", "area", "reachable", "no_finding"), _WORD_OR_WORDS),
        **{
            key: {"type": "string"}
            for key in (
                "fact",
                "criterion",
                "pathway",
                "in_catalog",
                "offered_in",
                "in_group",
                "use",
            )
        },
        **dict.fromkeys(("all", "any", "first_known"), _CONDITIONS),
        "not": _CONDITION,
        "within": {"type": "string"},
        "at_least": {"type": ["number", "string"]},
        "distinct_kinds": {"type": "integer", "minimum": 1},
        "colleagues": {"type": "integer", "minimum": 1, "maximum": MOST_COUNTED},
        "roles": _WORD_OR_WORDS,
        "active_within": {"type": "string"},
        "of": {"enum": [whose.value for whose in Whose]},
        **{key: {"type": "string"} for key in ("older_than", "silent_for")},
        "after": _WORD_OR_WORDS,
        "touch": {"enum": [touch.value for touch in Touch]},
        "service_line": {"enum": [match.value for match in LineMatch]},
        "at_least_of": {
            "type": "object",
            "properties": {"count": {"type": "integer", "minimum": 1}, "of": _CONDITIONS},
            "required": ["count", "of"],
            "additionalProperties": False,
        },
        "strength": {"anyOf": [_enum(Strength), {"type": "array", "items": _enum(Strength)}]},
    }
    for operator in Operator:
        properties.setdefault(operator.value, {})
    questions = sorted(IN_CRITERION | IN_ROUTING)
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "oneOf": [{"required": [question]} for question in questions],
    }


def _enum(choices: type[Strength]) -> dict[str, Any]:
    return {"enum": [choice.value for choice in choices]}
