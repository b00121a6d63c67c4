"""Looks for people in a pattern of published cells. It shares no code with the chooser or the auditor.

`python -m bench.disclosure.judge FOLDER PATTERN [auditor]`: PATTERN is text of unit, segment, category, shown. With
`auditor` the project's own auditor is asked instead. What is judged is how many answered, the figure that all
contenders protect; a pattern that also hides what somebody answered has hidden more than is asked here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from scipy import sparse
from scipy.sparse.linalg import lsmr

from bench.disclosure.instance import RULES, Instance, Ints, read
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import grid
from pipeline.disclosure.primary import Shown
from pipeline.survey import RESPONSE_RATE, TOTAL

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NOWHERE = -1
# A figure is given away when it is the same in all of these worlds, each of which fits everything published.
WORLDS = 3
SAME = 1e-5


@dataclass(frozen=True)
class Judgement:
    """`lost` is the share of respondents in withheld cells among those in all cells; the rest are numbers of leaks."""

    lost: float
    recovered: int  # withheld cells of 1..k-1 people whose figure follows from what is published
    remainders: int  # published figures less the published ones inside them that leave 1..k-1 people
    groups: int  # 1..k-1 people whom no figure tells apart and whose own figure follows


@dataclass(frozen=True)
class Crowd:
    """Units by column: everybody, then each category of each segment. A place is unit x columns + column."""

    people: Ints  # of each place
    ancestors: Ints  # level x kind of person -> unit, NOWHERE below the own unit
    column: Ints  # grouping x kind of person -> column
    size: Ints  # people of each kind: those of one unit and the same categories
    grouping: Ints  # of each column; 0 is everybody


def judge(instance: Instance, pattern: pa.Table) -> Judgement:
    """Everything but the auditor. Raises ValueError for a pattern without a cell that has people."""
    crowd, shown = _crowd(instance, pattern)
    people, small = crowd.people, RULES.minimum_mean
    width = len(crowd.grouping)
    held = crowd.ancestors * width + crowd.column[:, None, :]  # grouping x level x kind
    held = np.where(crowd.ancestors == NOWHERE, NOWHERE, held)
    nearest = np.full(crowd.column.shape, NOWHERE, dtype=np.int64)
    for level in range(held.shape[1]):
        place = held[:, level]
        nearest = np.where((place != NOWHERE) & shown[place], place, nearest)
    published = np.flatnonzero(shown)
    row = np.searchsorted(published, nearest)
    rows, columns = row[nearest != NOWHERE], np.nonzero(nearest != NOWHERE)[1]
    kinds = len(crowd.size)
    left = np.bincount(rows, crowd.size[columns], len(published)).astype(np.int64)
    remainders = int(((left > 0) & (left < small)).sum()) + _of_categories(crowd, shown)
    equations = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(published), kinds))
    worlds = _worlds(equations)
    hidden = np.flatnonzero(~shown & (people > 0) & (people < small))
    free = np.zeros(len(people))
    group = np.unique(nearest, axis=1, return_inverse=True)[1].ravel()
    sizes = np.bincount(group, crowd.size)
    free_groups = np.zeros(len(sizes))
    for world in worlds:
        value = np.zeros(len(people))
        for places in held.reshape(-1, kinds):
            value += np.bincount(places[places != NOWHERE], world[places != NOWHERE], len(people))
        free = np.maximum(free, np.abs(value))
        free_groups = np.maximum(free_groups, np.abs(np.bincount(group, world)))
    return Judgement(
        lost=float(people[~shown].sum() / people.sum()),
        recovered=int((free[hidden] < SAME).sum()),
        remainders=remainders,
        groups=int(((sizes < small) & (free_groups < SAME)).sum()),
    )


def _worlds(equations: sparse.csr_array) -> list[Floats]:
    """Random vectors that change no published figure: what is left of noise when its share in the equations is gone."""
    chance = np.random.default_rng(1)
    across = equations.T.tocsr()
    worlds = []
    for _ in range(WORLDS):
        noise = chance.normal(size=across.shape[0])
        found = lsmr(across, noise, atol=1e-13, btol=1e-13, conlim=0, maxiter=20_000)[0]
        worlds.append(noise - across @ found)
    return worlds


def _of_categories(crowd: Crowd, shown: Bools) -> int:
    """Published units less their published categories of one segment, where that leaves 1..k-1 people."""
    width = len(crowd.grouping)
    people, seen = crowd.people.reshape(-1, width), shown.reshape(-1, width)
    total, found = people[:, 0], 0
    for grouping in range(1, int(crowd.grouping.max()) + 1):
        of = crowd.grouping == grouping
        left = total - (people * seen)[:, of].sum(axis=1)
        found += int((seen[:, 0] & seen[:, of].any(axis=1) & (left > 0) & (left < RULES.minimum_mean)).sum())
    return found


def _crowd(instance: Instance, pattern: pa.Table) -> tuple[Crowd, Bools]:
    """Who is where, from the members; and which places the pattern shows. Empty ones count as withheld."""
    units = pa.array([unit.id for unit in instance.tree.units])
    members = instance.members.combine_chunks()
    number = {unit.id: index for index, unit in enumerate(instance.tree.units)}
    parent = np.array([number[one.parent] if one.parent else NOWHERE for one in instance.tree.units])
    own = pc.index_in(members["unit"].combine_chunks(), units).to_numpy().astype(np.int64)
    names, grouping, columns = {(TOTAL, TOTAL): 0}, [0], [np.zeros(len(own), dtype=np.int64)]
    for segment in instance.segments:
        words = pc.unique(instance.cells.filter(pc.equal(instance.cells["segment"], segment))["category"])
        columns.append(pc.index_in(members[segment].combine_chunks(), words).to_numpy() + len(names))
        names |= {(segment, word): len(names) + index for index, word in enumerate(words.to_pylist())}
        grouping += [len(columns) - 1] * len(words)
    kinds, size = np.unique(np.stack([own, *columns]), axis=1, return_counts=True)
    path = [kinds[0]]
    while (path[-1] != NOWHERE).any():
        path.append(np.where(path[-1] == NOWHERE, NOWHERE, parent[path[-1]]))
    ancestors = np.stack(path[-2::-1])
    people = np.zeros(len(parent) * len(names), dtype=np.int64)
    for level in ancestors:
        for column in kinds[1:]:
            place = (level * len(names) + column)[level != NOWHERE]
            people += np.bincount(place, size[level != NOWHERE], len(people)).astype(np.int64)
    shown = np.zeros(len(people), dtype=np.bool_)
    keys = [
        number[unit] * len(names) + names[segment, category]
        for unit, segment, category in zip(
            *(pattern[name].to_pylist() for name in ("unit", "segment", "category")), strict=True
        )
        if unit in number and (segment, category) in names
    ]
    flags = pattern["shown"].to_numpy().astype(np.bool_)
    if (
        len(keys) != len(flags)
        or (said := np.bincount(keys, minlength=len(people)))[people > 0].min() == 0
        or said.max() > 1
    ):
        msg = "the pattern does not name every cell with people once, and nothing else"
        raise ValueError(msg)
    shown[keys] = flags
    return Crowd(people, ancestors, kinds[1:], size, np.array(grouping)), shown & (people > 0)


def audited(instance: Instance, pattern: pa.Table) -> int:
    """How many certificates the project's auditor has against the pattern, by the first of its looks that finds any."""
    counts = instance.of_counts()
    laid = grid(counts.cells, (RESPONSE_RATE.id,), counts.segments, counts.tree)
    keys = zip(*(pattern[name].to_pylist() for name in ("unit", "segment", "category")), strict=True)
    said = dict(zip(keys, pattern["shown"].to_pylist(), strict=True))
    means = np.array([[bool(said.get((one.unit, one.segment, one.category), 0)) for one in laid.places]])
    means &= laid["respondents"] > 0  # a figure about nobody is in nobody's way
    shown = Shown(means, np.zeros_like(means))
    return len(Auditor(laid, counts.members, counts.tree, RULES, {}).audit(shown))


if __name__ == "__main__":
    given, table = read(Path(sys.argv[1])), csv.read_csv(sys.argv[2])
    print(audited(given, table) if sys.argv[3:] == ["auditor"] else json.dumps(asdict(judge(given, table))))
