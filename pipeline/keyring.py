"""The pseudonym keys that there are, the oldest first. A wave begins under the last one, and stays under it.

A key is retired by taking it out. Until then everybody in a file is seen under every key, so that links can be made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pipeline.errors import Refused
from pipeline.pseudonyms import PseudonymKey, WaveKey

MOST = 5  # keys at a time; each one costs another reading of every file

_FORM = '{"keys": [{"id": "k1", "secret": "..."}, ...]}, the oldest first, or {"id": "k1", "secret": "..."}'


class KeyMissing(Refused):
    """A wave began under a key that is not in the ring, and that nobody retired: whoever keeps the keys brings it."""


@dataclass(frozen=True)
class Keyring:
    """One key or more, each with an id of its own."""

    keys: tuple[PseudonymKey, ...]

    def __post_init__(self) -> None:
        """Raises Refused for no key, for two of one id, and for more than there may be."""
        ids = [one.id for one in self.keys]
        if not ids or len(set(ids)) < len(ids) or len(ids) > MOST:
            msg = f"a key ring holds 1 to {MOST} keys, each with an id of its own; whoever keeps the keys mends it"
            raise Refused(msg)

    @property
    def oldest(self) -> PseudonymKey:
        """The key that is retired next."""
        return self.keys[0]

    @property
    def current(self) -> PseudonymKey:
        """The key that waves begin under."""
        return self.keys[-1]

    @property
    def pairs(self) -> tuple[tuple[PseudonymKey, PseudonymKey], ...]:
        """Every key and the one that was made after it: links are between these."""
        return tuple(zip(self.keys, self.keys[1:], strict=False))

    def find(self, key_id: str) -> PseudonymKey | None:
        """The key of this id; None where the ring has none."""
        return next((one for one in self.keys if one.id == key_id), None)

    def for_wave(
        self, key: PseudonymKey, erased: frozenset[str] = frozenset(), leaders: Mapping[str, str] | None = None
    ) -> WaveKey:
        """A key of the ring, as files of a wave are read with it."""
        return WaveKey(key.id, key.secret, self.keys, erased, leaders or {})

    def with_new(self, key: PseudonymKey) -> Keyring:
        """The ring after a rotation. Raises Refused when it is full, or has a key of this id."""
        if len(self.keys) == MOST:
            msg = f"there are {MOST} keys already; whoever keeps them retires the oldest, {self.oldest.id}, first"
            raise Refused(msg)
        return Keyring((*self.keys, key))

    def without_oldest(self) -> Keyring:
        """The ring after the oldest key was retired. Raises Refused when it is the only one."""
        return Keyring(self.keys[1:])


Keys: TypeAlias = Keyring | PseudonymKey  # one key is a ring of one


def ring_of(keys: Keys) -> Keyring:
    """The ring that these are."""
    return keys if isinstance(keys, Keyring) else Keyring((keys,))


def parse(text: str | bytes, where: str) -> Keyring:
    """A ring as it is kept, or a single key, as there was before there were rings. Raises Refused, without a secret."""
    try:
        found: Any = json.loads(text)
        keys = tuple(_key(one) for one in found.get("keys", [found]))
    except (ValueError, TypeError, KeyError, AttributeError):
        # From nothing: the words of these errors may hold the secret.
        msg = f"the pseudonym key {where} should be JSON like {_FORM}"
        raise Refused(msg) from None
    return Keyring(keys)


def to_json(ring: Keyring) -> str:
    """The ring as it is kept: with its secrets. A single key keeps the form that it has always had."""
    keys = [{"id": one.id, "secret": one.secret.decode()} for one in ring.keys]
    return json.dumps(keys[0] if len(keys) == 1 else {"keys": keys})


def _key(found: Mapping[str, str]) -> PseudonymKey:
    key_id, secret = found["id"], found["secret"]
    if not isinstance(key_id, str):
        raise TypeError
    return PseudonymKey(key_id, secret.encode())
