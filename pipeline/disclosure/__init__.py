"""Disclosure control: what may be published, and the proof that nobody can be found in it."""

from pipeline.disclosure.family import Families, families
from pipeline.disclosure.protected import PROTECTED, ProtectedTable, protect, readmit
from pipeline.disclosure.rules import Rules

__all__ = ["PROTECTED", "Families", "ProtectedTable", "Rules", "families", "protect", "readmit"]
