"""Collects what is wrong with a configuration, so that all of it can be shown at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from worker.errors import Problem

_CLOSE_ENOUGH = 70.0
_MANY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a file: its line, and the path of keys that leads there."""

    file: str
    line: int
    key: str


@dataclass(slots=True, kw_only=True)
class Findings:
    """Errors and warnings found so far. An error stops the worker; a warning is only shown."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, spot: Spot, message: str, *, allowed: str = "", hint: str = "") -> None:
        """Add an error; saying the same thing twice about one place adds nothing."""
        _add(self.errors, spot, message, allowed, hint)

    def warning(self, spot: Spot, message: str, *, allowed: str = "", hint: str = "") -> None:
        """Add a warning."""
        _add(self.warnings, spot, message, allowed, hint)

    def unknown(self, spot: Spot, noun: str, word: str, known: Iterable[str]) -> None:
        """Add an error about a name that nothing defines, with the nearest one as a hint."""
        names = sorted(known)
        is_long = len(names) > _MANY
        allowed = in_words(_by_likeness(word, names), 6) if is_long else in_words(names, _MANY)
        message = f"{noun} {word!r} does not exist."
        self.error(spot, message, allowed=allowed, hint=nearest(word, names))


def problem_at(spot: Spot, message: str, *, allowed: str = "", hint: str = "") -> Problem:
    """Place a message; it begins with a capital, but for the name of an option."""
    is_name = "_" in message.partition(" ")[0]
    return Problem(
        file=spot.file,
        line=spot.line,
        key=spot.key,
        message=message if is_name else message[:1].upper() + message[1:],
        allowed=allowed,
        hint=hint,
    )


def _add(problems: list[Problem], spot: Spot, message: str, allowed: str, hint: str) -> None:
    problem = problem_at(spot, message, allowed=allowed, hint=hint)
    if problem not in problems:
        problems.append(problem)


def nearest(word: str, choices: Iterable[str]) -> str:
    """Suggest the choice that looks most like ``word``; empty when none comes close."""
    found = process.extractOne(
        word.casefold(),
        sorted(choices),
        scorer=fuzz.ratio,
        processor=str.casefold,
        score_cutoff=_CLOSE_ENOUGH,
    )
    return f"did you mean {found[0]!r}?" if found else ""


def _by_likeness(word: str, names: list[str]) -> list[str]:
    """Put the names most like ``word`` first, so that a list cut short shows the likely ones."""
    found = process.extract(word, names, scorer=fuzz.ratio, processor=str.casefold, limit=None)
    return [name for name, _score, _index in found]


def in_words(names: Iterable[str], limit: int = 12) -> str:
    """List names for a message; a long list is cut, and says how many are left out."""
    words = list(names)
    shown = ", ".join(words[:limit])
    left = len(words) - limit
    return f"{shown} and {left} more" if left > 0 else shown
