"""Addresses as numbers: a million rows are compared by one integer each, and not by four texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

ADDRESS = ("unit", "segment", "category", "measure")
_MOST = 2**63 - 1  # a place is a 64-bit integer; two addresses that shared one would hide each other


@dataclass(frozen=True)
class Numbers:
    """Every name of an address by its number, so that addresses are compared as one number and not as four texts.

    `names` has an array a column of ADDRESS; a missing name is one as well.
    """

    names: Mapping[str, pa.Array]

    @staticmethod
    def of(tables: Sequence[pa.Table], others: Mapping[str, pa.Array]) -> Numbers:
        """The names in these tables, and those `others`. Raises ValueError for too many to be told apart."""
        names = {
            name: pc.unique(pa.concat_arrays([*(pc.unique(one[name]).cast(pa.string()) for one in (*tables, others))]))
            for name in ADDRESS
        }
        if math.prod(len(one) for one in names.values()) > _MOST:
            msg = "there are more addresses than there are numbers for them"
            raise ValueError(msg)
        return Numbers(names)

    def __getitem__(self, name: str) -> int:
        """How many different names there are in a column."""
        return len(self.names[name])

    def number(self, name: str, values: pa.Array | pa.ChunkedArray) -> Integers:
        """The number of each of these names; -1 for one that is none of them."""
        found = pc.fill_null(pc.index_in(values, value_set=self.names[name]), -1)
        return np.asarray(found, dtype=np.int64)

    def place(self, unit: Integers, segment: Integers, category: Integers, measure: Integers) -> Integers:
        """One number for an address."""
        return ((unit * self["segment"] + segment) * self["category"] + category) * self["measure"] + measure

    def numbered(self, table: pa.Table) -> dict[str, Integers]:
        """The place and the segment of each row of a table."""
        unit, segment, category, measure = (self.number(name, table[name]) for name in ADDRESS)
        return {"place": self.place(unit, segment, category, measure), "segment": segment}

    def repeated(self, places: Integers) -> dict[str, Integers]:
        """The place and the segment of each of these places but the first of those that are alike."""
        ordered = np.sort(places)
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        return {"place": again, "segment": again // (self["category"] * self["measure"]) % self["segment"]}
