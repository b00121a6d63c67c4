"""Lays the data set out as a customer would push it: the ratings as they are, and a units file drawn from them."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

WAVE = "all"
_HERE = Path(__file__).parent


def prepare(data: Path, directory: Path) -> None:
    """Writes survey.toml, its instrument, all/units/units.csv and all/responses/insteval.csv under `directory`.

    Raises ValueError when a lecturer stands in two departments, for then there is no tree.
    """
    for folder in ("units", "responses"):
        (directory / WAVE / folder).mkdir(parents=True, exist_ok=True)
    for name in ("survey.toml", "teaching.toml"):
        shutil.copy(_HERE / name, directory / name)
    raw = data.read_bytes()
    (directory / WAVE / "responses" / "insteval.csv").write_bytes(raw)
    department: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(raw.decode("ascii"))):
        if department.setdefault(row["d"], row["dept"]) != row["dept"]:
            msg = f"lecturer {row['d']} stands in two departments"
            raise ValueError(msg)
    units = [("unit_id", "parent_id", "name"), ("university", "", "ETH Zürich")]
    units += [(f"dept-{one}", "university", f"Department {one}") for one in sorted(set(department.values()), key=int)]
    units += [
        (d, f"dept-{one}", f"Lecturer {d}") for d, one in sorted(department.items(), key=lambda pair: int(pair[0]))
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(units)
    (directory / WAVE / "units" / "units.csv").write_bytes(text.getvalue().encode())
