"""That nothing was lost: what was pushed is counted again by other means, and held against the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from pipeline import exports, ledger, parquet
from pipeline.content import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.ledger import FileRecord
    from pipeline.local.cloud import Cloud
    from pipeline.survey import Survey

_TERMINAL = frozenset({"accepted", "partly", "quarantined", "duplicate", "rejected"})


@dataclass(frozen=True)
class Proof:
    """One promise about accounts, whether it held, and in how many places it was looked at."""

    name: str
    promise: str
    holds: bool
    places: int


def proofs(it: Cloud, survey: Survey, waves: Sequence[str]) -> tuple[Proof, ...]:
    """R0, R1, R2 and R4 over everything that lies in landing."""
    objects = dict(_objects(it))
    records = [record for wave in waves for record in ledger.files(it.store, survey.id, wave)]
    states = {(one.key, one.version): one.state for one in records}
    once = len(records) == len(states) and states.keys() == objects.keys() and set(states.values()) <= _TERMINAL
    same = all(
        (one.sha256, one.size) == (sha256(data), len(data))
        for one in records
        for data in [objects.get((one.key, one.version), b"")]
    )
    read = [one for one in records if one.accounts]
    counted = all(_adds_up(one, objects[one.key, one.version]) for one in read)
    stored = [one for one in read if one.kind == "responses" and one.state in {"accepted", "partly"}]
    rows = all(_rows(it, one) == one.accounts["accepted"] for one in stored)
    return (
        Proof(
            "R0", "every pushed object has exactly one end: accepted, quarantined or the same again", once, len(objects)
        ),
        Proof("R1", "every record in the ledger names the bytes that were pushed", same, len(records)),
        Proof("R2", "the records of every file, counted independently, all went somewhere", counted, len(read)),
        Proof("R4", "as many rows are stored as were accepted", rows, len(stored)),
    )


def _objects(it: Cloud) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Key and version of everything in the landing bucket, with its bytes."""
    bucket, s3 = f"{it.prefix}-landing", boto3.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            named: Any = {"Key": one["Key"], "VersionId": one["VersionId"]}
            yield (one["Key"], one["VersionId"]), s3.get_object(Bucket=bucket, **named)["Body"].read()


def _adds_up(record: FileRecord, data: bytes) -> bool:
    accounts: Mapping[str, int] = record.accounts
    dealt = sum(count for name, count in accounts.items() if name != "records")
    return accounts["records"] == dealt == exports.count_records(data)


def distinct(it: Cloud, survey: Survey, wave: str) -> int:
    """How many accepted answers of a wave no other one takes the place of: one a person, or a person and a unit."""
    once = ("respondent", "unit") if survey.file.respondent.once_per == "unit" else ("respondent",)
    keys = [one.key for one in it.store.keys(f"responses/survey={survey.id}/wave={wave}/")]
    tables = [parquet.from_bytes(it.store.read(key).data) for key in keys]
    return len({who for table in tables for who in zip(*(table[name].to_pylist() for name in once), strict=True)})


def _rows(it: Cloud, record: FileRecord) -> int:
    base = ledger.table_base(record.survey, record.wave, record.kind, record.sha256)
    keys = [one.key for one in it.store.keys(f"{base}.")]
    return sum(parquet.from_bytes(it.store.read(key).data).num_rows for key in keys)
