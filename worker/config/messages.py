"""Says in plain words what pydantic found, at the line where it stands.

Pydantic's own texts never reach an admin: they speak of types, and an admin speaks of quotes.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worker.config.findings import Findings, in_words, nearest
from worker.config.yaml_text import KeyPath, Sheet, Yaml

NAME_RULE = "lower-case letters, digits and _, beginning with a letter"


def report_schema_errors(
    exc: ValidationError, model: type[BaseModel], sheet: Sheet, findings: Findings
) -> None:
    """Add one finding for every error pydantic has found in this sheet."""
    for error in exc.errors(include_url=False):
        path = _written_path(error["loc"], sheet)
        message, allowed, hint = _say(error, path, model, sheet)
        findings.error(sheet.spot(*path), message, allowed=allowed, hint=hint)


def value_at(value: Yaml, path: Iterable[str | int]) -> Yaml:
    """Look up what stands at a path; None when the path leads nowhere."""
    for part in path:
        if isinstance(part, str):
            value = value.get(part) if isinstance(value, dict) else None
        else:
            is_inside = isinstance(value, list) and part < len(value)
            value = value[part] if is_inside and isinstance(value, list) else None
    return value


def _written_path(loc: KeyPath, sheet: Sheet) -> KeyPath:
    """Leave out the parts of pydantic's path that stand for choices of its own, not for keys."""
    path: KeyPath = ()
    for number, part in enumerate(loc):
        is_last = number == len(loc) - 1
        here = value_at(sheet.value, path)
        is_key = isinstance(here, dict) and (part in here or is_last)
        is_item = isinstance(here, list) and isinstance(part, int)
        if (is_key or is_item) and part != "[key]":
            path = (*path, part)
    return path


def _say(
    error: ErrorDetails, path: KeyPath, model: type[BaseModel], sheet: Sheet
) -> tuple[str, str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "plain":
        return f"{_last(path)} {context['message']}", str(context["allowed"]), str(context["hint"])
    if kind == "extra_forbidden":
        known = [name for name in _keys_allowed(model, path[:-1]) if name != path[-1]]
        hint = nearest(str(path[-1]), known)
        return f"The key {path[-1]!r} is not known here.", in_words(known, 40), hint
    if kind == "missing":
        return f"The key {path[-1]!r} is missing.", "", ""
    if value_at(sheet.value, path) is None and error["loc"][-1:] != ("[key]",):
        return f"{_last(path)} has no value.", "", "write a value after the colon"
    if kind in ("enum", "literal_error"):
        return _say_choice(error, path, model)
    raw = sheet.raw(path)
    allowed = in_words(_keys_allowed(model, path), 40) if kind in _KEYS_WANTED else ""
    return f"{_last(path)} {_wording(kind)(context)}", allowed, _hint(kind, raw)


def _last(path: KeyPath) -> str:
    names = [part for part in path if isinstance(part, str)]
    return f"'{names[-1]}'" if names else "The file"


def _say_choice(error: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> tuple[str, str, str]:
    is_key = error["loc"][-1:] == ("[key]",)
    annotation = _annotation_at(model, path[:-1] if is_key else path)
    choices = _choices(_key_annotation(annotation) if is_key else annotation)
    word = str(path[-1] if is_key else error["input"])
    message = f"The key {word!r} is not known here."
    if not is_key:
        message = f"{_last(path)}: the value {word!r} is not allowed."
    return message, in_words(choices, 40), nearest(word, choices) or _short_form(word, choices)


def _short_form(word: str, choices: Iterable[str]) -> str:
    """Name the choice a word begins with: ``monday`` is ``mon``."""
    found = [choice for choice in choices if word.casefold().startswith(choice)]
    return f"did you mean {found[0]!r}?" if len(found) == 1 else ""


def _wording(kind: str) -> Callable[[Mapping[str, Any]], str]:
    return _WORDS.get(kind, lambda _: "is not what is expected here.")


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: "must be text.",
    "bool_type": lambda _: "must be true or false.",
    "int_type": lambda _: "must be a whole number.",
    "int_from_float": lambda _: "must be a whole number.",
    "float_type": lambda _: "must be a number.",
    "list_type": lambda _: "must be a list, `[a, b]` or lines that begin with `-`.",
    "dict_type": lambda _: "must be keys with values, `key: value`.",
    "model_type": lambda _: "must be keys with values, `key: value`.",
    "model_attributes_type": lambda _: "must be keys with values, `key: value`.",
    "string_too_short": lambda _: "must not be empty.",
    "too_short": lambda _: "must have at least one entry.",
    "string_pattern_mismatch": lambda _: f"must be a name: {NAME_RULE}.",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']:g}.",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']:g}.",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']:g}.",
}


_KEYS_WANTED = frozenset({"model_type", "model_attributes_type"})


def _hint(kind: str, raw: str | None) -> str:
    if raw is None:
        return ""
    if kind == "string_type":
        return f'put it in quotes: "{raw}"'
    word = raw.casefold()
    if kind == "bool_type" and word in _BOOLEAN_WORDS:
        return f"write {_BOOLEAN_WORDS[word]} instead of {raw}"
    return ""


_BOOLEAN_WORDS: Mapping[str, str] = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "1": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "0": "false",
}


def _keys_allowed(model: type[BaseModel], path: KeyPath) -> list[str]:
    for option in _options(_annotation_at(model, path)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return [info.alias or name for name, info in option.model_fields.items()]
    return []


def _annotation_at(model: type[BaseModel], path: KeyPath) -> Any:
    annotation: Any = model
    for part in path:
        annotation = next(
            (
                found
                for found in (_step(o, part) for o in _options(annotation))
                if found is not None
            ),
            None,
        )
    return annotation


def _step(annotation: Any, part: str | int) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, info in annotation.model_fields.items():
            if part == (info.alias or name):
                return info.annotation
        extra = get_type_hints(annotation).get("__pydantic_extra__")
        return (
            get_args(extra)[-1] if extra and annotation.model_config["extra"] == "allow" else None
        )
    arguments = get_args(annotation)
    return arguments[-1] if get_origin(annotation) in (dict, list) and arguments else None


def _key_annotation(annotation: Any) -> Any:
    for option in _options(annotation):
        if get_origin(option) is dict:
            return get_args(option)[0]
    return None


def _options(annotation: Any) -> list[Any]:
    """Unfold unions and ``Annotated``."""
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [option for part in get_args(annotation) for option in _options(part)]
    return [annotation]


def _choices(annotation: Any) -> list[str]:
    choices: list[str] = []
    for option in _options(annotation):
        if get_origin(option) is Literal:
            choices += [str(value) for value in get_args(option)]
        elif isinstance(option, type) and issubclass(option, Enum):
            choices += [str(member.value) for member in option]
    return choices
