"""Structured logs on stderr: facts as events, values as keys, and nothing personal.

Redaction is an allow list. A key that is not listed is masked and named in ``masked``, so that a
new key has to be thought about before its values are shown.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

SHOWN = frozenset(
    {
        "account", "attempt", "bookmark_moved", "budget", "code", "column", "config_digest", "count",
        "counts", "error", "event", "exit_code", "file", "holder", "host", "kind", "level", "lease",
        "object_type", "operation", "outcome", "pages", "pathway", "policy", "port", "record_id",
        "reason", "row", "run_id", "seconds", "status", "step", "stack", "summary", "system",
        "timestamp", "total", "version", "vendor_code", "writes",
    }
)  # fmt: skip


def mask_unlisted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that is not on the allow list."""
    masked = sorted(key for key in event if key not in SHOWN)
    for key in masked:
        event[key] = "***"
    if masked:
        event["masked"] = masked
    return event


def configure_logging(level: str, *, as_json: bool) -> None:
    """Send structured logs of this level and above to stderr."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_unlisted,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


_LEVELS: Mapping[str, int] = logging.getLevelNamesMapping() | {
    name.lower(): number for name, number in logging.getLevelNamesMapping().items()
}


def get_logger() -> FilteringBoundLogger:
    """Give the logger; bind run context with ``structlog.contextvars``."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def frames_of(error: BaseException) -> str:
    """Say where an error came from, the innermost last, without its message.

    The message of an error nobody foresaw may hold a contact value; where it arose never does.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
