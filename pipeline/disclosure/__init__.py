"""Disclosure control: what may be published, and the proof that nobody can be found in it."""

from pipeline.disclosure.bounds import Bounds, bounds
from pipeline.disclosure.family import Families, families
from pipeline.disclosure.kept import KEPT, PROTECTED
from pipeline.disclosure.past import Past
from pipeline.disclosure.protected import (
    Basis,
    Found,
    ProtectedTable,
    Written,
    found_in_history,
    protect,
    readmit,
    written,
)
from pipeline.disclosure.rules import Rules
from pipeline.disclosure.statement import statement
from pipeline.disclosure.worth import Worth

__all__ = [
    "KEPT",
    "PROTECTED",
    "Basis",
    "Bounds",
    "Families",
    "Found",
    "Past",
    "ProtectedTable",
    "Rules",
    "Worth",
    "Written",
    "bounds",
    "families",
    "found_in_history",
    "protect",
    "readmit",
    "statement",
    "written",
]
