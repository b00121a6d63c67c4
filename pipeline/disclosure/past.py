"""Earlier releases of a wave: what they published is more groupings of the same answers, and is published for ever.

An answer is one unknown for as long as it is the same. Whoever left stands in the earlier groupings alone, whoever came
in the new ones alone, and whoever changed an answer did both, in the measures that have another value since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from pipeline.disclosure.cells import Bools, Grid, Ints, addresses, columns, grid
from pipeline.disclosure.primary import Shown
from pipeline.errors import DisclosureLeak
from pipeline.tables import members_schema

if TYPE_CHECKING:
    from pipeline.organisation import Tree

Some = TypeVar("Some", Ints, Bools)
UNANSWERED, UNASKED = -1, -2  # in place of a version: no answer to the measure; no such measure in the release


@dataclass(frozen=True)
class Past:
    """One earlier release of a wave. All of it is private, but for `table`, which everybody has.

    `members` are numbered (pipeline.tables.numbered_schema) as in every release of the wave. `kept` are the addresses
    of those rows of `table` that stood unchanged in a release before, and so tell of that one's people.
    """

    cells: pa.Table
    members: pa.Table
    tree: Tree
    table: pa.Table
    kept: pa.Table


@dataclass(frozen=True)
class Answers:
    """The answer records of one release: which of the wave's each is, and which version of each answer it holds."""

    record: Ints
    person: Ints
    version: Ints  # records x measures


@dataclass(frozen=True)
class Earlier:
    """A past release laid out beside a new one: its measures are the new one's, none published that it lacked."""

    cells: Grid
    members: pa.Table
    tree: Tree
    shown: Shown  # with figures of its own
    stands: Shown  # in its table, of whichever release
    answers: Answers
    table: pa.Table


def earlier(past: Past, measures: Sequence[str]) -> Earlier:
    """Lays a past release out. Raises DisclosureLeak when its tables do not belong together."""
    known = plain(past.members)
    segments, own = columns(known)
    laid = grid(past.cells, own, segments, past.tree)
    kept = set(addresses(past.kept))
    stands = read(past.table, laid)
    fresh = np.array(
        [[(*place, measure) not in kept for place in laid.places] for measure in laid.measures],
        dtype=np.bool_,
    ).reshape(laid.exists.shape)
    shown = Shown(stands.means & fresh, stands.distributions & fresh)
    at = [own.index(measure) if measure in own else len(own) for measure in measures]
    return Earlier(
        Grid(
            tuple(measures),
            laid.places,
            _rows(laid.exists, at),
            {name: _rows(values, at) for name, values in laid.counts.items()},
            _rows(laid.invited_known, at),
        ),
        known,
        past.tree,
        Shown(_rows(shown.means, at), _rows(shown.distributions, at)),
        Shown(_rows(stands.means, at), _rows(stands.distributions, at)),
        answers(past.members, measures),
        past.table,
    )


def _rows(values: Some, at: list[int]) -> Some:
    """The rows of the new measures; of one that there was not, nothing."""
    found: Some = np.concatenate([values, np.zeros((1, values.shape[1]), dtype=values.dtype)])[at]
    return found


def numbered(members: pa.Table) -> bool:
    """Whether the members say which answers they are, so that they can be found again in another release."""
    return bool(members.schema.names[1:2] == ["record"])


def plain(members: pa.Table) -> pa.Table:
    """The members without numbers: as `pipeline.tables.members_schema`. Raises DisclosureLeak for other columns."""
    if not numbered(members):
        return members
    fields = list(members.schema)[3:]
    segments = tuple(field.name for field in fields if field.type == pa.string())
    measures = tuple(field.name for field in fields if field.type == pa.int32())
    schema = members_schema(segments, measures)
    if members.schema.names != [schema.names[0], "record", *schema.names[1:]]:
        msg = "the members do not have the columns that pipeline.tables.numbered_schema states; aggregate again"
        raise DisclosureLeak(msg)
    given = [members.column(name).is_valid() if name in measures else members.column(name) for name in schema.names]
    return pa.table(given, schema=schema)


def answers(members: pa.Table, measures: Sequence[str]) -> Answers:
    """Which answers these are. Raises DisclosureLeak for members without numbers, or with one number twice."""
    if not numbered(members):
        msg = "the members of a wave that was published before have no numbers; aggregate again"
        raise DisclosureLeak(msg)
    record = members.column("record").to_numpy().astype(np.int64)
    if len(np.unique(record)) < len(record):
        msg = "an answer record stands twice among the members; aggregate again"
        raise DisclosureLeak(msg)
    unasked = np.full(len(record), UNASKED, dtype=np.int64)
    version = [
        members.column(name).combine_chunks().fill_null(UNANSWERED).to_numpy(zero_copy_only=False).astype(np.int64)
        if name in members.schema.names
        else unasked
        for name in measures
    ]
    return Answers(
        record,
        members.column("respondent").to_numpy().astype(np.int64),
        np.column_stack(version) if version else np.zeros((len(record), 0), dtype=np.int64),
    )


def read(table: pa.Table, cells: Grid) -> Shown:
    """What a written table shows. Raises DisclosureLeak when it is not a table of these cells."""
    number = {measure: row for row, measure in enumerate(cells.measures)}
    shown = Shown(np.zeros_like(cells.exists), np.zeros_like(cells.exists))
    finer = table.column("squares").is_valid().to_pylist()
    for key, status, more in zip(addresses(table), table.column("status").to_pylist(), finer, strict=True):
        if key[:3] not in cells.at or key[3] not in number or not cells.exists[number[key[3]], cells.at[key[:3]]]:
            msg = "a table that was published is not one of the cells that were kept beside it; restore them"
            raise DisclosureLeak(msg)
        if status == "F":
            shown.means[number[key[3]], cells.at[key[:3]]] = True
            shown.distributions[number[key[3]], cells.at[key[:3]]] = more
    return shown
