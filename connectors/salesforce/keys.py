"""Reads the private key that signs a login, and says what is wrong with one that cannot.

Salesforce checks the signature with the certificate that was uploaded to the app: RSA, with SHA-256
(Salesforce Help: OAuth 2.0 JWT Bearer Flow). What a library says of a key may quote it, so nothing of that
is passed on.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from worker.errors import FixAccessError

SHORTEST: Final = 2048
"""Bits: a certificate of a shorter key is not taken (Salesforce Help: Certificates and Keys)."""
_MAKE: Final = "How to make one is told in mappings/docs/salesforce-login.md."


def read_key(pem: str, where: str) -> RSAPrivateKey:
    """Read a key in PEM form; ``where`` says where it was found.

    Raises:
        FixAccessError: it is none that Salesforce takes, with what to do; nothing of it is told.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise FixAccessError(
            f"{where} has a password, which nobody is there to type in. Write a copy without one: "
            "`openssl pkey -in old.pem -out key.pem`."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise FixAccessError(f"{where} is {_kind_of(pem)}. {_MAKE}") from None
    if not isinstance(key, RSAPrivateKey):
        raise FixAccessError(f"{where} is no RSA key, and Salesforce takes no other. {_MAKE}")
    if key.key_size < SHORTEST:
        raise FixAccessError(f"{where} is shorter than {SHORTEST} bits. {_MAKE}")
    return key


def _kind_of(pem: str) -> str:
    """Name what was given in the place of a key, by the words of its first line alone."""
    if "BEGIN CERTIFICATE" in pem:
        return "a certificate: that goes into the app, and its key belongs here"
    if "PUBLIC KEY" in pem:
        return "a public key: the private one belongs here"
    if "PRIVATE KEY" in pem:
        return "damaged: it has the first line of a key, and no key behind it"
    return "no key in PEM form, which begins with a line of BEGIN PRIVATE KEY"
