"""`make bench-aggregate`: each contender counts the same wave, one process each, and says the same checksum.

`--large` counts 10,000,000 responses as well, with Pulsverk alone; `--only` takes one contender.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.contest import Run, Stopped, execute

CONTENDERS = {
    "pulsverk": ("pulsverk", ()),
    "pulsverk on Spark": ("spark", ()),
    "DuckDB": ("duckdb", ()),
    "polars, without modes of scales": ("polars", ()),
    "pandas": ("pandas", ()),
}
SPARK = str(Path(".venv-spark/bin/python").absolute())  # `make spark`
SIZES, LARGE = (10_000, 100_000, 1_000_000), 10_000_000


def main() -> int:
    """A table a size; ends with 1 when two contenders did not count the same."""
    options = argparse.ArgumentParser(prog="python -m bench.aggregate", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="responses")
    options.add_argument("--large", action="store_true", help=f"{LARGE:,} responses as well, Pulsverk alone")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", choices=CONTENDERS, action="append", help="these contenders alone")
    options.add_argument("--limit", type=float, default=120, help="seconds for each contender")
    given = options.parse_args()
    there = [name for name, (module, _) in CONTENDERS.items() if module != "spark" or Path(SPARK).exists()]
    chosen = given.only or there
    same = [_contest(size, chosen, given.rounds, given.limit) for size in given.sizes]
    if given.large:
        same.append(_contest(LARGE, [chosen[0]], 1, given.limit * 5))
    return 0 if all(same) else 1


def _contest(size: int, taking_part: Sequence[str], rounds: int, limit: float) -> bool:
    """Prints medians of interleaved rounds; whoever was stopped once does not start again."""
    runs: dict[str, list[Run]] = {name: [] for name in taking_part}
    words: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bench.aggregate.instance", folder, str(size)], check=True)
        weight = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        for _ in range(rounds):
            for name in taking_part:
                if name in words:
                    continue
                module, more = CONTENDERS[name]
                command = [
                    SPARK if module == "spark" else sys.executable,
                    "-m",
                    f"bench.aggregate.contend_{module}",
                    folder,
                    *more,
                ]
                try:
                    runs[name].append(execute(command, limit))
                except Stopped as stopped:
                    words[name] = str(stopped)
    table = Table(title=f"{size:,} responses, 50 measures, 5 segments, {weight:,.1f} MB (medians of {rounds})")
    for heading in ("", "wall s", "ratio", "CPU s", "ratio", "peak MB", "ratio", "counts", "modes"):
        table.add_column(heading, justify="right" if heading else "left")
    first = runs[taking_part[0]]
    same = bool(first)
    for name in taking_part:
        mine = runs[name]
        if not mine or not first:
            table.add_row(name, words.get(name, ""))
            continue
        row = [name]
        for what, digits in (("wall", 2), ("cpu", 2), ("peak", 0)):
            value, of = (median(getattr(one, what) for one in some) for some in (mine, first))
            row += [f"{value:,.{digits}f}", f"{value / of:.2f}"]
        agreed = [_agree(mine, first, at) for at in (0, 1)]
        same &= agreed[0] and (agreed[1] or "without" in name)
        table.add_row(*row, *("same" if one else "DIFFERENT" for one in agreed[:1]), _modes(name, agreed=agreed[1]))
    Console(width=130).print(table)
    return same


def _agree(mine: Sequence[Run], first: Sequence[Run], at: int) -> bool:
    return {one.answer[at] for one in (*mine, *first) if isinstance(one.answer, list)} == {first[0].answer[at]}  # type: ignore[index]


def _modes(name: str, *, agreed: bool) -> str:
    return "-" if "without" in name else "same" if agreed else "DIFFERENT"


if __name__ == "__main__":
    sys.exit(main())
