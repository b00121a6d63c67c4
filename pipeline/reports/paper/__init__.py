"""Reports on paper: a page set once more as a PDF, with the same words and pictures and nothing else.

A page is read, brought into one JSON document (`read.py`), and laid out for A4 by Typst (`report.typ`). What people
wrote is data there, never a part of the template. Each is written as PDF/A-2a, for archives, and as PDF/UA-1, for
those who listen to it; no validator of either was at hand. The same page gives the same bytes.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

import typst

from pipeline.in_order import in_order
from pipeline.reports.paper.read import colours, sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from pipeline.reports.words import Words

STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]


def printed(pages: Mapping[str, bytes], words: Words, day: date) -> Iterator[tuple[str, bytes]]:
    """The path of each of these pages, and the page as a PDF; `day` is what each says that it was made on.

    A page takes about a tenth of a second, on as many cores as there are. Raises typst.TypstError, ValueError and
    ElementTree.ParseError for what is not the page of a report.
    """

    def one(path: str) -> tuple[str, bytes]:
        told = {"report": sheet(pages[path].decode(), words, day), "colours": colours()}
        made = _compiler().compile(sys_inputs=told, format="pdf", pdf_standards=STANDARDS)
        return path, cast("bytes", made)  # one document is one file

    return in_order(one, pages)


def _compiler() -> typst.Compiler:
    """A compiler of the template; it reads nothing but that and our fonts. Not to be shared by threads."""
    return typst.Compiler(_template(), font_paths=fonts(), ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return (files(__package__) / "report.typ").read_bytes()


@cache
def fonts() -> typst.Fonts:
    """Inter, and what Typst carries; no font of the machine, so that every machine makes the same bytes."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files(__package__) / "fonts")])
