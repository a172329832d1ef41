"""CRM objects by the hundred: read, create, update, upsert, archive.

One bad input fails the whole batch, unless every input carries a trace id: then the good ones land
and the answer is 207. The order of the results never follows the inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from connectors.sandbox.exchange import Answer, Json
from connectors.sandbox.hubspot.errors import (
    Category,
    RefusedError,
    batch_entry,
    decoded,
    invalid,
)
from connectors.sandbox.hubspot.objects import MOST_WITH_HISTORY, NewRecord, made
from connectors.sandbox.hubspot.paging import Call, batch_answer
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.values import Given
from connectors.sandbox.hubspot.views import View, written
from connectors.sandbox.hubspot.writing import archive, create, find_by_key, update

MOST_INPUTS: Final = 100


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A record by its id, or by the unique property that the request names."""

    id: str | int


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A record and what becomes of its properties."""

    id: str | int
    properties: dict[str, Given]
    id_property: str | None = None
    object_write_trace_id: str | None = None


class ReadBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a batch read."""

    inputs: tuple[Key, ...]
    properties: tuple[str, ...] = ()
    properties_with_history: tuple[str, ...] = ()
    id_property: str | None = None


class ChangeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch update or upsert."""

    inputs: tuple[Change, ...]


class CreateBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch create."""

    inputs: tuple[NewRecord, ...]


class ArchiveBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch archive."""

    inputs: tuple[Key, ...]


_READ: Final = msgspec.json.Decoder(ReadBody)
_CHANGE: Final = msgspec.json.Decoder(ChangeBody)
_CREATE: Final = msgspec.json.Decoder(CreateBody)
_ARCHIVE: Final = msgspec.json.Decoder(ArchiveBody)
_Input = TypeVar("_Input", NewRecord, Change)


def batch_read(call: Call) -> Answer:
    """POST .../batch/read: ids that do not exist are errors with their ids, and make a 207."""
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _READ)
    most = MOST_WITH_HISTORY if body.properties_with_history else MOST_INPUTS
    keys = [str(key.id) for key in body.inputs]
    _refuse_size(keys, most)
    found: dict[int, StoredObject] = {}
    missing = []
    for place, key in enumerate(keys):
        record = _lookup(call, object_type, body.id_property or "", key)
        if record is None or place in call.spoilt:
            missing.append(key)
        else:
            found[record.id] = record
    view = View(call.account, object_type, body.properties, body.properties_with_history)
    results: list[object] = [view.show(record) for record in found.values()]
    return batch_answer(
        call, results, [batch_entry(_missing(object_type, missing))] if missing else []
    )


def _lookup(call: Call, object_type: str, id_property: str, key: str) -> StoredObject | None:
    if not call.flag("archived"):
        return find_by_key(call.account, object_type, id_property, key)
    record = call.account.store.get(object_type, int(key)) if key.isdecimal() else None
    return None if record is None or record.archived is None else record


def batch_create(call: Call) -> Answer:
    """POST .../batch/create."""
    object_type = call.account.object_type(call.params["objectType"])
    inputs = decoded(call.request.body, _CREATE).inputs
    _refuse_size(inputs, MOST_INPUTS)
    return _each(call, inputs, lambda new: made(call, object_type, new), status=201)


def batch_update(call: Call) -> Answer:
    """POST .../batch/update: the same record twice is refused."""
    object_type = call.account.object_type(call.params["objectType"])
    inputs = _changes(call)

    def change(wanted: Change) -> dict[str, Json]:
        if wanted.id_property == "email":
            raise invalid("A batch update takes record ids, not addresses.")
        record = find_by_key(call.account, object_type, wanted.id_property or "", str(wanted.id))
        if record is None:
            raise _missing(object_type, [str(wanted.id)])
        after = update(call.account, record, wanted.properties, call.source)
        return written(call.account, after, wanted.properties)

    return _each(call, inputs, change)


def batch_upsert(call: Call) -> Answer:
    """POST .../batch/upsert: by a unique property; each result says whether it is new."""
    object_type = call.account.object_type(call.params["objectType"])
    inputs = _changes(call)

    def upsert(wanted: Change) -> dict[str, Json]:
        by, key = wanted.id_property or "", str(wanted.id)
        record = find_by_key(call.account, object_type, by, key)
        is_new = record is None
        if record is not None:
            record = update(call.account, record, wanted.properties, call.source)
        elif by in {"", "hs_object_id"}:
            raise _missing(object_type, [key])
        else:
            given = {by: key, **wanted.properties}
            record = create(call.account, object_type, given, call.source)
        return {**written(call.account, record, wanted.properties), "new": is_new}

    return _each(call, inputs, upsert)


def batch_archive(call: Call) -> Answer:
    """POST .../batch/archive: ids that are not there are no error."""
    object_type = call.account.object_type(call.params["objectType"])
    inputs = decoded(call.request.body, _ARCHIVE).inputs
    _refuse_size(inputs, MOST_INPUTS)
    for key in inputs:
        record = call.account.find(object_type, str(key.id))
        if record is not None:
            archive(call.account, record)
    return Answer(status=204)


def _changes(call: Call) -> tuple[Change, ...]:
    inputs = decoded(call.request.body, _CHANGE).inputs
    _refuse_size(inputs, MOST_INPUTS)
    repeated = [key for key, count in Counter(str(one.id) for one in inputs).items() if count > 1]
    if repeated:
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(repeated)}]")
    return inputs


def _refuse_size(inputs: Sequence[object], most: int) -> None:
    if not inputs:
        raise invalid("The batch has no inputs.")
    if len(inputs) > most:
        raise invalid(f"The batch has {len(inputs)} inputs; the most is {most}.")


def _each(
    call: Call,
    inputs: Iterable[_Input],
    act: Callable[[_Input], dict[str, Json]],
    status: int = 200,
) -> Answer:
    """Act on each input. Without trace ids the first failure refuses all (and all is rolled back)."""
    inputs = tuple(inputs)
    traces = [one.object_write_trace_id for one in inputs]
    is_partial = all(traces) and len(set(traces)) == len(traces)
    results: list[object] = []
    errors: list[Json] = []
    for place, one in enumerate(inputs):
        trace = one.object_write_trace_id
        try:
            if place in call.spoilt:
                raise _spoilt()
            shown = act(one)
        except RefusedError as refused:
            if not is_partial and not call.spoilt:
                raise
            errors.append(batch_entry(refused, [trace] if trace else []))
            continue
        results.append({**shown, "objectWriteTraceId": trace} if trace else shown)
    return batch_answer(call, results, errors, status)


def _spoilt() -> RefusedError:
    return RefusedError(500, "INTERNAL_ERROR", "There was a problem with this input.")


def _missing(object_type: str, ids: Sequence[str]) -> RefusedError:
    noun = object_type.upper().removesuffix("S")
    return RefusedError(
        404,
        Category.OBJECT_NOT_FOUND,
        f"Could not get some {noun} objects, they may be deleted or not exist."
        " Check that ids are valid.",
        context={"ids": list(ids)},
    )
