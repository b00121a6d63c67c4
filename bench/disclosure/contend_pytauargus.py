"""tau-ARGUS through pytauargus, run by the interpreter that has it: optimal suppression, table by table.

It protects one table at a time, so linked tables are done as its manual says: a total that one table withholds is
unsafe in the others, until no table withholds another. Uses nothing but pytauargus and the standard library.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINIMUM = 5
# Per cent by which an unsafe figure must stay uncertain; more than none is what keeps it from being calculated.
RANGE = 10
MINUTES = 60
TOTAL = "all"
UNSAFE = {"U", "M"}


def main(folder: Path, pattern: Path, method: str) -> None:
    """Writes the pattern of all segments' tables."""
    # No dependency of the project: it is there only in the interpreter that runs this file.
    from pytauargus.micro import micro_asc_rda  # type: ignore[import-not-found]  # noqa: PLC0415

    with (folder / "people.csv").open() as lines:
        groups = list(csv.DictReader(lines))
    people = [group for group in groups for _ in range(int(group["freq"]))]
    segments = [name for name in groups[0] if name not in {"unit", "freq"}]
    columns = {name: [one[name] for one in people] for name in ("unit", *segments)}
    (folder / "units.hrc").write_text(hierarchy(folder, {group["unit"] for group in groups}))
    root = root_of(folder)
    work = {name: str(folder / f"people.{name}") for name in ("asc", "rda")}
    micro_asc_rda(
        {**columns, "one": [1.0] * len(people)},
        work["asc"],
        work["rda"],
        decimals=0,
        hrc={"unit": str(folder / "units.hrc")},
        hierleadstring="@",
        totcode="Total",
    )
    hidden: dict[str, set[tuple[str, str]]] = {name: set() for name in segments}
    cells: dict[str, dict[tuple[str, str], bool]] = {}
    more = True
    while more:
        more = False
        for name in segments:
            given = {unit for other in segments if other != name for unit, category in hidden[other] if category == ""}
            if name in cells and given <= {unit for unit, category in hidden[name] if category == ""}:
                continue
            out = protected(folder, work, name, given, method)
            # As its manual asks: a process of its own for each batch, and in the folder of the batch.
            subprocess.run(
                [sys.executable, "-m", "pytauargus.cli", "run", out["arb"]],
                check=True,
                cwd=folder,
                stdout=subprocess.DEVNULL,
            )
            cells[name] = read(Path(out["tab"]))
            hidden[name] = {place for place, shown in cells[name].items() if not shown}
            more = True
    with pattern.open("w") as out_file:
        out_file.write("unit,segment,category,shown\n")
        for unit in {unit for name in segments for unit, _ in cells[name]}:
            shown = all(cells[name].get((unit, ""), False) for name in segments)
            out_file.write(f"{unit or root},{TOTAL},{TOTAL},{int(shown)}\n")
        for name in segments:
            out_file.writelines(
                f"{unit or root},{name},{category},{int(shown)}\n"
                for (unit, category), shown in cells[name].items()
                if category
            )
    print("null")


def protected(folder: Path, work: Mapping[str, str], name: str, given: Iterable[str], method: str) -> dict[str, str]:
    """Writes the batch for one table; `given` are units whose total another table withholds."""
    before = folder / f"{name}.hst"
    before.write_text("".join(f"{unit or 'Total'};Total;U\n" for unit in sorted(given)))
    apriori = [f'<APRIORI> "{before}",1,";",0,0'] if given else []
    files = {"arb": str(folder / f"{name}.arb"), "tab": str(folder / f"{name}.tab")}
    lines = [
        f'<OPENMICRODATA> "{work["asc"]}"',
        f'<OPENMETADATA> "{work["rda"]}"',
        f'<SPECIFYTABLE> "unit""{name}"|"one"||',
        f"<SAFETYRULE> FREQ({MINIMUM},{RANGE})|MAN({RANGE})",
        "<READMICRODATA>",
        *apriori,
        f"<SUPPRESS> {method}(1,{MINUTES})",
        f'<WRITETABLE> (1,5,SO+,"{files["tab"]}")',
        "",
    ]
    Path(files["arb"]).write_text("\n".join(lines))
    return files


def read(table: Path) -> dict[tuple[str, str], bool]:
    """(unit, category) -> shown; a total is empty."""
    found = {}
    with table.open() as lines:
        for unit, category, _, _, _, status, _, _ in csv.reader(lines, delimiter=";"):
            if status != "E":
                key = tuple("" if code.strip() == "Total" else code.strip() for code in (unit, category))
                found[key[0], key[1]] = status not in UNSAFE
    return found


def root_of(folder: Path) -> str:
    """The unit that has no parent; its code is Total."""
    with (folder / "units.csv").open() as lines:
        return next(unit["unit"] for unit in csv.DictReader(lines) if not unit["parent"])


def hierarchy(folder: Path, used: set[str]) -> str:
    """The units below the root, each behind as many signs as it lies deep, and only those that have people."""
    with (folder / "units.csv").open() as lines:
        parent = {unit["unit"]: unit["parent"] for unit in csv.DictReader(lines)}
    needed = set()
    for leaf in used:
        unit = leaf
        while parent[unit]:
            needed.add(unit)
            unit = parent[unit]
    under: dict[str, list[str]] = {}
    for unit in sorted(needed):
        under.setdefault(parent[unit], []).append(unit)
    found: list[str] = []
    waiting = [(unit, 0) for unit in reversed(under[root_of(folder)])]
    while waiting:
        unit, depth = waiting.pop()
        found.append("@" * depth + unit)
        waiting += [(child, depth + 1) for child in reversed(under.get(unit, []))]
    return "\n".join(found) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
