"""Words for what is wrong with a file that is no text: a code of the reader inside, and here who does what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.foreign.found import Unreadable

_AGAIN = "the sender exports it again"
_AS_CSV = "the sender saves the table as CSV in UTF-8"
WORDS = {
    "broken_archive": f"the archive is broken, or was cut off on its way; {_AGAIN}",
    "unknown_compression": f"the archive is packed in a way that few programs read; {_AGAIN}, as plain zip or unpacked",
    "too_many_entries": "the archive holds thousands of files; the sender pushes the one that matters",
    "unsafe_path": "the archive names files outside itself; whoever sent it looks where it comes from",
    "entry_twice": f"the archive holds two files of one name; {_AGAIN}",
    "overlapping_entries": "files in the archive lie over each other; whoever sent it looks where it comes from",
    "bomb": "it unpacks to far more than a table of answers does; whoever sent it looks where it comes from",
    "too_large": "it is too large to be read at once; the sender splits it, or pushes the table as CSV",
    "nested_archive": "it is an archive in an archive; the sender unpacks it and pushes the file",
    "several_files": "the archive holds more than one file, and each may be the one meant; the sender pushes one alone",
    "password": f"it is locked with a password; the sender takes it away, or {_AS_CSV.removeprefix('the sender ')}",
    "old_workbook": f"the file is an old workbook, such as .xls, whatever its name says; {_AS_CSV}, or as .xlsx",
    "binary_workbook": f"the file is a binary workbook (.xlsb); {_AS_CSV}, or as .xlsx",
    "open_document": f"the file is a workbook of another program (.ods, .numbers); {_AS_CSV}, or as .xlsx",
    "other_document": f"the file is a document and no table; {_AS_CSV}",
    "broken_workbook": f"the workbook is broken, or was cut off on its way; {_AGAIN}, or {_AS_CSV[11:]}",
    "dtd": "the workbook defines entities, which no workbook needs; whoever sent it looks where it comes from",
    "macro_sheet": f"the workbook has a sheet of macros or dialogs; {_AS_CSV}, or as .xlsx without it",
    "several_sheets": "more than one sheet has something in it, and each may be the table; the sender keeps one",
    "hidden_sheet": "the only sheet with something in it is hidden; the sender shows it, looks at it, and saves again",
    "merged_cells": "cells below the headings are merged, so that one answer may count for one record or for all; "
    "the sender takes the merging away",
    "uncertain_heading": "a heading holds an error, or a formula without a result; the sender writes it out",
    "sparse": "one cell lies far away from all others; the sender deletes it, and saves again",
    "cell_twice": f"one cell stands in the workbook twice; {_AGAIN}",
    "two_readings": f"two readers of workbooks see different things there; {_AS_CSV}",
    "too_many_faults": f"too many of its cells hold an error or nothing certain; {_AGAIN}",
    "empty_file": f"the file is empty; {_AGAIN}",
    "reader_died": "its reader broke on it, or needed more memory or time than a table does; "
    f"{_AS_CSV}, and looks where the file comes from",
    "reader_late": f"reading it takes longer than a table does; {_AS_CSV}",
    "broken_sav": f"the SPSS file is broken, or was cut off on its way; {_AGAIN}, or {_AS_CSV[11:]}",
    "sav_encoding": "the SPSS file does not say what its letters are written in, and has some beyond ASCII; the sender "
    "saves it again with a newer SPSS, in Unicode",
    "sav_count": "the SPSS file does not say how many cases it has, so that nobody would see it cut off; "
    "the sender saves it again with SPSS",
    "broken_parquet": f"the Parquet file is broken, or was cut off on its way; {_AGAIN}",
    "nested_value": "a column holds lists or records and not one value each; the sender flattens it",
    "records_lost": f"the file says that it has another number of records than were read; {_AGAIN}",
}


def reject_coded(one: Unreadable) -> NoReturn:
    """Raises ExportRejected in words for what a reader refused; names of sheets or files are shown, never answers."""
    reject_code(one.code, one.record, one.column, one.named)


def reject_code(
    code: str,
    record: int | None = None,
    column: str | None = None,
    named: tuple[str, ...] = (),
) -> NoReturn:
    """Raises ExportRejected. A code without words is one that a broken child made up."""
    shown = f": {', '.join(map(repr, named))}" if named else ""
    reason = code if code in WORDS else "reader_died"
    what, _, remedy = WORDS[reason].partition("; ")
    reject(reason, f"{what}{shown}; {remedy}", record, column)
