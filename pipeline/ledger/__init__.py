"""The append-only record: files, runs, releases, frozen waves and erasures. Who reads it can redo everything.

Nothing in it is about a person: counts, codes, hashes and keys; an erasure names a pseudonym.
"""

from __future__ import annotations

from pipeline.ledger.addresses import COUNTED, KINDS, NOWHERE, Address, address, file_id
from pipeline.ledger.erasures import erased, record_erasure, tombstones
from pipeline.ledger.history import (
    keep_rows,
    record_release,
    record_retraction,
    record_run,
    release,
    releases,
    retractions,
    rows_of,
    runs,
)
from pipeline.ledger.keys import key_of_wave, record_retirement, retirements
from pipeline.ledger.landed import (
    STORED,
    current,
    file,
    file_of,
    files,
    keep_table,
    landed_on,
    received,
    record_file,
    table_base,
    twin,
)
from pipeline.ledger.records import (
    ErasureRecord,
    FileRecord,
    ReleaseRecord,
    RetirementRecord,
    RetractionRecord,
    RunRecord,
    WaveRecord,
    to_json,
)
from pipeline.ledger.surveys import SurveyUnknown, freeze_wave, hold, survey, wave

__all__ = [
    "COUNTED",
    "KINDS",
    "NOWHERE",
    "STORED",
    "Address",
    "ErasureRecord",
    "FileRecord",
    "ReleaseRecord",
    "RetirementRecord",
    "RetractionRecord",
    "RunRecord",
    "SurveyUnknown",
    "WaveRecord",
    "address",
    "current",
    "erased",
    "file",
    "file_id",
    "file_of",
    "files",
    "freeze_wave",
    "hold",
    "keep_rows",
    "keep_table",
    "key_of_wave",
    "landed_on",
    "received",
    "record_erasure",
    "record_file",
    "record_release",
    "record_retirement",
    "record_retraction",
    "record_run",
    "release",
    "releases",
    "retirements",
    "retractions",
    "rows_of",
    "runs",
    "survey",
    "table_base",
    "to_json",
    "tombstones",
    "twin",
    "wave",
]
