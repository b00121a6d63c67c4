"""A published wave proven again, explained in private, and not explained in public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tiny_wave import prepare

from pipeline import cli, ledger, parquet, release
from pipeline.content import sha256
from pipeline.explanation import PUBLIC, Cell, to_operator, to_reader
from pipeline.published import current
from pipeline.store import FolderStore
from pipeline.verification import verify

WAVE = "-W {0} -S tiny -V w1"


def give(words: str) -> int:
    return cli.run(words.split())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one wave was published by the commands alone."""
    root = tmp_path_factory.mktemp("workspace")
    folder = prepare(root / "prepared", waves=1)
    where = WAVE.format(root / "work")
    assert give(f"survey {folder}/survey.toml -W {root}/work") == 0
    for file in ("units/units.csv", "people/people.csv", "actions/actions.csv", "responses/a.csv", "responses/b.csv"):
        assert give(f"push {folder}/w1/{file} {where} -k {file.split('/')[0]}") == 0
    assert give(f"run {where}") == 0
    return root / "work"


@pytest.fixture
def copy(workspace: Path, tmp_path: Path) -> Path:
    """The same, to be spoiled."""
    for path in workspace.rglob("*"):
        if path.is_file():
            target = tmp_path / "work" / path.relative_to(workspace)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "work"


def released(folder: Path) -> str:
    now = current(FolderStore(folder), "tiny")
    assert now is not None
    return now.release


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


def test_the_same_run_again_is_told_as_no_change(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (workspace / "published").rglob("*") if path.is_file()}
    assert give(f"run {WAVE.format(workspace)} --json") == 0
    shown = document(capsys)
    assert (shown["unchanged"], shown["release"], shown["respondents"]) == (True, released(workspace), 36)
    assert {path: path.read_bytes() for path in (workspace / "published").rglob("*") if path.is_file()} == before


def test_a_release_as_it_was_published_verifies(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert give(f"verify -W {workspace} --json") == 0
    shown = document(capsys)
    assert (shown["good"], shown["problems"], shown["release"]) == (True, [], released(workspace))
    assert shown["status"] == "verified"
    assert [(one["wave"], one["state"]) for one in shown["waves"]] == [("w1", "verified")]
    assert give(f"verify {released(workspace)} -W {workspace} -S tiny") == 0
    assert "nobody can be found" in capsys.readouterr().out


def test_one_changed_bit_is_found(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = next((copy / "published").rglob("leader.html"))
    page.write_bytes(page.read_bytes()[:-1] + b"!")
    assert give(f"verify -W {copy}") == 1
    assert "leader.html has other bytes than were published" in capsys.readouterr().out


def test_a_release_that_there_is_not_does_not_verify(copy: Path) -> None:
    assert give(f"verify 0123456789abcdef -W {copy}") == 1


def rewritten(folder: Path, change: Any, table: str = "facts") -> str:  # noqa: ANN401 - a function of one row
    """A release whose figures somebody changed who then sealed it again, as an insider could. Returns its id."""
    store, old = FolderStore(folder), released(folder)
    prefix = f"published/tiny/releases/{old}/"
    files = {one.key.removeprefix(prefix): store.read(one.key).data for one in store.keys(prefix)}
    stated = parquet.from_bytes(files[f"tables/{table}.parquet"])
    rows = [change(dict(row)) for row in stated.to_pylist()]
    files[f"tables/{table}.parquet"] = parquet.to_bytes(pa.Table.from_pylist(rows, stated.schema))
    manifest = json.loads(files.pop("manifest.json"))
    manifest["files"] = {name: {"sha256": sha256(data), "size": len(data)} for name, data in files.items()}
    sealed = release.canonical(manifest)
    new = sha256(sealed)[:16]
    for name, data in {**files, "manifest.json": sealed}.items():
        store.create(f"published/tiny/releases/{new}/{name}", data)
    return new


def test_a_release_that_shows_what_it_may_not_fails_with_a_certificate(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = FolderStore(copy)
    survey = ledger.survey(store, "tiny")
    withheld = [
        (place, one.measure, one.counts)
        for place in [Cell(unit, "gender", "m") for unit in ("A", "B", "U")]
        for one in to_operator(store, survey, "w1", place)
        if one.status == "withheld" and one.counts["answered"]
    ]
    assert withheld
    answered = {(place.unit, place.category, measure): counts["answered"] for place, measure, counts in withheld}

    def show(row: dict[str, Any]) -> dict[str, Any]:
        at = (row["unit"], row["category"], row["measure"])
        return row | {"status": "F", "answered": answered[at], "mean": 50.0} if at in answered else row

    new = rewritten(copy, show)
    assert give(f"verify {new} -W {copy} --json") == 1
    (wave,) = document(capsys)["waves"]
    assert wave["state"] == "leak"
    assert wave["certificates"]
    assert "gender=m" in " ".join(wave["certificates"])
    assert give(f"verify {new} -W {copy}") == 1
    assert "somebody can be found" in capsys.readouterr().out


def test_a_release_with_other_figures_than_were_answered_fails(copy: Path) -> None:
    new = rewritten(copy, lambda row: row | {"answered": row["answered"] + 1} if row["status"] == "F" else row)
    (wave,) = verify(FolderStore(copy), "tiny", new).waves
    assert wave.state == "differs"
    new = rewritten(copy, lambda row: row | {"unit": "Z"} if row["unit"] == "A" else row)
    (wave,) = verify(FolderStore(copy), "tiny", new).waves
    assert wave.state == "differs"


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {"answered": row["answered"] + 1},
        lambda row: {"code": 6 - row["code"]},
        lambda row: {"answered": 1} if row["code"] == 1 else {},
        lambda _: {"segment": "gender", "category": "m"},
    ],
)
def test_a_release_with_other_distributions_than_were_answered_fails(copy: Path, change: Any) -> None:  # noqa: ANN401 - a function of one row
    new = rewritten(copy, lambda row: row | change(row), "distributions")
    (wave,) = verify(FolderStore(copy), "tiny", new).waves
    assert wave.state == "differs"
    assert "are not those of the stored answers" in wave.words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: {"answered": 1} if row["code"] == 1 else {}, "answers are said to have been given by one person"),
        (lambda _: {"segment": "gender", "category": "m"}, "figures are given of cells that are withheld"),
    ],
)
def test_without_the_answers_a_distribution_that_no_release_may_have_is_found(
    copy: Path,
    change: Any,  # noqa: ANN401 - a function of one row
    words: str,
) -> None:
    new = rewritten(copy, lambda row: row | change(row), "distributions")
    for path in (copy / "responses").rglob("*.parquet"):
        path.unlink()
    (wave,) = verify(FolderStore(copy), "tiny", new).waves
    assert wave.state == "leak"
    assert words in wave.words


def test_the_operator_is_told_the_rule_and_the_count(workspace: Path) -> None:
    store = FolderStore(workspace)
    survey = ledger.survey(store, "tiny")
    published = {
        (row["unit"], row["segment"], row["category"], row["measure"]): row["status"]
        for row in parquet.from_bytes(next(workspace.rglob("facts.parquet")).read_bytes()).to_pylist()
    }
    reasons = set()
    for unit, segment, category in {address[:3] for address in published}:
        for one in to_operator(store, survey, "w1", Cell(unit, segment, category)):
            shown = published[unit, segment, category, one.measure] == "F"
            assert (one.status == "shown") is shown
            if one.counts["respondents"] < 5:
                assert f"{one.counts['respondents']} people answered, and at least 5 must" in one.why
            silent = one.counts["invited"] - one.counts["respondents"]
            few = f"{silent} of those invited did not answer, and a rate needs 5 who did not" in one.why
            assert few is (one.measure == "response_rate" and silent < 5)
            reasons.add(one.why.split(":")[0].lstrip("0123456789 "))
    assert len(reasons) >= 2


def test_a_reader_is_told_one_reason_for_whatever_is_withheld(workspace: Path) -> None:
    store = FolderStore(workspace)
    survey = ledger.survey(store, "tiny")
    facts = parquet.from_bytes(next(workspace.rglob("facts.parquet")).read_bytes()).to_pylist()
    told = set()
    for unit, segment, category in {(row["unit"], row["segment"], row["category"]) for row in facts}:
        for one in to_reader(store, survey, "w1", Cell(unit, segment, category)):
            assert one.counts == {}
            told.add((one.status, one.why))
    assert told <= {("shown", PUBLIC["F"]), ("withheld", PUBLIC["C"]), ("not measured", PUBLIC["N"])}
    assert {status: why for status, why in told if status != "not measured"} == {
        "shown": "it is published",
        "withheld": "it is withheld, so that nobody can be found",
    }


def test_explain_in_words_and_as_a_document(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert give(f"explain U safety -W {workspace}") == 0
    assert "36" in capsys.readouterr().out
    assert give(f"explain U safety -W {workspace} --public") == 0
    public = capsys.readouterr().out
    assert "it is published" in public
    assert "36" not in public
    assert give(f"explain A gender=m -W {workspace} --json -V w1") == 0
    shown = document(capsys)
    assert (shown["survey"], shown["wave"], shown["cell"]) == ("tiny", "w1", "A gender=m")
    assert {"safety", "enps"} <= {one["measure"] for one in shown["measures"]}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("explain Z", "has no cell 'Z'"),
        ("explain U thoughts", "has no cell 'U thoughts'"),
        ("explain Z --public", "has no cell 'Z'"),
        ("explain U -V w2 --public", "is not published"),
        ("explain U -V w3", "has no wave 'w3'"),
        ("explain U -S other", "no survey 'other'"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    workspace: Path, words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert give(f"{words} -W {workspace}") == 1
    assert says in capsys.readouterr().err


def test_before_publication_the_operator_is_told_what_a_run_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, where = prepare(tmp_path / "prepared", waves=1), WAVE.format(tmp_path / "work")
    assert give(f"verify -W {tmp_path}/work") == 1
    assert "name a --survey; there are: none" in capsys.readouterr().err
    give(f"survey {folder}/survey.toml -W {tmp_path}/work")
    for file in ("units/units.csv", "people/people.csv", "responses/a.csv"):
        give(f"push {folder}/w1/{file} {where} -k {file.split('/')[0]}")
    capsys.readouterr()
    assert give(f"explain U safety {where} --json") == 0
    assert document(capsys)["measures"][0]["counts"]["respondents"] == 18
    assert give(f"explain U safety -W {tmp_path}/work") == 1
    assert "name a --wave" in capsys.readouterr().err
    assert give(f"verify -W {tmp_path}/work") == 1
    assert "no wave of survey tiny is published" in capsys.readouterr().err
