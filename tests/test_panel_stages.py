"""The panel in a store: found again by pseudonym, kept beside the release, and the same when a wave is made again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from judged_waves import CODE, judged, receive, received
from test_rotation import AFTER, NEW, Held
from tiny_survey import KEY, SURVEY
from tiny_wave import prepare

from pipeline import history, ingest, ledger, links, panel, parquet, register
from pipeline.aggregate import aggregate
from pipeline.erase import erase
from pipeline.keyring import Keyring
from pipeline.linking import link
from pipeline.publish import publish
from pipeline.rotation import retire, rotate
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.store import Store

SEGMENT = SURVEY[SURVEY.index("[[segment]]") : SURVEY.index("[[instrument]]")]


def test_people_of_two_waves_are_found_again_and_made_again_the_same(tmp_path: Path) -> None:
    store = received(tmp_path)
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    run = judged(store, "w2")
    made = {
        name: parquet.from_bytes(store.read(f"candidate/tiny/w2/{run}/{name}.parquet").data) for name in panel.TABLES
    }
    # 36 of 40 people answer in both waves, and nobody moves
    assert Counter(made["panel"]["kind"].to_pylist()) == {"both": 36, "never": 4, "again": 4}
    safety = next(row for row in made["differences"].to_pylist() if row["measure"] == "safety")
    assert 30 <= safety["pairs"] <= 36
    assert safety["squares"] > 0
    survey = ledger.survey(store, "tiny")
    release = publish(store, "tiny", "w2", run, code_version=CODE).release
    assert history.panel_kept(store, survey, release) == made
    assert history.panel_kept(store, survey, "0" * 16) == panel.empty(survey)
    assert aggregate(store, "tiny", "w2", code_version=CODE).run == run
    again = parquet.from_bytes(store.read(f"candidate/tiny/w2/{run}/panel.parquet").data)
    assert again == made["panel"]


def panel_of(store: Store, run: str) -> Counter[str]:
    """How many of each kind a candidate of the second wave has."""
    table = parquet.from_bytes(store.read(f"candidate/tiny/w2/{run}/panel.parquet").data)
    return Counter(table["kind"].to_pylist())


PAIRED = {"both": 36, "never": 4, "again": 4}


def rotated(root: Path, *, link: bool = True) -> tuple[FolderStore, Held]:
    """The first wave is published under a key that is retired before the second one is received."""
    folder, store = prepare(root / "prepared"), FolderStore(root / "work")
    register.register(store, register.beside(folder / "survey.toml"))
    receive(store, folder, "w1", KEY)
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    held = Held(Keyring((KEY,)))
    if link:
        rotate(store, held, NEW[0], AFTER)
    else:
        held.ring = Keyring((KEY, NEW[0]))
    receive(store, folder, "w2", held.ring if link else Keyring((NEW[0],)))
    if link:
        retire(store, held, "k1", AFTER)
    return store, held


def test_people_are_found_again_after_the_key_of_the_wave_before_is_gone(tmp_path: Path) -> None:
    store, _ = rotated(tmp_path)
    assert [ledger.key_of_wave(store, "tiny", wave) for wave in ("w1", "w2")] == ["k1", "k2"]
    run = judged(store, "w2")
    assert panel_of(store, run) == PAIRED
    assert (
        panel_of(received_twice(tmp_path / "one key"), judged(FolderStore(tmp_path / "one key/work"), "w2")) == PAIRED
    )
    release = publish(store, "tiny", "w2", run, code_version=CODE).release
    links.forget(store, "tiny", links.links(store, "tiny", "people").table["older"].to_pylist()[:9])
    assert aggregate(store, "tiny", "w2", code_version=CODE).run == run  # published: with the links as they were
    assert history.panel_kept(store, ledger.survey(store, "tiny"), release)["panel"].num_rows == 44


def received_twice(root: Path) -> FolderStore:
    """Both waves under one key, the first one published."""
    store = received(root)
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    return store


def test_who_is_not_linked_is_nobodys_pair_and_other_links_make_another_run(tmp_path: Path) -> None:
    store, held = rotated(tmp_path, link=False)
    before = aggregate(store, "tiny", "w2", code_version=CODE).run
    # 36 came, 36 left, and the four who never answered are two times four
    assert panel_of(store, before) == {"came": 36, "left": 36, "never": 8}
    assert link(store, held.ring) > 0
    after = aggregate(store, "tiny", "w2", code_version=CODE).run
    assert after != before
    assert panel_of(store, after) == PAIRED


def test_whoever_was_erased_since_left_and_is_counted_as_readers_count(tmp_path: Path) -> None:
    store = received_twice(tmp_path)
    erase(store, KEY, "tiny", "kari3@fjord.no")
    assert panel_of(store, aggregate(store, "tiny", "w2", code_version=CODE).run) == {
        "both": 35,
        "left": 1,
        "never": 4,
        "again": 4,
    }


def late(store: FolderStore, wave: str) -> None:
    """Somebody answers a wave late."""
    key = f"landing/tiny/{wave}/responses/late.csv"
    store.create(key, b"person,Q1,Q2,Q3\nkari36@fjord.no,3,3,5\n")
    assert ingest.receive(store, KEY, ingest.Landed(key)).state == "accepted"


def test_a_wave_after_one_that_was_published_twice_has_no_panel(tmp_path: Path) -> None:
    store = received_twice(tmp_path)
    late(store, "w1")
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    assert panel_of(store, aggregate(store, "tiny", "w2", code_version=CODE).run) == {}


def test_a_wave_that_is_published_again_has_no_panel(tmp_path: Path) -> None:
    store = received_twice(tmp_path)
    publish(store, "tiny", "w2", judged(store, "w2"), code_version=CODE)
    late(store, "w2")
    assert panel_of(store, aggregate(store, "tiny", "w2", code_version=CODE).run) == {}


def test_a_wave_with_a_segment_that_the_wave_before_did_not_have_can_be_counted(tmp_path: Path) -> None:
    store = received_twice(tmp_path)
    more = SEGMENT.replace("gender", "age").replace("kjonn", "alder").replace("Kjønn", "Alder")
    key = "config/tiny/survey.toml"
    there = store.read(key)
    store.replace(key, there.data.replace(b"[[instrument]]", f"{more}[[instrument]]".encode()), there.etag)
    assert panel_of(store, aggregate(store, "tiny", "w2", code_version=CODE).run) == PAIRED


def test_the_first_wave_has_no_panel(tmp_path: Path) -> None:
    store = received(tmp_path)
    run = judged(store, "w1")
    assert parquet.from_bytes(store.read(f"candidate/tiny/w1/{run}/panel.parquet").data).num_rows == 0
