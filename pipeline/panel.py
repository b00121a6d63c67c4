"""Who answered in two waves: private counts of people, through the same gate as any table, and what verdicts use.

Everybody who was asked in one of the two waves is one of four: `both` answered both times, in the same unit and the
same categories; `came` answered now, `left` answered then, `never` did neither. Whoever moved came in one place and
left in another. A reader knows how many answered then and now, so whoever learns how many answered both times learns
the other three as well: each of the four is a table of its own, and a place is used only where all four may be shown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import disclosure, lineage
from pipeline.disclosure.cells import columns
from pipeline.facts.cells import Place
from pipeline.facts.changes import Panel
from pipeline.statistics import variance
from pipeline.survey import RESPONSE_RATE, TOTAL
from pipeline.tables import CELLS, members_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline.organisation import Tree
    from pipeline.survey import Survey

BOTH, CAME, LEFT, NEVER = KINDS = ("both", "came", "left", "never")
TABLES = ("panel", "differences")
# Of each measure, over the people of the whole organisation who answered it twice: now minus then, in its steps.
DIFFERENCES = pa.schema(
    [pa.field("measure", pa.string()), *(pa.field(name, pa.int64()) for name in ("pairs", "total", "squares", "modal"))]
)
EXCEPTIONS = 2  # fewer who differ from all others, and everybody's difference is told

Home = tuple[str, ...]  # a deepest unit and a category of each segment


@dataclass(frozen=True)
class Answers:
    """The people of a wave: by pseudonym where they belong, and what they answered; nothing, if they did not."""

    home: Mapping[str, Home]
    values: Mapping[str, Mapping[str, int]]
    tree: Tree


def schema(segments: Sequence[str]) -> pa.Schema:
    """One row a person and kind; without a pseudonym or a number that means anything elsewhere."""
    return pa.schema([pa.field(name, pa.string()) for name in ("kind", "unit", *segments)])


def empty(survey: Survey) -> dict[str, pa.Table]:
    """No panel."""
    segments = [segment.id for segment in survey.file.segment]
    return {"panel": schema(segments).empty_table(), "differences": DIFFERENCES.empty_table()}


def answers(counted: pa.Table, members: pa.Table, tree: Tree) -> Answers:
    """Of the answers table of a wave and its members, row by row."""
    segments, measures = columns(members)
    names = counted["respondent"].to_pylist()
    homes = zip(*(members[name].to_pylist() for name in ("unit", *segments)), strict=True)
    given = zip(*(counted[name].to_pylist() for name in measures), strict=True)
    values = {
        name: {measure: value for measure, value in zip(measures, row, strict=True) if value is not None}
        for name, row in zip(names, given, strict=True)
    }
    return Answers(dict(zip(names, homes, strict=True)), values, tree)


def tables(survey: Survey, now: Answers, then: Answers) -> dict[str, pa.Table]:
    """The private tables of a panel, sorted so that their order tells nothing."""
    segments = [segment.id for segment in survey.file.segment]
    known = _Known(now.tree, then.tree)
    rows = sorted(_people(now, then, known, roster=survey.file.respondent.unit is None))
    pairs = [name for name in now.home if now.values[name] and _stayed(name, now, then, known)]
    people = pa.Table.from_pylist(
        [dict(zip(schema(segments).names, row, strict=True)) for row in rows], schema(segments)
    )
    return {"panel": people, "differences": _differences(survey, pairs, now, then)}


def _people(now: Answers, then: Answers, known: _Known, *, roster: bool) -> Iterator[tuple[str, ...]]:
    for name, home in now.home.items():
        stayed = _stayed(name, now, then, known)
        if now.values[name]:
            yield (BOTH if stayed else CAME, *home)
        elif roster and not (name in then.home and known.home(then.home[name]) == home and then.values[name]):
            yield (NEVER, *home)
    for name, home in then.home.items():
        at = known.home(home)
        if then.values[name] and not _stayed(name, now, then, known):
            yield (LEFT, *at)
        elif roster and not then.values[name] and now.home.get(name) != at:
            yield (NEVER, *at)


def _stayed(name: str, now: Answers, then: Answers, known: _Known) -> bool:
    """Whether somebody answered both times in one place."""
    if name not in then.home or not now.values.get(name) or not then.values[name]:
        return False
    return known.continues(then.home[name], now.home[name])


class _Known:
    """Where the units of the wave before are in the tree of this one."""

    def __init__(self, now: Tree, then: Tree) -> None:
        predecessors = lineage.predecessors(now, then.unit)
        self.after = {before: unit for unit, before in predecessors.items() if before is not None}
        self.place = {
            unit: next((self.after[above] for above in reversed(path) if above in self.after), now.root)
            for unit, path in then.path.items()
        }
        self.usable = self._usable(now, then, predecessors)

    def home(self, home: Home) -> Home:
        """A place of the wave before in this one: its unit, or the next above that goes on."""
        return (self.place[home[0]], *home[1:])

    def continues(self, before: Home, home: Home) -> bool:
        """Whether both are one place, unit and categories."""
        return self.after.get(before[0]) == home[0] and before[1:] == home[1:]

    def _usable(self, now: Tree, then: Tree, predecessors: Mapping[str, str | None]) -> frozenset[str]:
        """Units under which nothing came from elsewhere, or went elsewhere, but new units and dissolved ones."""
        wrong = set()
        for unit, before in predecessors.items():
            if before is None:
                wrong.add(unit)
                continue
            above = {predecessors[one] for one in now.path[unit] if predecessors[one] is not None}
            was = {one for one in then.path[before] if one in self.after}
            differ = above ^ was
            wrong |= {self.after[one] for one in differ if one is not None and one in self.after}
        return frozenset(now.unit.keys() - wrong)


def _differences(survey: Survey, pairs: Sequence[str], now: Answers, then: Answers) -> pa.Table:
    rows = []
    for measure in (one.id for one in survey.measures if one.kind != "rate"):
        found = [
            now.values[name][measure] - then.values[name][measure]
            for name in pairs
            if measure in now.values[name] and measure in then.values[name]
        ]
        modal = max(Counter(found).values(), default=0)
        rows.append((measure, len(found), sum(found), sum(one * one for one in found), modal))
    return pa.Table.from_pylist([dict(zip(DIFFERENCES.names, row, strict=True)) for row in rows], DIFFERENCES)


def protected(made: Mapping[str, pa.Table], survey: Survey, now: Tree, then: Tree, rules: disclosure.Rules) -> Panel:
    """What verdicts may use of a panel: places where all four kinds of people pass the gate, and whole spreads.

    Each kind is counted, chosen and audited like a response rate. Raises DisclosureLeak as `disclosure.protect`.
    """
    people = made["panel"]
    kinds = KINDS if survey.file.respondent.unit is None else KINDS[:-1]
    shown = [_shown(people.filter(pc.equal(people["kind"], kind)), survey, now, rules) for kind in kinds]
    usable = _Known(now, then).usable
    places = [place for place in shown[0] if place.unit in usable and all(place in one for one in shown)]
    both, came, left = shown[:3]
    counts = {one: (both[one], both[one] + came[one], both[one] + left[one]) for one in places}
    whole = Place(now.root, TOTAL, TOTAL)
    if whole not in counts:
        return Panel({}, {})
    spread = {
        row["measure"]: variance(row["pairs"], row["total"], row["squares"])
        for row in made["differences"].to_pylist()
        if row["pairs"] >= rules.minimum_distribution and row["pairs"] - row["modal"] >= EXCEPTIONS
    }
    return Panel(counts, spread)


def _shown(people: pa.Table, survey: Survey, tree: Tree, rules: disclosure.Rules) -> dict[Place, int]:
    """The places that may state how many of one kind they have, and how many."""
    if not people.num_rows:
        return {}
    segments = tuple(segment.id for segment in survey.file.segment)
    rows = people.num_rows
    cells = _cells(people, survey, tree)
    members = pa.table(
        [
            pa.array(np.arange(rows)),
            *(people[name] for name in ("unit", *segments)),
            pa.array(np.ones(rows, dtype=np.bool_)),
        ],
        schema=members_schema(segments, (RESPONSE_RATE.id,)),
    )
    found = disclosure.protect(cells, members, tree, rules, {}).table
    free = found.filter(pc.equal(found["status"], "F"))
    places = map(Place, *(free[name].to_pylist() for name in ("unit", "segment", "category")))
    return dict(zip(places, free["answered"].to_pylist(), strict=True))


def _cells(people: pa.Table, survey: Survey, tree: Tree) -> pa.Table:
    """How many are in each unit, cut by each table of the survey."""
    count: dict[Place, int] = defaultdict(int)
    for row in people.to_pylist():
        for grouping in dict.fromkeys(survey.groupings):
            categories = [row[name] for name in grouping]
            if all(categories):
                cut = ("*".join(grouping) or TOTAL, "*".join(categories) or TOTAL)
                for unit in tree.path[row["unit"]]:
                    count[Place(unit, *cut)] += 1
    rows = [
        dict.fromkeys(CELLS.names, 0)
        | place._asdict()
        | {"measure": RESPONSE_RATE.id, "invited": None}
        | dict.fromkeys(("respondents", "answered", "total", "squares"), number)
        for place, number in sorted(count.items())
    ]
    return pa.Table.from_pylist(rows, CELLS)
