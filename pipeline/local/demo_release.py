"""A finished release of a small demo, made once for each state of the code and kept in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline import parquet
from pipeline.content import sha256
from pipeline.errors import RunRefused
from pipeline.release import MANIFEST, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipeline.store import Store

PARTS = ("functions", "pipeline", "expectations", "examples", "infra/pipeline.asl.json")
EMPLOYEES = 240  # the least with which every segment has both shown and withheld cells


@dataclass(frozen=True)
class DemoRelease:
    """`folder` holds tables/, reports/ and manifest.json, as they lie under published/<survey>/releases/<release>/."""

    folder: Path

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What the release says about itself."""
        read: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        return read

    @property
    def id(self) -> str:
        """The release's id."""
        return sha256((self.folder / MANIFEST).read_bytes())[:16]

    @property
    def survey(self) -> str:
        """The survey's id, as it stands in the keys of a store."""
        return "demo"

    def put_into(self, store: Store) -> None:
        """Publishes it in another workspace as the current release, as if a run there had made it."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(self.folder).as_posix()
                store.create(f"published/{self.survey}/releases/{self.id}/{name}", path.read_bytes())
        manifest = (self.folder / MANIFEST).read_bytes()
        pointer = canonical({"release": self.id, "manifest_sha256": sha256(manifest)})
        store.replace(f"published/{self.survey}/current.json", pointer, None)

    def table(self, name: str) -> pa.Table:
        """One of facts, units, segments, measures, waves and actions."""
        return parquet.from_bytes((self.folder / "tables" / f"{name}.parquet").read_bytes())


def demo_release(cache: Path) -> DemoRelease:
    """The release of this state of the code, from `cache` when it was made before. Raises RunRefused when it fails."""
    folder = cache / source_digest()
    if not folder.exists():
        # Made aside and moved there whole, so that nobody reads half of one; whoever comes second keeps the first.
        with tempfile.TemporaryDirectory(dir=cache) as aside:
            made = Path(aside) / "release"
            _make(Path(aside) / "sample", made)
            try:
                made.rename(folder)
            except OSError:
                if not folder.exists():
                    raise
        for other in cache.iterdir():
            if other.name != folder.name and not other.name.startswith("tmp"):
                shutil.rmtree(other, ignore_errors=True)
    return DemoRelease(folder)


def source_digest() -> str:
    """16 hex digits over everything that a release is made by."""
    root = Path(__file__).parents[2]
    files = sorted(
        path
        for part in PARTS
        for path in ([root / part] if (root / part).is_file() else (root / part).rglob("*"))
        if path.is_file() and path.suffix in {".py", ".sql", ".toml", ".json", ".j2", ".css", ".typ", ".otf", ".txt"}
    )
    digest = hashlib.sha256()
    for path in files:
        data = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]


def _make(folder: Path, out: Path) -> None:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when Great Expectations is imported
    from pipeline import sample  # noqa: PLC0415 - moto and the stages are needed only when there is none yet
    from pipeline.local import demo  # noqa: PLC0415 - as above

    sample.write(folder, employees=EMPLOYEES)
    # A region of its own: a test that uses it may have an account open already.
    done = demo.run(folder, out, "demo", Console(quiet=True), prefix="pulsverk-demo-release", region="eu-west-1")
    if not done.good:
        msg = f"the demo was not published: {'; '.join(wave.why for wave in done.waves if wave.why) or done.proofs}"
        raise RunRefused(msg)
