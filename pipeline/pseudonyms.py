"""Persons become pseudonyms here and nowhere else; without the key nobody can go back, or forward."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

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


def pseudonym(key: PseudonymKey, survey_id: str, person: str) -> str:
    """32 hex digits, the same for a person in every file of one survey, and unrelated in any other survey.

    HMAC-SHA-256 (RFC 2104) of the survey and the person's id without blanks around it.
    """
    message = f"{survey_id}\x1f{person.strip()}".encode("utf-8", "surrogatepass")
    return hmac.digest(key.secret, message, "sha256").hex()[:32]


def pseudonyms(key: PseudonymKey, survey_id: str, persons: Iterable[bytes]) -> bytes:
    """The pseudonyms of many, LENGTH bytes each, one behind the other; persons in UTF-8 without blanks around them.

    The same function of the same message as `pseudonym`; what depends on the key alone is done once (RFC 2104, 4).
    """
    secret = key.secret if len(key.secret) <= _BLOCK else hashlib.sha256(key.secret).digest()
    padded = secret.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + survey_id.encode() + b"\x1f").copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy
    found = []
    for person in persons:
        message = inner()
        message.update(person)
        whole = outer()
        whole.update(message.digest())
        found.append(whole.digest()[:LENGTH])
    return b"".join(found)
