"""Persons become pseudonyms here and nowhere else; without the key nobody can go back, or forward."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from pipeline.errors import Refused

SMALLEST_SECRET = 16  # bytes; less could be guessed by trying
LENGTH = 16  # bytes of a pseudonym, before they are written as hex digits
_BLOCK = 64  # bytes that SHA-256 takes in at a time


@dataclass(frozen=True)
class PseudonymKey:
    """The secret and the name it goes by in every row; the secret is never shown."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Raises Refused for a key without a name, or with a secret that could be guessed."""
        if not self.id or len(self.secret) < SMALLEST_SECRET:
            msg = (
                f"a pseudonym key needs an id and a secret of at least {SMALLEST_SECRET} bytes; whoever runs us sets it"
            )
            raise Refused(msg)


@dataclass(frozen=True)
class WaveKey(PseudonymKey):
    """The key that a wave began with, and what files of the wave are read with besides it.

    `ring` are all keys that there are, the oldest first, and `erased` the pseudonyms, under whichever key, of those
    whose answers are not stored. `leaders` says what a leader's pseudonym under the oldest key was under the first
    key that they were seen under, where that is retired.
    """

    ring: tuple[PseudonymKey, ...] = ()
    erased: frozenset[str] = frozenset()
    leaders: Mapping[str, str] = field(default_factory=dict, hash=False)


def pseudonym(key: PseudonymKey, survey_id: str, person: str) -> str:
    """32 hex digits, the same for a person in every file of one survey and key, and unrelated in any other survey.

    HMAC-SHA-256 (RFC 2104) of the survey and the person's id without blanks around it. Whoever was erased under
    another key of a wave's ring is given the pseudonym that they were erased by, so that they are recognised.
    """
    message = f"{survey_id}\x1f{person.strip()}".encode("utf-8", "surrogatepass")
    if isinstance(key, WaveKey) and key.erased:
        named = (_digits(one, message) for one in key.ring)
        if (found := next((one for one in named if one in key.erased), None)) is not None:
            return found
    return _digits(key, message)


def leader(key: PseudonymKey, survey_id: str, person: str) -> str:
    """32 hex digits for a person as a leader: their pseudonym in a domain of its own, under the first key of theirs.

    Unlike a pseudonym it is the same in waves of different keys, because units are called after it, and are published.
    """
    oldest = key.ring[0] if isinstance(key, WaveKey) and key.ring else key
    found = pseudonym(PseudonymKey(oldest.id, oldest.secret), leaders_of(survey_id), person)
    return key.leaders.get(found, found) if isinstance(key, WaveKey) else found


def leaders_of(survey_id: str) -> str:
    """The domain in which the leaders of a survey's units have pseudonyms; no survey's id has a slash."""
    return f"{survey_id}/units"


def _digits(key: PseudonymKey, message: bytes) -> str:
    return hmac.digest(key.secret, message, "sha256").hex()[:32]


class _Hash(Protocol):
    """A hash that is being made."""

    def copy(self) -> _Hash: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


def _begun(data: bytes) -> _Hash:
    """SHA-256 of `data` and of what is yet to come.

    It is Python's own: of a few bytes, OpenSSL's takes twice as long, because of what it sets up and clears each time.
    """
    for name in ("_sha2", "_sha256"):  # since 3.12, and before; a Python may be built without
        try:
            begun: _Hash = import_module(name).sha256(data)
        except ImportError:
            continue
        return begun
    return hashlib.sha256(data)


def pseudonyms(key: PseudonymKey, survey_id: str, persons: Iterable[bytes]) -> bytes:
    """The pseudonyms of many, LENGTH bytes each, one behind the other; persons in UTF-8 without blanks around them.

    The same function of the same message as `pseudonym`; what depends on the key alone is done once (RFC 2104, 4).
    """
    secret = key.secret if len(key.secret) <= _BLOCK else hashlib.sha256(key.secret).digest()
    padded = secret.ljust(_BLOCK, b"\0")
    inner = _begun(bytes(byte ^ 0x36 for byte in padded) + survey_id.encode() + b"\x1f").copy
    outer = _begun(bytes(byte ^ 0x5C for byte in padded)).copy
    found = bytearray()
    for person in persons:
        message = inner()
        message.update(person)
        whole = outer()
        whole.update(message.digest())
        found += whole.digest()[:LENGTH]
    return bytes(found)
