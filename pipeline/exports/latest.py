"""Of several submissions of one respondent the latest, among rows that are in no memory together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.exports import repeats, responses
from pipeline.exports.candidates import spread
from pipeline.exports.clock import microseconds
from pipeline.exports.plan import PERSON, SENT
from pipeline.exports.spool import digests
from pipeline.pseudonyms import LENGTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places
    from pipeline.exports.spool import Spool
    from pipeline.pseudonyms import PseudonymKey

_NEVER = microseconds(responses.NEVER)
_ANOTHER = np.int64(0x27D4EB2F165667C5)  # odd, so that no two numbers become one


def keys(names: pa.BinaryArray, columns: Mapping[str, pa.Array], beside: Sequence[str]) -> Places:
    """Numbers that are the same for two submissions of one, and hardly ever for others.

    `beside` are the columns, all of text, that make a submission another's besides its respondent.
    """
    found = spread(names)
    for name in beside:
        texts = columns[name].dictionary_encode()
        found = found * _ANOTHER + spread(texts.dictionary.cast(pa.binary()))[texts.indices.to_numpy()]
    return found


def choose(
    spool: Spool, candidates: Places, beside: Sequence[str], who: tuple[PseudonymKey, str]
) -> tuple[NDArray[np.bool_], int]:
    """Which rows stay, and how many are the same submission once more, as `interpret` decides it.

    Only `candidates`, rows in order, can be of one who stands there more than once; `who` are key and survey.
    """
    stays = np.ones(spool.rows, bool)
    if not candidates.size:
        return stays, 0
    rows = _taken(spool, candidates)
    people = digests(rows[PERSON], *who)
    known = np.frombuffer(people, np.uint8).reshape(-1, LENGTH)
    for name in beside:
        texts = rows[name].combine_chunks().dictionary_encode()
        hashed = b"".join(hashlib.sha256(text.encode()).digest()[:LENGTH] for text in texts.dictionary.to_pylist())
        known = known ^ np.frombuffer(hashed, np.uint8).reshape(-1, LENGTH)[texts.indices.to_numpy()]
    late, ties = repeats.find(known, _times(rows))
    stays[candidates[late]] = False
    tied = np.array(sorted(row for tie in ties for row in tie.rows), np.int64)
    hashes = dict(zip(tied.tolist(), _hashes(spool, rows.take(pa.array(tied))), strict=True))
    duplicate = 0
    for tie in ties:
        first: dict[str, int] = {}
        for row in tie.rows:
            first.setdefault(hashes[row], row)
        duplicate += len(tie.rows) - len(first)
        stays[candidates[tie.rows]] = False
        stays[candidates[first[max(first)]]] = tie.last
    return stays, duplicate


def _taken(spool: Spool, rows: Places) -> pa.Table:
    """Some rows, which are in order."""
    found = []
    before = 0
    for batch in spool.batches():
        mine = rows[np.searchsorted(rows, before) : np.searchsorted(rows, before + batch.num_rows)]
        found.append(batch.take(pa.array(mine - before)))
        before += batch.num_rows
    return pa.Table.from_batches(found)


def _times(rows: pa.Table) -> NDArray[np.int64]:
    if SENT not in rows.column_names:
        return np.full(rows.num_rows, _NEVER, np.int64)
    times: NDArray[np.int64] = pc.fill_null(rows[SENT].cast(pa.int64()), _NEVER).to_numpy()
    return times


def _hashes(spool: Spool, rows: pa.Table) -> list[str]:
    """The hash of the content of each of these rows."""
    columns = [rows[name].to_pylist() for name in spool.kinds if name != SENT]
    return [responses.content_hash(values) for values in zip(*columns, strict=True)]
