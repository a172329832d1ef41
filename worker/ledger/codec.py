"""How contact values are written into the ledger and read back.

Every contact value passes through one codec, so that encryption is one decision in one place:
plain text by default, AES-256-GCM when a key is configured. The codec knows nothing of tables.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.errors import FixAccessError, FixConfigurationError

KEY_BYTES = 32
NONCE_BYTES = 12

WRONG_KEY = (
    "The ledger was encrypted with another key. Configure the key it was written with; "
    "after a rotation list both, the new key first, separated by a comma."
)
BAD_KEY = (
    "The encryption key is not usable. Give 32 random bytes as URL-safe base64 (44 characters), "
    "or several such keys separated by commas, the newest first."
)


class Codec(Protocol):
    """Turns contact values into what is stored, and back."""

    def encode(self, text: str) -> str: ...

    def decode(self, text: str) -> str: ...


class PlainCodec:
    """Stores values as they are."""

    __slots__ = ()

    def encode(self, text: str) -> str:
        return text

    def decode(self, text: str) -> str:
        return text


PLAIN = PlainCodec()


class EncryptingCodec:
    """Encrypts with the first key, decrypts with whichever of the keys was used.

    A stored value is ``key id . base64(nonce + ciphertext)``. The key id is a few hex digits of
    the key's digest, so that rotation needs no trial decryption. Nonces are random, which is safe
    for about four thousand million values a key: rotate the key once a year.
    """

    __slots__ = ("_ciphers", "_current")

    def __init__(self, key: str) -> None:
        keys = [_parse_key(part) for part in key.split(",")]
        self._ciphers = {_key_id(raw): AESGCM(raw) for raw in keys}
        self._current = _key_id(keys[0])

    def encode(self, text: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), None)
        return f"{self._current}.{base64.b64encode(nonce + sealed).decode('ascii')}"

    def decode(self, text: str) -> str:
        """Decrypt a stored value.

        Raises:
            FixAccessError: no configured key opens it.
        """
        key_id, _, body = text.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise FixAccessError(WRONG_KEY)
        try:
            sealed = base64.b64decode(body, validate=True)
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
        except (binascii.Error, InvalidTag, ValueError) as exc:
            raise FixAccessError(WRONG_KEY) from exc


def codec_from_key(key: str | None) -> Codec:
    """Choose the codec: plain without a key, encrypting with one.

    Raises:
        FixConfigurationError: the key is not 32 bytes of URL-safe base64.
    """
    return EncryptingCodec(key) if key else PLAIN


def new_key() -> str:
    """Make a key that ``codec_from_key`` accepts."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode("ascii")


def _parse_key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip().encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error and UnicodeEncodeError; the key itself stays out of it
        raw = b""
    if len(raw) != KEY_BYTES:
        raise FixConfigurationError(BAD_KEY)
    return raw


def _key_id(raw: bytes) -> str:
    return hashlib.sha256(b"leadtriage key id" + raw).hexdigest()[:8]
