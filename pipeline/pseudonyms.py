"""Persons become pseudonyms here and nowhere else; without the key nobody can go back, or forward."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from pipeline.errors import Refused

SMALLEST_SECRET = 16  # bytes; less could be guessed by trying


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
