"""The synthetic organisation: the same bytes for the same seed, and others for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sample")
    sample.write(made, employees=300, seed=7)
    return made


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(folder: Path, tmp_path: Path) -> None:
    sample.write(tmp_path / "again", employees=300, seed=7)
    sample.write(tmp_path / "other", employees=300, seed=8)
    names = sorted(one.relative_to(folder) for one in folder.rglob("*") if one.is_file())
    assert len(names) == 2 + 3 * 5
    assert all((folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    assert (folder / "truth.json").read_bytes() != (tmp_path / "other" / "truth.json").read_bytes()
