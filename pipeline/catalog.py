"""The Glue Data Catalog: a database for each survey, in which Athena reads the current release, and old ones by name.

Tables named `all_<table>` have a partition for each release. The views `<table>` and those of pipeline.bi show the
release that the view `current_release` names, so that one update of it moves all of them at once.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from botocore.exceptions import ClientError

from pipeline import bi, release
from pipeline.errors import Refused
from pipeline.published import current, tables_of
from pipeline.store.s3 import S3Store

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

    from pipeline.store import Store

POINTER = "current_release"
_HIVE = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint", pa.float64(): "double", pa.date32(): "date"}
_PRESTO = _HIVE | {pa.string(): "varchar", pa.int32(): "integer"}
# A file of a partition names the Parquet object, which lies in the release and has no folder of its own.
_FORMAT = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
_TRIES = 5


def database_of(survey_id: str) -> str:
    """The name of a survey's database: Athena takes no hyphens."""
    return f"pulsverk_{survey_id.replace('-', '_')}"


def point(store: Store, glue: GlueClient, survey_id: str) -> str | None:
    """Lets Athena read the current release: what it needs is made or brought up to date first, the pointer moves last.

    Returns the release; None when there is none, and then the views are empty. Doing it again is no change, and of
    two at once the later look at the release wins. Raises Refused for a workspace that is not in S3, and when others
    kept moving the pointer meanwhile.
    """
    if not isinstance(store, S3Store):
        msg = "Athena reads from S3; this workspace is a folder"
        raise Refused(msg)
    _make(glue.create_database, DatabaseInput={"Name": database_of(survey_id)})
    for _ in range(_TRIES):
        version = _version(glue, survey_id)
        now = current(store, survey_id)  # after the version: whoever moves the pointer later changes that
        if now is not None:
            _register(store, glue, survey_id, now.release)
        if _moved(glue, survey_id, now.release if now else None, version):
            return now.release if now else None
    msg = f"the catalogue of {survey_id} was changed by others meanwhile; do it again"
    raise Refused(msg)


def view(name: str, sql: str, columns: pa.Schema, database: str, about: str = "") -> dict[str, Any]:
    """A view as Athena writes it into the catalogue."""
    told = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": one.name, "type": _PRESTO[one.type]} for one in columns],
    }
    encoded = base64.b64encode(json.dumps(told, sort_keys=True).encode()).decode()
    return {
        "Name": name,
        "Description": about,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {"Columns": _columns(columns), "SerdeInfo": {}},
        "ViewOriginalText": f"/* Presto View: {encoded} */",
        "ViewExpandedText": "/* Presto View */",
    }


def _register(store: S3Store, glue: GlueClient, survey_id: str, release_id: str) -> None:
    """The tables, their partition for this release, and the views over them."""
    database, tables = database_of(survey_id), tables_of(store, survey_id, release_id)
    for name, schema in release.TABLES.items():
        folder = f"published/{survey_id}/athena/{name}/"
        parquet = store.address(f"published/{survey_id}/releases/{release_id}/{release.path_of(name)}")
        store.create(f"{folder}release={release_id}/symlink.txt", f"{parquet}\n".encode())
        storage: Any = {"Columns": _columns(schema), "Location": store.address(folder), **_FORMAT}
        keys: Any = [{"Name": "release", "Type": "string", "Comment": "Id of the release"}]
        _put(
            glue,
            database,
            {
                "Name": f"all_{name}",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
                "PartitionKeys": keys,
                "StorageDescriptor": storage,
            },
        )
        here = storage | {"Location": store.address(f"{folder}release={release_id}/")}
        partition: Any = {"Values": [release_id], "StorageDescriptor": here}
        _make(glue.create_partition, DatabaseName=database, TableName=f"all_{name}", PartitionInput=partition)
        listed = ", ".join(schema.names)
        sql = f"SELECT {listed} FROM all_{name} WHERE release = (SELECT release FROM {POINTER})"
        _put(glue, database, view(name, sql, schema, database))
    shown = bi.with_views({name: table if name == "measures" else table.slice(0, 0) for name, table in tables.items()})
    for one in bi.views_of(tables["measures"]["measure"].to_pylist()):
        _put(glue, database, view(one.name, one.sql, shown[one.name].schema, database, one.about.en))


def _version(glue: GlueClient, survey_id: str) -> str | None:
    """Which version of the pointer there is; None for none."""
    try:
        found = glue.get_table(DatabaseName=database_of(survey_id), Name=POINTER)["Table"]
    except ClientError as error:
        if _code(error) != "EntityNotFoundException":
            raise
        return None
    return found["VersionId"]


def _moved(glue: GlueClient, survey_id: str, release_id: str | None, version: str | None) -> bool:
    """Points the views at a release, or at none; False when somebody else moved the pointer since."""
    database = database_of(survey_id)
    sql = f"SELECT '{release_id}' AS release" if release_id else "SELECT '' AS release WHERE 1 = 0"
    table: Any = view(POINTER, sql, pa.schema([pa.field("release", pa.string())]), database)
    if version is None:
        return _make(glue.create_table, DatabaseName=database, TableInput=table)
    try:
        glue.update_table(DatabaseName=database, TableInput=table, VersionId=version)
    except ClientError as error:
        if _code(error) != "ConcurrentModificationException":
            raise
        return False
    return True


def _put(glue: GlueClient, database: str, table: Any) -> None:  # noqa: ANN401 - boto3's TableInput
    """Makes a table or a view, or makes it what it should be where it is another."""
    if not _make(glue.create_table, DatabaseName=database, TableInput=table):
        there: Any = glue.get_table(DatabaseName=database, Name=table["Name"])["Table"]
        if any(there.get(name) != value for name, value in table.items()):
            glue.update_table(DatabaseName=database, TableInput=table)


def _make(create: Any, **what: Any) -> bool:  # noqa: ANN401 - one of boto3's calls
    """Whether it was made; False when it is there."""
    try:
        create(**what)
    except ClientError as error:
        if _code(error) != "AlreadyExistsException":
            raise
        return False
    return True


def _columns(schema: pa.Schema) -> list[Any]:
    return [{"Name": one.name, "Type": _HIVE[one.type], "Comment": release.described(one)[1][:255]} for one in schema]


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
