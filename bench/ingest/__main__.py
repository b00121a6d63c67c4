"""`make bench-ingest`: an export of a million records read, accounted for, pseudonymised and stored as Parquet.

Each contender is a process of its own; its output is judged row by row afterwards. `--rows 10000000 --only pulsverk`
shows whether the memory grows with the file.
"""

from __future__ import annotations

import argparse
import compileall
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

import pipeline
from bench.contest import Run, Stopped, run

CONTENDERS = {
    "pulsverk": ("pulsverk", ()),
    "polars": ("polars", ("eager",)),
    "polars, lazily": ("polars", ("lazy",)),
    "DuckDB, typed, store_rejects": ("duckdb", ()),
    "pyarrow": ("pyarrow", ()),
    "pandas": ("pandas", ()),
}
JUDGED = ("lost", "bent", "added")


def main() -> int:
    """One table; ends with 1 when Pulsverk lost, bent or added a record."""
    options = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", action="append", choices=CONTENDERS, help="these contenders alone")
    options.add_argument("--folder", type=Path, help="an empty folder for the files, which are deleted afterwards")
    given = options.parse_args()
    # As installing does for every other contender, and building does for the image of the function.
    compileall.compile_dir(Path(pipeline.__file__).parent, quiet=1)
    taking_part = [name for name in CONTENDERS if not given.only or name in given.only]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        subprocess.run([sys.executable, "-m", "bench.ingest.export", folder, str(given.rows)], check=True)
        return 0 if _contest(Path(folder), taking_part, given.rounds) else 1


def _contest(folder: Path, taking_part: list[str], rounds: int) -> bool:
    export = folder / "export.csv"
    runs: dict[str, list[Run]] = {name: [] for name in taking_part}
    words: dict[str, str] = {}
    alone: dict[str, list[float]] = {"bytes": [], "parquet": []}
    for _ in range(rounds):
        for number, name in enumerate(taking_part):
            module, more = CONTENDERS[name]
            try:
                runs[name].append(
                    run(f"bench.ingest.contend_{module}", [str(export), str(folder / f"{number}.parquet"), *more])
                )
            except Stopped as stopped:
                words[name] = str(stopped)
        for what, source in (("bytes", export), ("parquet", folder / "0.parquet")):
            answer = run(f"bench.ingest.contend_{what}", [str(source), str(folder / "again.parquet")]).answer
            alone[what].append(float(str(answer)))
    first, write = runs[taking_part[0]], median(alone["parquet"])
    title = f"{export.stat().st_size / 1e6:,.0f} MB, 46 columns: read, and written as Parquet (medians of {rounds})"
    table = Table(title=title)
    for heading in ("", "wall s", "ratio", "of the writing", "CPU s", "peak MB", "refused", *JUDGED):
        table.add_column(heading, justify="right" if heading else "left")
    whole = True
    for number, name in enumerate(taking_part):
        mine = runs[name]
        if not mine:
            table.add_row(name, words[name])
            continue
        wall = median(one.wall for one in mine)
        judged = run("bench.ingest.judge", [str(folder), str(folder / f"{number}.parquet")]).answer
        counts = [judged[name] for name in JUDGED] if isinstance(judged, dict) else []
        whole &= number > 0 or not any(counts)
        table.add_row(
            name,
            f"{wall:.2f}",
            f"{wall / median(one.wall for one in first):.2f}",
            f"{wall / write:.2f}",
            f"{median(one.cpu for one in mine):.2f}",
            f"{median(one.peak for one in mine):.0f}",
            "-" if mine[0].answer is None else f"{mine[0].answer}",
            *(f"{count:,}" for count in counts),
        )
    for name, what in (("reading the bytes alone", "bytes"), ("writing the Parquet alone", "parquet")):
        table.add_row(name, f"{median(alone[what]):.2f}", "", f"{median(alone[what]) / write:.2f}")
    Console(width=130).print(table)
    return whole


if __name__ == "__main__":
    sys.exit(main())
