"""A pushed file of answers, by whichever way is certain: in blocks, or as a whole by the strict reader."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports import census, detection, inspection, responses, streaming
from pipeline.exports.census import Uncertain
from pipeline.exports.received import Received, of_reading
from pipeline.exports.wrapping import text_in

if TYPE_CHECKING:
    from pipeline.exports.scratch import Scratch
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.survey import Survey


def receive(
    file: BinaryIO,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    erased: Collection[str],
    scratch: Scratch,
) -> Received:
    """Reads, accounts for and pseudonymises a file of answers, of any size when it is a plain one.

    `file` can be read from any place; `source` is its sha256, `erased` are pseudonyms to leave out.
    Raises ExportRejected as `read` and `interpret` do.
    """
    try:
        return streaming.read(text_in(file), survey, key, source, erased, scratch)
    except Uncertain:
        return receive_whole(file, survey, key, source, erased, scratch)


def receive_whole(
    file: BinaryIO,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    erased: Collection[str],
    scratch: Scratch,
) -> Received:
    """The same by the strict reader, with the whole file in memory."""
    file.seek(0)
    sheet = detection.read(file.read())
    return of_reading(sheet, responses.interpret(sheet, survey, key, source, erased), scratch)


def count_in(file: BinaryIO) -> int | None:
    """How many records a file has that was refused as a whole; None when not even that is certain."""
    try:
        return census.take(file).records
    except Uncertain:
        file.seek(0)
        return inspection.count_records(file.read())
