"""An export to read: `python -m bench.ingest.export FOLDER ROWS` writes export.csv and its truth.parquet.

46 columns: a person, a time, a unit, three segments and 40 answers on scales of five. A twentieth of the answers is
skipped. Among the good records stand a few of every kind that readers bend; truth.parquet has the good ones alone.
"""

from __future__ import annotations

import csv
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from pyarrow import parquet

from bench.ingest.columns import COLUMNS, ITEMS, SEGMENTS
from bench.ingest.survey import KEY, read_survey
from pipeline.pseudonyms import pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

UNITS, SKIPPED, TOGETHER, SEED = 3000, 0.05, 50_000, 1
SENT = "2026-08-03 10:00:00"
DAYS = 30


def _good(chance: np.random.Generator, first: int, rows: int) -> pa.Table:
    """Records as every reader should see them; no two of one person."""
    day = np.datetime64("2026-08-01T00:00:00")
    sent = (day + chance.integers(0, DAYS * 86400, rows)).astype("datetime64[us]")
    columns: dict[str, pa.Array] = {
        "person": pa.array([f"p{number:08d}@fjord.example" for number in range(first, first + rows)]),
        "sent": pa.array(sent),
        "unit": pa.array([f"U{number:04d}" for number in range(UNITS)]).take(pa.array(chance.integers(0, UNITS, rows))),
    }
    for name, values in SEGMENTS.items():
        columns[name] = pa.array(values).take(pa.array(chance.integers(0, len(values), rows)))
    for item in ITEMS:
        answers = chance.integers(1, 6, rows).astype(np.int16)
        columns[item] = pa.array(answers, mask=chance.random(rows) < SKIPPED)
    return pa.table(columns)


def _record(person: str, **changed: str) -> list[str]:
    """One record of our own."""
    cells = dict.fromkeys(COLUMNS, "3") | {"person": person, "sent": SENT, "unit": "U0001"}
    return list((cells | {name: values[0] for name, values in SEGMENTS.items()} | changed).values())


# Persons that are good, however they look: formulas, scripts, what spreadsheets and readers take for something else.
ODD = (
    *("Ω≈ç√∫µ≤≥÷", "田中さん", "💩", "<script>alert(1)</script>", "' OR 1=1 --", "NULL", "NaN", "007", "1E5", "True"),
    *("=1+1", "@SUM(A1)", 'a, "b"', "-1", "Åse Ødegård"),
)


def planted(person: str, unit: str) -> Mapping[str, tuple[str, ...]]:
    """Lines that are no good, by what they are; the person and the unit are those of a good record."""
    return {
        "too few cells": (",".join(_record("f1")[:-1]),),
        "too many cells, the last one empty": (",".join([*_record("f2"), ""]),),
        "out of range": (",".join(_record("f3", Q7="9")),),
        "text in a number": (",".join(_record("f4", Q8="four")),),
        "unknown category": (",".join(_record("f5", gender="kvinner")),),
        "no unit": (",".join(_record("f6", unit="")),),
        "bad time": (",".join(_record("f7", sent="2026-13-40 25:00:00")),),
        "letters that nobody sees": (",".join(_record("p\u200b1")),),
        "lost digits": (",".join(_record("1.12971E+11")),),
        "the same again": (",".join(_record("twice")),),
        "superseded": (",".join(_record(person, sent="2026-07-01 08:00:00", unit=unit)),),
        "nobody": (",".join(_record("")),),
        # One record to whoever reads quotes: the line between goes with it.
        "unclosed quote": (
            ",".join(_record("f8", unit='"U0001')),
            ",".join(_record("f9")),
            ",".join(_record("f10", unit='U0001"')),
        ),
        "nothing": ("," * (len(COLUMNS) - 1), ""),
    }


def _odd_table() -> pa.Table:
    """The good records of odd persons, and of one who sends the same twice."""
    people = [*ODD, "twice"]
    columns: dict[str, Sequence[object]] = {name: ["3"] * len(people) for name in COLUMNS}
    columns |= {"person": people, "sent": [SENT] * len(people), "unit": ["U0001"] * len(people)}
    columns |= {name: [values[0]] * len(people) for name, values in SEGMENTS.items()}
    kinds = dict.fromkeys(COLUMNS, pa.string()) | {"sent": pa.timestamp("us")} | dict.fromkeys(ITEMS, pa.int16())
    return pa.table({name: pa.array(columns[name]).cast(kinds[name]) for name in COLUMNS})


def _chunks(rows: int) -> Iterator[pa.Table]:
    chance = np.random.default_rng(SEED)
    for first in range(0, rows, TOGETHER):
        yield _good(chance, first, min(TOGETHER, rows - first))


def _lines(table: pa.Table) -> bytes:
    """The records as CSV, as most programs write it: quotes where they are needed and nowhere else."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(*(table[name].to_pylist() for name in COLUMNS), strict=True))
    return text.getvalue().encode()


def write(folder: Path, rows: int) -> None:
    """The export with `rows` good records, the odd ones and the planted ones; and the truth."""
    schema = pa.schema([("respondent", pa.string()), *_odd_table().schema])
    plain = pacsv.WriteOptions(include_header=False, quoting_style="none")
    survey_id = read_survey().id
    with (folder / "export.csv").open("wb") as export, parquet.ParquetWriter(folder / "truth.parquet", schema) as truth:
        export.write((",".join(COLUMNS) + "\n").encode())
        for number, good in enumerate(_chunks(rows)):
            tables = [good] if number else [good, _odd_table()]
            written = good.set_column(1, "sent", good["sent"].cast(pa.timestamp("s")).cast(pa.string()))
            pacsv.write_csv(written, export, plain)
            if number == 0:
                export.write(_lines(_odd_table()))
                known = planted(good["person"][0].as_py(), good["unit"][0].as_py())
                export.write(b"".join(f"{line}\n".encode() for lines in known.values() for line in lines))
            for table in tables:
                hashed = pseudonyms(KEY, survey_id, (one.encode() for one in table["person"].to_pylist()))
                who = pa.array([hashed[at : at + 16].hex() for at in range(0, len(hashed), 16)])
                truth.write_table(table.add_column(0, "respondent", who))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
