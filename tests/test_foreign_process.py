"""A child that dies, is late, lies or is taken over: each is a refused file, and nothing of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bad_workbooks import BOOK, CASES, SPSS, parquet
from spss_files import sav
from test_ingest import everything, opened, push
from workbooks import workbook

from pipeline.errors import ExportRejected
from pipeline.exports import read
from pipeline.foreign import child, process
from pipeline.foreign.found import Found, refuse


@pytest.fixture
def instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201 - a function that takes a shell script
    """Puts a program of the test in place of the interpreter."""

    def put(script: str) -> None:
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(process.sys, "executable", str(program))

    return put


def reason(data: bytes) -> str:
    with pytest.raises(ExportRejected) as caught:
        read(data)
    return caught.value.reason


def test_children_read_what_is_good() -> None:
    import pyarrow as pa  # noqa: PLC0415 - for this test alone

    table = parquet(pa.table({"person": ["p1"], "Q1": [4]}))
    for data, kind in ((workbook(BOOK), "xlsx"), (sav(SPSS, CASES), "sav"), (table, "parquet")):
        sheet = read(data)
        assert (sheet.dialect.kind, sheet.columns[0], sheet.rows[0][0]) == (kind, "person", "p1")


@pytest.mark.parametrize(
    "script",
    [
        "kill -SEGV $$",
        "exit 3",
        "true",  # says nothing
        "echo nonsense",
        "echo '[]'",
        "echo '{}'",
        """echo '{"records": 1, "faults": [[1]], "merged": 0, "labels": {}, "encoding": ""}'""",
        """echo '{"records": 1, "faults": [], "merged": 0, "labels": [1], "encoding": ""}'""",
        """echo '{"refused": "a code that there is not"}'""",
    ],
)
def test_a_child_that_dies_or_talks_nonsense_is_a_refused_file(instead, script: str) -> None:  # noqa: ANN001 - a fixture
    instead(script)
    assert reason(workbook(BOOK)) == "reader_died"


def test_a_dead_child_is_one_file_in_quarantine(instead, tmp_path: Path) -> None:  # noqa: ANN001 - a fixture
    instead("kill -SEGV $$")
    store = opened(tmp_path / "store")
    record = push(store, workbook(BOOK), "svar.xlsx")
    assert (record.state, record.reasons, record.accounts) == ("quarantined", {"reader_died": 1}, {})
    aside = [key for key in everything(store) if key.startswith("quarantine/")]
    assert [key.rpartition("/")[2] for key in aside] == ["file.json"]


def test_a_child_that_lies_about_its_records_is_found_out(instead) -> None:  # noqa: ANN001 - a fixture
    head = json.dumps({"records": 3, "faults": [], "merged": 0, "labels": {}, "encoding": "utf-8"})
    instead(f"echo '{head}'; echo a,b; echo 1,2")
    assert reason(workbook(BOOK)) == "records_lost"


def test_a_late_child_is_a_refused_file(instead) -> None:  # noqa: ANN001 - a fixture
    instead("exec sleep 30")
    assert process.read("xlsx", b"", latest=0.05).about == {"refused": "reader_late"}


def test_children_need_no_pandas_for_the_functions_have_none() -> None:
    code = (
        "import sys; sys.modules['pandas'] = sys.modules['polars'] = None; from pipeline.foreign import child, {0}; "
        "child.run({0}.convert)"
    )
    for parser, data in (("xlsx", workbook(BOOK)), ("sav", sav(SPSS, CASES))):
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", code.format(parser)], input=data, capture_output=True, check=False
        )
        assert json.loads(done.stdout.partition(b"\n")[0])["records"] > 3, done.stderr


def test_a_child_gets_no_environment_but_its_path(instead, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    instead("echo '{}'; env")
    names = {line.split(b"=")[0] for line in process.read("xlsx", b"").table.splitlines()}
    assert names - {b"PWD", b"SHLVL", b"_", b"OLDPWD"} == {
        b"PYTHONPATH", b"OPENBLAS_NUM_THREADS", b"ARROW_DEFAULT_MEMORY_POOL",
    }  # fmt: skip


def test_what_a_child_writes_to_standard_error_is_dropped(instead, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: ANN001
    instead("echo 'Kari Nordmann' >&2; exit 1")
    assert reason(workbook(BOOK)) == "reader_died"
    assert "Kari" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("greedy", "says"),
    [
        ("bytearray(2 * 2**30)", "MemoryError"),
        ("__import__('resource').setrlimit(9, (2**40, 2**40)); bytearray(2 * 2**30)", "not allowed to raise"),
        ("open('big', 'wb').truncate(2**30)", "File too large"),
        ("print(__import__('resource').getrlimit(4)); 1 / 0", "(0, 0)"),
    ],
)
def test_the_limits_hold_and_cannot_be_lifted(tmp_path: Path, greedy: str, says: str) -> None:
    limits = "import os, resource; from pipeline.foreign import child; child.confine(); "
    fall = "os.setuid(65534) if os.getuid() == 0 else None; "  # root may lift limits; nobody else may
    code = limits + (fall if "setrlimit" in greedy else "") + greedy
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def stream(convert) -> str:  # noqa: ANN001 - a function from bytes to what was found
    said: list[str] = []
    child.answer(convert, b"", said.append)
    return "".join(said)


def test_a_child_without_memory_says_so() -> None:
    def hungry(_data: bytes) -> Found:
        raise MemoryError

    assert json.loads(stream(hungry))["refused"] == "too_large"


def test_a_refusal_carries_a_place_and_names() -> None:
    said = json.loads(stream(lambda _data: refuse("several_sheets", 3, "Q1", ["Svar", "Ark2"])))
    assert said == {"refused": "several_sheets", "record": 3, "column": "Q1", "named": ["Svar", "Ark2"]}


def test_a_file_with_more_faults_than_anybody_mends_is_refused() -> None:
    many = Found([["a"]], [(1, 1, "error_cell")] * 10_001)
    assert json.loads(stream(lambda _data: many))["refused"] == "too_many_faults"


def test_texts_of_several_lines_with_commas_are_divided_by_tabs() -> None:
    said = stream(lambda _data: Found([["a", "b"], ["1,\n2", "x"]]))
    assert said.split("\n", 1)[1] == '"a"\t"b"\r\n"1,\n2"\t"x"\r\n'
