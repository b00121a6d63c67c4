"""Who is where, as the auditor finds it out for itself: from the members alone, by looking every cell up by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.cells import Bools, Grid, Ints, columns
from pipeline.errors import DisclosureLeak
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.organisation import Tree

OUTSIDE = -1


@dataclass(frozen=True)
class Crowd:
    """Answer records, and their atoms: records of one unit and the same segments. A cell holds all of an atom or none.

    `inside[g][d]` is the place in which an atom lies at depth d of the tree in grouping g, or OUTSIDE.
    """

    person: Ints
    atom: Ints
    answers: Bools  # records x measures
    inside: tuple[Ints, ...]

    @cached_property
    def once(self) -> bool:
        """Nobody has more than one record."""
        return len(np.unique(self.person)) == len(self.person)

    @cached_property
    def most(self) -> int:
        """The most records that one person has."""
        return int(np.unique(self.person, return_counts=True)[1].max(initial=1))

    def people(self, key: Ints, records: Ints, size: int, enough: int | None = None) -> Ints:
        """How many different people stand under each key; `key` is parallel to `records`, OUTSIDE is left out.

        From `enough` people on the answer may be any number that is large enough.
        """
        kept = key != OUTSIDE
        count = np.bincount(key[kept], minlength=size).astype(np.int64)
        if self.once:
            return count
        if enough is not None:
            # More records than (enough - 1) people can have are those of enough people.
            kept &= (count <= (enough - 1) * self.most)[key]
        span = int(self.person.max(initial=0)) + 1
        pairs = np.unique(key[kept] * span + self.person[records[kept]])
        people = np.bincount(pairs // span, minlength=size).astype(np.int64)
        return np.where(people > 0, people, count)

    def in_places(self, records: Ints, size: int) -> Ints:
        """How many different people of these records are in each place."""
        people = np.zeros(size, dtype=np.int64)
        for inside in self.inside:
            for level in inside:
                people += self.people(level[self.atom[records]], records, size)
        return people


def crowd(cells: Grid, members: pa.Table, tree: Tree) -> Crowd:
    """Looks up the places of every atom. Raises DisclosureLeak where the cells count other people than there are."""
    segments, own = columns(members)
    atom, kinds = _kinds([members.column(name) for name in ("unit", *segments)])
    groupings = sorted({place.grouping for place in cells.places}, key=lambda one: (len(one), one))
    which = {"*".join(grouping) or TOTAL: number for number, grouping in enumerate(groupings)}
    homes = sorted({path for paths in tree.path.values() for path in paths})
    words = sorted({place.category for place in cells.places})
    home = {unit: number for number, unit in enumerate(homes)}
    word = {category: number for number, category in enumerate(words)}
    address = np.array(
        [(which[one.segment], home[one.unit], word[one.category]) for one in cells.places], dtype=np.int64
    )
    sizes = (len(groupings), len(homes), len(words))
    key: Ints = np.asarray(np.ravel_multi_index(tuple(address.reshape(-1, 3).T), sizes))
    order = np.argsort(key)
    deepest = max(len(path) for path in tree.path.values())
    paths = {unit: [home[one] for one in path] + [OUTSIDE] * (deepest - len(path)) for unit, path in tree.path.items()}
    path = np.array([paths[kind[0]] for kind in kinds], dtype=np.int64).reshape(-1, deepest).T
    inside = []
    for number, grouping in enumerate(groupings):
        position = [1 + segments.index(name) for name in grouping]
        cut = [[kind[one] for one in position] for kind in kinds]
        category = np.array([word.get("*".join(one) or TOTAL, OUTSIDE) if all(one) else OUTSIDE for one in cut])
        known = (path != OUTSIDE) & (category != OUTSIDE)
        wanted = (number * sizes[1] + path) * sizes[2] + category
        near = np.asarray(np.searchsorted(key, wanted, sorter=order)).clip(max=max(len(address) - 1, 0))
        inside.append(np.where(known & (key[order][near] == wanted), order[near], OUTSIDE))
    nobody = np.zeros(members.num_rows, dtype=np.bool_)  # of a measure that an earlier release did not have
    given = [members.column(one).to_numpy().astype(np.bool_) if one in own else nobody for one in cells.measures]
    answers = np.column_stack(given)
    people = np.unique(members.column("respondent").to_numpy(), return_inverse=True)[1].astype(np.int64)
    result = Crowd(people, atom, answers, tuple(inside))
    _recount(cells, result)
    return result


def _kinds(given: list[pa.ChunkedArray]) -> tuple[Ints, list[tuple[str, ...]]]:
    """Each record's number among the different rows of these columns, and those rows."""
    number = np.zeros(len(given[0]), dtype=np.int64)
    words = []
    for column in given:
        coded = column.combine_chunks().dictionary_encode()
        words.append(coded.dictionary.to_pylist())
        number = number * len(words[-1]) + coded.indices.to_numpy(zero_copy_only=False)
    kinds, atom = np.unique(number, return_inverse=True)
    parts = []
    for column in reversed(words):
        parts.append([column[code] for code in (kinds % max(len(column), 1)).tolist()])
        kinds = kinds // max(len(column), 1)
    return atom.ravel().astype(np.int64), list(zip(*reversed(parts), strict=True))


def _recount(cells: Grid, known: Crowd) -> None:
    """Every cell says how many people and answers it has; if that is not what the members say, nothing else holds."""
    for measure, name in enumerate(cells.measures):
        records = np.flatnonzero(known.answers[:, measure])
        people = known.in_places(records, len(cells.places))
        answered = np.zeros(len(cells.places), dtype=np.int64)
        for inside in known.inside:
            for level in inside:
                key = level[known.atom[records]]
                answered += np.bincount(key[key != OUTSIDE], minlength=len(cells.places))
        here = cells.exists[measure]
        if (people != cells["respondents"][measure])[here].any() or (answered != cells["answered"][measure])[
            here
        ].any():
            msg = f"cells of {name!r} count other people than the members do; aggregate again"
            raise DisclosureLeak(msg)
