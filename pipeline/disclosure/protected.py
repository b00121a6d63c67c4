"""The gate: the only place where a ProtectedTable is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree

PROTECTED = pa.schema(
    [
        pa.field("unit", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # F free, C confidential
        # Null wherever status is C; the last four also where there are too few people for a distribution.
        pa.field("answered", pa.int64()),
        pa.field("invited", pa.int64()),
        pa.field("total", pa.int64()),
        pa.field("squares", pa.int64()),
        pa.field("favourable", pa.int64()),
        pa.field("neutral", pa.int64()),
        pa.field("unfavourable", pa.int64()),
    ],
)


@dataclass(frozen=True)
class ProtectedTable:
    """Cells of one wave that were audited: what is withheld is not in it."""

    table: pa.Table


def protect(cells: pa.Table, members: pa.Table, tree: Tree, rules: Rules) -> ProtectedTable:
    """Withholds what must be, audits the rest independently. Raises DisclosureLeak."""
    raise NotImplementedError


def readmit(table: pa.Table, cells: pa.Table, members: pa.Table, tree: Tree, rules: Rules) -> ProtectedTable:
    """A protected table that was written down and read again, audited again from scratch. Raises DisclosureLeak."""
    raise NotImplementedError
