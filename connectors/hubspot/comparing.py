"""Compares values that were sent with those that HubSpot shows, in whatever form it keeps them."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.hubspot.rows import Scalar, milliseconds_of, text_of
from worker.core.records import RawValues


def holds(shown: Mapping[str, Scalar], wanted: RawValues) -> bool:
    """Tell whether a record shows exactly these values; an empty one is none."""
    return all(text_of(shown.get(name)) == (value or None) for name, value in wanted.items())


def untaken(changes: RawValues, shown: Mapping[str, Scalar]) -> list[str]:
    """Name the changes that are not shown as sent."""
    return [
        name
        for name, value in changes.items()
        if name not in shown or not is_same(value or "", text_of(shown[name]) or "")
    ]


def has_moved(before: Mapping[str, Scalar], after: Mapping[str, Scalar], name: str) -> bool:
    """Tell whether a property changed between two looks."""
    return text_of(before.get(name)) != text_of(after.get(name))


def is_same(sent: str, shown: str) -> bool:
    """Compare a value with the form HubSpot keeps: trimmed, addresses in lower case, instants in UTC."""
    if sent.strip() == shown.strip():
        return True
    if not sent or not shown:
        return False
    if "@" in sent:
        return sent.strip().lower() == shown.strip().lower()
    if ";" in sent:
        return _parts(sent) == _parts(shown)
    return _number(sent) == _number(shown) is not None or _is_same_instant(sent, shown)


def _parts(text: str) -> set[str]:
    return {part.strip() for part in text.split(";") if part.strip()}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_same_instant(sent: str, shown: str) -> bool:
    at = milliseconds_of(sent)
    return at is not None and at == milliseconds_of(shown)
