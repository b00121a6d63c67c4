"""A release: the published rows of every wave so far, described so that they can be read, and named after its content.

Pure. What is published about people comes in as a ProtectedTable; there is no other way into a Release. A Draft, which
has the same bytes and is never written, is made of a table before its audit.
"""

from pipeline.release.dimensions import around
from pipeline.release.manifest import (
    DISCLOSURE,
    FORMAT,
    MANIFEST,
    About,
    Draft,
    Published,
    PublishedWave,
    Release,
    canonical,
    run_of,
    seal,
)
from pipeline.release.schemas import ACTIONS, KEYS, MEASURES, SEGMENTS, TABLES, UNITS, WAVES, described
from pipeline.release.tables import carried, earlier_wave, of_wave, path_of, stated_units, tables, to_files, tree_of

__all__ = [
    "ACTIONS",
    "DISCLOSURE",
    "FORMAT",
    "KEYS",
    "MANIFEST",
    "MEASURES",
    "SEGMENTS",
    "TABLES",
    "UNITS",
    "WAVES",
    "About",
    "Draft",
    "Published",
    "PublishedWave",
    "Release",
    "around",
    "canonical",
    "carried",
    "described",
    "earlier_wave",
    "of_wave",
    "path_of",
    "run_of",
    "seal",
    "stated_units",
    "tables",
    "to_files",
    "tree_of",
]
