"""Checks the connector's options, before anything is sent.

Secrets come from the environment or from files; the worker's configuration refuses them in YAML. A
message names an option and never repeats its value when it could be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from connectors.salesforce.auth import (
    ClientCredentials,
    Flow,
    JwtBearer,
    RefreshToken,
)
from connectors.salesforce.specs import SPECS, WHO
from connectors.shared.options import is_loopback, read_numbers, require_known
from worker.errors import FixConfigurationError
from worker.ports import ConnectorContext, ObjectSource

LOGIN_URL = "https://login.salesforce.com"
_HOSTS = (
    ".salesforce.com",
    ".force.com",
    ".cloudforce.com",
    ".salesforce.mil",
    ".sfcrmproducts.cn",
)
"""Where Salesforce itself answers (Salesforce Help: Required Domains). A secret goes nowhere else."""
_BROWSERS = ".lightning.force.com"
"""Where people work: it sends programs on, and a login is not sent on (Salesforce Help: My Domain URLs)."""
VERSION = "62.0"
_VERSION = re.compile(r"(\d{2,3})\.0")
_OLDEST = 60
"""The first version that knows each header and resource used here."""
_SECRETS = ("access_token", "client_secret", "refresh_token")
_NUMBERS: Mapping[str, tuple[int, int, int]] = {
    # option: (default, least, most)
    "daily_reserve": (10, 0, 90),
    "lookback": (600, 0, 86_400),
    "sweep_days": (7, 1, 14),
    "page_size": (2_000, 200, 2_000),
    "bulk_threshold": (20_000, 1, 100_000_000),
    "bulk_patience": (1800, 10, 86_400),
}
_FILES = ("private_key_file", "refresh_token_file", "token_file")
"""Options that name a file with a secret."""
_OPTIONS = (
    "instance_url", "login_url", "audience", "api_version", "client_id", "username", "private_key",
    *_FILES, *_NUMBERS, *_SECRETS,
)  # fmt: skip
_OBJECT_OPTIONS = ("reads", "only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything the configuration says about one org.

    ``lookback`` is how far the next pull reads back, as a long transaction shows its rows late.
    ``sweep_every`` is how often everything is read, to find what left without a trace.
    ``page_size`` is how many rows an answer may hold, fewer where rows are very wide.
    ``bulk_threshold`` is from how many rows on they are read by the Bulk API, ``bulk_patience`` how
    long a job of it is waited for. ``secret_files`` are all files that hold a secret.
    """

    system: str
    login_url: str
    instance_url: str | None
    version: str
    token: str | None = field(repr=False)
    token_file: Path | None
    secret_files: tuple[Path, ...]
    flow: Flow | None = field(repr=False)
    daily_reserve: float
    lookback: timedelta
    sweep_every: timedelta
    page_size: int
    bulk_threshold: int
    bulk_patience: timedelta


def known_options(source: ObjectSource | None = None) -> tuple[str, ...]:
    """Name the options of an org, or of one object type of it."""
    if source is None:
        return _OPTIONS
    spec = SPECS.get(source.options.get("reads", source.object_type))
    return (*_OBJECT_OPTIONS, "who") if spec is not None and spec.who else _OBJECT_OPTIONS


def check_object(source: ObjectSource, system: str) -> None:
    """Check the options of an object type; raises ``FixConfigurationError`` with what is allowed."""
    where = f"{source.object_type} of {system}"
    reads = source.options.get("reads", source.object_type)
    require_known(
        reads, allowed=tuple(SPECS), what=f"object that can be read (option 'reads' of {where})"
    )
    for key in source.options:
        require_known(key, allowed=known_options(source), what=f"option of {where}")
    if "who" in source.options:
        require_known(source.options["who"], allowed=WHO, what=f"option 'who' of {where}")


def read_setup(context: ConnectorContext) -> Setup:
    """Check all options; raises ``FixConfigurationError`` with what is allowed."""
    options, where = context.options, f"system {context.system}"
    number = read_numbers(options, _NUMBERS, allowed=known_options(), secrets=_SECRETS, where=where)
    login_url = _url(options.get("login_url") or LOGIN_URL, "login_url", where)
    instance = options.get("instance_url")
    _require_one_way(context, where)
    return Setup(
        system=context.system,
        login_url=login_url,
        instance_url=_url(instance, "instance_url", where) if instance else None,
        version=_version(options.get("api_version", VERSION), where),
        token=options.get("access_token") or None,
        token_file=_path(context, "token_file"),
        secret_files=tuple(path for key in _FILES if (path := _path(context, key))),
        flow=_flow(context, login_url, where),
        daily_reserve=number["daily_reserve"] / 100,
        lookback=timedelta(seconds=number["lookback"]),
        sweep_every=timedelta(days=number["sweep_days"]),
        page_size=number["page_size"],
        bulk_threshold=number["bulk_threshold"],
        bulk_patience=timedelta(seconds=number["bulk_patience"]),
    )


def _require_one_way(context: ConnectorContext, where: str) -> None:
    options = context.options
    ways = [bool(options.get(key)) for key in ("access_token", "token_file", "client_id")]
    if sum(ways) != 1:
        variable = f"LEADTRIAGE_{context.system.upper()}__ACCESS_TOKEN"
        problem = "has more than one way to log in" if any(ways) else "has no way to log in"
        raise FixConfigurationError(
            f"{where} {problem}. Set client_id with username and private_key_file (JWT), with "
            "client_secret (client credentials), or with refresh_token; or, for a trial, one of "
            f"{variable} and token_file, each with instance_url."
        )
    if not options.get("client_id") and not options.get("instance_url"):
        raise FixConfigurationError(f"{where} has a token: it also needs instance_url.")


def _flow(context: ConnectorContext, login_url: str, where: str) -> Flow | None:
    options = context.options
    client_id, secret = options.get("client_id", ""), options.get("client_secret", "")
    if not client_id:
        return None
    keys = _given(options, "private_key", "private_key_file")
    tokens = _given(options, "refresh_token", "refresh_token_file")
    if keys == 1 and options.get("username") and not tokens:
        return _jwt_bearer(context, login_url, where)
    if tokens == 1 and not keys:
        token, file = options.get("refresh_token", ""), _path(context, "refresh_token_file")
        return RefreshToken(client_id, secret, token=token, file=file)
    if secret and not keys and not tokens:
        _require_my_domain(login_url, where)
        return ClientCredentials(client_id=client_id, client_secret=secret)
    raise FixConfigurationError(
        f"{where} has a client_id: it also needs username with private_key_file or private_key; or "
        "client_secret; or refresh_token_file or refresh_token. One of them, and no two."
    )


def _given(options: Mapping[str, str], *keys: str) -> int:
    return sum(bool(options.get(key)) for key in keys)


def _jwt_bearer(context: ConnectorContext, login_url: str, where: str) -> JwtBearer:
    options = context.options
    audience = options.get("audience") or login_url
    if not is_trusted(audience):
        raise FixConfigurationError(
            f"audience of {where} must be https://login.salesforce.com, for a sandbox "
            "https://test.salesforce.com, or the org's own address; without it, login_url is taken."
        )
    return JwtBearer(
        client_id=options["client_id"],
        username=options["username"],
        audience=audience.rstrip("/"),
        clock=context.clock,
        private_key=options.get("private_key", ""),
        private_key_file=_path(context, "private_key_file"),
    )


def _require_my_domain(login_url: str, where: str) -> None:
    """Client credentials are given out by an org's own address alone."""
    host = urlsplit(login_url).hostname
    if host in {"login.salesforce.com", "test.salesforce.com"}:
        raise FixConfigurationError(
            f"{where} logs in by client credentials: login_url must be the org's own address, as in "
            "https://example.my.salesforce.com."
        )


def _path(context: ConnectorContext, key: str) -> Path | None:
    value = context.options.get(key)
    return context.base_dir / value if value else None


def _url(text: str, key: str, where: str) -> str:
    url = urlsplit(text)
    is_plain = not (url.query or url.fragment or url.username or url.path.strip("/"))
    if not is_trusted(text) or not is_plain or (url.hostname or "").endswith(_BROWSERS):
        raise FixConfigurationError(
            f"{key} of {where} must be https://… at Salesforce, as in "
            "https://example.my.salesforce.com, and not the browser's lightning.force.com; plain http "
            "is only for a loopback address, as in http://127.0.0.1:8080. It holds no path, user, "
            "query or fragment."
        )
    return text.rstrip("/")


def is_trusted(text: str) -> bool:
    """Tell whether a session may be sent there: Salesforce by https, or this very machine."""
    try:
        url = urlsplit(text)
        is_local = is_loopback(url.hostname)
    except ValueError:
        return False
    if is_local:
        return url.scheme in {"http", "https"}
    return url.scheme == "https" and (url.hostname or "").endswith(_HOSTS)


def _version(text: str, where: str) -> str:
    found = _VERSION.fullmatch(text)
    if found is None or int(found[1]) < _OLDEST:
        raise FixConfigurationError(
            f"api_version of {where} must be {_OLDEST}.0 or newer, in this form."
        )
    return text
