"""The real ratings, laid out to be pushed; what becomes of them afterwards is `make demo-insteval`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from examples.insteval.prepare import prepare
from pipeline import exports, survey
from pipeline.exports import organisation, responses
from pipeline.pseudonyms import PseudonymKey

KEY = PseudonymKey("k1", b"0" * 32)
RATINGS = """rownames,s,d,studage,lectage,service,dept,y
1,1,1002,2,2,0,2,5
2,1,1050,2,1,1,6,2
3,7,1002,4,6,0,2,3
4,7,1007,8,1,0,10,1
"""


def prepared(root: Path, text: str) -> Path:
    """The folder that is pushed, made from these ratings."""
    data = root / "ratings.csv"
    data.write_text(text, "ascii")
    prepare(data, root / "out")
    return root / "out"


def test_the_tree_is_read_off_the_ratings_and_the_ratings_are_pushed_as_they_are(tmp_path: Path) -> None:
    out = prepared(tmp_path, RATINGS)
    assert (out / "all/responses/insteval.csv").read_text("ascii") == RATINGS
    text = (out / "all/units/units.csv").read_text("utf-8")
    assert [(row["unit_id"], row["parent_id"]) for row in csv.DictReader(text.splitlines())] == [
        ("university", ""),
        ("dept-2", "university"),
        ("dept-6", "university"),
        ("dept-10", "university"),
        ("1002", "dept-2"),
        ("1007", "dept-10"),
        ("1050", "dept-6"),
    ]
    assert organisation.units(exports.read(text.encode())).table.num_rows == 7


def test_every_rating_counts_and_the_respondent_is_the_rater(tmp_path: Path) -> None:
    out = prepared(tmp_path, RATINGS)
    beside = {"teaching.toml": (out / "teaching.toml").read_text("utf-8")}
    teaching = survey.parse((out / "survey.toml").read_text("utf-8"), beside)
    sheet = exports.read((out / "all/responses/insteval.csv").read_bytes())
    table = responses.interpret(sheet, teaching, KEY, "0" * 64).table
    assert (table.num_rows, len(set(table["respondent"].to_pylist()))) == (4, 2)
    assert table.select(["unit", "studage", "lectage", "service", "y"]).to_pylist() == [
        {"unit": "1002", "studage": "2", "lectage": "2", "service": "0", "y": 5},
        {"unit": "1050", "studage": "2", "lectage": "1", "service": "1", "y": 2},
        {"unit": "1002", "studage": "4", "lectage": "6", "service": "0", "y": 3},
        {"unit": "1007", "studage": "8", "lectage": "1", "service": "0", "y": 1},
    ]


def test_a_lecturer_in_two_departments_has_no_place_in_a_tree(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lecturer 1002 stands in two departments"):
        prepared(tmp_path, RATINGS + "5,8,1002,2,2,0,6,4\n")
