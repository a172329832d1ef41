"""Checks the connector's options, before anything is sent.

Secrets come from the environment or from files; the worker's configuration refuses them in YAML. A
message names an option and never repeats its value when it could be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.hubspot import engagements, events, forms
from connectors.hubspot.auth import App
from connectors.hubspot.budget import Limits
from connectors.shared.options import is_loopback, read_numbers, require_known
from worker.errors import FixConfigurationError
from worker.ports import ConnectorContext, ObjectSource

BASE_URL = "https://api.hubapi.com"
_SECRETS = ("access_token", "client_secret", "refresh_token")
_NUMBERS: Mapping[str, tuple[int, int, int]] = {
    # option: (default, least, most)
    "calls_per_10_seconds": (100, 1, 100_000),
    "searches_per_second": (5, 1, 10_000),
    "share": (100, 1, 100),
    "daily_reserve": (10, 0, 90),
    "lookback": (120, 0, 86_400),
    "sweep_days": (7, 1, 90),
}
_OPTIONS = (
    "app_id", "base_url", "token_file", "client_id", "refresh_token_file", "time_zone", *_NUMBERS, *_SECRETS,
)  # fmt: skip
_READS = ("contacts", *engagements.NAMES, forms.NAME, events.NAME)
_OBJECT_OPTIONS = ("reads",)
_MORE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("subscriptions", "lists"),
    forms.NAME: ("forms", "values"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the configuration says about one HubSpot account.

    ``lookback`` is how far a search reads back, as HubSpot's index lags behind its records.
    ``sweep_every`` is how often everything is read, to find what was deleted without a trace.
    """

    system: str
    base_url: str
    token: str | None = field(repr=False)
    token_file: Path | None
    app: App | None
    app_id: str | None
    limits: Limits
    zone: ZoneInfo | None
    lookback: timedelta
    sweep_every: timedelta


def known_options(source: ObjectSource | None = None) -> tuple[str, ...]:
    """Name the options of an account, or of one object type of it."""
    if source is None:
        return _OPTIONS
    reads = source.options.get("reads", source.object_type)
    return (*_OBJECT_OPTIONS, *_MORE_OPTIONS.get(reads, ()))


def check_object(source: ObjectSource, system: str) -> None:
    """Check the options of an object type; raises ``FixConfigurationError`` with what is allowed."""
    where = f"{source.object_type} of {system}"
    reads = source.options.get("reads", source.object_type)
    require_known(
        reads, allowed=_READS, what=f"object that can be read (option 'reads' of {where})"
    )
    for key in source.options:
        require_known(key, allowed=known_options(source), what=f"option of {where}")


def read_setup(context: ConnectorContext) -> Setup:
    """Check all options; raises ``FixConfigurationError`` with what is allowed."""
    options, where = context.options, f"system {context.system}"
    number = read_numbers(options, _NUMBERS, allowed=known_options(), secrets=_SECRETS, where=where)
    token, token_file, app = _credentials(context, where)
    return Setup(
        system=context.system,
        base_url=_base_url(options.get("base_url", BASE_URL), where),
        token=token,
        token_file=token_file,
        app=app,
        app_id=options.get("app_id") or None,
        limits=Limits(
            burst=number["calls_per_10_seconds"],
            is_given="calls_per_10_seconds" in options,
            search=number["searches_per_second"],
            share=number["share"] / 100,
            daily_reserve=number["daily_reserve"] / 100,
        ),
        zone=_zone(options.get("time_zone"), where),
        lookback=timedelta(seconds=number["lookback"]),
        sweep_every=timedelta(days=number["sweep_days"]),
    )


def _credentials(
    context: ConnectorContext, where: str
) -> tuple[str | None, Path | None, App | None]:
    options = context.options
    file = _path(context, "token_file")
    ways = [bool(options.get("access_token")), file is not None, bool(options.get("client_id"))]
    if sum(ways) != 1:
        variable = f"LEADTRIAGE_{context.system.upper()}__ACCESS_TOKEN"
        problem = "has more than one way to log in" if any(ways) else "has no way to log in"
        raise FixConfigurationError(
            f"{where} {problem}. Set one of: {variable}, token_file, or client_id with its "
            "client_secret and refresh_token."
        )
    app = _app(context, where) if options.get("client_id") else None
    return options.get("access_token") or None, file, app


def _app(context: ConnectorContext, where: str) -> App:
    options = context.options
    file = _path(context, "refresh_token_file")
    has_token = bool(options.get("refresh_token")) != (file is not None)
    if not options.get("client_secret") or not has_token:
        raise FixConfigurationError(
            f"{where} has a client_id: it also needs client_secret, and either refresh_token or "
            "refresh_token_file."
        )
    return App(
        client_id=options["client_id"],
        client_secret=options["client_secret"],
        refresh_token=options.get("refresh_token", ""),
        refresh_token_file=file,
    )


def _path(context: ConnectorContext, key: str) -> Path | None:
    value = context.options.get(key)
    return context.base_dir / value if value else None


def _base_url(text: str, where: str) -> str:
    """Accept https, and plain http only to this very machine, as the token goes with each call."""
    url = urlsplit(text)
    is_safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))
    if not is_safe or not url.hostname or url.query or url.fragment or url.username:
        raise FixConfigurationError(
            f"base_url of {where} must be https://… ; plain http is only for a loopback address, "
            "as in http://127.0.0.1:8080. It holds no user, query or fragment."
        )
    return text.rstrip("/")


def _zone(name: str | None, where: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise FixConfigurationError(
            f"time_zone of {where} is no time zone. Write it as America/New_York."
        ) from error
