"""`python -m examples.insteval.run`: the real ratings through the account in this process."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from examples.insteval.prepare import prepare
from pipeline.commands.answer import Settings, beside
from pipeline.commands.demo import answer

DATA = Path(__file__).parents[3] / "shared" / "real" / "insteval.csv"


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo-insteval"))
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=DATA)
def main(out: Path, data: Path) -> None:
    """Publish what may be published about 14 departments and 1,128 lecturers."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is imported
    from pipeline.local import demo  # noqa: PLC0415 - after the line above

    with tempfile.TemporaryDirectory() as folder:
        prepare(data, Path(folder))
        done = answer(demo.run(Path(folder), out, "insteval", beside()))
    done.show(Settings())
    sys.exit(done.exit_code)


if __name__ == "__main__":
    main()
