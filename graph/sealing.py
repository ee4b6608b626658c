"""Encryption of personal properties, so that the store's own files never hold them in clear."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_PREFIX = "v1:"


class KeyProblem(Exception):
    """The master key is missing, malformed, or not the one that sealed what is in the store."""


class Sealer:
    """AES-256-GCM under one master key.

    The place of a property is authenticated with it, so a sealed text that is moved to another node or
    property does not open.

    Parameters
    ----------
    key
        32 bytes.

    References
    ----------
    NIST SP 800-38D: a random 96-bit nonce is safe for up to 2^32 sealings under one key.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"the master key must have {KEY_BYTES} bytes, not {len(key)}")
        self._aead = AESGCM(key)

    def seal(self, clear: str, place: str) -> str:
        """Return the sealed form of a text that belongs at a place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, clear.encode(), place.encode())
        return _PREFIX + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, place: str) -> str:
        """Return the clear text.

        Raises
        ------
        KeyProblem
            It was sealed under another key or for another place, or was changed since.
        """
        if not sealed.startswith(_PREFIX):
            raise KeyProblem("not a sealed text")
        try:
            raw = base64.b64decode(sealed.removeprefix(_PREFIX), validate=True)
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()).decode()
        except (InvalidTag, ValueError):  # ValueError: too short, or no base64
            raise KeyProblem(
                "a personal text does not open: the master key is not the one that sealed it "
                "(RENLING_MASTER_KEY, or secret.key in the data folder)"
            ) from None


def load_key(data: Path, configured: str | None = None) -> bytes:
    """Return the master key: the configured one, else the data folder's, made at the first start.

    Parameters
    ----------
    configured
        32 bytes in base64, or None to use `secret.key` in the data folder.

    Raises
    ------
    KeyProblem
        The key is not 32 bytes in base64.
    """
    if configured is None:
        path = data / "secret.key"
        data.mkdir(parents=True, exist_ok=True)
        try:
            # Complete before it has its name: two first starts at once agree on one key.
            fresh = data / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
                file.flush()
                os.fsync(descriptor)
            if not path.exists():
                os.link(fresh, path)
        except FileExistsError:
            pass  # somebody else was first
        finally:
            fresh.unlink(missing_ok=True)
        configured = path.read_text().strip()
    try:
        key = base64.b64decode(configured, validate=True)
    except ValueError:
        raise KeyProblem("the master key must be 32 bytes in base64") from None
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"the master key must have {KEY_BYTES} bytes, not {len(key)}")
    return key
