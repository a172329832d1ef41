"""The clock of a twin: the real one, moved by hand, or standing still.

Everything a twin does by time (stamps, index lag, limits, tokens) asks this clock, so that a test
passes time in and never sleeps.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class SandboxClock:
    """Tells the time. ``standing_at`` makes it stand still until it is moved.

    ``starting_at`` makes it run on from another instant.
    """

    __slots__ = ("_moved", "_standing_at")

    def __init__(
        self, standing_at: datetime | None = None, *, starting_at: datetime | None = None
    ) -> None:
        self._standing_at = standing_at
        self._moved = timedelta()
        if starting_at is not None:
            self._moved = starting_at - self.now()

    def now(self) -> datetime:
        """Tell the instant, aware UTC."""
        return (self._standing_at or datetime.now(UTC)) + self._moved

    def now_ms(self) -> int:
        """Tell the instant in milliseconds since 1970."""
        return to_ms(self.now())

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._moved += by


def to_ms(at: datetime) -> int:
    """Count milliseconds since 1970, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Turn milliseconds since 1970 into an instant."""
    return _EPOCH + ms * _MILLISECOND


def iso_of(ms: int) -> str:
    """Write an instant as the vendors do: UTC, with milliseconds and a ``Z``."""
    at = from_ms(ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
