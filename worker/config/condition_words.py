"""Reads the words and durations inside conditions, each checked against what is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from worker.config.durations import parse_duration
from worker.config.findings import Findings, Spot, in_words, nearest
from worker.config.yaml_text import KeyPath, Sheet, Yaml


def read_words(
    findings: Findings,
    sheet: Sheet,
    raw: Yaml,
    path: KeyPath,
    known: Iterable[str] | None,
    noun: str,
) -> tuple[str, ...] | None:
    """Read one word or a list of words, each of which must be among ``known`` (None: any)."""
    entries = raw if isinstance(raw, list) else [raw]
    names = None if known is None else [str(word) for word in known]
    words: list[str] = []
    for number, entry in enumerate(entries):
        spot = sheet.spot(*path, number) if isinstance(raw, list) else sheet.spot(*path)
        if not isinstance(entry, str):
            hint = _quote_hint(sheet, (*path, number) if isinstance(raw, list) else path)
            findings.error(spot, f"a {noun} must be text.", hint=hint)
        elif names is not None and entry not in names:
            findings.unknown(spot, noun, entry, names)
        else:
            words.append(entry)
    return tuple(words) if len(words) == len(entries) else None


def _quote_hint(sheet: Sheet, path: KeyPath) -> str:
    raw = sheet.raw(path)
    return f'put it in quotes: "{raw}"' if raw else ""


def read_duration(findings: Findings, sheet: Sheet, raw: Yaml, path: KeyPath) -> timedelta | None:
    """Read a duration, or report what is wrong with it."""
    spot: Spot = sheet.spot(*path)
    try:
        return parse_duration(raw if isinstance(raw, str) else "")
    except ValueError as exc:
        findings.error(spot, f"{path[-1]!r} {exc}")
        return None


def check_keys(
    findings: Findings,
    sheet: Sheet,
    raw: dict[str, Yaml],
    path: KeyPath,
    allowed: tuple[str, ...],
) -> bool:
    """Report keys that are not among ``allowed``; true when there are none."""
    extra = [key for key in raw if key not in allowed]
    for key in extra:
        message, hint = f"the key {key!r} is not known here.", nearest(key, allowed)
        findings.error(sheet.spot(*path, key), message, allowed=in_words(allowed), hint=hint)
    return not extra
