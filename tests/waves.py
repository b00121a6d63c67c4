"""Small waves for the tests of counting: a survey with every kind of measure, a tree, and whoever answered in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

from pipeline import survey, tables
from pipeline.organisation import Tree, Unit, tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.survey import Survey
    from pipeline.tables import Counted

INSTRUMENT = """
id = "every"
version = "1"
title = {nb = "Alt", en = "Everything"}
source = "our own"
licence = "Apache-2.0"
[[scale]]
id = "safety"  # 3 items of which 2 suffice: L = lcm(2, 3) = 6
name = {nb = "Trygghet", en = "Safety"}
low = 1
high = 5
item = [{id = "s1"}, {id = "s2"}, {id = "s3", reverse = true}]
[[scale]]
id = "clarity"  # 2 items, both needed: L = 2
name = {nb = "Tydelighet", en = "Clarity"}
low = 1
high = 4
answered_at_least = 1
item = [{id = "c1"}, {id = "c2"}]
[[scale]]
id = "enps"
name = {nb = "eNPS", en = "eNPS"}
score = "nps"
low = 0
high = 10
item = [{id = "recommend"}]
"""

ROSTER = """
id = "demo"
title = {nb = "Puls", en = "Pulse"}
organisation = "Fjord"
languages = ["nb", "en"]
[respondent]
columns = ["person"]
[[segment]]
id = "gender"
name = {nb = "Kjønn", en = "Gender"}
column = "gender"
category = [{id = "f", name = {nb = "K", en = "F"}}, {id = "m", name = {nb = "M", en = "M"}}]
[[segment]]
id = "age"
name = {nb = "Alder", en = "Age"}
column = "age"
category = [{id = "u40", name = {nb = "Ung", en = "Young"}}, {id = "40+", name = {nb = "Eldre", en = "Older"}}]
[[table]]
segments = ["gender", "age"]
[[instrument]]
definition = "every.toml"
columns = {S1 = "s1", S2 = "s2", S3 = "s3", C1 = "c1", C2 = "c2", R = "recommend"}
[[wave]]
id = "w1"
name = {nb = "Første", en = "First"}
opens = 2026-08-01
closes = 2026-08-31
[[wave]]
id = "w2"
name = {nb = "Andre", en = "Second"}
opens = 2026-09-01
closes = 2026-09-30
"""
CARRIED = ROSTER.replace('columns = ["person"]', 'columns = ["person"]\nunit = "team"')
PER_UNIT = CARRIED.replace('unit = "team"', 'unit = "team"\nonce_per = "unit"')
SEGMENTS = ("gender", "age")
ITEMS = ("s1", "s2", "s3", "c1", "c2", "recommend")
RANGE = {"s1": (1, 5), "s2": (1, 5), "s3": (1, 5), "c1": (1, 4), "c2": (1, 4), "recommend": (0, 10)}
TREE = tree(
    [Unit("U", None, "Alle"), Unit("A", "U", "A"), Unit("B", "U", "B"), Unit("A1", "A", "A1"), Unit("A2", "A", "A2")]
)


def parsed(text: str = ROSTER) -> Survey:
    """The survey, or another wording of it."""
    return survey.parse(text, {"every.toml": INSTRUMENT})


@dataclass(frozen=True)
class Collected:
    """Everything that is counted together. `people` is None where the export carries units and segments."""

    survey: Survey
    people: pa.Table | None
    responses: pa.Table
    tree: Tree = TREE

    def counted(self, threads: int | None = 1, **how: int | str) -> Counted:
        """The wave, counted."""
        return tables.count(self.survey, self.tree, self.people, self.responses, threads, **how)

    def shuffled(self, order: Sequence[int], of_people: Sequence[int]) -> Collected:
        """The same rows in another order."""
        people = None if self.people is None else self.people.take(pa.array(of_people, pa.int64()))
        return replace(self, people=people, responses=self.responses.take(pa.array(order, pa.int64())))


def people(*rows: tuple[str, str, str, str]) -> pa.Table:
    """A roster: respondent, unit, gender, age."""
    names = ("respondent", "unit", *SEGMENTS)
    columns = {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(names)}
    return pa.table(
        {"respondent": columns.pop("respondent"), "key_id": pa.array(["k1"] * len(rows), pa.string()), **columns}
    )


def responses(*rows: Mapping[str, Any]) -> pa.Table:
    """Responses; what a row leaves out is null, its source "a", and its record the number it stands at."""
    carried = [name for name in ("unit", *SEGMENTS) if any(name in row for row in rows)]
    texts = {"respondent": None, "key_id": "k1", "source": "a"} | dict.fromkeys(carried)
    columns = {name: pa.array([row.get(name, given) for row in rows], pa.string()) for name, given in texts.items()}
    at = [None if row.get("day") is None else datetime(2026, 8, row["day"], tzinfo=UTC) for row in rows]
    columns["submitted"] = pa.array(at, pa.timestamp("us", "UTC"))
    columns["record"] = pa.array([row.get("record", number) for number, row in enumerate(rows)], pa.int64())
    return pa.table(columns | {item: pa.array([row.get(item) for row in rows], pa.int16()) for item in ITEMS})


def cell(
    counted: Counted, measure: str, unit: str = "U", segment: str = "all", category: str = "all"
) -> dict[str, Any]:
    """The figures of one cell."""
    where = {"unit": unit, "segment": segment, "category": category, "measure": measure}
    found = [row for row in counted.cells.to_pylist() if row.items() >= where.items()]
    assert len(found) == 1, f"{len(found)} cells {where}"
    return {name: value for name, value in found[0].items() if name not in where}


CATEGORIES = {"gender": st.sampled_from(["f", "m", ""]), "age": st.sampled_from(["u40", "40+", ""])}


@st.composite
def collections(draw: st.DrawFn, text: str = ROSTER, under: Tree = TREE) -> Collected:
    """Waves of a few people, some unknown to the roster, some answering twice, items skipped; somebody is counted."""
    of = parsed(text)
    units = st.sampled_from([unit.id for unit in under.units])
    roster = of.file.respondent.unit is None
    invited = [
        (f"p{number}", draw(units), draw(CATEGORIES["gender"]), draw(CATEGORIES["age"]))
        for number in range(draw(st.integers(1, 7)))
    ]
    who = st.sampled_from([*(row[0] for row in invited), "x1", "x2"] if roster else ["p0", "p1", "p2"])
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 12))):
        row = {item: draw(st.none() | st.integers(low, high)) for item, (low, high) in RANGE.items()}
        row |= {
            "respondent": draw(who),
            "day": draw(st.none() | st.integers(1, 3)),
            "source": draw(st.sampled_from("ab")),
        }
        if not roster:
            row |= {"unit": draw(units), **{name: draw(CATEGORIES[name]) for name in SEGMENTS}}
        rows.append(row)
    certain = {"respondent": "p0", "day": 4, "s1": draw(st.integers(1, 5))}
    rows.append(certain if roster else certain | {"unit": draw(units), "gender": "f", "age": ""})
    return Collected(of, people(*invited) if roster else None, responses(*rows), under)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Trees of up to nine units, of any shape."""
    size = draw(st.integers(1, 9))
    above = [None, *(f"u{draw(st.integers(0, one - 1))}" for one in range(1, size))]
    return tree(draw(st.permutations([Unit(f"u{one}", parent, "x") for one, parent in enumerate(above)])))
