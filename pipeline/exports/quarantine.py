"""What is set aside: the sender's own records under their own headings, and the reasons beside them.

`rows.csv` is written to be opened, mended and pushed again. It repeats the sender's bytes, so a formula that was in
the export is in it too: it goes back to where it came from. `reasons.csv` and `file.json` are ours and hold no value.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from pipeline.spreadsheets import inert

if TYPE_CHECKING:
    from pipeline.exports.sheet import Fault, Sheet

Quarantine = Mapping[str, bytes]  # file name -> content
REASONS, ROWS, FILE = "reasons.csv", "rows.csv", "file.json"
HEADINGS = ("record", "column", "reason")


def of_records(sheet: Sheet, faults: Sequence[Fault]) -> Quarantine:
    """The records with a fault, and a line for each fault: record, column, reason."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow(HEADINGS)
    writer.writerows((fault.record, inert(fault.column), fault.reason) for fault in faults)
    return {
        REASONS: lines.getvalue().encode(),
        ROWS: sheet.excerpt({fault.record for fault in faults}),
    }


def of_file(reason: str, message: str) -> Quarantine:
    """Why a whole file was refused; the file itself stays in landing."""
    text = json.dumps({"message": message, "reason": reason}, ensure_ascii=False, indent=1, sort_keys=True)
    return {FILE: f"{text}\n".encode()}
