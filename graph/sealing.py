"""Encryption of personal properties, so that the store's own files never hold them in clear.

Every person has a data key, and what is personal is sealed under it; the data keys lie in the store, each
wrapped by the service's master key, which does not. Destroying one data key erases one person; a new master
key wraps the data keys anew and leaves what they sealed alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_WRAPPED = "m1"

SEALED = "v2"
"""What a sealed text begins with, before a colon, its owner, and another colon."""
PUBLIC = "public"
"""The owner of texts that concern nobody in particular, such as a need of a place."""
INDEX = "index"
"""The owner of the key under which what must be found again (a phone, an ID number) is hashed."""


class KeyProblem(Exception):
    """The master key is missing, malformed, or not the one that wrapped what is in the store."""


class DataKey:
    """One owner's AES-256-GCM key.

    The owner and the place of a property are authenticated with it, so a sealed text that is moved to
    another node or property does not open.

    Parameters
    ----------
    owner
        A person's or household's id, an organisation's, `PUBLIC` or `INDEX`.
    key
        32 bytes.

    References
    ----------
    NIST SP 800-38D: a random 96-bit nonce is safe for up to 2^32 sealings under one key.
    """

    def __init__(self, owner: str, key: bytes) -> None:
        self.owner = owner
        self._key = key
        self._aead = _aead(key)

    def seal(self, clear: str, place: str) -> str:
        """Return the sealed form of a text that belongs at a place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, clear.encode(), f"{self.owner}|{place}".encode())
        return f"{SEALED}:{self.owner}:{_text(nonce + sealed)}"

    def open(self, sealed: str, place: str) -> str:
        """Return the clear text.

        Raises
        ------
        KeyProblem
            It was sealed under another key or for another place, or was changed since.
        """
        if owner_of(sealed) != self.owner:
            raise KeyProblem("a personal text does not open: it is another owner's")
        return _open(self._aead, sealed.rsplit(":", 1)[1], f"{self.owner}|{place}").decode()

    def hash(self, clear: str, place: str) -> str:
        """Return the keyed hash (HMAC-SHA-256) by which a text can be found again, and nothing else learnt."""
        return hmac.new(self._key, f"{place}|{clear}".encode(), hashlib.sha256).hexdigest()


def owner_of(sealed: str) -> str:
    """Return whose data key sealed a text.

    Raises
    ------
    KeyProblem
        It is no sealed text.
    """
    version, _, rest = sealed.partition(":")
    owner, _, _ = rest.rpartition(":")
    if version != SEALED or not owner:
        raise KeyProblem("not a sealed text")
    return owner


class MasterKeys:
    """The master key that wraps the data keys, and older ones that still open what they wrapped.

    Parameters
    ----------
    keys
        Each 32 bytes; the first one is the current one.

    Raises
    ------
    KeyProblem
        There is none, or one has another length.
    """

    def __init__(self, *keys: bytes) -> None:
        if not keys:
            raise KeyProblem("there is no master key")
        self._by_name = {_name(key): _aead(key) for key in keys}
        self.current = _name(keys[0])
        self._version_1 = [_aead(key) for key in keys]

    @property
    def names(self) -> frozenset[str]:
        """The names of all of them, as data keys carry them."""
        return frozenset(self._by_name)

    @property
    def older(self) -> list[str]:
        """Names of the keys that only open what they wrapped before."""
        return [name for name in self._by_name if name != self.current]

    def new_data_key(self, owner: str) -> tuple[DataKey, str]:
        """Return a new data key and its wrapped form."""
        key = secrets.token_bytes(KEY_BYTES)
        return DataKey(owner, key), self._wrap(key, owner)

    def unwrap(self, wrapped: str, owner: str) -> DataKey:
        """Return a data key from its wrapped form.

        Raises
        ------
        KeyProblem
            None of our master keys wrapped it, or it is another owner's.
        """
        return DataKey(owner, self._unwrap(wrapped, owner))

    def rewrap(self, wrapped: str, owner: str) -> str:
        """Return a data key's wrapped form under the current master key."""
        return self._wrap(self._unwrap(wrapped, owner), owner)

    def open_version_1(self, sealed: str, place: str) -> str:
        """Return the clear text of what schema version 1 sealed, directly under the master key."""
        for aead in self._version_1:
            try:
                return _open(aead, sealed.removeprefix("v1:"), place).decode()
            except KeyProblem:
                continue
        raise KeyProblem(_WRONG_KEY)

    def _wrap(self, key: bytes, owner: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._by_name[self.current].encrypt(nonce, key, owner.encode())
        return f"{_WRAPPED}:{self.current}:{_text(nonce + sealed)}"

    def _unwrap(self, wrapped: str, owner: str) -> bytes:
        aead = self._by_name.get(master_of(wrapped))
        if aead is None:
            raise KeyProblem(_WRONG_KEY)
        return _open(aead, wrapped.rsplit(":", 1)[1], owner)


def master_of(wrapped: str) -> str:
    """Return the name of the master key that wrapped a data key."""
    match wrapped.split(":"):
        case [version, name, _] if version == _WRAPPED:
            return name
    raise KeyProblem("not a wrapped data key")


def parse_keys(texts: Sequence[str]) -> list[bytes]:
    """Return master keys from their base64 forms, the current one first.

    Raises
    ------
    KeyProblem
        One is not 32 bytes in base64.
    """
    keys = []
    for number, text in enumerate(texts, 1):
        which = f" (number {number})" if len(texts) > 1 else ""
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except ValueError:
            raise KeyProblem(f"the master key{which} must be {KEY_BYTES} bytes in base64") from None
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"the master key{which} must have {KEY_BYTES} bytes, not {len(key)}")
        keys.append(key)
    return keys


_WRONG_KEY = (
    "a personal text does not open: the master key is not the one that sealed it "
    "(RENLING_MASTER_KEY, or secret.key in the data folder)"
)


def _aead(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"a key must have {KEY_BYTES} bytes, not {len(key)}")
    return AESGCM(key)


def _name(key: bytes) -> str:
    """Return a key's name: enough to tell ours apart, and nothing to learn from."""
    return hashlib.sha256(b"renling master key|" + key).hexdigest()[:12]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _open(aead: AESGCM, text: str, bound_to: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
        return aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):  # ValueError: too short, or no base64
        raise KeyProblem(_WRONG_KEY) from None
