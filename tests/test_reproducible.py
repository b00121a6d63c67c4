"""The same inputs give the same bytes, wherever and whenever: two processes that have nothing in common agree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
# Both waves of the tiny survey are received, judged and published, and the release is written for other programs.
MAKES = """
import hashlib, json, sys
from pathlib import Path
from judged_waves import CODE, judged, received
from pipeline.cli import run
from pipeline.publish import publish
from tiny_survey import ON_PAPER

root = Path(sys.argv[1])
store = received(root, ON_PAPER)
for wave in ("w1", "w2"):
    publish(store, "tiny", wave, judged(store, wave), code_version=CODE)
for decimal in ("comma", "point"):
    asked = ["tables", "--workspace", str(store.root), "--out", str(root / decimal), "--csv", decimal]
    if run([*asked, "--sdmx", "--xlsx"]) != 0:
        sys.exit("tables could not be written")
files = sorted(one for one in root.rglob("*") if one.is_file())
print(json.dumps({one.relative_to(root).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}))
"""
HERE = {"PYTHONHASHSEED": "0", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8"}
# No text is UTF-8 by default there, it is another day, and sets are in another order.
ELSEWHERE = {
    "PYTHONHASHSEED": "4242",
    "TZ": "America/Anchorage",
    "LC_ALL": "C",
    "LANG": "nb_NO.ISO-8859-1",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}


def made(root: Path, environment: dict[str, str]) -> dict[str, str]:
    """By path, the hash of every file that a process of this environment leaves."""
    root.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", MAKES, str(root)],
        env=kept | {"PYTHONPATH": str(TESTS), "GX_ANALYTICS_ENABLED": "false"} | environment,
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    files: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return files


def test_two_processes_leave_the_same_bytes(tmp_path: Path) -> None:
    here, elsewhere = made(tmp_path / "here", HERE), made(tmp_path / "elsewhere", ELSEWHERE)
    assert {path for path in here.keys() | elsewhere.keys() if here.get(path) != elsewhere.get(path)} == set()
    kinds = {path.rpartition("/")[2] for path in here}
    assert kinds >= {
        "leader.html",
        "leader.en.html",
        "leader.pdf",
        "leader.en.pdf",
        "index.html",
        "quality.html",
        "facts.parquet",
        "manifest.json",
    }
    assert kinds >= {"datapackage.json", "dcat.jsonld", "disclosure.json", "facts.csv", "facts.sdmx.csv"}
