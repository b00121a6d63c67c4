"""Each release holds all waves so far: what was said of a wave stays to the byte until that wave is published again."""

from __future__ import annotations

import pyarrow as pa
import pytest
from organisations import ENDS, Organisation
from releases import Releases
from villages import SEGMENTS

from pipeline import parquet, release, survey
from pipeline.disclosure import KEPT

NAME = 'name = {nb = "x", en = "x"}'
INSTRUMENT = f"""
id = "three"
version = "1"
title = {{nb = "x", en = "x"}}
source = "x"
licence = "x"
[[scale]]
id = "s"
{NAME}
low = 1
high = 5
item = [{{id = "i1"}}, {{id = "i2"}}]
[[scale]]
id = "alone"
{NAME}
low = {ENDS[0]}
high = 5
item = [{{id = "q"}}]
"""
FILE = """
id = "three"
title = {nb = "x", en = "x"}
organisation = "x"
languages = ["nb"]
[respondent]
columns = ["person"]
[[instrument]]
definition = "three.toml"
columns = {Q1 = "i1", Q2 = "i2", Q3 = "q"}
"""
CATEGORY = '[[segment.category]]\nid = "{0}"\n' + NAME
SEGMENT = '[[segment]]\nid = "{0}"\ncolumn = "{0}"\n' + NAME
WAVE = '[[wave]]\nid = "w{0}"\nopens = 2026-0{1}-01\ncloses = 2026-0{1}-28\n' + NAME
ACTIONS = pa.Table.from_pylist([])


def the_survey() -> survey.Survey:
    """A scale of two items and a question, three segments, three waves."""
    parts = [FILE]
    for segment, categories in SEGMENTS.items():
        parts += [SEGMENT.replace("{0}", segment), *(CATEGORY.replace("{0}", one) for one in categories)]
    parts += [WAVE.replace("{0}", str(one)).replace("{1}", str(one + 1)) for one in range(3)]
    return survey.parse("\n".join(parts), {"three.toml": INSTRUMENT})


def content(made: dict[str, pa.Table], wave: int) -> dict[str, bytes]:
    """What a release says of a wave, table by table."""
    return {
        name: parquet.to_bytes(release.of_wave(table, f"w{wave}"))
        for name, table in made.items()
        if "wave" in table.schema.names
    }


def by_address(table: pa.Table) -> dict[tuple[str, ...], dict[str, object]]:
    return {tuple(row[name] for name in KEPT.names): row for row in table.to_pylist()}


@pytest.mark.parametrize("first", [0, 20])
def test_what_is_said_of_other_waves_is_the_same_to_the_byte_and_so_is_every_row_that_stays(first: int) -> None:
    of, stayed = the_survey(), 0
    for seed in range(first, first + 20):
        organisation = Organisation(seed)
        waves = [Releases(organisation.rules) for _ in organisation.waves]
        base: dict[str, pa.Table] = {}
        for wave, village in organisation.story:
            protected, held = waves[wave].publish(village), bool(waves[wave].tables[1:])
            said = release.of_wave(base["facts"], f"w{wave}") if held else None
            made = release.tables(protected, of, f"w{wave}", village.tree, ACTIONS, base, before=said)
            for other in {*range(3)} - {wave}:
                if waves[other].tables:
                    assert content(made, other) == content(base, other)
            before, now = (by_address(release.of_wave(one["facts"], f"w{wave}")) for one in (base or made, made))
            stays = by_address(protected.kept)
            assert all(now[address] == before[address] for address in stays)
            stayed += len(stays)
            base = made
    assert stayed > 0
