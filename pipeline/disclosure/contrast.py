"""A scale beside its items: what the difference between measures of one cell would say, and what to withhold for it.

A scale's sum is, over the people in the cell, the sum of their items divided by the number they answered. Take away the
sums of the items, and everybody who answered all of them falls out: what stays is about those who skipped some. So
the people with incomplete answers are a table of their own, published wherever the scale and all its items are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid, Ints
    from pipeline.disclosure.family import Families
    from pipeline.disclosure.membership import Membership


@dataclass(frozen=True)
class Contrasts:
    """The families of measures as row numbers of the grid, and who answered each of them in part."""

    scale: tuple[int, ...]
    items: tuple[tuple[int, ...], ...]  # the first of them is given up first
    incomplete: Bools  # records x families
    people: Ints  # families x places: different people with incomplete answers

    def shown(self, means: Bools) -> Bools:
        """Where each family's contrast is taken to be known: wherever the item to give up is published.

        The scale and the other items are taken to be known everywhere, since what is withheld of them may follow from
        other cells. A contrast needs all the items, so it cannot be known where this one is not.
        """
        rows = [means[items[0]] for items in self.items]
        return np.array(rows, dtype=np.bool_).reshape(len(rows), means.shape[1])


def contrasts(cells: Grid, members: Membership, families: Families) -> Contrasts:
    """Finds who answered only in part. The item that fewest people answered is the one to give up."""
    number = {measure: index for index, measure in enumerate(cells.measures)}
    answered = members.answers.sum(axis=0)
    scale, items, incomplete = [], [], []
    for name, parts in families.items():
        rows = sorted((number[part] for part in parts), key=lambda row: (int(answered[row]), -row))
        scale.append(number[name])
        items.append(tuple(rows))
        some = members.answers[:, [number[name], *rows]]
        incomplete.append(some.any(axis=1) & ~some.all(axis=1))
    table = np.array(incomplete, dtype=np.bool_).reshape(len(incomplete), len(members.people)).T
    return Contrasts(tuple(scale), tuple(items), table, _different(cells, members, table))


def _different(cells: Grid, members: Membership, answers: Bools) -> Ints:
    """Different people in each place who are in a column of `answers`, columns x places."""
    result = np.zeros((answers.shape[1], len(cells.places)), dtype=np.int64)
    span = int(members.people.max(initial=0)) + 1
    for column in range(answers.shape[1]):
        chosen = np.flatnonzero(answers[:, column])
        for at in members.at:
            for level in at[:, chosen]:
                here = level >= 0
                pairs = np.unique(level[here].astype(np.int64) * span + members.people[chosen[here]])
                np.add.at(result[column], pairs // span, 1)
    return result


def give_up_items(known: Contrasts, means: Bools, kept: Bools) -> Bools:
    """The means that may stay: where a contrast may not be known, the item to give up goes.

    `kept` says where it may be known, families x places. Where nobody answered in part, any one row of the family
    follows from the others, so a cell that withholds one of them withholds two.
    """
    means = means.copy()
    for family, (scale, items) in enumerate(zip(known.scale, known.items, strict=True)):
        rows = [scale, *items]
        means[items[0]] &= kept[family]
        for item in items:
            alone = ((~means[rows]).sum(axis=0) == 1) & (known.people[family] == 0)
            means[item] &= ~alone
        if len(items) == 1:  # the scale is the item, in other words
            means[scale] &= means[items[0]]
    return means
