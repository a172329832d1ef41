"""Loads JSON into the vendor's own typed models, and says what of it they do not foresee.

The client itself is lenient: it drops what it does not know, and turns almost anything into text. Here
each key must be one of the model's, each value of the type it names, each list a list; and what a
model requires it must be given, which its own constructor checks.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from dateutil.parser import isoparse

NEWER = {
    ("Error", "status"),
    ("ModelProperty", "dataSensitivity"),
    ("ModelProperty", "sensitiveDataCategories"),
}
"""What HubSpot documents, and version 12 of the client is too old to foresee."""
MISMADE = {
    "legalConsentOptions": {
        "type": "implicit_consent_to_process", "subscriptionTypeIds": [], "lawfulBasis": "lead",
        "privacyText": "", "communicationsCheckboxes": [],
    }
}  # fmt: skip
"""The client has one class for four alternatives of this, and demands the keys of all: it gets them."""
_PRIMITIVE: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "object": (object,),
}  # fmt: skip
_TIMES: dict[str, type] = {"datetime": datetime, "date": date}
_LIST, _DICT = re.compile(r"list\[(.*)\]"), re.compile(r"dict\[[^,]*, (.*)\]")


def complaints(package: str, model: str, value: object) -> list[str]:
    """Name every place of an answer that the model has no room for, or misses."""
    models = importlib.import_module(f"hubspot.{package}.models")
    found = list(_walk(models, model, value, model))
    return found or list(_built(package, model, value))


def _built(package: str, model: str, value: object) -> Iterator[str]:
    client = importlib.import_module(f"hubspot.{package}").ApiClient()
    client.configuration.client_side_validation = True  # the client itself leaves it off
    try:
        client._ApiClient__deserialize(_mended(value), model)  # the very code of the client
    except ValueError as error:
        yield f"{model}: {error}"


def _mended(value: Any) -> Any:
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: MISMADE.get(name) or _mended(item) for name, item in value.items()}


def _walk(models: Any, kind: str, value: Any, place: str) -> Iterator[str]:
    if value is None:
        return
    if inner := _LIST.fullmatch(kind):
        yield from _each(models, inner[1], value, place, list)
    elif inner := _DICT.fullmatch(kind):
        yield from _each(models, inner[1], value, place, dict)
    elif kind in _PRIMITIVE:
        is_number_for_truth = isinstance(value, bool) and kind in {"int", "float"}
        if not isinstance(value, _PRIMITIVE[kind]) or is_number_for_truth:
            yield f"{place} is a {type(value).__name__}, not {kind}"
    elif kind in _TIMES:
        yield from _time(value, place)
    else:
        yield from _object(models, kind, value, place)


def _each(models: Any, kind: str, value: Any, place: str, shape: type) -> Iterator[str]:
    if not isinstance(value, shape):
        yield f"{place} is a {type(value).__name__}, not a {shape.__name__}"
        return
    for item in value.values() if shape is dict else value:
        yield from _walk(models, kind, item, f"{place}[]")


def _time(value: Any, place: str) -> Iterator[str]:
    try:
        isoparse(value)
    except (TypeError, ValueError):
        yield f"{place} is no instant"


def _object(models: Any, kind: str, value: Any, place: str) -> Iterator[str]:
    model = getattr(models, kind)
    if not isinstance(value, dict):
        yield f"{place} is a {type(value).__name__}, not a {kind}"
        return
    known = {name: own for own, name in model.attribute_map.items()}
    for name, item in value.items():
        if (kind, name) in NEWER:
            continue
        if name not in known:
            yield f"{place}.{name} is not foreseen"
        else:
            yield from _walk(models, model.openapi_types[known[name]], item, f"{place}.{name}")
