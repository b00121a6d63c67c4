"""A workbook (.xlsx, .xlsm) -> the one table in it. Runs in a child: `python -m pipeline.foreign.xlsx`.

Two readers must agree on every cell: ours, which sees what kind a cell is, and calamine. calamine alone shows an
error, and a formula that was never calculated, as an empty cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.foreign import archive, child
from pipeline.foreign.book import Style, open_book
from pipeline.foreign.cells import Grid, read_cells
from pipeline.foreign.found import Found, refuse
from pipeline.foreign.markup import walk
from pipeline.foreign.meaning import meaning
from pipeline.foreign.second_reader import agree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.foreign.archive import Archive

NAMED = 5  # sheets that a refusal lists


def convert(data: bytes) -> Found:
    """The rows of the only sheet with something in it, from the first row on. Raises Unreadable."""
    opened = archive.look(data)
    _scan(opened)
    book = open_book(opened)
    if not book.sheets or len({sheet.name for sheet in book.sheets}) < len(book.sheets):
        refuse("broken_workbook")
    grids = [read_cells(archive.unpack(opened, sheet.part), book.texts) for sheet in book.sheets]
    full = [at for at, grid in enumerate(grids) if grid.rows]
    names = [book.sheets[at].name[:40] for at in full[:NAMED]]
    if not full:
        refuse("empty_file")
    if len(full) > 1:
        refuse("several_sheets", named=names)
    if book.sheets[full[0]].hidden:
        refuse("hidden_sheet", named=names)
    grid = grids[full[0]]
    texts: dict[tuple[int, int], str] = {}
    faults: list[tuple[int, int, str]] = []
    for row, cells in grid.rows.items():
        for column, cell in cells.items():
            texts[row, column], why = meaning(cell, _style(book.styles, cell.style), from_1904=book.from_1904)
            if why is not None:
                faults.append((row, column, str(why)))
    agree(data, book.sheets[full[0]].name, grid, texts)
    rows = [[texts.get((row, column), "") for column in range(1, grid.width + 1)] for row in range(1, grid.height + 1)]
    return Found(rows, faults, _merged(grid))


def _scan(opened: Archive) -> None:
    """Raises Unreadable when any part that calamine may read has a DTD, or is no XML."""
    for name in opened.files:
        if name.endswith((".xml", ".rels")):
            walk(archive.unpack(opened, name), lambda _name, _attributes: None)


def _style(styles: Sequence[Style], index: int) -> Style:
    if index < len(styles):
        return styles[index]
    return Style() if index == 0 else refuse("broken_workbook")


def _merged(grid: Grid) -> int:
    """The last row of a merged range that holds anything."""
    return max(
        (
            last_row
            for row, column, last_row, last_column in grid.merged
            if (last_row, last_column) != (row, column)
            and any(
                row <= one <= last_row and any(column <= at <= last_column for at in cells)
                for one, cells in grid.rows.items()
            )
        ),
        default=0,
    )


if __name__ == "__main__":
    child.run(convert)
