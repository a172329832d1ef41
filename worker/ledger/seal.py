"""Proves that the ledger is opened with the key it was written with.

Each account keeps one secret, itself stored through the codec. Opening it proves the key before
any contact value is touched, and the secret keys the hashes of match keys, so that they stay
comparable when the encryption key is rotated.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable

from worker.errors import FixAccessError
from worker.ledger.codec import PLAIN
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction

SEAL = "seal"
PLAIN_SEAL = "plain"
BLIND_BYTES = 18
"""144 bits of the keyed hash: no two match keys meet by accident."""

KEY_MISSING = "The ledger is encrypted, and no encryption key is configured. Configure its key."
KEY_UNEXPECTED = (
    "The ledger was written without encryption, and an encryption key is configured. "
    "Remove the key, or start a new ledger with it."
)


def has_seal(tx: Transaction) -> bool:
    """Say whether the account was ever opened."""
    return load_setting(tx, SEAL) is not None


def unseal(tx: Transaction) -> str | None:
    """Open the account's seal, or set it on first use; returns its secret, None for a plain one.

    Raises:
        FixAccessError: the configured key is not the one the ledger was written with.
    """
    stored = load_setting(tx, SEAL)
    if stored is None:
        return _set_seal(tx)
    if stored == PLAIN_SEAL:
        if tx.codec is not PLAIN:
            raise FixAccessError(KEY_UNEXPECTED)
        return None
    if tx.codec is PLAIN:
        raise FixAccessError(KEY_MISSING)
    return tx.codec.decode(stored)


def blind_with(secret: str | None) -> Callable[[str], str]:
    """Make the function that hides match keys: a keyed hash, or nothing for a plain ledger."""
    if secret is None:
        return str
    key = secret.encode()

    def blind(text: str) -> str:
        digest = hmac.digest(key, text.encode(), "sha256")[:BLIND_BYTES]
        return base64.b64encode(digest).decode("ascii")

    return blind


def _set_seal(tx: Transaction) -> str | None:
    if tx.codec is PLAIN:
        save_setting(tx, SEAL, PLAIN_SEAL)
        return None
    secret = secrets.token_urlsafe(32)
    save_setting(tx, SEAL, tx.codec.encode(secret))
    return secret
