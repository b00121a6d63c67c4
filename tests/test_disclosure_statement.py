"""disclosure.json: what a release says of its own protection is what its tables say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from pipeline import disclosure
from pipeline.content import sha256
from pipeline.disclosure.statement import FORMAT
from pipeline.release import canonical

if TYPE_CHECKING:
    from pipeline.local.demo_release import DemoRelease

ROOT = Path(__file__).parents[1]
RULES = disclosure.Rules(5, 10)


def test_a_statement_counts_and_names_its_minimum() -> None:
    told = disclosure.statement(RULES, {"w1": ["F", "C", "C", "N"], "w2": ["F"]}, {"base": "", "sha": "x"})
    assert told["waves"] == [
        {"wave": "w1", "published": 1, "withheld": 2, "not_measured": 1},
        {"wave": "w2", "published": 1, "withheld": 0, "not_measured": 0},
    ]
    assert told["minimum_group_size"] == {"mean": 5, "distribution": 10}
    assert "1 to 4 people" in told["certified"][0]
    assert told["ledger"] == {"base": "", "sha": "x"}


def test_every_rule_it_names_is_a_rule_of_the_code() -> None:
    folder = Path(disclosure.__file__).parent
    named = set(disclosure.statement(RULES, {}, {})["rules"])
    assert {name for name in named if (folder / f"{name}.py").exists()} == named


def test_the_documentation_names_the_same_numbers() -> None:
    text = (ROOT / "docs" / "disclosure.md").read_text()
    looks = disclosure.statement(RULES, {}, {})["audit"]["looks"]
    groups = re.search(r"up to (\d+) groups", looks["linear"])
    assert groups is not None
    assert f"{int(groups[1]):,}" in text


def test_a_release_carries_the_statement_about_its_own_rows(pulsverk_demo_release: DemoRelease) -> None:
    told = json.loads((pulsverk_demo_release.folder / "disclosure.json").read_text())
    manifest = json.loads((pulsverk_demo_release.folder / "manifest.json").read_text())
    assert told["format"] == FORMAT
    assert told["minimum_group_size"] == manifest["minimum_group_size"]
    facts = pq.read_table(
        pulsverk_demo_release.folder / "tables" / "facts.parquet", columns=["wave", "status"]
    ).to_pylist()
    for wave in told["waves"]:
        mine = [row["status"] for row in facts if row["wave"] == wave["wave"]]
        assert (wave["published"], wave["withheld"], wave["not_measured"]) == tuple(mine.count(one) for one in "FCN")
    assert [wave["wave"] for wave in told["waves"]] == [wave["wave"] for wave in manifest["waves"]]
    assert told["ledger"]["base"] == (manifest["base"] or "")
    assert told["ledger"]["publications_sha256"] == sha256(canonical(manifest["published"]))
