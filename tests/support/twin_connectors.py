"""The two connectors on their twins, for whom a wait is time that passes and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from connectors.hubspot.connector import open_connector as open_hubspot
from connectors.salesforce.connector import open_connector as open_salesforce
from worker.ports import Connector, ConnectorContext, OpenConnector
from worker.retry import with_retry

_OPEN: Mapping[str, OpenConnector] = {"hubspot": open_hubspot, "salesforce": open_salesforce}


def opening(
    options: Mapping[str, Mapping[str, str]], sleep: Callable[[float], None]
) -> dict[str, OpenConnector]:
    """Say how each system is opened, with these options beside those of its map."""
    return {name: partial(_open, name, told, sleep) for name, told in options.items()}


def _open(
    name: str,
    told: Mapping[str, str],
    sleep: Callable[[float], None],
    context: ConnectorContext,
) -> Connector:
    retry = partial(with_retry, sleep=sleep)
    known = {**context.options, **told}
    return _OPEN[name](replace(context, options=known, sleep=sleep, retry=retry))
