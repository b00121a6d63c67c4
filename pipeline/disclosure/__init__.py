"""Disclosure control: what may be published, and the proof that nobody can be found in it."""

from pipeline.disclosure.protected import ProtectedTable, protect, readmit
from pipeline.disclosure.rules import Rules

__all__ = ["ProtectedTable", "Rules", "protect", "readmit"]
