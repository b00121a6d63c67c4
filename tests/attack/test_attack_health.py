"""Looking for answers about health, and for what a leader told themself alone, in everything that is published."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
import tiny_wave
from judged_waves import CODE, content, judged
from tiny_survey import KEY, SURVEY

from pipeline import ingest, parquet, register
from pipeline.aggregate import recompute
from pipeline.errors import SurveyInvalid
from pipeline.ledger import survey as kept
from pipeline.publish import publish
from pipeline.store import FolderStore

HEALTH = """
[[instrument]]
definition = "who-5"
columns = { W1 = "who5_1", W2 = "who5_2", W3 = "who5_3", W4 = "who5_4", W5 = "who5_5" }
"""
PRIVATE = """
[[instrument]]
definition = "myneeds"
columns = { "Hva driver deg" = "need_variation", "Trenger du ro" = "need_security" }
"""
WHY = 'unit_level = "Agreed with the works council on 3 May, for units of fifty and more"\n'
TOLD = "77"  # what everybody answered to what is private


def published(root: Path, text: str) -> FolderStore:
    """The first wave of forty people in two units, answered to all of it and published."""
    folder, store = tiny_wave.prepare(root / "prepared", text=text), FolderStore(root / "work")
    register.register(store, register.beside(folder / "survey.toml"))
    chance = random.Random(3)  # noqa: S311 - pictures, no secrets
    lines = [f"{tiny_wave.HEADER.strip()},W1,W2,W3,W4,W5,Hva driver deg,Trenger du ro"]
    for who, *_ in tiny_wave.people()[:34]:
        pulse = [chance.randint(1, 5), chance.randint(1, 5), chance.randint(0, 10)]
        health = [chance.randint(0, 5) for _ in range(5)]
        lines.append(",".join(map(str, [who, *pulse, *health, TOLD, TOLD])))
    for kind in ("units", "people"):
        store.create(f"landing/tiny/w1/{kind}/{kind}.csv", (folder / f"w1/{kind}/{kind}.csv").read_bytes())
        ingest.receive(store, KEY, ingest.Landed(f"landing/tiny/w1/{kind}/{kind}.csv"))
    store.create("landing/tiny/w1/responses/all.csv", "\n".join(lines).encode())
    record = ingest.receive(store, KEY, ingest.Landed("landing/tiny/w1/responses/all.csv"))
    assert record.state == "accepted", record
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return published(tmp_path_factory.mktemp("health"), SURVEY + HEALTH + PRIVATE)


def rows(store: FolderStore, table: str = "facts") -> list[dict[str, object]]:
    (found,) = (data for key, data in content(store).items() if key.endswith(f"tables/{table}.parquet"))
    return parquet.from_bytes(found).to_pylist()


def test_health_is_stated_of_the_whole_organisation_and_nowhere_else(store: FolderStore) -> None:
    health = [row for row in rows(store) if str(row["measure"]).startswith("who5")]
    assert {(row["unit"], row["segment"]) for row in health} == {("U", "all")}
    assert {row["measure"] for row in health} == {"who5", *(f"who5_{n}" for n in range(1, 6))}
    assert [row["status"] for row in health if row["measure"] == "who5"] == ["F"]


def test_no_cell_of_health_below_the_whole_is_there_to_be_audited(store: FolderStore) -> None:
    cells, members, _ = recompute(store, kept(store, "tiny"), "w1")
    below = {(row["unit"], row["segment"]) for row in cells.to_pylist() if row["measure"].startswith("who5")}
    assert below == {("U", "all")}
    assert members["who5"].to_pylist().count(True) == 34


def test_no_report_of_a_unit_speaks_of_health(store: FolderStore) -> None:
    reports = {key: data.decode() for key, data in content(store).items() if key.endswith(".html")}
    speaking = {key.split("/reports/")[1].split("/")[0] for key, text in reports.items() if "(WHO-5)" in text}
    assert {"A", "B"} <= {key.split("/reports/")[1].split("/")[0] for key in reports}
    assert speaking == {"U"}


def test_what_is_private_is_in_no_file_that_we_write(store: FolderStore) -> None:
    ours = {
        key: data
        for prefix in ("published/", "responses/", "candidate/")
        for key, data in content(store, prefix).items()
    }
    assert any(key.startswith("responses/") for key in ours)
    for key, data in ours.items():
        said = b"" if not key.endswith(".parquet") else str(parquet.from_bytes(data).to_pydict()).encode()
        for word in (b"need_", b"MyNeeds", b"myneeds", b"Hva driver deg", b"Trenger du ro"):
            assert word not in data, key
            assert word not in said, key
        if key.endswith(".parquet"):
            numbers = [column for column in parquet.from_bytes(data).columns if column.type == pa.int16()]
            assert all(int(TOLD) not in column.to_pylist() for column in numbers)


def test_with_a_reason_health_is_stated_of_units_too(tmp_path: Path) -> None:
    said = HEALTH.replace('"who-5"\n', f'"who-5"\n{WHY}')
    store = published(tmp_path, SURVEY + said + PRIVATE)
    units = {row["unit"] for row in rows(store) if row["measure"] == "who5" and row["segment"] == "all"}
    assert units == {"U", "A", "B"}


@pytest.mark.parametrize("why", ["", "we want to"])
def test_a_reason_that_says_nothing_is_none(why: str) -> None:
    said = HEALTH.replace('"who-5"\n', f'"who-5"\nunit_level = "{why}"\n')
    with pytest.raises(SurveyInvalid, match=r"instrument\.1\.unit_level: .*at least 20"):
        register.parse({"survey.toml": (SURVEY + said).encode(), "tiny.toml": tiny_wave.INSTRUMENT.encode()})
