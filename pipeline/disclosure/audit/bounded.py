"""Sums of groups whose answers have a lowest and a highest value: what the published figures leave open.

How far a sum can go is a linear programme. Most need none: from a point where no group is at an end of its range, a
step that keeps every equation (one of affine scaling; Dikin 1967) shows two values that it can have. Blocks that no
equation crosses are reckoned with side by side, each with a step as long as its own ranges allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from pipeline.disclosure.audit.programmes import NEAR, Programme

if TYPE_CHECKING:
    from pipeline.disclosure.audit.worlds import Floats
    from pipeline.disclosure.cells import Bools, Ints

_DAMPING, _ROUNDS = 1e-10, 2
# Steps that are made at once: some in any direction, which most sums are seen to move by, and then towards the others.
_AT_RANDOM, _AT_ONCE = 12, 16

Enough = Callable[["Floats", "Floats"], "Bools"]  # of a small and a large value of each sum: which need no others


@dataclass(frozen=True)
class Bounded:
    """`matrix` x = `sums`, and `low` <= x <= `high`, which the actual sums of the groups fulfil.

    `block` and `line` say which block each group and each equation is of, both in order; an equation holds groups of
    its own block alone.
    """

    matrix: csr_array  # equations x groups
    sums: Floats
    low: Floats
    high: Floats
    block: Ints
    line: Ints

    @classmethod
    def whole(cls, matrix: csr_array, sums: Floats, low: Floats, high: Floats) -> Bounded:
        """One block."""
        return cls(matrix, sums, low, high, *(np.zeros(size, dtype=np.int64) for size in matrix.shape[::-1]))

    def of_blocks(self, chosen: Bools) -> tuple[Ints, Bounded]:
        """The groups of some blocks, and these as a system of their own, with the same numbers for the blocks."""
        groups, lines = np.flatnonzero(chosen[self.block]), np.flatnonzero(chosen[self.line])
        matrix = self.matrix[lines][:, groups]
        parts = (self.sums[lines], self.low[groups], self.high[groups], self.block[groups], self.line[lines])
        return groups, Bounded(matrix, *parts)

    @cached_property
    def blocks(self) -> int:
        """How many blocks there are, or more."""
        return int(self.block.max(initial=-1)) + 1

    def room(self, point: Floats) -> Floats:
        """How far each group is from the nearer end of its range."""
        return np.minimum(point - self.low, self.high - point)

    def programme(self, block: int) -> tuple[Ints, Programme]:
        """The groups of a block, and the programmes that can be made of it."""
        mine = np.zeros(self.blocks, dtype=np.bool_)
        mine[block] = True
        groups, own = self.of_blocks(mine)
        return groups, Programme(own.matrix.toarray(), own.sums, own.low, own.high)

    @cached_property
    def centre(self) -> Floats:
        """A solution in which only those groups are at an end of their range that are so in every solution."""
        width = self.high - self.low
        even = self.low + width * self._evenly[self.block]
        point = self._solver(width)(even[:, None], self.sums[:, None])[:, 0]
        good = np.zeros(self.blocks, dtype=np.bool_)
        good[self.block] = True
        good[self.block[~(self.room(point) > NEAR)]] = False
        good[self.line[~(np.abs(self.matrix @ point - self.sums) < NEAR)]] = False
        for one in np.unique(self.block[~good[self.block]]).tolist():
            groups, programme = self.programme(one)
            point[groups] = programme.centre()
        return point

    @cached_property
    def _evenly(self) -> Floats:
        """Where in its range everybody of a block would be if all were at the same place of theirs."""
        width = np.bincount(self.line, self.matrix @ (self.high - self.low), self.blocks)
        above = np.bincount(self.line, self.sums - self.matrix @ self.low, self.blocks)
        even: Floats = np.divide(above, width, out=np.full(self.blocks, 0.5), where=width > 0)
        return even

    def _solver(self, weight: Floats) -> Callable[[Floats, Floats], Floats]:
        """Makes the nearest points (in columns) with given sums; where a group has no weight, its value stays.

        Equations may depend on each other, so what is solved is a little damped, and solved again for what is left
        (iterated Tikhonov regularisation; Bjorck 1996, ch. 3).
        """
        if not len(self.sums):
            return lambda points, _: points
        across = self.matrix.T.tocsr()
        gram = (self.matrix @ (diags_array(weight) @ across)).tocsr()
        size = np.where(gram.diagonal() > 0, gram.diagonal(), 1.0)
        factors = splu(
            (gram + diags_array(_DAMPING * size)).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

        def solved(points: Floats, sums: Floats) -> Floats:
            for _ in range(_ROUNDS):
                points = points + weight[:, None] * (across @ factors.solve(sums - self.matrix @ points))
            return points

        return solved

    def reach(self, wanted: csr_array, enough: Enough) -> tuple[Floats, Floats]:
        """A small and a large value that each of the sums `wanted` (sums x groups) can have: never beyond its ends.

        Of a sum of which they are `enough`, there may be smaller and larger ones.
        """
        seen = _Seen.at(self.centre, _Pieces.of(wanted, self.block), enough)
        if len(seen.open):
            self._step(seen)
            self._together(seen)
        return seen.pieces.added(seen.least), seen.pieces.added(seen.most)

    def _step(self, seen: _Seen) -> None:
        """Steps of each block, in any direction, and then towards those of its pieces that are still open."""
        room = self.room(self.centre)
        room[room < NEAR] = 0.0
        solved, nothing = self._solver(room**2), np.zeros((len(self.sums), 1))
        drawn = np.random.default_rng(len(room)).standard_normal((len(room), _AT_RANDOM))
        seen.see(self._moved(solved(room[:, None] * drawn, nothing)))
        pieces = seen.pieces
        tried = np.zeros(len(pieces.block), dtype=np.bool_)
        while len(left := seen.open[~tried[seen.open]]):
            # In one column a step for each block.
            left = left[np.argsort(pieces.block[left], kind="stable")]
            first = np.flatnonzero(np.diff(pieces.block[left], prepend=-1))
            column = np.arange(len(left)) - np.repeat(first, np.diff(first, append=len(left)))
            left, column = left[column < _AT_ONCE], column[column < _AT_ONCE]
            tried[left] = True
            rows = pieces.rows[left].tocoo()
            towards = np.zeros((len(room), _AT_ONCE))
            towards[rows.col, column[rows.row]] = room[rows.col] ** 2
            seen.see(self._moved(solved(towards, nothing)))

    def _together(self, seen: _Seen) -> None:
        """Programmes that move all pieces of a block that are still open at once, for as long as it helps."""
        pieces = seen.pieces
        several = np.bincount(pieces.block[seen.open], minlength=self.blocks) > 1
        programmes = {block: self.programme(block) for block in np.flatnonzero(several).tolist()}
        before = len(pieces.block) + 1
        while len(seen.open) < before:
            before = len(seen.open)
            for sign in (1, -1):
                point = self.centre.copy()
                for block, (groups, programme) in programmes.items():
                    mine = seen.open[pieces.block[seen.open] == block]
                    if len(mine):
                        point[groups] = programme.end(pieces.rows[mine].sum(axis=0)[groups], sign).point
                seen.see(point[:, None])

    def _moved(self, step: Floats) -> Floats:
        """Solutions as far from the centre as these steps can be taken, in each block, forwards and backwards."""
        up, down = (self.high - self.centre)[:, None], (self.centre - self.low)[:, None]
        first, last = (np.flatnonzero(np.diff(label, prepend=-1)) for label in (self.block, self.line))
        points = []
        for towards in (-step, step):
            far = np.full_like(step, np.inf)
            np.divide(up, towards, out=far, where=towards > 0)
            np.divide(-down, towards, out=far, where=towards < 0)
            length = np.zeros((self.blocks, step.shape[1]))
            length[self.block[first]] = np.minimum.reduceat(far, first, axis=0) if len(first) else 0.0
            length[np.isinf(length)] = 0.0
            move = length[self.block] * towards
            if len(last):
                off = np.maximum.reduceat(np.abs(self.matrix @ move), last, axis=0) > NEAR
                length[self.line[last]] = np.where(off, 0.0, length[self.line[last]])
                move = length[self.block] * towards
            points.append(self.centre[:, None] + move)
        return np.concatenate(points, axis=1)


@dataclass(frozen=True)
class _Pieces:
    """Sums of groups, cut where one block ends and another begins: the blocks move apart from each other."""

    rows: csr_array  # pieces x groups
    of_sum: Ints
    block: Ints
    sums: int

    @classmethod
    def of(cls, wanted: csr_array, block: Ints) -> _Pieces:
        """In the order of the sums."""
        entries = wanted.tocoo()
        key = entries.row.astype(np.int64) * (int(block.max(initial=0)) + 1) + block[entries.col]
        _, first, piece = np.unique(key, return_index=True, return_inverse=True)
        rows = csr_array((entries.data, (piece.ravel(), entries.col)), shape=(len(first), wanted.shape[1]))
        return cls(rows, entries.row[first].astype(np.int64), block[entries.col[first]], wanted.shape[0])

    def added(self, values: Floats) -> Floats:
        """The values of the sums from those of their pieces."""
        return np.bincount(self.of_sum, values, self.sums).astype(np.float64)


@dataclass
class _Seen:
    """A small and a large value that each piece was seen to have; `open` are those whose sums need more than that."""

    pieces: _Pieces
    enough: Enough
    least: Floats
    most: Floats
    open: Ints

    @classmethod
    def at(cls, point: Floats, pieces: _Pieces, enough: Enough) -> _Seen:
        """What one solution shows."""
        values = pieces.rows @ point
        seen = cls(pieces, enough, values, values, np.arange(len(pieces.block)))
        seen.see(point[:, None])
        return seen

    def see(self, points: Floats) -> None:
        """Takes account of more solutions, groups x solutions."""
        values = self.pieces.rows @ points
        self.least = np.minimum(self.least, values.min(axis=1))
        self.most = np.maximum(self.most, values.max(axis=1))
        enough = self.enough(self.pieces.added(self.least), self.pieces.added(self.most))
        self.open = np.flatnonzero(~enough[self.pieces.of_sum])
