"""Workbooks, SPSS and Parquet files as people, programs and attackers break them, each with what must come of it."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
from bad_files import HEAD, PLAIN, TRUE, Case, zipped
from spss_files import DATE as SPSS_DATE
from spss_files import DATETIME, N, Variable, sav
from workbooks import DATE, ELAPSED, MOMENT, TIME, ZEROS, Cell, Raw, packed, parts, sheet, workbook

BOOK: tuple[tuple[Cell, ...], ...] = (HEAD, *TRUE)


def one(cell: Cell, at: int = 2) -> bytes:
    """A workbook of two records, of which the first has this cell in one of its columns, counted from 0."""
    first: list[Cell] = list(PLAIN[0])
    first[at] = cell
    return workbook([HEAD, first, PLAIN[1]])


def two(text: str, at: int = 2) -> tuple[tuple[str, ...], ...]:
    """The cells of such a workbook, read as this text."""
    return (tuple(text if index == at else cell for index, cell in enumerate(PLAIN[0])), tuple(PLAIN[1]))


def good_books() -> Iterator[Case]:
    """What a cell of a workbook means, exactly."""
    yield Case("book", workbook(BOOK), rows=TRUE)
    yield Case("book in gzip", gzip.compress(workbook(BOOK), mtime=0), rows=TRUE)
    yield Case("book in zip", zipped({"svar.xlsx": workbook(BOOK)}), rows=TRUE)
    meant: tuple[tuple[str, Cell, str], ...] = (
        ("whole", 4, "4"),
        ("whole with decimals", Raw("<v>4.0</v>"), "4"),
        ("as science", Raw("<v>4E0</v>"), "4"),
        ("negative", -99, "-99"),
        ("a decimal", 4.5, "4.5"),
        ("a decimal as Excel stores it", Raw("<v>4.0999999999999996</v>"), "4.1"),
        ("fifteen digits", 999999999999999, "999999999999999"),
        ("sixteen digits", 1234567890123456, "1.234567890123456E+15"),
        ("twenty digits", Raw("<v>12345678901234567890</v>"), "1.2345678901234567E+19"),
        ("tiny", 1e-7, "1e-07"),
        ("true", True, "TRUE"),
        ("false", False, "FALSE"),
        ("a day", Raw("<v>46235</v>", s=DATE), "2026-08-01"),
        ("a moment", Raw("<v>46235.43085648148</v>", s=MOMENT), "2026-08-01 10:20:26"),
        ("a day in ISO", Raw("<v>2026-08-01T10:20:30</v>", t="d"), "2026-08-01 10:20:30"),
        ("zeros in front", Raw("<v>123</v>", s=ZEROS), "00123"),
        ("hours", Raw("<v>1.5</v>", s=ELAPSED), "1.5"),
        ("a time of day", Raw("<v>0.5</v>", s=TIME), "0.5"),
        ("a formula's value", Raw("<f>2+2</f><v>4</v>"), "4"),
        ("a formula's text", Raw("<f>A1</f><v>p9</v>", t="str"), "p9"),
        ("a formula's nothing", Raw('<f>""</f><v></v>', t="str"), ""),
        ("text that looks like a number", "0123", "0123"),
        ("text that looks like a formula", "=1+1", "=1+1"),
        ("text with an escape", Raw("<is><t>a_x0041_b</t></is>", t="inlineStr"), "aAb"),
        ("rich text", Raw("<is><r><t>a</t></r><r><t>b</t></r></is>", t="inlineStr"), "ab"),
        ("text with a reading above it", Raw("<is><t>a</t><rPh><t>x</t></rPh></is>", t="inlineStr"), "a"),
        ("an empty text", Raw("<is><t></t></is>", t="inlineStr"), ""),
        ("right to left", "\u202eabc", "\u202eabc"),
    )
    for name, cell, text in meant:
        yield Case(f"book: {name}", one(cell), rows=two(text))
    yield Case("book: a wrong dimension", workbook(BOOK, before='<dimension ref="A1:B2"/>'), rows=TRUE)
    yield Case("book: a huge dimension", workbook(BOOK, before='<dimension ref="A1:XFD1048576"/>'), rows=TRUE)
    merged = '<mergeCells count="1"><mergeCell ref="C1:D1"/></mergeCells>'
    yield Case("book: merged headings", workbook(BOOK, after=merged), rows=TRUE)
    nothing = '<mergeCells count="1"><mergeCell ref="G9:H10"/></mergeCells>'
    yield Case("book: merged nothings", workbook(BOOK, after=nothing), rows=TRUE)
    yield Case("book: blank rows above", packed(parts({"S": sheet(BOOK, first=4)})), rows=TRUE)
    yield Case("book: blank column to the left", workbook([["", *row] for row in BOOK]), rows=TRUE)
    yield Case("book: a blank row inside", workbook([*BOOK[:3], [], *BOOK[3:]]), rows=TRUE)
    yield Case("book: an empty sheet beside", packed(parts({"Tom": sheet([]), "S": sheet(BOOK)})), rows=TRUE)
    yield Case(
        "book: macros that nobody runs", packed({**parts({"S": sheet(BOOK)}), "xl/vbaProject.bin": b"x"}), rows=TRUE
    )
    from_1904 = parts({"S": sheet([HEAD, (*PLAIN[0][:1], Raw("<v>44773</v>", s=DATE), *PLAIN[0][2:])])}, (), _MAC)
    yield Case("book: days from 1904", packed(from_1904), rows=PLAIN[:1])
    shared = parts({"S": sheet([HEAD, (Raw("<v>0</v>", t="s"), *PLAIN[0][1:])])})
    shared["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}"><si><t>p1</t></si></sst>'
    links = shared["xl/_rels/workbook.xml.rels"]
    link = f'<Relationship Id="rId98" Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    shared["xl/_rels/workbook.xml.rels"] = links.replace("</Relationships>", link)
    yield Case("book: shared texts", packed(shared), rows=PLAIN[:1])
    shared["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}"><si><t>p</t><rPh><t>x</t></rPh><r><t>1</t></r></si></sst>'
    yield Case("book: shared texts in pieces", packed(shared), rows=PLAIN[:1])
    charts = parts({"S": sheet([HEAD, PLAIN[0]]), "Graf": "<chartsheet/>"})
    second = '/{}" Target="worksheets/sheet2'
    charts[_RELS] = charts[_RELS].replace(second.format("worksheet"), second.format("chartsheet"))
    yield Case("book: a chart on a sheet of its own", packed(charts), rows=PLAIN[:1])
    bare = parts({"S": sheet([HEAD, PLAIN[0]]).replace(' r="A2"', "").replace('<c r="A2"', "<c")})
    yield Case("book: cells that do not say where they are", packed(bare), rows=PLAIN[:1])
    wide = parts(
        {"S": sheet([HEAD, PLAIN[0]]).replace("<c r=", "<c  r=").replace(f'xmlns="{_MAIN}"', f'xmlns="{_MAIN}" x="1"')}
    )
    yield Case("book: attributes that say nothing", packed(wide), rows=PLAIN[:1])


_RELS = "xl/_rels/workbook.xml.rels"
_MAC = '<workbookPr date1904="1"/>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def bad_books() -> Iterator[Case]:
    """A cell that is not certain sets its record aside; a workbook that is not certain is refused."""
    unsure: tuple[tuple[str, Cell, str], ...] = (
        ("an error", Raw("<v>#N/A</v>", t="e"), "error_cell"),
        ("a broken link", Raw("<f>x</f><v>#REF!</v>", t="e"), "error_cell"),
        ("a formula that was never calculated", Raw("<f>2+2</f>"), "formula_without_value"),
        ("a day before days count alike", Raw("<v>59</v>", s=DATE), "unreadable_time"),
    )
    for name, cell, why in unsure:
        yield Case(f"book: {name}", one(cell), rows=PLAIN[1:2], aside=((2, why),))
    merged = '<mergeCells count="1"><mergeCell ref="{}"/></mergeCells>'
    dtd = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    good = parts({"S": sheet(BOOK)})
    rels, part = "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"
    whole = workbook(BOOK)
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
    for name, data, why in (
        ("two sheets", packed(parts({"En": sheet(BOOK), "To": sheet(BOOK)})), "several_sheets"),
        ("a hidden sheet too", packed(parts({"En": sheet(BOOK), "To": sheet(BOOK)}, ["To"])), "several_sheets"),
        ("only a hidden sheet", packed(parts({"En": sheet(BOOK)}, ["En"])), "hidden_sheet"),
        ("no cells", workbook([]), "empty_file"),
        ("answers merged downwards", workbook(BOOK, after=merged.format("C2:C4")), "merged_cells"),
        ("answers merged sideways", workbook(BOOK, after=merged.format("C3:D3")), "merged_cells"),
        ("an error in the headings", workbook([[*HEAD[:4], Raw("<v>#REF!</v>", t="e")], *TRUE]), "uncertain_heading"),
        ("a title above", workbook([["Undersøkelse"], [], *BOOK]), "column_without_name"),
        ("a far cell", packed({**good, part: sheet(BOOK).replace("</sheetData>", far)}), "sparse"),
        ("a cell twice", _twice(), "cell_twice"),
        ("a row twice", packed({**good, part: sheet(BOOK).replace('<row r="3">', '<row r="2">')}), "broken_workbook"),
        ("a cell of another row", packed({**good, part: sheet(BOOK).replace('"A3"', '"A2"')}), "broken_workbook"),
        ("an entity bomb", packed({**good, part: dtd + sheet(BOOK)}), "dtd"),
        ("an entity bomb in the styles", packed({**good, "xl/styles.xml": dtd + good["xl/styles.xml"]}), "dtd"),
        ("an entity from elsewhere", packed({**good, "xl/other.xml": '<!DOCTYPE a SYSTEM "file:///x"><a/>'}), "dtd"),
        ("a sheet in UTF-16", packed({**good, part: sheet(BOOK).encode("utf-16")}), "broken_workbook"),
        ("a sheet cut off", packed({**good, part: sheet(BOOK)[:-40]}), "broken_workbook"),
        (
            "a sheet that is missing",
            packed({name: xml for name, xml in good.items() if name != part}),
            "broken_workbook",
        ),
        ("no links", packed({name: xml for name, xml in good.items() if name != rels}), "broken_workbook"),
        ("no main part", packed({**good, "_rels/.rels": "<Relationships/>"}), "broken_workbook"),
        ("no sheet", packed({**good, "xl/workbook.xml": "<workbook/>"}), "broken_workbook"),
        ("texts that are missing", packed({**good, rels: _linked(good[rels], "sharedStrings")}), "broken_workbook"),
        ("styles that are missing", packed({n: x for n, x in good.items() if n != "xl/styles.xml"}), "broken_workbook"),
        ("a style of no number", packed({**good, "xl/styles.xml": _STYLES.format('numFmtId="x"')}), "broken_workbook"),
        ("a column too far", packed({**good, part: sheet(BOOK).replace('"A3"', '"XFE3"')}), "broken_workbook"),
        ("a row too far", packed({**good, part: sheet(BOOK).replace('"3"', '"1048577"')}), "broken_workbook"),
        ("a cell in row 0", packed({**good, part: sheet(BOOK).replace('"A3"', '"A0"')}), "broken_workbook"),
        ("a row in letters", packed({**good, part: sheet(BOOK).replace('"3"', '"three"')}), "broken_workbook"),
        ("a macro sheet", packed({**good, rels: good[rels].replace("/worksheet", "/xlMacrosheet")}), "macro_sheet"),
        ("an unknown kind of cell", one(Raw("<v>1</v>", t="z")), "broken_workbook"),
        ("a number that is none", one(Raw("<v>fire</v>")), "two_readings"),
        ("a text that is not shared", one(Raw("<v>7</v>", t="s")), "broken_workbook"),
        ("a style that there is not", one(Raw("<v>7</v>", s=99)), "broken_workbook"),
        ("a bomb", packed({**good, "xl/media/a.xml": "<a>" + "0" * 40_000_000 + "</a>"}), "bomb"),
        ("a password on the zip", _flagged(whole), "password"),
        ("a password", locked, "password"),
        ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old_workbook"),
        ("cut off", whole[: len(whole) // 2], "broken_archive"),
        ("too many sheets", packed(parts({f"S{at}": sheet([]) for at in range(2000)})), "too_many_entries"),
        ("two parts of one name", _doubled(good, part), "entry_twice"),
    ):
        yield Case(f"book: {name}", data, why)


_STYLES = f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf {{}}/></cellXfs></styleSheet>'


def _linked(links: str, kind: str) -> str:
    """Links, and one more to a part that there is not."""
    link = f'<Relationship Id="rId98" Type="{_LINKS}/{kind}" Target="{kind}.xml"/></Relationships>'
    return links.replace("</Relationships>", link)


def _twice() -> bytes:
    xml = sheet([HEAD, *PLAIN]).replace('<c r="B2"', '<c r="A2"')
    return packed({**parts({"S": ""}), "xl/worksheets/sheet1.xml": xml})


def _flagged(archive: bytes) -> bytes:
    changed = bytearray(archive)
    changed[6] |= 1
    changed[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def _doubled(files: dict[str, str], part: str) -> bytes:
    """An archive in which two entries have one name: programs choose differently."""
    other = part[:-5] + "2.xml"
    return packed({**files, other: files[part]}).replace(other.encode(), part.encode())


SPSS = (
    Variable("person", 8),
    Variable("Q1", labels={1: "Helt uenig", 5: "Helt enig", 99: "Vet ikke"}, missing=[99]),
    Variable("Q2", missing=[90, 99], ranged=True),
    Variable("sent", shown=DATETIME),
    Variable("dag", shown=SPSS_DATE),
    Variable("nr", shown=N),
    Variable("navn", 20),
)
SAID = 14004958830.0  # seconds from 1582-10-14 to 2026-08-01 10:20:30
CASES = (
    ("p1", 4.0, 3.0, SAID, SAID, 123.0, "Bjørn"),
    ("p2", 99.0, 91.0, None, None, None, ""),
    ("p3", 4.5, 89, 0, 0, 7, "x"),
)
SPSS_HEAD = tuple(one.name for one in SPSS)
SPSS_ROWS = (
    ("p1", "4", "3", "2026-08-01 10:20:30", "2026-08-01", "00000123", "Bjørn"),
    ("p2", "", "", "", "", "", ""),
    ("p3", "4.5", "89", "1582-10-14 00:00:00", "1582-10-14", "00000007", "x"),
)


def spss() -> Iterator[Case]:
    """SPSS files by hand: values, what is missing by their own word, letters, and what is broken."""
    whole = sav(SPSS, CASES)
    ascii_cases = [(*case[:-1], "Bjorn") for case in CASES]
    ascii_rows = [(*row[:-1], "Bjorn") for row in SPSS_ROWS]
    for name, data, rows in (
        ("UTF-8", whole, SPSS_ROWS),
        ("cp1252 by its name", sav(SPSS, CASES, code_page=1252, encoding="windows-1252"), SPSS_ROWS),
        ("cp1252 by its number", sav(SPSS, CASES, code_page=1252, encoding=None), SPSS_ROWS),
        ("nothing about letters and only ASCII", sav(SPSS, ascii_cases, code_page=0, encoding=None), ascii_rows),
        ("no encoding and only ASCII", sav(SPSS, ascii_cases, code_page=2, encoding=None), ascii_rows),
        ("gzip", gzip.compress(whole, mtime=0), SPSS_ROWS),
        ("zip", zipped({"a.sav": whole}), SPSS_ROWS),
    ):
        yield Case(f"sav: {name}", data, columns=SPSS_HEAD, rows=rows)
    for name, data, why in (
        ("letters of nobody knows what", sav(SPSS, CASES, code_page=2, encoding=None), "sav_encoding"),
        ("more cases promised", sav(SPSS, CASES, count=4), "records_lost"),
        ("fewer cases promised", sav(SPSS, CASES, count=2), "records_lost"),
        ("cut in the header", whole[:100], "broken_sav"),
        ("cut in the dictionary", whole[:400], "broken_sav"),
        ("cut in the cases", whole[:-9], "records_lost"),
        ("cut after a case", whole[:-80], "records_lost"),
        ("an open count", sav(SPSS, CASES, count=-1), "sav_count"),
        ("a header alone", b"$FL2", "broken_sav"),
        ("nonsense", b"$FL3" + bytes(range(256)) * 3, "broken_sav"),
    ):
        yield Case(f"sav: {name}", data, why)


def parquets() -> Iterator[Case]:
    """Parquet: one value a cell, or nothing."""
    table = pa.table(dict(zip(HEAD, zip(*TRUE, strict=True), strict=True)))
    whole = parquet(table)
    yield Case("parquet", whole, rows=TRUE)
    yield Case("parquet in gzip", gzip.compress(whole, mtime=0), rows=TRUE)
    yield Case("parquet in zip", zipped({"a.parquet": whole}), rows=TRUE)
    at = datetime(2026, 8, 1, 10, 20, 30, tzinfo=UTC)
    columns = {
        "big": pa.array([12345678901234567, None]),
        "f": pa.array([4.0, 4.5]),
        "lost": pa.array([1e19, 1.0]),
        "b": pa.array([True, None]),
        "t": pa.array([at.replace(tzinfo=None), None], pa.timestamp("ns")),
        "z": pa.array([at, None], pa.timestamp("ms", tz="Europe/Oslo")),
        "d": pa.array([date(2026, 8, 1), None]),
        "k": pa.array(["x", "y"]).dictionary_encode(),
        "n": pa.nulls(2),
        "nan": pa.array([float("nan"), float("inf")]),
    }
    rows = (
        ("12345678901234567", "4", "1.0E+19", "TRUE", "2026-08-01 10:20:30", "2026-08-01 10:20:30Z", "2026-08-01", "x",
         "", "nan"),
        ("", "4.5", "1", "", "", "", "", "y", "", "inf"),
    )  # fmt: skip
    yield Case("parquet: types", parquet(pa.table(columns)), columns=tuple(columns), rows=rows)
    flipped = bytearray(whole)
    flipped[-20] ^= 0xFF
    for name, data, why in (
        ("a list", parquet(pa.table({"person": ["p1"], "Q1": [[1, 2]]})), "nested_value"),
        ("bytes", parquet(pa.table({"person": [b"p1"]})), "nested_value"),
        ("cut off", whole[:-30], "broken_parquet"),
        ("its magic alone", b"PAR1", "broken_parquet"),
        ("a wrong footer", whole[:-8] + b"\xff\xff\xff\x7fPAR1", "broken_parquet"),
        ("encrypted", b"PARE" + whole[4:], "password"),
        ("no columns", parquet(pa.table({})), "empty_file"),
    ):
        yield Case(f"parquet: {name}", data, why)


def parquet(table: pa.Table) -> bytes:
    """The table as a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def binaries() -> list[Case]:
    """Everything that a child process reads."""
    return [case for maker in (good_books, bad_books, spss, parquets) for case in maker()]
