"""Athena's catalogue: all is made before it is pointed to, and one update moves it to the release that readers see."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import duckdb
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError
from release_pictures import about, organisation, parsed, tables

from functions import publish as handler
from functions import runtime as runtimes
from pipeline import bi, catalog, release
from pipeline.cli import run as pulsverk
from pipeline.errors import Refused
from pipeline.publish import Publication
from pipeline.published import look, pointer_of, pointer_to
from pipeline.release import About

if TYPE_CHECKING:
    from pipeline.local.cloud import Cloud
    from pipeline.store import FolderStore, Store

SURVEY = parsed()
TABLES = tables(SURVEY, organisation())


def put(store: Store, waves: tuple[str, ...]) -> str:
    """A release of these waves becomes current; its id."""
    told = about(SURVEY, waves)
    made = release.seal(
        release.to_files(tables(SURVEY, organisation(), waves), SURVEY), About(SURVEY, "1", None, told.waves)
    )
    for path, data in made.files.items():
        store.create(f"published/demo/releases/{made.id}/{path}", data)
    store.replace(pointer_of("demo"), pointer_to(made.id, made.manifest), look(store, "demo")[1])
    return made.id


class Glue:
    """A catalogue that tells of every update, and calls `before` it is made."""

    def __init__(self) -> None:
        self.inner: Any = boto3.client("glue")
        self.updates: list[str] = []
        self.before: list[Any] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401, D105 - whatever the client has
        return getattr(self.inner, name)

    def update_table(self, **what: Any) -> Any:  # noqa: ANN401 - boto3's
        """See boto3."""
        self.updates.append(what["TableInput"]["Name"])
        if self.before:
            self.before.pop(0)()
        return self.inner.update_table(**what)


def conflict() -> None:
    raise ClientError({"Error": {"Code": "ConcurrentModificationException", "Message": ""}}, "UpdateTable")


def told(glue: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - the client or a stand-in
    """What a view says, as Athena reads it."""
    text = glue.get_table(DatabaseName="pulsverk_demo", Name=name)["Table"]["ViewOriginalText"]
    found: dict[str, Any] = json.loads(base64.b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */")))
    return found


def test_everything_is_made_and_then_one_update_moves_it(pulsverk_cloud: Cloud) -> None:
    store, glue = pulsverk_cloud.store, Glue()
    first = put(store, ("2026-08",))
    assert catalog.point(store, glue, "demo") == first  # type: ignore[arg-type]  # a stand-in around the real client
    names = {one["Name"] for one in glue.get_tables(DatabaseName="pulsverk_demo")["TableList"]}
    assert names == {*(f"all_{name}" for name in release.TABLES), *release.TABLES, *bi.VIEWS, "current_release"}
    assert told(glue, "current_release")["originalSql"] == f"SELECT '{first}' AS release"
    assert glue.updates == []
    second = put(store, ("2026-08", "2026-09"))
    assert catalog.point(store, glue, "demo") == second  # type: ignore[arg-type]  # as above
    assert glue.updates == ["current_release"]
    assert told(glue, "current_release")["originalSql"] == f"SELECT '{second}' AS release"
    assert catalog.point(store, glue, "demo") == second  # type: ignore[arg-type]  # as above
    there = glue.get_partitions(DatabaseName="pulsverk_demo", TableName="all_facts")["Partitions"]
    assert {one["Values"][0] for one in there} == {first, second}  # who names the old one still reads it


def test_each_partition_names_the_object_of_its_release(pulsverk_cloud: Cloud) -> None:
    made = put(pulsverk_cloud.store, ("2026-08",))
    catalog.point(pulsverk_cloud.store, boto3.client("glue"), "demo")
    for name in release.TABLES:
        values = {"DatabaseName": "pulsverk_demo", "TableName": f"all_{name}", "PartitionValues": [made]}
        (place,) = [boto3.client("glue").get_partition(**values)["Partition"]["StorageDescriptor"]["Location"]]
        key = place.removeprefix("s3://pulsverk-published/") + "symlink.txt"
        (line,) = pulsverk_cloud.store.read(key).data.decode().splitlines()
        data = pulsverk_cloud.store.read(line.removeprefix("s3://pulsverk-published/")).data
        assert data == pulsverk_cloud.store.read(f"published/demo/releases/{made}/{release.path_of(name)}").data


def test_the_views_in_the_catalogue_show_what_the_duckdb_file_shows(pulsverk_cloud: Cloud) -> None:
    made = put(pulsverk_cloud.store, ("2026-08", "2026-09"))
    glue = boto3.client("glue")
    catalog.point(pulsverk_cloud.store, glue, "demo")
    mine = tables(SURVEY, organisation(), ("2026-08", "2026-09"))
    shown = bi.with_views(mine)
    with duckdb.connect() as athena:
        for name in release.TABLES:
            old = TABLES[name].append_column("release", [["0" * 16] * TABLES[name].num_rows])
            new = mine[name].append_column("release", [[made] * mine[name].num_rows])
            athena.register(f"all_{name}", pa.concat_tables([old, new]))
        for name in ("current_release", *release.TABLES, *bi.VIEWS):
            view = told(glue, name)
            athena.execute(f"CREATE VIEW {name} AS {view['originalSql']}")
            columns = athena.execute(f"DESCRIBE {name}").fetchall()
            assert [one[0] for one in columns] == [one["name"] for one in view["columns"]]
            kinds = {"VARCHAR": "varchar", "BIGINT": "bigint", "DOUBLE": "double", "INTEGER": "integer", "DATE": "date"}
            assert [kinds[one[1]] for one in columns] == [one["type"] for one in view["columns"]]
        for name in (*release.TABLES, *bi.VIEWS):
            rows = athena.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()
            expected = duckdb.from_arrow(shown[name]).query("t", "SELECT * FROM t ORDER BY ALL").fetchall()
            assert rows == expected, name


def test_a_pointer_that_others_moved_is_looked_at_again_and_a_fight_ends(pulsverk_cloud: Cloud) -> None:
    store, glue = pulsverk_cloud.store, Glue()
    put(store, ("2026-08",))
    catalog.point(store, glue, "demo")  # type: ignore[arg-type]  # a stand-in
    later: list[str] = []

    def moved() -> None:
        later.append(put(store, ("2026-08", "2026-09")))
        conflict()

    glue.before = [moved]
    assert catalog.point(store, glue, "demo") == later[0]  # type: ignore[arg-type]  # as above
    assert told(glue, "current_release")["originalSql"] == f"SELECT '{later[0]}' AS release"
    glue.before = [conflict] * 5
    with pytest.raises(Refused, match="do it again"):
        catalog.point(store, glue, "demo")  # type: ignore[arg-type]  # as above
    glue.before = [lambda: glue.inner.get_table(DatabaseName="pulsverk_demo", Name="none")]
    with pytest.raises(ClientError, match="none"):
        catalog.point(store, glue, "demo")  # type: ignore[arg-type]  # as above


def test_without_a_release_the_views_are_empty(pulsverk_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    store, glue = pulsverk_cloud.store, boto3.client("glue")
    assert catalog.point(store, glue, "demo") is None
    assert duckdb.execute(told(glue, "current_release")["originalSql"]).fetchall() == []
    store.create("config/demo/survey.toml", b"id = 7")
    assert pulsverk(["catalog", "-W", pulsverk_cloud.workspace, "-S", "demo"]) == 1
    assert "title" in capsys.readouterr().err


def test_a_folder_has_no_catalogue(pulsverk_workspace: FolderStore) -> None:
    with pytest.raises(Refused, match="folder"):
        catalog.point(pulsverk_workspace, None, "demo")  # type: ignore[arg-type]  # it is not asked


def test_names_of_databases_have_no_hyphens() -> None:
    assert catalog.database_of("puls-2026") == "pulsverk_puls_2026"


def test_the_function_points_only_where_it_is_told_to(pulsverk_cloud: Cloud) -> None:
    told_to = {"PULSVERK_WORKSPACE": pulsverk_cloud.workspace, "PULSVERK_CODE_VERSION": "1"}
    assert runtimes.from_environment(told_to).glue is None
    made = runtimes.from_environment({**told_to, "PULSVERK_CATALOG": "glue"}).glue
    assert made is not None
    assert made().meta.service_model.service_name == "glue"


def test_what_was_published_is_pointed_to(pulsverk_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    made = put(pulsverk_cloud.store, ("2026-08",))
    done = Publication(made, files=1, units=1, withheld=0, unchanged=False)
    monkeypatch.setattr(handler, "publish", lambda *_, **__: done)
    with runtimes.using(replace(pulsverk_cloud.runtime, glue=lambda: boto3.client("glue"))):
        answer = pulsverk_cloud.invoke("publish", {"survey": "demo", "wave": "2026-08", "run": "0" * 16})
    assert answer.payload["release"] == made
    assert told(boto3.client("glue"), "current_release")["originalSql"] == f"SELECT '{made}' AS release"
