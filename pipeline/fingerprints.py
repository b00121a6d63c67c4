"""What is kept of the ids in a people file so that a release can be searched for them: keyed hashes, and no id.

Whoever holds both the key in the table and a list of guesses can tell who was on the roster, and nothing else: a
fingerprint cannot be joined with a pseudonym, whose key is another one and stays with ingest.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.pseudonyms import PseudonymKey

SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),  # hex digits; one key a survey, made from the key of pseudonyms
        pa.field("whole", pa.binary(16), nullable=False),  # of the id
        pa.field("first", pa.binary(16), nullable=False),  # of its first word
        pa.field("words", pa.int32(), nullable=False),  # 0 for an id that only a cell of a table can be told to hold
    ],
)
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
LEAST, LEAST_LETTERS, LEAST_DIGITS = 4, 8, 10


def plain(text: str) -> str:
    """A text as it is compared: letters composed, without regard to case."""
    return unicodedata.normalize("NFC", text).casefold()


def words(text: str) -> list[str]:
    """The letters and digits of a plain text, between whatever else there is."""
    return _WORD.findall(text)


def distinctive(found: list[str]) -> bool:
    """Whether an id of these words can be found in prose without being taken for something else.

    It has four letters and digits or more, and either both kinds, or several words with a letter among them, or eight
    letters or more, or ten digits or more. `anna`, `12` and `2026-08-01` are not: a page is full of such.
    """
    joined = "".join(found)
    letters = len(_LETTER.findall(joined))
    if not letters:
        return len(found) == 1 and len(joined) >= LEAST_DIGITS
    return len(joined) >= LEAST and (letters < len(joined) or len(found) > 1 or letters >= LEAST_LETTERS)


def of(ids: Iterable[str], key: PseudonymKey, survey_id: str) -> pa.Table:
    """A row for each different id, as SCHEMA, in the order of the hashes, which is nobody's order."""
    own = _key(key, survey_id)
    rows = sorted({_row(own, one) for one in ids if plain(one.strip())})
    wholes, firsts, counts = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table([pa.array([own.hex()] * len(rows)), wholes, firsts, counts], schema=SCHEMA)


def without(table: pa.Table, person: str) -> pa.Table:
    """The rows of everybody else."""
    if not table.num_rows:
        return table
    whole, _, _ = _row(bytes.fromhex(table["key"][0].as_py()), person)
    return table.filter(pc.not_equal(table["whole"], pa.scalar(whole, pa.binary(16))))


def fingerprint(key: bytes, text: str) -> bytes:
    """16 bytes of HMAC-SHA-256 (RFC 2104)."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16]


def _key(key: PseudonymKey, survey_id: str) -> bytes:
    # No survey's id begins with this letter, so that the message is never that of a pseudonym.
    return hmac.digest(key.secret, f"\0fingerprints\x1f{survey_id}".encode(), "sha256")


def _row(key: bytes, one: str) -> tuple[bytes, bytes, int]:
    """An id of words is the same however they are joined; any other is looked for as it stands."""
    text = plain(one.strip())
    found = words(text)
    told = distinctive(found)
    whole = " ".join(found) if told else text
    return fingerprint(key, whole), fingerprint(key, f"\0{found[0] if told else text}"), len(found) if told else 0
