"""Who lies behind each cell, for the chooser: every answer record's places in every grouping, level by level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.cells import NOWHERE, Bools, Grid, Ints, coded, columns, grouping_of
from pipeline.errors import DisclosureLeak
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.organisation import Tree


# Numbers of places, half as large as other numbers: there is one for every record, grouping and depth.
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Membership:
    """Answer records as arrays. `at[g][d]` is the place of each record in grouping g at depth d, or NOWHERE."""

    people: Ints
    answers: Bools  # records x measures
    groupings: tuple[tuple[str, ...], ...]
    at: tuple[Places, ...]
    above: Ints  # place -> the same segment and category one unit up, or NOWHERE
    depth: Ints  # place -> depth of its unit, 0 for the root
    grouping: Ints  # place -> number of its grouping

    @cached_property
    def once(self) -> bool:
        """Nobody has more than one record."""
        return len(np.unique(self.people)) == len(self.people)

    def counted(self, answers: Bools) -> Ints:
        """How many records with an answer lie in each place, tables x places; `answers` is records x tables."""
        size = len(self.grouping)
        result = np.zeros((answers.shape[1], size + 1), dtype=np.int64)
        for table, given in enumerate(answers.T):
            for at in self.at:
                for level in at:
                    # The last place takes those who are nowhere.
                    result[table] += np.bincount(level[given] % (size + 1), minlength=size + 1)
        return result[:, :size]

    @cached_property
    def coarser(self) -> tuple[tuple[int, int], ...]:
        """Pairs of groupings (g, h) in which h cuts further than g; and every (g, g), for the tree itself."""
        count = range(len(self.groupings))
        return tuple((g, h) for g in count for h in count if set(self.groupings[g]) <= set(self.groupings[h]))


def membership(cells: Grid, members: pa.Table, tree: Tree) -> Membership:
    """Finds the places of every record. Raises DisclosureLeak for a record of a unit outside the tree."""
    segments, measures = columns(members)
    number = {unit.id: index for index, unit in enumerate(tree.units)}
    home, names = coded(members.column("unit"))
    unit = np.array([number.get(one, NOWHERE) for one in names] or [NOWHERE], dtype=np.int64)[home]
    if (unit == NOWHERE).any():
        msg = "somebody answered in a unit that is not in the tree of this wave; aggregate again"
        raise DisclosureLeak(msg)
    depth = np.array([len(tree.path[one.id]) - 1 for one in tree.units], dtype=np.int64)
    ancestor = np.full((len(tree.units), int(depth.max()) + 1), NOWHERE, dtype=np.int64)
    for index, one in enumerate(tree.units):
        ancestor[index, : depth[index] + 1] = [number[above] for above in tree.path[one.id]]
    parent = np.array([number.get(one.parent or "", NOWHERE) for one in tree.units], dtype=np.int64)
    codes = {name: _code(members.column(name)) for name in segments}
    kind, words = cells.cuts
    by_first = np.argsort(np.unique(kind, return_index=True)[1])
    groupings = tuple(dict.fromkeys(grouping_of(words[one][0]) for one in by_first.tolist()))
    which = {grouping: index for index, grouping in enumerate(groupings)}
    cut = np.array([which[grouping_of(segment)] for segment, _ in words], dtype=np.int64)[kind]
    home = np.array([number[one] for one in cells.units.words], dtype=np.int64)[cells.units.code]
    levels = ancestor[unit].T
    at = []
    above = np.full(len(cells.places), NOWHERE, dtype=np.int64)
    for index, grouping in enumerate(groupings):
        mine = np.flatnonzero(cut == index)
        code, crossed = _crossed([codes[name] for name in grouping], members.num_rows)
        column = {word: position for position, word in enumerate(crossed)}
        nobody = len(column)  # the last column stays empty: who is unknown is nowhere
        column_of = np.full(len(words), NOWHERE, dtype=np.int64)
        for one in np.unique(kind[mine]).tolist():
            column_of[one] = column.setdefault(words[one][1], len(column) + (len(column) >= nobody))
        category = column_of[kind[mine]]
        place_of = np.full((len(tree.units), len(column) + 2), NOWHERE, dtype=np.int64)
        place_of[home[mine], category] = mine
        at.append(np.where(levels == NOWHERE, NOWHERE, place_of[levels, code]).astype(np.int32))
        over = parent[home[mine]]
        above[mine] = np.where(over == NOWHERE, NOWHERE, place_of[over, category])
    answers = np.column_stack([members.column(name).to_numpy() for name in measures])
    return Membership(
        np.unique(members.column("respondent").to_numpy(), return_inverse=True)[1].astype(np.int64),
        answers.astype(np.bool_),
        groupings,
        tuple(at),
        above,
        depth[home],
        cut,
    )


def _code(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Category numbers and their words; NOWHERE where the category is unknown."""
    code, words = coded(column)
    return np.where(np.array([word == "" for word in words] or [True])[code], NOWHERE, code), words


def _crossed(codes: list[tuple[Ints, list[str]]], records: int) -> tuple[Ints, list[str]]:
    """Several segments as one; whoever is unknown in one of them is unknown in the crossing (the last column)."""
    code, words = np.zeros(records, dtype=np.int64), [TOTAL]
    for number, (more, further) in enumerate(codes):
        joined = further if number == 0 else [f"{left}*{right}" for left in words for right in further]
        known = (code != NOWHERE) & (more != NOWHERE)
        code, words = np.where(known, code * len(further) + more, NOWHERE), joined
    return np.where(code == NOWHERE, len(words), code), words
