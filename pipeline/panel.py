"""Who answered in two waves: private counts of people, through the same gate as any table, and what verdicts use.

Everybody who was asked in one of the two waves is one of four: `both` answered both times, in the same unit and the
same categories; `came` answered now, `left` answered then, `never` did neither. Whoever moved came in one place and
left in another. A reader knows how many answered then and now, so whoever learns how many answered both times learns
the other three as well: each of the four is a table of its own, and a place is used only where all four may be shown.

Whoever holds both rosters also knows who was asked both times in one place. `again` are those of them who did not
answer both times: they are to `both` what the silent are to a response rate.
"""

from __future__ import annotations

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
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from pipeline.organisation import Tree
    from pipeline.survey import Survey

    Bools = npt.NDArray[np.bool_]

BOTH, CAME, LEFT, NEVER = KINDS = ("both", "came", "left", "never")
AGAIN = "again"  # each of them is of another kind, too
TABLES = ("panel", "differences")
# Of each measure, over the people of the whole organisation who answered it twice: now minus then, in its steps.
DIFFERENCES = pa.schema(
    [pa.field("measure", pa.string()), *(pa.field(name, pa.int64()) for name in ("pairs", "total", "squares", "modal"))]
)
EXCEPTIONS = 2  # fewer who differ from all others, and everybody's difference is told


@dataclass(frozen=True)
class Answers:
    """The people of a wave, a row each, and its tree.

    Columns: respondent (the pseudonym; null for whoever was erased since), unit (the deepest), a category of each
    segment ("" unknown), and of each measure the value in steps, null where there is none.
    """

    people: pa.Table
    measures: Sequence[str]
    tree: Tree

    @property
    def given(self) -> Bools:
        """Who answered anything."""
        there = [self.people[one].is_valid().to_numpy() for one in self.measures]
        found: Bools = np.logical_or.reduce(there) if there else np.zeros(self.people.num_rows, dtype=np.bool_)
        return found


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
    of = {name: members[name] for name in ("unit", *segments)} | {name: counted[name] for name in measures}
    return Answers(pa.table({"respondent": counted["respondent"], **of}), measures, tree)


def tables(survey: Survey, now: Answers, then: Answers) -> dict[str, pa.Table]:
    """The private tables of a panel, sorted so that their order tells nothing."""
    segments = [segment.id for segment in survey.file.segment]
    known = _Known(now.tree, then.tree)
    here, there, whole = (
        _homes(people, segments, name)
        for people, name in ((now, {one: one for one in now.tree.unit}), (then, known.place), (then, known.after))
    )
    row, back = (
        pc.index_in(one.people["respondent"].combine_chunks(), other.people["respondent"].combine_chunks())
        for one, other in ((now, then), (then, now))
    )
    stays = _alike(here, whole, row)
    told = now.given, then.given
    both = stays & told[0] & _of(told[1], row)
    kinds = {
        BOTH: (here, both),
        CAME: (here, told[0] & ~both),
        LEFT: (there, told[1] & ~_of(both, back)),
    }
    if survey.file.respondent.unit is None:
        kinds |= {
            NEVER: (here, ~told[0] & ~(_alike(here, there, row) & _of(told[1], row))),
            f"{NEVER} then": (there, ~told[1] & ~_alike(there, here, back)),
            AGAIN: (here, stays & ~both),
        }
    rows = [_rows(kind.split()[0], homes, who) for kind, (homes, who) in kinds.items()]
    people = pa.concat_tables(rows).cast(schema(segments))
    people = people.sort_by([(name, "ascending") for name in people.schema.names])
    return {"panel": people, "differences": _differences(survey, now, then, both, row)}


def _homes(of: Answers, segments: Sequence[str], name: Mapping[str, str]) -> pa.Table:
    """Everybody's unit, called as `name` says (null where it does not), and categories; "" of a segment that is new."""
    unit = of.people["unit"].combine_chunks().dictionary_encode()
    named = pa.array([name.get(one) for one in unit.dictionary.to_pylist()], pa.string()).take(unit.indices)
    unknown = pa.repeat(pa.scalar(""), of.people.num_rows)
    known = {one: of.people[one].cast(pa.string()) if one in of.people.schema.names else unknown for one in segments}
    return pa.table({"unit": named, **known})


def _alike(homes: pa.Table, others: pa.Table, row: pa.Array) -> Bools:
    """Who has the same home as the row of `others` that is theirs; nobody who has none."""
    found: Bools = np.ones(homes.num_rows, dtype=np.bool_)
    for name in homes.schema.names:
        same = pc.equal(homes[name].combine_chunks(), others[name].combine_chunks().take(row))
        found &= pc.fill_null(same, fill_value=False).to_numpy(zero_copy_only=False)
    return found


def _of(values: Bools, row: pa.Array) -> Bools:
    """The value in the row that is theirs; False without one."""
    found: Bools = pc.fill_null(pa.array(values).take(row), fill_value=False).to_numpy(zero_copy_only=False)
    return found


def _rows(kind: str, homes: pa.Table, who: Bools) -> pa.Table:
    found = homes.filter(pa.array(who))
    return found.add_column(0, "kind", pa.repeat(pa.scalar(kind), found.num_rows))


class _Known:
    """Where the units of the wave before are in the tree of this one."""

    def __init__(self, now: Tree, then: Tree) -> None:
        predecessors = lineage.predecessors(now, then.unit)
        self.after = {before: unit for unit, before in predecessors.items() if before is not None}
        # A unit that went is in the next above it that goes on.
        self.place = {
            unit: next((self.after[above] for above in reversed(path) if above in self.after), now.root)
            for unit, path in then.path.items()
        }
        self.usable = self._usable(now, then, predecessors)

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


def _differences(survey: Survey, now: Answers, then: Answers, both: Bools, row: pa.Array) -> pa.Table:
    """The differences of those who answered both times; `row` says where they are in the wave before."""
    rows = []
    who = pa.array(both)
    earlier = row.filter(who)
    for measure in (one.id for one in survey.measures if one.kind != "rate"):
        pair = [np.zeros(0, dtype=np.int64)] * 2
        if measure in now.measures and measure in then.measures:
            values = now.people[measure].filter(who), then.people[measure].take(earlier)
            twice = pc.and_(values[0].is_valid(), values[1].is_valid())
            pair = [one.filter(twice).cast(pa.int64()).to_numpy() for one in values]
        found = pair[0] - pair[1]
        modal = np.unique(found, return_counts=True)[1].max(initial=0)
        rows.append((measure, len(found), int(found.sum()), int((found * found).sum()), int(modal)))
    return pa.Table.from_pylist([dict(zip(DIFFERENCES.names, row, strict=True)) for row in rows], DIFFERENCES)


def protected(made: Mapping[str, pa.Table], survey: Survey, now: Tree, then: Tree, rules: disclosure.Rules) -> Panel:
    """What verdicts may use of a panel: places where all four kinds of people pass the gate, and whole spreads.

    Each kind is counted, chosen and audited like a response rate; that of `both` is among those who were asked both
    times, where it is known who was asked. Raises DisclosureLeak as `disclosure.protect`.
    """
    people = made["panel"]
    roster = survey.file.respondent.unit is None
    kinds = KINDS if roster else KINDS[:-1]
    shown = [_shown(people, kind, survey, now, rules, silent=roster and kind == BOTH) for kind in kinds]
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


def _shown(
    everybody: pa.Table, kind: str, survey: Survey, tree: Tree, rules: disclosure.Rules, *, silent: bool
) -> dict[Place, int]:
    """The places that may state how many of one kind they have, and how many; `silent`: of those, and of `again`."""
    kinds = pa.array([kind, AGAIN] if silent else [kind])
    people = everybody.filter(pc.is_in(everybody["kind"], kinds))
    if not people.num_rows:
        return {}
    segments = tuple(segment.id for segment in survey.file.segment)
    members = pa.table(
        [
            pa.array(np.arange(people.num_rows)),
            *(people[name] for name in ("unit", *segments)),
            pc.equal(people["kind"], kind),
        ],
        schema=members_schema(segments, (RESPONSE_RATE.id,)),
    )
    cells = _cells(members, survey, tree, asked=silent)
    found = disclosure.protect(cells, members, tree, rules, {}).table
    free = found.filter(pc.equal(found["status"], "F"))
    places = map(Place, *(free[name].to_pylist() for name in ("unit", "segment", "category")))
    return dict(zip(places, free["answered"].to_pylist(), strict=True))


def _cells(members: pa.Table, survey: Survey, tree: Tree, *, asked: bool) -> pa.Table:
    """How many are in each unit, cut by each table of the survey; `asked`: and of how many."""
    segments = [segment.id for segment in survey.file.segment]
    of = RESPONSE_RATE.id
    homes = members.group_by(["unit", *segments]).aggregate([(of, "sum"), (of, "count")])
    count: dict[Place, list[int]] = {}
    for row in homes.to_pylist():
        for grouping in dict.fromkeys(survey.groupings):
            categories = [row[name] for name in grouping]
            if all(categories):
                cut = ("*".join(grouping) or TOTAL, "*".join(categories) or TOTAL)
                for unit in tree.path[row["unit"]]:
                    told = count.setdefault(Place(unit, *cut), [0, 0])
                    told[0] += row[f"{of}_sum"]
                    told[1] += row[f"{of}_count"]
    rows = [
        dict.fromkeys(CELLS.names, 0)
        | place._asdict()
        | {"measure": of, "invited": everybody if asked else None}
        | dict.fromkeys(("respondents", "answered", "total", "squares"), number)
        for place, (number, everybody) in sorted(count.items())
    ]
    return pa.Table.from_pylist(rows, CELLS)
