"""A release: earlier waves stand as they were, every row can be looked up, and the name is the content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_pictures import WAVES, about, actions, admitted, organisation, parsed, protected

from pipeline import parquet, release
from pipeline.disclosure import PROTECTED
from pipeline.facts import DISTRIBUTIONS
from pipeline.organisation import Unit, tree
from pipeline.release import About, PublishedWave

SURVEY = parsed()
TREE = organisation()
ACTIONS = pa.Table.from_pylist(actions())


def made(wave: str, base: dict[str, pa.Table] | None = None, more: int = 0, hidden: str = "") -> dict[str, pa.Table]:
    units = frozenset({hidden} - {""})
    return release.tables(protected(SURVEY, TREE, units, more), SURVEY, wave, TREE, ACTIONS, base)


FIRST = made("2026-08", hidden="U1-04")
SECOND = made("2026-09", FIRST, more=3)
THIRD = made("2026-10", SECOND, more=6)


def test_a_release_has_its_tables_and_each_has_its_schema() -> None:
    assert set(THIRD) == {"facts", "distributions", "units", "segments", "measures", "waves", "actions"}
    assert THIRD["distributions"].schema == DISTRIBUTIONS
    for name in ("units", "segments", "measures", "waves", "actions"):
        assert THIRD[name].schema == getattr(release, name.upper())
    assert THIRD["facts"].schema == FIRST["facts"].schema


@pytest.mark.parametrize("name", ["facts", "distributions", "units", "waves", "actions"])
def test_rows_of_earlier_waves_are_copied_unchanged_and_in_place(name: str) -> None:
    assert SECOND[name].slice(0, FIRST[name].num_rows).equals(FIRST[name])
    assert THIRD[name].slice(0, SECOND[name].num_rows).equals(SECOND[name])
    assert set(THIRD[name]["wave"].to_pylist()[SECOND[name].num_rows :]) == {"2026-10"}


def test_a_published_wave_is_never_written_over() -> None:
    with pytest.raises(ValueError, match="holds wave 2026-09 already"):
        made("2026-09", SECOND)


def test_change_is_measured_against_the_wave_that_closed_last_before() -> None:
    def means(table: dict[str, pa.Table], wave: str, column: str) -> list[float]:
        rows = release.of_wave(table["facts"], wave).to_pylist()
        return [row[column] for row in rows if row["unit"] == "U1-01" and row["kind"] == "scale"]

    assert means(THIRD, "2026-10", "previous") == means(SECOND, "2026-09", "mean")
    assert means(THIRD, "2026-08", "previous") == [None] * len(means(THIRD, "2026-08", "previous"))
    late = made("2026-08", made("2026-10"))  # August is published after October and is compared with nothing
    assert set(means(late, "2026-08", "previous")) == {None}


def test_the_earlier_wave_is_told_by_the_day_it_closed() -> None:
    assert release.earlier_wave(THIRD["waves"], date(2026, 10, 23)) == "2026-09"
    assert release.earlier_wave(THIRD["waves"], date(2026, 8, 28)) is None


def test_a_unit_is_named_and_its_actions_told_exactly_when_a_figure_is_stated_about_it() -> None:
    hidden = made("2026-10", hidden="U1-01")
    names = dict(zip(hidden["units"]["unit"].to_pylist(), hidden["units"]["name"].to_pylist(), strict=True))
    assert [unit for unit, name in names.items() if name is None] == ["U1-01"]
    assert names["U1-02"] == "Rehabilitering"
    assert hidden["actions"].num_rows == 0
    assert THIRD["actions"].num_rows == 3 * len(actions())


def test_a_unit_with_figures_about_its_segments_only_is_not_named() -> None:
    table = protected(SURVEY, TREE).table.to_pylist()
    rows = [row for row in table if row["unit"] != "U1-01" or row["segment"] != "all"]
    some = admitted(pa.Table.from_pylist(rows, PROTECTED))
    units = release.tables(some, SURVEY, "2026-08", TREE, ACTIONS)["units"].to_pylist()
    assert [row["unit"] for row in units if row["name"] is None] == ["U1-01"]


def test_the_tree_is_told_from_the_root_down() -> None:
    rows = {row["unit"]: row for row in FIRST["units"].to_pylist()}
    assert rows["U"]["parent"] is None
    assert (rows["U"]["depth"], rows["U"]["path"]) == (0, "U")
    assert (rows["U1-02"]["parent"], rows["U1-02"]["depth"], rows["U1-02"]["path"]) == ("U1", 2, "U/U1/U1-02")


def test_every_fact_can_be_looked_up_in_the_other_tables() -> None:
    facts = THIRD["facts"].to_pylist()

    def keys(name: str, *columns: str) -> set[tuple[str, ...]]:
        return {tuple(row[column] for column in columns) for row in THIRD[name].to_pylist()}

    assert {(row["wave"], row["unit"]) for row in facts} <= keys("units", "wave", "unit")
    assert {(row["segment"], row["category"]) for row in facts} <= keys("segments", "segment", "category")
    assert {(row["measure"], row["kind"]) for row in facts} <= keys("measures", "measure", "kind")
    assert {(row["wave"],) for row in facts} <= keys("waves", "wave")
    for name, columns in release.KEYS.items():
        assert len(keys(name, *columns)) == THIRD[name].num_rows


def test_segments_have_names_in_both_languages_and_crossings_are_spelt_as_in_the_facts() -> None:
    rows = {(row["segment"], row["category"]): row for row in FIRST["segments"].to_pylist()}
    assert len(rows) == 1 + 2 + 2 + 2 * 2
    assert rows["gender*age", "w*40+"] == {
        "segment": "gender*age",
        "category": "w*40+",
        "segment_nb": "Kjønn × Alder",
        "segment_en": "Gender × Age",
        "category_nb": "Kvinne × 40 år og eldre",
        "category_en": "Woman × 40 and over",
    }


def test_measures_have_their_range_and_the_factor_of_the_law() -> None:
    rows = {row["measure"]: row for row in FIRST["measures"].to_pylist()}
    assert (rows["workload"]["low"], rows["workload"]["high"]) == (0, 100)
    assert rows["workload"]["factor"] == rows["workload_1"]["factor"] == "workload_and_time_pressure"
    assert (rows["workload_1"]["low"], rows["workload_1"]["high"]) == (1, 5)
    assert rows["safety"]["factor"] is rows["response_rate"]["factor"] is rows["response_rate"]["scale"] is None


def test_a_measure_that_is_no_longer_asked_keeps_its_description() -> None:
    joy = ("joy", "scale", "joy", "Glede", "Joy", 0, 100, "high_is_good", None)
    old = pa.Table.from_pylist([dict(zip(release.MEASURES.names, joy, strict=True))], release.MEASURES)
    base = FIRST | {"measures": pa.concat_tables([old, FIRST["measures"]])}
    names = made("2026-09", base)["measures"]["measure"].to_pylist()
    assert names == ["joy", *(measure.id for measure in SURVEY.measures)]


def test_the_manifest_says_what_went_in_and_hashes_what_came_out() -> None:
    files = {"a/b.html": b"hello", "tables/x.parquet": b""}
    sealed = release.seal(files, about(SURVEY))
    told = json.loads(sealed.manifest)
    assert sealed.id == hashlib.sha256(sealed.manifest).hexdigest()[:16]
    assert sealed.files == {**files, "manifest.json": sealed.manifest}
    assert told["files"]["a/b.html"] == {"sha256": hashlib.sha256(b"hello").hexdigest(), "size": 5}
    assert {key: value for key, value in told.items() if key not in {"files", "waves"}} == {
        "format": "pulsverk-release/1",
        "survey": "demo",
        "organisation": "Nordlys kommune",
        "base": "0000000000000002",
        "code_version": "0.1.0+abc",
        "survey_sha256": SURVEY.sha256,
        "minimum_group_size": {"mean": 5, "distribution": 10},
        "published": [],
    }
    assert [one["wave"] for one in told["waves"]] == list(WAVES)
    assert set(told["waves"][0]) == {"wave", "run", "base", "inputs", "gates", "judged", "supersedes"}


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.binary(max_size=8), min_size=1), st.randoms())
def test_a_release_is_named_by_its_content_and_by_nothing_else(files: dict[str, bytes], chance: object) -> None:
    shuffled = list(files.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' randoms have no public type
    name = release.seal(files, about(SURVEY)).id
    assert release.seal(dict(shuffled), about(SURVEY)).id == name
    path = min(files)
    assert release.seal({**files, path: files[path] + b"."}, about(SURVEY)).id != name
    assert release.seal(files, replace(about(SURVEY), code_version="other")).id != name


def test_the_same_tables_make_the_same_files() -> None:
    again = made("2026-10", made("2026-09", made("2026-08", hidden="U1-04"), more=3), more=6)
    assert release.to_files(again, SURVEY) == release.to_files(THIRD, SURVEY)
    back = parquet.from_bytes(release.to_files(THIRD, SURVEY)["tables/facts.parquet"])
    assert back.equals(THIRD["facts"])


def test_a_base_read_back_from_its_files_gives_the_same_release() -> None:
    stored = {name: parquet.from_bytes(release.to_files(SECOND, SURVEY)[release.path_of(name)]) for name in SECOND}
    assert release.to_files(made("2026-10", stored, more=6), SURVEY) == release.to_files(THIRD, SURVEY)


def test_no_actions_and_a_single_unit_are_a_release_too() -> None:
    lone = tree([Unit("U", None, "Alle")])
    none = pa.schema([field for field in release.ACTIONS if field.name != "wave"]).empty_table()
    tables = release.tables(protected(SURVEY, lone), SURVEY, "2026-08", lone, none)
    assert tables["actions"].num_rows == 0
    assert tables["units"].num_rows == 1


def test_the_wave_a_release_adds_is_its_last() -> None:
    one = PublishedWave("2026-08", "r", None, {}, "")
    assert About(SURVEY, "1", None, (one,)).published is one
