"""`python -m examples.bi FILE.duckdb superset.zip` packs the dashboard for Superset's import, over this file."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SOURCE = Path(__file__).with_name("superset")
_ADDRESS = "duckdb:////data/demo.duckdb"


def pack(database: Path, to: Path) -> None:
    """Writes the import: the files of SOURCE, the database's address among them being that of `database`."""
    with zipfile.ZipFile(to, "w") as made:
        for path in sorted(SOURCE.rglob("*.yaml")):
            text = path.read_text("utf-8").replace(_ADDRESS, f"duckdb:///{database.resolve()}")
            name = f"dashboard_export/{path.relative_to(SOURCE).as_posix()}"
            made.writestr(zipfile.ZipInfo(name), text)  # no time of its own: the same dashboard, the same bytes


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
