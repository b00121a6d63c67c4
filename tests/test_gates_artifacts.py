"""What is measured of a release before anybody can read it: its files, its reports, and whom it names."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from judged_waves import CODE, received
from tiny_survey import KEY, ON_PAPER, tiny

from pipeline import build, fingerprints, gates, ledger, parquet, release
from pipeline.aggregate import aggregate
from pipeline.check import counted
from pipeline.content import sha256
from pipeline.judged import judged

if TYPE_CHECKING:
    from collections.abc import Mapping

SURVEY = tiny()
WHO = "kari3@fjord.no"
NAMES = fingerprints.of([f"kari{n}@fjord.no" for n in range(40)], KEY, "tiny")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The draft of the release of the tiny survey's first wave, of which publication makes PDFs besides."""
    store = received(tmp_path_factory.mktemp("made"), ON_PAPER)
    run = aggregate(store, "tiny", "w1", code_version=CODE).run
    counted(store, "tiny", "w1", run)
    candidate = judged(store, "tiny", "w1", run)
    assert candidate is not None
    return dict(build.draft(store, ledger.survey(store, "tiny"), candidate, CODE).files)


def measured(files: Mapping[str, bytes], **about: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - as gates.artifacts takes
    """By subject, what is measured of it."""
    made = gates.artifacts(files, SURVEY, "w1", about.get("names", NAMES), about.get("pseudonyms", ()))
    assert made.schema == gates.ARTIFACTS
    return {row["subject"]: {name: one for name, one in row.items() if one is not None} for row in made.to_pylist()}


def listed(files: Mapping[str, bytes], path: str, data: bytes) -> dict[str, bytes]:
    """The release with a file more, which its manifest has."""
    told = json.loads(files[release.MANIFEST])
    told["files"][path] = {"sha256": sha256(data), "size": len(data)}
    return {**files, path: data, release.MANIFEST: release.canonical(told)}


def test_a_release_as_it_is_made_is_in_order(files: dict[str, bytes]) -> None:
    found = measured(files)
    every = [one for one in found.values() if one["kind"] == "file"]
    assert len(every) == len(files)
    assert all((one["listed"], one["intact"], one["searched"], one["identifiers"]) == (1, 1, 1, 0) for one in every)
    units = [one for one in found.values() if one["kind"] == "unit"]
    assert [one["reported"] for one in units] == [1] * 3
    assert found["roster"]["people"] == 40
    facts = found["facts"]
    assert facts["rows"] > 0
    wrong = ("unknown_status", "below_minimum", "withheld_with_figures", "shares_off", "distributions_off")
    assert {facts[name] for name in wrong} == {0}


def database(cell: str) -> bytes:
    """A DuckDB file with a table in it."""
    import tempfile  # noqa: PLC0415 - DuckDB writes files only

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.duckdb"
        with duckdb.connect(str(path)) as made:
            made.execute('CREATE TABLE "odd ""name" AS SELECT ? AS "a b", 1 AS n', [cell])
        return path.read_bytes()


def archived(name: str, data: bytes) -> bytes:
    """A zip with a file in it."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, data)
    return held.getvalue()


KINDS = {
    "tables/actions.csv": lambda who: f"id,owner\n1,{who}\n".encode(),
    "tables/actions.parquet": lambda who: parquet.to_bytes(pa.table({"owner": [who]})),
    "tiny.duckdb": database,
    "datapackage.json": lambda who: json.dumps({"contributors": [{"title": who}]}).encode(),
    "dcat.jsonld": lambda who: json.dumps({"dct:publisher": {"foaf:name": who}}).encode(),
    "reports/a/leader.html": lambda who: f"<p>Spør {who.replace('@', '&#64;')}</p>".encode(),
    "reports/a/link.html": lambda who: f'<a href="mailto:{who.replace("@", "%40")}">'.encode(),
    "all.zip": lambda who: archived("notes.txt", who.encode()),
    "notes.txt.gz": lambda who: gzip.compress(who.encode()),
    "sheet.xlsx": lambda who: archived("xl/sharedStrings.xml", f"<t>{who}</t>".encode()),
}


@pytest.mark.parametrize("path", KINDS)
def test_a_person_is_found_in_a_file_of_any_kind(files: dict[str, bytes], path: str) -> None:
    found = measured(listed(files, "x/" + path, KINDS[path](WHO)))["x/" + path]
    assert (found["listed"], found["intact"], found["searched"], found["identifiers"]) == (1, 1, 1, 1)
    clean = measured(listed(files, "x/" + path, KINDS[path]("nobody")))["x/" + path]
    assert clean["identifiers"] == 0


def test_a_file_may_be_called_after_somebody(files: dict[str, bytes]) -> None:
    assert measured(listed(files, f"reports/{WHO}.txt", b"-"))[f"reports/{WHO}.txt"]["identifiers"] == 1


def test_a_pseudonym_is_a_person_too(files: dict[str, bytes]) -> None:
    who = "0123456789abcdef" * 2
    found = measured(listed(files, "x.csv", f"a\n{who}\n".encode()), names=None, pseudonyms=(who,))
    assert found["x.csv"]["identifiers"] == 1
    assert found["roster"]["people"] == 0


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("x.pbix", b"anything"),
        ("x.parquet", b"PAR1 and nothing"),
        ("x.duckdb", b"nothing"),
        ("x.zip", b"nothing"),
        ("x.json", b"{"),
        ("x.html", b"\xff\xfe"),
        ("x.gz", b"nothing"),
        ("inside.zip", archived("a.pbix", b"-")),
    ],
)
def test_what_cannot_be_looked_into_is_said_to_be_so(files: dict[str, bytes], path: str, data: bytes) -> None:
    assert measured(listed(files, path, data))[path]["searched"] == 0


def test_a_file_that_is_not_listed_is_missing_or_is_another(files: dict[str, bytes]) -> None:
    path = "tables/waves.parquet"
    changed = listed(files, path, files["tables/units.parquet"])
    assert measured({**changed, path: files[path]})[path]["intact"] == 0
    assert measured({**files, "x.txt": b"-"})["x.txt"]["listed"] == 0
    page = next(one for one in files if one.endswith("/leader.html"))
    gone = {one: data for one, data in files.items() if one != page}
    found = measured(gone)
    assert (found[page]["listed"], found[page]["intact"], found[page]["searched"]) == (1, 0, 0)
    assert sorted(one["reported"] for one in found.values() if one["kind"] == "unit") == [0, 1, 1]


def test_facts_that_may_not_be_published_are_counted(files: dict[str, bytes]) -> None:
    facts = parquet.from_bytes(files["tables/facts.parquet"]).to_pylist()
    free = [at for at, row in enumerate(facts) if row["status"] == "F" and row["favourable"] is not None]
    facts[free[0]]["answered"] = 4
    facts[free[1]]["favourable"] += 0.05
    facts[free[2]]["status"] = "C"
    facts[free[3]]["status"] = "X"
    schema = parquet.from_bytes(files["tables/facts.parquet"]).schema
    data = parquet.to_bytes(pa.Table.from_pylist(facts, schema=schema))
    found = measured(listed(files, "tables/facts.parquet", data))["facts"]
    assert (found["below_minimum"], found["shares_off"], found["unknown_status"]) == (1, 1, 1)
    assert found["withheld_with_figures"] == 2  # neither C nor X is free


def distributions_off(files: dict[str, bytes], rows: list[dict[str, Any]]) -> int:
    path = "tables/distributions.parquet"
    data = parquet.to_bytes(pa.Table.from_pylist(rows, schema=parquet.from_bytes(files[path]).schema))
    return int(measured(listed(files, path, data))["facts"]["distributions_off"])


def test_distributions_that_may_not_be_published_are_counted(files: dict[str, bytes]) -> None:
    rows = parquet.from_bytes(files["tables/distributions.parquet"]).to_pylist()
    assert distributions_off(files, rows) == 0
    assert len(rows) >= 5
    told = [at for at, row in enumerate(rows) if row["answered"] > 2]
    more = [row | {"answered": row["answered"] + (at == told[0])} for at, row in enumerate(rows)]
    assert distributions_off(files, more) == 1  # other numbers than its figure
    lone = [dict(row) for row in rows]
    other = next(at for at, row in enumerate(rows) if row["measure"] == rows[told[0]]["measure"] and at != told[0])
    lone[other]["answered"] += lone[told[0]]["answered"] - 1
    lone[told[0]]["answered"] = 1
    assert distributions_off(files, lone) == 1
    facts = parquet.from_bytes(files["tables/facts.parquet"]).to_pylist()
    coarse = next(row for row in facts if row["kind"] == "item" and row["favourable"] is None)
    where = {name: coarse[name] for name in ("unit", "segment", "category", "measure")}
    own = [row | where for row in rows if row["measure"] == rows[0]["measure"] and row["unit"] == rows[0]["unit"]]
    assert distributions_off(files, rows + own) == 1  # of a row without shares


def test_without_a_manifest_nothing_is_measured(files: dict[str, bytes]) -> None:
    with pytest.raises(KeyError):
        measured({one: data for one, data in files.items() if one != release.MANIFEST})
