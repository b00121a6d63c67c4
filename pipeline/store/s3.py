"""A workspace in S3 buckets. The only importer of boto3 below the command line."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

import boto3
from botocore.exceptions import ClientError

from pipeline.errors import NotStored, StoreConflict
from pipeline.store.contract import CHUNK, ZONES, Content, Listed, Stored, bucket_of, check_key, same

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# By the ending of a key: a page that somebody opens is shown by a browser, and not saved.
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "jsonld": "application/ld+json",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "toml": "application/toml",
}


class S3Store:
    """A workspace in S3: each zone in the bucket that is named for it."""

    def __init__(self, client: S3Client, buckets: Mapping[str, str]) -> None:
        """`buckets` names one for every zone; several zones may share one."""
        self._client = client
        self._buckets = dict(buckets)

    def _place(self, key: str) -> tuple[str, str]:
        return self._buckets[check_key(key).split("/")[0]], key

    def address(self, key: str) -> str:
        """`s3://bucket/key`, as other services name it; of a folder too, whose key ends with /."""
        return f"s3://{self._place(key.rstrip('/'))[0]}/{key}"

    def _get(self, key: str, version: str) -> GetObjectOutputTypeDef:
        bucket, key = self._place(key)
        try:
            if version:
                return self._client.get_object(Bucket=bucket, Key=key, VersionId=version)
            return self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _status(error) == 404:  # noqa: PLR2004 - HTTP
                raise NotStored(key) from None
            raise

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        answer = self._get(key, version)
        return Stored(answer["Body"].read(), answer["ETag"])

    @contextlib.contextmanager
    def open(self, key: str, version: str = "") -> Iterator[BinaryIO]:
        """See Store. The object is brought to a file of the machine, so that memory holds none of it."""
        body = self._get(key, version)["Body"]
        with tempfile.TemporaryFile() as file:
            for part in body.iter_chunks(CHUNK):
                file.write(part)
            file.seek(0)
            yield file

    def create(self, key: str, data: Content) -> None:
        """See Store."""
        bucket, key = self._place(key)
        try:
            self._client.put_object(
                Bucket=bucket, Key=key, Body=_from_start(data), ContentType=_kind(key), IfNoneMatch="*"
            )
        except ClientError as error:
            if not _is_conflict(error):
                raise
            with self.open(key) as there:
                if not same(there, data):
                    raise StoreConflict(key) from error

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """See Store."""
        if etag is None:
            self.create(key, data)
            return
        bucket, key = self._place(key)
        try:
            self._client.put_object(
                Bucket=bucket, Key=key, Body=_from_start(data), ContentType=_kind(key), IfMatch=etag
            )
        except ClientError as error:
            if _is_conflict(error) or _status(error) == 404:  # noqa: PLR2004 - HTTP
                raise StoreConflict(key) from error
            raise

    def keys(self, prefix: str) -> Iterator[Listed]:
        """See Store. S3 lists in the order of the keys' UTF-8 bytes."""
        bucket = self._buckets[prefix.split("/", maxsplit=1)[0]]
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield Listed(entry["Key"], entry["Size"])

    def delete(self, key: str) -> None:
        """See Store. In a versioned bucket a plain delete would leave the data there, so each version goes."""
        bucket, key = self._place(key)
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if entry["Key"] == key:
                    self._client.delete_object(Bucket=bucket, Key=key, VersionId=entry["VersionId"])


def in_buckets(name: str) -> S3Store:
    """The store of buckets called so, `{zone}` in it being the bucket of each zone; with the credentials around us."""
    return S3Store(boto3.client("s3"), {zone: name.replace("{zone}", bucket_of(zone)) for zone in ZONES})


def _from_start(data: Content) -> Content:
    if not isinstance(data, bytes):
        data.seek(0)
    return data


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _kind(key: str) -> str:
    return KINDS.get(key.rpartition(".")[2], "application/octet-stream")


def _is_conflict(error: ClientError) -> bool:
    return _status(error) in {409, 412}
