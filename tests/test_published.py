"""What is published, read back: tables that earlier code made have today's columns, and nothing is made up for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from release_pictures import about, organisation, parsed, tables

from pipeline import parquet, published, release
from pipeline.content import sha256
from pipeline.errors import RunRefused
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

SURVEY = parsed()
TABLES = tables(SURVEY, organisation())


def put(folder: Path, made: dict[str, pa.Table]) -> FolderStore:
    """A release of these tables, the only one."""
    store = FolderStore(folder)
    files = {release.path_of(name): parquet.to_bytes(table) for name, table in made.items()}
    listed = {path: {"sha256": sha256(data), "size": len(data)} for path, data in files.items()}
    manifest = release.canonical({"survey": SURVEY.id, "files": listed, "waves": [], "base": about(SURVEY).base})
    for path, data in {**files, release.MANIFEST: manifest}.items():
        store.create(f"published/demo/releases/{sha256(manifest)[:16]}/{path}", data)
    return store


def only(store: FolderStore) -> str:
    return next(iter(store.keys("published/"))).key.split("/")[3]


def test_columns_and_tables_that_were_not_there_are_empty(tmp_path: Path) -> None:
    old = {name: table for name, table in TABLES.items() if name != "distributions"}
    old["units"] = TABLES["units"].drop_columns(["continues"])
    store = put(tmp_path, old)
    found = published.tables_of(store, "demo", only(store))
    assert {name: table.schema for name, table in found.items()} == release.TABLES
    assert found["distributions"].num_rows == 0
    assert found["units"].drop_columns(["continues"]) == old["units"]
    assert found["units"]["continues"].null_count == TABLES["units"].num_rows


def test_todays_tables_come_back_as_they_were(tmp_path: Path) -> None:
    store = put(tmp_path, TABLES)
    assert published.tables_of(store, "demo", only(store)) == TABLES


def test_distributions_that_the_manifest_has_and_the_store_has_not_are_missed(tmp_path: Path) -> None:
    store = put(tmp_path, TABLES)
    (tmp_path / f"published/demo/releases/{only(store)}/tables/distributions.parquet").unlink()
    with pytest.raises(RunRefused, match=r"tables/distributions.parquet of release \w+ is not what was published"):
        published.tables_of(store, "demo", only(store))
