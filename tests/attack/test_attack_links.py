"""Links between pseudonyms under two keys lie in no release; a run under one key does not see them, nor do readers."""

from __future__ import annotations

from pathlib import Path

import pytest
from judged_waves import CODE, judged, received
from test_rotation import AFTER, NEW, Held
from tiny_survey import KEY

from pipeline import links, parquet
from pipeline.keyring import Keyring
from pipeline.publish import publish
from pipeline.rotation import retire, rotate
from pipeline.store import FolderStore, bucket_of


class Blind(FolderStore):
    """A store that shows the links to nobody."""

    def read(self, key: str, version: str = "") -> object:  # type: ignore[override]  # handed on
        """See Store."""
        assert not key.startswith("links/")
        return super().read(key, version)


def names_in(store: FolderStore, zone: str) -> set[str]:
    """Every text in the tables of a zone."""
    tables = [parquet.from_bytes(store.read(one.key).data) for one in store.keys(zone) if one.key.endswith(".parquet")]
    return {
        text for table in tables for column in table.columns for text in column.to_pylist() if isinstance(text, str)
    }


def test_a_first_wave_neither_needs_links_nor_leaves_a_name_of_theirs_in_a_release(tmp_path: Path) -> None:
    store = received(tmp_path)
    held = Held(Keyring((KEY,)))
    assert rotate(store, held, NEW[0], AFTER).linked
    retire(store, held, "k1", AFTER)
    table = links.links(store, "tiny", "people").table
    linked = {*table["older"].to_pylist(), *table["newer"].to_pylist()}
    assert len(linked) == 2 * table.num_rows > 0
    blind = Blind(store.root)
    publish(blind, "tiny", "w1", judged(blind, "w1"), code_version=CODE)
    published = [store.read(one.key).data for one in store.keys("published/")]
    assert published
    assert not [one for one in linked for data in published if one.encode() in data]
    assert not names_in(store, "published/") & linked
    assert names_in(store, "responses/") & linked  # so that the names would have been found


@pytest.mark.parametrize("zone", ["links", "identities", "responses"])
def test_links_lie_in_the_bucket_that_no_reader_of_releases_may_open(zone: str) -> None:
    assert bucket_of(zone) == "private" != bucket_of("published")
