"""What BI tools open: views that cannot be added up wrongly, one DuckDB file, CSV, SDMX-CSV and what describes them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import duckdb
import frictionless
import pyarrow as pa
import pytest
import rdflib
import sqlglot
from release_pictures import about, organisation, parsed, tables
from sqlglot import exp

from pipeline import bi, parquet, release
from pipeline.facts import COLUMNS, DISTRIBUTIONS, FACTS
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl

SURVEY = parsed()
TABLES = tables(SURVEY, organisation())
SHOWN = bi.with_views(TABLES)
NOTHING = {"facts": FACTS.empty_table(), "distributions": DISTRIBUTIONS.empty_table()}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bi") / "demo.duckdb"
    path.write_bytes(bi.duckdb_bytes(TABLES))
    return path


def picture(rows: list[tuple[str, str | None, int | None]], means: dict[str, float]) -> list[dict[str, Any]]:
    """The additive rows of a tree of (unit, parent, answered); None is withheld."""
    units = tree([Unit(unit, parent, unit) for unit, parent, _ in rows])
    made = release.around(SURVEY, "2026-08", units, TABLES["actions"].slice(0, 0), frozenset())
    facts = [
        dict.fromkeys(FACTS.names)
        | {"survey": "demo", "wave": "2026-08", "unit": unit, "segment": "all", "category": "all"}
        | {"measure": "safety", "kind": "scale", "status": "C" if answered is None else "F"}
        | ({} if answered is None else {"answered": answered, "mean": means.get(unit, 50.0)})
        for unit, _, answered in rows
    ]
    figures = NOTHING | {"facts": pa.Table.from_pylist(facts, FACTS)}
    return bi.with_views({**figures, **made})["facts_additive"].to_pylist()


def test_a_unit_gives_way_to_its_parts_when_all_of_them_are_shown() -> None:
    rows = picture([("U", None, 30), ("A", "U", 10), ("B", "U", 20)], {"A": 40.0, "B": 70.0})
    assert {row["unit"]: (row["weight"], row["points"]) for row in rows} == {"A": (10, 400.0), "B": (20, 1400.0)}
    assert sum(row["points"] for row in rows) / sum(row["weight"] for row in rows) == (10 * 40 + 20 * 70) / 30


def test_a_unit_with_a_withheld_part_stands_for_all_of_them() -> None:
    rows = picture([("U", None, 30), ("A", "U", 10), ("B", "U", 20), ("B1", "B", 20), ("B2", "B", None)], {})
    assert {row["unit"] for row in rows} == {"A", "B"}
    rows = picture([("U", None, 30), ("A", "U", 26), ("B", "U", None), ("A1", "A", 20), ("A2", "A", 6)], {})
    assert {row["unit"] for row in rows} == {"U"}  # A is whole, but nothing that holds A may stand beside it


def test_people_who_are_in_no_part_keep_the_unit_whole() -> None:
    assert {row["unit"] for row in picture([("U", None, 31), ("A", "U", 10), ("B", "U", 20)], {})} == {"U"}


def test_nothing_can_be_added_up_where_not_even_the_whole_is_shown() -> None:
    assert picture([("U", None, None), ("A", "U", 10)], {}) == []


def test_a_distribution_has_its_names_and_its_rows_make_up_the_answers_of_its_figure() -> None:
    rows = SHOWN["distributions_labelled"].to_pylist()
    assert len(rows) == TABLES["distributions"].num_rows > 0
    where = ("wave", "unit", "segment", "category", "measure")
    answered = {tuple(row[one] for one in where): row["answered"] for row in TABLES["facts"].to_pylist()}
    own: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row[one] for one in where)
        own[key] = own.get(key, 0) + row["answered"]
        assert row["low"] <= row["code"] <= row["high"]
        assert row["measure_nb"].startswith("Påstand")
    assert own == {key: answered[key] for key in own}


def test_an_id_with_a_slash_is_not_taken_for_two() -> None:
    made = release.around(
        SURVEY,
        "2026-08",
        tree([Unit("U", None, "u"), Unit("a", "U", "a"), Unit("a/b", "U", "ab"), Unit("c%", "a/b", "c")]),
        TABLES["actions"].slice(0, 0),
        frozenset(),
    )
    shown = bi.with_views({**NOTHING, **made})["unit_path"].to_pylist()
    above = {row["unit"]: set() for row in shown}
    for row in shown:
        above[row["unit"]].add((row["ancestor"], row["distance"]))
    assert above == {
        "U": {("U", 0)},
        "a": {("a", 0), ("U", 1)},
        "a/b": {("a/b", 0), ("U", 1)},
        "c%": {("c%", 0), ("a/b", 1), ("U", 2)},
    }


def test_additive_rows_of_a_whole_release_never_overlap_and_give_the_published_mean() -> None:
    facts = {(row["wave"], row["unit"], row["measure"], row["segment"]): row for row in TABLES["facts"].to_pylist()}
    sums: dict[tuple[str, str], list[float]] = {}
    paths: dict[tuple[str, str], list[str]] = {}
    for row in SHOWN["facts_additive"].to_pylist():
        sums.setdefault((row["wave"], row["measure"]), [0, 0])[0] += row["points"]
        sums[row["wave"], row["measure"]][1] += row["weight"]
        paths.setdefault((row["wave"], row["measure"]), []).append(f"{row['path']}/")
    assert len(sums) == 3 * len(SURVEY.measures)
    for (wave, measure), (_, weight) in sums.items():
        whole = facts[wave, "U", measure, "all"]
        assert weight == whole["invited" if whole["kind"] == "rate" else "answered"]
        mine = paths[wave, measure]
        assert not any(one != other and other.startswith(one) for one in mine for other in mine)


def test_the_labelled_view_has_every_column_and_row_of_the_facts_and_a_word_for_what_is_withheld() -> None:
    shown = SHOWN["facts_labelled"]
    assert shown.schema.names[: len(COLUMNS)] == list(COLUMNS)
    assert shown.num_rows == TABLES["facts"].num_rows
    words = {(row["status"], row["status_nb"], row["status_en"]) for row in shown.to_pylist()}
    assert words == {("F", "vist", "shown"), ("C", "tilbakeholdt", "withheld")}
    assert all(row["mean"] is None for row in shown.to_pylist() if row["status"] == "C")


def test_the_current_view_is_the_wave_that_closed_last() -> None:
    assert set(SHOWN["facts_current"]["wave"].to_pylist()) == {"2026-10"}


def test_the_wide_view_has_a_column_a_measure_and_no_figure_where_one_is_withheld() -> None:
    rows = SHOWN["facts_wide"].to_pylist()
    means = [f"mean_{measure.id}" for measure in SURVEY.measures]
    assert set(means) <= set(rows[0])
    hidden = [row for row in rows if row["withheld"]]
    assert hidden
    assert all(sum(row[name] is None for name in means) == row["withheld"] for row in rows)


def test_parts_are_not_summed_when_one_is_withheld() -> None:
    rows = [row for row in SHOWN["unit_parts"].to_pylist() if row["measure"] == "safety"]
    assert {row["unit"] for row in rows if row["parts_withheld"]} == {"U1"}
    assert all((row["answered"] is None) == bool(row["parts_withheld"]) for row in rows)


@pytest.mark.parametrize("name", bi.VIEWS)
def test_every_view_says_the_same_in_athena(name: str) -> None:
    views = {view.name: view for view in bi.views_of(TABLES["measures"]["measure"].to_pylist())}
    there = sqlglot.transpile(views[name].sql, read="duckdb", write="athena")[0]
    parsed_again = sqlglot.parse_one(there, read="athena")
    assert isinstance(parsed_again, exp.Select)
    assert not list(parsed_again.find_all(exp.Command))
    # What Athena is told means what DuckDB was told: translated back it shows the same rows.
    with duckdb.connect() as made:
        for known in (*release.TABLES, *bi.VIEWS):
            made.register(known, SHOWN[known])
        back = parsed_again.sql(dialect="duckdb")
        assert made.execute(f"SELECT * FROM ({back}) ORDER BY ALL").to_arrow_table().equals(SHOWN[name])


def test_the_file_is_read_by_its_comments_and_by_other_clients(file: Path) -> None:
    with duckdb.connect(str(file), read_only=True) as opened:
        comments = dict(opened.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
        assert set(comments) == set(bi.VIEWS)
        assert all(comments.values())
        columns = "SELECT count(*), count(comment) FROM duckdb_columns() WHERE table_name IN (SELECT unnest(?))"
        assert len(set(opened.execute(columns, [list(release.TABLES)]).fetchone() or ())) == 1
        assert opened.execute(
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
        ).fetchone() == ("v1.0.0+",)
        query = "SELECT mean FROM facts_current WHERE unit = 'U' AND segment = 'all' AND measure = 'safety'"
        frame: pd.DataFrame = opened.execute(query).df()
        polar: pl.DataFrame = opened.execute(query).pl()
    row = next(
        row
        for row in TABLES["facts"].to_pylist()
        if (row["wave"], row["unit"], row["segment"], row["measure"]) == ("2026-10", "U", "all", "safety")
    )
    assert frame["mean"].tolist() == polar["mean"].to_list() == [row["mean"]]


def test_two_files_of_one_release_hold_the_same_in_every_table_and_view(file: Path, tmp_path: Path) -> None:
    """Their bytes may differ, in what DuckDB leaves unused of its blocks (docs/bi.md)."""
    other = tmp_path / "other.duckdb"
    other.write_bytes(bi.duckdb_bytes(TABLES))
    assert set(SHOWN) == {*release.TABLES, *bi.VIEWS}
    for path in (file, other):
        with duckdb.connect(str(path), read_only=True) as opened:
            for name, expected in SHOWN.items():
                order = "rowid" if name in TABLES else "ALL"
                held = opened.execute(f"SELECT * FROM {name} ORDER BY {order}").to_arrow_table()
                assert held.to_pylist() == expected.to_pylist(), (path.name, name)


def read(data: bytes, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize(("decimal", "delimiter"), [("comma", ";"), ("point", ",")])
def test_csv_says_what_the_table_says(decimal: bi.Decimal, delimiter: str) -> None:
    data = bi.to_csv(TABLES["facts"], decimal)
    assert data == bi.to_csv(TABLES["facts"], decimal)
    rows = read(data, delimiter)
    for shown, row in zip(rows, TABLES["facts"].to_pylist(), strict=True):
        mean = shown["mean"].replace(",", ".") if decimal == "comma" else shown["mean"]
        assert (float(mean) if mean else None) == row["mean"]
        assert shown["answered"] == ("" if row["answered"] is None else str(row["answered"]))


@pytest.mark.parametrize("name", ["=1+1", "+47", "-2", "@SUM(A1)", "\tx", "＝1+1"])  # noqa: RUF001 - it is meant
def test_a_name_is_never_a_formula_and_a_negative_number_stays_one(name: str) -> None:
    table = pa.table({"name": [name], "change": [-2.5], "n": [-3]})
    assert read(bi.to_csv(table, "comma"), ";") == [{"name": f"'{name}", "change": "-2,5", "n": "-3"}]


def test_sdmx_tells_what_is_confidential_and_what_was_not_collected() -> None:
    facts = TABLES["facts"].slice(0, 2).to_pylist()
    facts[1] |= dict.fromkeys(("answered", "mean", "ci_low")) | {"status": "N"}
    facts.append(facts[1] | {"status": "C"})
    rows = read(bi.to_sdmx(pa.Table.from_pylist(facts, FACTS)), ",")
    assert [(row["OBS_STATUS"], row["CONF_STATUS"]) for row in rows] == [("A", "F"), ("L", "F"), ("Q", "C")]
    assert [row["OBS_VALUE"] for row in rows] == [str(facts[0]["mean"]), "", ""]
    assert {row["STRUCTURE_ID"] for row in rows} == {"PULSVERK:FACTS(1.0)"}


def test_sdmx_leaves_no_column_of_the_facts_out() -> None:
    """Each is a dimension, the measure or an attribute, whichever columns the facts of a release have."""
    table = TABLES["facts"].append_column("newer", pa.array(range(TABLES["facts"].num_rows)))
    rows = read(bi.to_sdmx(table), ",")
    lead = {"STRUCTURE", "STRUCTURE_ID", "ACTION", "OBS_STATUS"}
    said = {"MEAN": "OBS_VALUE", "STATUS": "CONF_STATUS"}
    assert set(rows[0]) - lead == {said.get(name.upper(), name.upper()) for name in (*COLUMNS, "newer")}
    for row, fact in zip(rows, table.to_pylist(), strict=True):
        texts = {said.get(name.upper(), name.upper()): "" if one is None else str(one) for name, one in fact.items()}
        assert row.items() >= texts.items()


def written(folder: Path, made: dict[str, pa.Table]) -> Path:
    for path, data in release.to_files(made, SURVEY).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_the_data_package_is_valid_by_its_own_library(tmp_path: Path) -> None:
    package = frictionless.Package(str(written(tmp_path, TABLES) / "datapackage.json"))
    assert set(package.resource_names) == set(release.TABLES)
    report = package.validate()
    assert report.valid, report.flatten(["type", "message"])[:5]


def test_its_library_finds_a_status_that_there_is_not(tmp_path: Path) -> None:
    rows = TABLES["facts"].to_pylist()
    rows[3]["status"] = "X"
    folder = written(tmp_path, TABLES | {"facts": pa.Table.from_pylist(rows, FACTS)})
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    assert report.flatten(["type", "fieldName"]) == [["constraint-error", "status"]]


def test_the_catalogue_is_told_title_time_and_every_table_with_its_hash() -> None:
    files = release.to_files(TABLES, SURVEY)
    graph = rdflib.Graph().parse(data=files["dcat.jsonld"].decode(), format="json-ld", publicID="https://x.no/r/")
    dcat, dct = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.Namespace("http://purl.org/dc/terms/")
    (dataset,) = graph.subjects(rdflib.RDF.type, dcat.Dataset)
    assert {one.language for one in graph.objects(dataset, dct.title)} == {"nb", "en"}
    assert len(list(graph.objects(dataset, dct.publisher))) == 1
    links = {str(one) for one in graph.objects(None, dcat.accessURL)}
    assert links == {f"https://x.no/r/tables/{name}.parquet" for name in release.TABLES}
    manifest = json.loads(release.seal(files, about(SURVEY)).manifest)
    sums = {str(one) for one in graph.objects(None, rdflib.URIRef("http://spdx.org/rdf/terms#checksumValue"))}
    assert sums == {manifest["files"][f"tables/{name}.parquet"]["sha256"] for name in release.TABLES}


def test_every_column_of_every_table_is_described_in_both_languages_in_the_file_itself() -> None:
    for name in release.TABLES:
        stored = parquet.from_bytes(release.to_files(TABLES, SURVEY)[release.path_of(name)])
        assert stored.schema == release.TABLES[name]
        assert all(all(release.described(field)) for field in stored.schema), name
