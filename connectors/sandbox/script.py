"""Scripted faults: what goes wrong, where, how often, and by which dice.

A fault fires by count (``skip`` calls pass, then ``times`` fail) or by chance with a seed, so a
failing run can be repeated exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Annotated, Final

import msgspec


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    LATENCY = "latency"
    """The answer comes ``seconds`` later."""
    STATUS = "status"
    """An error comes instead, as the vendor writes it or as HTML; nothing is done."""
    CUT = "cut"
    """The work is done, and the connection breaks in the middle of the answer."""
    DROP = "drop"
    """The connection breaks before anything is done."""
    LOST = "lost"
    """The work is done, and the connection breaks before the answer."""
    EXPIRE = "expire"
    """The token has expired."""
    EMPTY = "empty"
    """A batch is answered as complete, and nothing was written."""
    SPOIL = "spoil"
    """The inputs of a batch at ``inputs`` fail, the others are done."""
    THIN = "thin"
    """A page holds ``rows`` rows at most, even none, and the cursor goes on from there."""
    LATE = "late"
    """What is written is stamped now and becomes visible ``seconds`` later (Salesforce only)."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a script.

    ``endpoint`` is a pattern over ``METHOD /path``, such as ``POST */batch/update``. ``times`` of
    None means always.
    """

    kind: FaultKind
    endpoint: str = "*"
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    seconds: Annotated[float, msgspec.Meta(ge=0, le=600)] = 0.0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    is_html: bool = False
    policy: str = "TEN_SECONDLY_ROLLING"
    retry_after: int | None = None
    inputs: tuple[int, ...] = (0,)
    rows: Annotated[int, msgspec.Meta(ge=0)] = 1


@dataclass(slots=True, kw_only=True)
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0


_DECODER: Final = msgspec.json.Decoder(tuple[Fault, ...])


class Script:
    """The faults that are armed; safe to change while the twin serves."""

    __slots__ = ("_armed", "_dice", "_lock")

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 1) -> None:
        self._dice = Random(seed)  # noqa: S311  # not for secrets: a run must repeat
        self._armed = [_Armed(fault=fault) for fault in faults]
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Arm more faults."""
        with self._lock:
            self._armed += [_Armed(fault=fault) for fault in faults]

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed.clear()

    def firing(self, method: str, path: str) -> tuple[Fault, ...]:
        """Tell which faults strike this call, and count it for all that match."""
        name = f"{method} {path}"
        with self._lock:
            matching = [one for one in self._armed if fnmatchcase(name, one.fault.endpoint)]
            return tuple(one.fault for one in matching if self._strikes(one))

    def _strikes(self, one: _Armed) -> bool:
        fault = one.fault
        one.seen += 1
        if one.seen <= fault.skip or (fault.times is not None and one.fired >= fault.times):
            return False
        if fault.probability < 1 and self._dice.random() >= fault.probability:
            return False
        one.fired += 1
        return True


def read_script(text: bytes) -> tuple[Fault, ...]:
    """Read a script: a JSON list of faults.

    Raises:
        ValueError: The text is not such a list; the message names the place, not the content.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error
