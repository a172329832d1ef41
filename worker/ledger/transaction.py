"""One transaction on the ledger, as every repository function receives it.

It carries what scopes a query (the account) and what protects a value (the codec), so that no
repository needs to know where either comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from worker.ledger.codec import Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An open transaction of one account.

    ``blind`` turns a match key into what is stored: itself in a plain ledger, a keyed hash in an
    encrypted one, so that equal keys still meet.
    """

    connection: Connection
    account: str
    codec: Codec
    blind: Callable[[str], str]

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name
