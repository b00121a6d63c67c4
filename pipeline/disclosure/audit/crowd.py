"""Who is where, as the auditor finds it out for itself: from the members alone, by looking every cell up by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.cells import Bools, Grid, Ints, columns, grouping_of
from pipeline.errors import DisclosureLeak
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from pipeline.organisation import Tree

OUTSIDE = -1
# Numbers of places, half as large as other numbers: there is one for every atom, grouping and depth.
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Crowd:
    """Answer records, and their atoms: records of one unit and the same segments. A cell holds all of an atom or none.

    `inside[g][d]` is the place in which an atom lies at depth d of the tree in grouping g, or OUTSIDE.
    """

    person: Ints
    atom: Ints
    answers: Bools  # records x measures
    inside: tuple[Places, ...]

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
        pairs = np.unique(key[kept].astype(np.int64) * span + self.person[records[kept]])
        people = np.bincount(pairs // span, minlength=size).astype(np.int64)
        return np.where(people > 0, people, count)

    def of_atoms(self, chosen: Bools) -> Crowd:
        """The records of these atoms alone."""
        records = chosen[self.atom]
        number = np.cumsum(chosen) - 1
        inside = tuple(one[:, chosen] for one in self.inside)
        return Crowd(self.person[records], number[self.atom[records]], self.answers[records], inside)

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
    atom, kinds, words = _kinds([members.column(name) for name in ("unit", *segments)])
    homes = sorted({path for paths in tree.path.values() for path in paths})
    home = {unit: number for number, unit in enumerate(homes)}
    deepest = max(len(path) for path in tree.path.values())
    paths = [tree.path.get(unit, ()) for unit in words[0]]
    path = np.array(
        [[home[one] for one in up] + [OUTSIDE] * (deepest - len(up)) for up in paths], dtype=np.int64
    ).reshape(-1, deepest)[kinds[0]]
    # A place by its unit and its cut, which is a segment and a category or several of both.
    cut, cuts = cells.cuts
    units, names = cells.units
    address = np.array([home[name] for name in names], dtype=np.int64)[units] * len(cuts) + cut
    order = np.argsort(address)
    groupings = sorted({grouping_of(segment) for segment, _ in cuts}, key=lambda one: (len(one), one))
    inside = []
    for grouping in groupings:
        position = [1 + segments.index(name) for name in grouping]
        which = _which(kinds[position], [words[one] for one in position], grouping, cuts)
        known = (path.T != OUTSIDE) & (which != OUTSIDE)
        wanted = np.where(known, path.T * len(cuts) + which, OUTSIDE)
        near = np.asarray(np.searchsorted(address, wanted, sorter=order)).clip(max=max(len(address) - 1, 0))
        found = known & (address[order][near] == wanted)
        inside.append(np.where(found, order[near], OUTSIDE).astype(np.int32))
    nobody = np.zeros(members.num_rows, dtype=np.bool_)  # of a measure that an earlier release did not have
    given = [members.column(one).to_numpy().astype(np.bool_) if one in own else nobody for one in cells.measures]
    answers = np.column_stack(given)
    people = np.unique(members.column("respondent").to_numpy(), return_inverse=True)[1].astype(np.int64)
    result = Crowd(people, atom, answers, tuple(inside))
    _recount(cells, result)
    return result


def _kinds(given: list[pa.ChunkedArray]) -> tuple[Ints, Ints, list[list[str]]]:
    """Each record's number among the different rows of these columns; those rows, columns x kinds; what is in them.

    A kind holds numbers of its words, of which there is a list for each column.
    """
    number = np.zeros(len(given[0]), dtype=np.int64)
    words = []
    for column in given:
        coded = column.combine_chunks().dictionary_encode()
        words.append(coded.dictionary.to_pylist())
        number = number * len(words[-1]) + coded.indices.to_numpy(zero_copy_only=False)
    kinds, atom = np.unique(number, return_inverse=True)
    parts = []
    for column in reversed(words):
        parts.append(kinds % max(len(column), 1))
        kinds = kinds // max(len(column), 1)
    return atom.ravel().astype(np.int64), np.stack(parts[::-1]), words


def _which(codes: Ints, words: list[list[str]], grouping: tuple[str, ...], cuts: Sequence[tuple[str, str]]) -> Ints:
    """The cut of each kind, by its words for the segments of a grouping; OUTSIDE where one is unknown.

    `codes` are segments x kinds.
    """
    both = np.zeros(codes.shape[1], dtype=np.int64)
    for code, known in zip(codes, words, strict=True):
        both = both * len(known) + code
    number = {cut: index for index, cut in enumerate(cuts)}
    found = []
    kinds, back = np.unique(both, return_inverse=True)
    for kind in kinds.tolist():
        said, rest = [], kind
        for known in reversed(words):
            said.append(known[rest % len(known)])
            rest //= len(known)
        category = "*".join(reversed(said)) or TOTAL
        found.append(number.get(("*".join(grouping) or TOTAL, category), OUTSIDE) if all(said) else OUTSIDE)
    return np.array(found, dtype=np.int64)[back.ravel()]


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
