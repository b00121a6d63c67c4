"""Numbers for the people and the answers of a wave, the same in every release of it. A number says nothing by itself.

What links numbers to pseudonyms and answers is one table, the identities. Whoever is erased is taken out of it: their
numbers stay in the releases that counted them, so that the others are protected as before, and are nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tables import numbered_schema

if TYPE_CHECKING:
    from pipeline.tables import Counted

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LEAD = ("respondent", "about", "person", "record")
_TAKEN = pa.schema([("person", pa.int64()), ("record", pa.int64())])


@dataclass(frozen=True)
class Numbered:
    """`members` as numbered_schema, in the order of those counted. `identities` are those of all releases so far.

    One row for each record (respondent, about, person, record, then a value in steps a measure), and another one
    whenever a record had an answer that none of its rows had: the version of an answer is the first row that has it.
    """

    members: pa.Table
    identities: pa.Table


def number(counted: Counted, before: pa.Table | None = None, taken: tuple[int, int] = (0, 0)) -> Numbered:
    """Numbers the members of a wave; `before` are the identities of its last release, None for the first one.

    `taken`: how many numbers of people and of records are in use, those of erased people among them.
    """
    answers = counted.answers
    measures = tuple(answers.schema.names[2:])
    known = _empty(measures) if before is None else before
    person = _numbers(_column(answers, "respondent"), _column(known, "respondent"), known["person"], taken[0])
    record = _numbers(_keys(answers), _keys(known), known["record"], taken[1])
    version, rows = _versions(answers, known, measures, record)
    segments = tuple(one.name for one in counted.members.schema if one.type == pa.string())[1:]
    schema = numbered_schema(segments, measures)
    columns = {
        **{name: counted.members[name] for name in ("unit", *segments)},
        "respondent": pa.array(person),
        "record": pa.array(record),
        **{one: pa.array(version[:, at], mask=version[:, at] < 0) for at, one in enumerate(measures)},
    }
    members = pa.table([columns[name].cast(schema.field(name).type) for name in schema.names], schema=schema)
    fresh = answers.add_column(2, "person", pa.array(person)).add_column(3, "record", pa.array(record))
    told = pa.concat_tables([known, fresh.filter(pa.array(rows))], promote_options="default")
    return Numbered(members.combine_chunks(), told.combine_chunks())


def without(identities: pa.Table, respondent: str) -> pa.Table:
    """The identities after an erasure: whose numbers these were, and what they answered, is told nowhere."""
    return identities.filter(pc.not_equal(identities["respondent"], pa.scalar(respondent)))


def _empty(measures: tuple[str, ...]) -> pa.Table:
    texts = [pa.field(name, pa.string()) for name in _LEAD[:2]]
    return pa.schema([*texts, *_TAKEN, *(pa.field(one, pa.int64()) for one in measures)]).empty_table()


def _column(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks().cast(pa.string())


def _keys(table: pa.Table) -> pa.Array:
    """What makes a record: who answered, about what."""
    return pc.binary_join_element_wise(_column(table, "respondent"), _column(table, "about"), "\x1f")


def _numbers(names: pa.Array, known: pa.Array, numbers: pa.ChunkedArray, taken: int) -> Ints:
    """The number that each name has, or the next that is free, in the order of the names."""
    at = pc.index_in(names, known)
    fresh = names.filter(at.is_null())
    order = pc.unique(fresh.take(pc.sort_indices(fresh)))
    there = numbers.take(at).combine_chunks()
    found: Ints = pc.coalesce(there, pc.add(pc.index_in(names, order), taken)).cast(pa.int64()).to_numpy()
    return found


def _versions(answers: pa.Table, known: pa.Table, measures: tuple[str, ...], record: Ints) -> tuple[Ints, Bools]:
    """The version of each answer, -1 where there is none; and which records need a row of their own for it."""
    version = np.full((answers.num_rows, len(measures)), -1, dtype=np.int64)
    given = np.column_stack([answers[one].is_valid().to_numpy() for one in measures])
    rows = np.zeros(answers.num_rows, dtype=np.int64)
    for at in _in_turn(known["record"].to_numpy(), record):
        there = np.flatnonzero(at >= 0)
        rows[there] += 1
        earlier = known.take(pa.array(at[there]))
        now = answers.take(pa.array(there))
        for column, one in enumerate(measures):
            if one in earlier.schema.names:
                same = pc.fill_null(pc.equal(now[one], earlier[one]), fill_value=False).to_numpy()
                new = there[same & (version[there, column] < 0)]
                version[new, column] = rows[new] - 1
    unknown = given & (version < 0)
    version = np.where(unknown, rows[:, None], version)
    return version, unknown.any(axis=1) | (rows == 0)


def _in_turn(known: Ints, record: Ints) -> list[Ints]:
    """For the first, second, ... row of each record among the `known`: where it stands for each of `record`, or -1."""
    order = np.argsort(known, kind="stable")
    ordered = known[order]
    start = np.searchsorted(ordered, record, side="left")
    count = np.searchsorted(ordered, record, side="right") - start
    return [
        np.where(turn < count, order[np.minimum(start + turn, max(len(order) - 1, 0))] if len(order) else -1, -1)
        for turn in range(int(count.max(initial=0)))
    ]
