"""Files as people and programs break them, each with what must come of it. Built from a true table that is known here.

Nothing of the readers is used: what a file says is decided by the hand that wrote it.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Rows = Sequence[Sequence[str]]

HEAD = ("person", "sent", "Q1", "Q2", "navn")
TRUE: Rows = (
    ("p1", "2026-08-01", "4", "3", "Bjørn"),
    ("p2", "2026-08-02", "5", "", "Åse, leder"),
    ("p3", "2026-08-03", "1", "2", 'sa "ja"; så nei'),
    ("p4", "2026-08-04", "2", "5", "linje\nto"),
    ("p5", "2026-08-05", "3", "3", "x"),
)
PLAIN: Rows = tuple((*row[:4], f"ord{at}") for at, row in enumerate(TRUE))  # without anything that needs a quote
REFUSED = "refused"


@dataclass(frozen=True)
class Case:
    """A file, and what must come of it: the reason it is refused for, or its cells and the reasons by record."""

    name: str
    data: bytes
    refused: str = ""
    columns: Sequence[str] = HEAD
    rows: Rows = ()
    aside: tuple[tuple[int, str], ...] = ()


def quoted(cell: str, delimiter: str, *, always: bool) -> str:
    """A cell as RFC 4180 has it."""
    needs = always or any(letter in cell for letter in f'{delimiter}"\r\n')
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def lines(head: Sequence[str], rows: Rows, delimiter: str = ",", *, always: bool = False) -> list[str]:
    """A table as records, without line ends."""
    return [delimiter.join(quoted(cell, delimiter, always=always) for cell in row) for row in (head, *rows)]


def text(records: Sequence[str], end: str = "\n") -> str:
    """Records with a line end each."""
    return "".join(record + end for record in records)


def broken(at: int, record: str, delimiter: str = ",", rows: Rows = PLAIN) -> str:
    """The plain table with another text in place of one record, counted from 1 with the headings."""
    records = lines(HEAD, rows, delimiter)
    records[at - 1] = record
    return text(records)


def in_other_quotes(opens: str, closes: str, delimiter: str) -> list[str]:
    """Records of a program that quotes in its own way."""
    return [delimiter.join(f"{opens}{cell}{closes}" for cell in row) for row in (HEAD, *PLAIN)]


def without(*numbers: int, rows: Rows = PLAIN) -> Rows:
    """The rows but for some records."""
    return tuple(row for at, row in enumerate(rows, start=2) if at not in numbers)


def good_dialects() -> Iterator[Case]:
    """Every dialect that can be told for certain: the cells must be exactly right."""
    marks = {"utf-8": b"", "utf-8-sig": b"", "utf-16": b"", "utf-16-be": b"\xfe\xff"}
    for delimiter in ",;\t":
        for encoding, mark in marks.items():
            for end in ("\n", "\r\n"):
                for always in (False, True):
                    written = text(lines(HEAD, TRUE, delimiter, always=always), end).encode(encoding)
                    name = f"good {delimiter!r} {encoding} {end!r} {'all quoted' if always else 'quoted'}"
                    yield Case(name, mark + written, rows=TRUE)
    for always in (False, True):
        written = text(lines(HEAD, TRUE, ";", always=always), "\r\n").encode("cp1252")
        yield Case(f"good cp1252 {always}", written, rows=TRUE)
    for delimiter in ",;\t":
        yield Case(f"old mac line ends {delimiter!r}", text(lines(HEAD, PLAIN, delimiter), "\r").encode(), rows=PLAIN)
        yield Case(f"no last line end {delimiter!r}", text(lines(HEAD, PLAIN, delimiter))[:-1].encode(), rows=PLAIN)
        declared = f"sep={delimiter}\n" + text(lines(HEAD, PLAIN, delimiter))
        yield Case(f"sep line {delimiter!r}", declared.encode(), rows=PLAIN)
        for blank in ("\n\n", delimiter * 4 + "\n", " \n"):
            yield Case(
                f"blank first {blank!r} {delimiter!r}",
                (blank + text(lines(HEAD, PLAIN, delimiter))).encode(),
                rows=PLAIN,
            )
            yield Case(
                f"blank last {blank!r} {delimiter!r}",
                (text(lines(HEAD, PLAIN, delimiter)) + blank).encode(),
                rows=PLAIN,
            )
    wide = [line + "," for line in lines(HEAD, PLAIN)]
    yield Case("an empty column to the right", text(wide).encode(), rows=PLAIN)
    mixed = "".join(line + ("\r\n" if at % 2 else "\n") for at, line in enumerate(lines(HEAD, PLAIN)))
    yield Case("both line ends", mixed.encode(), rows=PLAIN)
    nbsp = tuple(f"{name}\xa0" for name in HEAD)
    yield Case("no-break spaces in headings", text(lines(nbsp, PLAIN)).encode(), rows=PLAIN)


def bad_records() -> Iterator[Case]:
    """One record is bent: it alone is set aside, and all others are exactly right."""
    for delimiter in ",;\t":
        for at in (2, 3, 4, 5, 6):
            record = lines(HEAD, PLAIN, delimiter)[at - 1]
            cells = record.split(delimiter)
            bent = {
                "one delimiter at the end": (record + delimiter, "too_many_cells"),
                "one delimiter at the start": (delimiter + record, "too_many_cells"),
                "one delimiter in the middle": (record.replace(delimiter, delimiter * 2, 1), "too_many_cells"),
                "many delimiters": (record + delimiter * 9, "too_many_cells"),
                "one delimiter missing": (record.replace(delimiter, " ", 1), "too_few_cells"),
                "last cell missing": (delimiter.join(cells[:-1]), "too_few_cells"),
                "only one cell": (cells[0], "too_few_cells"),
                "a footer": ("Totalt 5 svar", "too_few_cells"),
            }
            for name, (bad, why) in bent.items():
                yield Case(
                    f"record {at}, {name}, {delimiter!r}",
                    broken(at, bad, delimiter).encode(),
                    rows=without(at),
                    aside=((at, why),),
                )
    for other in ";\t|":
        bad = lines(HEAD, PLAIN, other)[3]
        data = broken(4, bad).encode()
        yield Case(f"one record with {other!r}", data, rows=without(4), aside=((4, "too_few_cells"),))
    swapped = text([*lines(HEAD, PLAIN)[:2], 'p9,"x,4,1,a', 'p8,y",4,1,b'])
    yield Case("two wrong quotes", swapped.encode(), rows=PLAIN[:1], aside=((3, "uncertain_quotes"),))
    comma = broken(3, "p2,2026-08-02,5,0,3,ord1").encode()
    yield Case("a decimal comma without quotes", comma, rows=without(3), aside=((3, "too_many_cells"),))
    thousand = broken(3, "p2,2026-08-02,1,200,3,ord1").encode()
    yield Case("a thousand with a comma", thousand, rows=without(3), aside=((3, "too_many_cells"),))
    for cut in range(1, 4):
        whole = text(lines(HEAD, PLAIN))
        short = whole[: whole.rindex("p5")] + ",".join(PLAIN[4][:cut])
        yield Case(f"cut off after {cut} cells", short.encode(), rows=without(6), aside=((6, "cut_short"),))


def bad_text() -> Iterator[Case]:
    """The whole file can be read in two ways, or in none."""
    for delimiter in ",;\t":
        for at in (2, 4, 6):
            record = lines(HEAD, PLAIN, delimiter)[at - 1]
            cells = record.split(delimiter)
            bent = {
                "a stray quote": (delimiter.join([f'{cells[0]}"x"', *cells[1:]]), "stray_quote"),
                "text after a quote": (delimiter.join([f'"{cells[0]}"x', *cells[1:]]), "stray_quote"),
                "a backslash for a quote": (delimiter.join([*cells[:4], '"a \\"b\\" c"']), "stray_quote"),
                "a quote with a blank before": (
                    delimiter.join([cells[0], f' "{cells[1]}"', *cells[2:]]),
                    "stray_quote",
                ),
                "a quote that stays open": (delimiter.join([*cells[:4], '"open']), "unclosed_quote"),
                "one quote in a cell": (delimiter.join([*cells[:4], 'a"b']), "unclosed_quote"),
                "a zero byte": (record + "\0", "not_text"),
            }
            for name, (bad, why) in bent.items():
                yield Case(f"record {at}, {name}, {delimiter!r}", broken(at, bad, delimiter).encode(), why)
        head = delimiter.join(['"person', *HEAD[1:]])
        yield Case(
            f"an open quote in the headings {delimiter!r}", broken(1, head, delimiter).encode(), "unclosed_quote"
        )
    whole = text(lines(HEAD, PLAIN))
    for name, data, why in (
        ("a mark for bytes twice", b"\xef\xbb\xbf\xef\xbb\xbf" + whole.encode(), "mark_in_heading"),
        ("UTF-16 without a mark", whole.encode("utf-16-le"), "not_text"),
        ("UTF-32", whole.encode("utf-32"), "not_text"),
        ("half a letter at the end", b"\xef\xbb\xbf" + whole.encode() + b"\xc3", "encoding"),
        ("cp1252 with commas", text(lines(HEAD, TRUE)).encode("cp1252"), "encoding"),
        ("Mac Roman", text(lines(HEAD, TRUE, ";")).encode("mac_roman"), "encoding"),
        ("DOS", text(lines(HEAD, TRUE, ";")).encode("cp865"), "encoding"),
        (
            "two encodings",
            text(lines(HEAD, TRUE, ";")).encode() + "p6;2026-08-01;1;1;Ås\n".encode("cp1252"),
            "encoding",
        ),
        ("apostrophes for quotes", text(in_other_quotes("'", "'", ",")).encode(), "other_quotes"),
        ("angles for quotes", text(in_other_quotes("«", "»", ";")).encode(), "other_quotes"),
        ("pipes", text(lines(HEAD, PLAIN, "|")).encode(), "delimiter"),
        ("carets", text(lines(HEAD, PLAIN, "^")).encode(), "delimiter"),
        ("unit separators", text(lines(HEAD, PLAIN, "\x1f")).encode(), "delimiter"),
        ("a wrong sep line", ("sep=;\n" + whole).encode(), "delimiter"),
        ("a heading is missing", broken(1, "person,sent,,Q2,navn").encode(), "column_without_name"),
        ("a title above", ("Undersøkelse 2026,,,,\n" + whole).encode(), "column_without_name"),
        ("two tables", (whole + "\n" + text(lines(HEAD[::-1], [row[::-1] for row in PLAIN]))).encode(), "second_table"),
        ("two tables, no gap", (whole + "sent,person,Q1,Q2,navn\n2026-08-01,p9,1,2,x\n").encode(), "second_table"),
        ("Mac ends and others", whole.replace("\n", "\r", 2).encode(), "line_ends"),
        ("nothing", b"", "empty_file"),
        ("blanks", b" \n \n", "empty_file"),
        ("delimiters alone", b",,,\n,,,\n", "no_header"),
        ("a page", b"<!DOCTYPE html><html><table><tr><td>1</td></tr></table></html>", "not_text"),
        ("a page with a mark", b"\xef\xbb\xbf\n<HTML><table></table>", "not_text"),
        ("XML", b'<?xml version="1.0"?><rows><row/></rows>', "not_text"),
        ("RTF", b"{\\rtf1 hello}", "not_text"),
        ("a PDF", b"%PDF-1.7\n", "not_text"),
        ("a long cell", broken(2, "p1,2026-08-01,4,3," + "x" * 140_000).encode(), "cell_too_long"),
    ):
        yield Case(name, data, why)


def odd_cells() -> Iterator[Case]:
    """Cells that look dangerous, and are only text: exactly as they stand, in every column, key and heading."""
    for at, naughty in enumerate(NAUGHTY):
        rows = (("p1", "2026-08-01", "4", naughty, naughty), ("p2", "2026-08-02", "5", "1", f"a{naughty}"))
        yield Case(f"naughty {at} in cells", text(lines(HEAD, rows, always=True)).encode(), rows=rows)
        if naughty.strip(" \t\xa0").isprintable() and naughty.strip():
            head = (*HEAD[:4], f"Q {naughty} x")
            data = text(lines(head, PLAIN, always=True)).encode()
            yield Case(f"naughty {at} in a heading", data, columns=head, rows=PLAIN)


# After the Big List of Naughty Strings (MIT, Max Woolf): what breaks readers, one of each kind.
NAUGHTY = (
    "undefined", "NULL", "None", "NaN", "-1E+02", "0x0", "1/0", "1,000.00", "1 000,00", "١٢٣", "Ω≈ç√∫", "田中さん",
    "👾 🙇 💁", "👩‍💻", "مرحبا", "\u202etest\u202c", "\u200b\u200b", "T̗̺o̞̰ ", "ﬀ", "İ", "ß", "A\u030a", "\x7f", "a\x0bb",
    "'; DROP TABLE people; --", "=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", '=HYPERLINK("x")',
    "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "%s%n", "../../etc/passwd", 'a\\b\\"c', "\\N", "\\",
    "'", '"', '""', "a;b,c\td", "TRUE", "00123", "1.2971E+11", "2026-02-30", "#N/A", "#REF!", " lead", "trail ",
    "\ttab", "e\u0301", "\ufffd", "\u2028line",
)  # fmt: skip


def wrapped() -> Iterator[Case]:
    """Archives around a file, and what may hide in them."""
    whole = text(lines(HEAD, TRUE)).encode()
    packed = gzip.compress(whole, mtime=0)
    yield Case("gzip", packed, rows=TRUE)
    yield Case(
        "gzip in two members", gzip.compress(whole[:50], mtime=0) + gzip.compress(whole[50:], mtime=0), rows=TRUE
    )
    yield Case("gzip of UTF-16", gzip.compress(text(lines(HEAD, TRUE)).encode("utf-16"), mtime=0), rows=TRUE)
    yield Case("zip", zipped({"svar.csv": whole}), rows=TRUE)
    yield Case("zip from a Mac", zipped({"svar.csv": whole, "__MACOSX/._svar.csv": b"\0\5\x16\7"}), rows=TRUE)
    yield Case("zip with a folder", zipped({"eksport/svar.csv": whole}), rows=TRUE)
    for cut in (5, 12, len(packed) // 2, len(packed) - 1):
        yield Case(f"gzip cut at {cut}", packed[:cut], "broken_archive")
    yield Case("gzip and more", packed + b"more", "broken_archive")
    yield Case("gzip with another checksum", packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:], "broken_archive")
    yield Case("gzip in gzip", gzip.compress(packed, mtime=0), "nested_archive")
    yield Case("zip in gzip", gzip.compress(zipped({"a.csv": whole}), mtime=0), "nested_archive")
    yield Case("gzip in zip", zipped({"a.csv.gz": packed}), "nested_archive")
    yield Case("zip in zip", zipped({"a.zip": zipped({"a.csv": whole})}), "nested_archive")
    yield Case("two files", zipped({"a.csv": whole, "b.csv": whole}), "several_files")
    yield Case("no file", zipped({}), "empty_file")
    yield Case("a gzip bomb", gzip.compress(b"a,b\n" + b"0" * 40_000_000, mtime=0), "bomb")
    yield Case("a zip bomb", zipped({"a.csv": b"0" * 40_000_000}), "bomb")
    for path in ("../a.csv", "/etc/a.csv", "C:\\a.csv", "a/../../b.csv"):
        yield Case(f"a way out: {path}", zipped({path: whole}), "unsafe_path")
    yield Case("thousands of files", zipped({f"{at}.csv": b"a" for at in range(2001)}), "too_many_entries")
    archive = zipped({"svar.csv": whole})
    yield Case("a zip with a password", flagged(archive, 1), "password")
    for cut in (10, len(archive) // 2, len(archive) - 1):
        yield Case(f"zip cut at {cut}", archive[:cut], "broken_archive")
    flipped = bytearray(archive)
    flipped[60] ^= 0xFF
    yield Case("a zip with another checksum", bytes(flipped), "broken_archive")
    yield Case("something in front of a zip", b"PK and more" + archive, "broken_archive")
    yield Case("a zip that promises gigabytes", sized(archive, size=0x7FFFFFFF), "too_large")
    yield Case("a zip that promises more than is in it", sized(archive, size=len(whole) + 9), "broken_archive")
    yield Case("a zip that promises less than is in it", sized(archive, size=9), "broken_archive")
    yield Case("entries that lie over each other", sized(archive, packed=len(archive) + 1), "overlapping_entries")
    yield Case("a zip by bzip2", zipped({"svar.csv": whole}, zipfile.ZIP_BZIP2), "unknown_compression")
    yield Case(
        "a document", zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "other_document"
    )
    yield Case(
        "a binary workbook", zipped({"[Content_Types].xml": b"<T/>", "xl/workbook.bin": b"x"}), "binary_workbook"
    )
    ods = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>"}
    yield Case("an open document", zipped(ods), "open_document")


def sized(archive: bytes, *, size: int | None = None, packed: int | None = None) -> bytes:
    """A zip whose directory says other sizes of its one entry."""
    changed = bytearray(archive)
    at = archive.index(b"PK\x01\x02")
    if size is not None:
        changed[at + 24 : at + 28] = size.to_bytes(4, "little")
    if packed is not None:
        changed[at + 20 : at + 24] = packed.to_bytes(4, "little")
    return bytes(changed)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 8, 1, 0, 0, 0)), content, method)
    return sink.getvalue()


def flagged(archive: bytes, flag: int) -> bytes:
    """A zip whose first entry has this flag, in its own header and in the directory."""
    changed = bytearray(archive)
    changed[6] |= flag
    changed[archive.index(b"PK\x01\x02") + 8] |= flag
    return bytes(changed)


def json_lines() -> Iterator[Case]:
    """NDJSON: good records as they stand, bad ones aside."""

    def record(row: Sequence[str]) -> str:
        return json.dumps(dict(zip(HEAD, row, strict=True)), ensure_ascii=False)

    good = [record(row) for row in TRUE]
    yield Case("ndjson", text(good).encode(), rows=TRUE)
    yield Case("ndjson, no last line end", text(good)[:-1].encode(), rows=TRUE)
    yield Case("ndjson, CRLF and a mark", b"\xef\xbb\xbf" + text(good, "\r\n").encode(), rows=TRUE)
    yield Case("ndjson, blank lines", text([*good[:2], "", *good[2:]]).encode(), rows=TRUE)
    yield Case("ndjson, gzip", gzip.compress(text(good).encode(), mtime=0), rows=TRUE)
    for name, bad, why in (
        ("no JSON", "p2,2026", "not_json"),
        ("an array", "[1,2]", "not_json"),
        ("a number", "7", "not_json"),
        ("one quote", '{"person":"p2', "not_json"),
        ("single quotes", "{'person':'p2'}", "not_json"),
        ("NaN", '{"person":"p2","Q1":NaN}', "not_json"),
        ("a list inside", '{"person":"p2","Q1":[4]}', "nested_value"),
        ("a record inside", '{"person":{"id":"p2"}}', "nested_value"),
        ("a key twice", '{"person":"p2","Q1":4,"Q1":5}', "key_twice"),
        ("half a letter", '{"person":"\\ud800"}', "not_text"),
        ("a zero", '{"person":"\\u0000"}', "not_text"),
        ("a deep one", '{"person":' + "[" * 100_000, "not_json"),
    ):
        data = text([good[0], bad, *good[2:]]).encode()
        yield Case(f"ndjson, {name}", data, rows=(TRUE[0], *TRUE[2:]), aside=((2, why),))
    yield Case("ndjson, cut off", (text(good) + '{"person":"p')[:].encode(), rows=TRUE, aside=((6, "cut_short"),))
    exact = '{"person":12345678901234567890,"Q1":4.0,"Q2":1e3,"navn":null,"x":true}\n'
    columns = ("person", "Q1", "Q2", "navn", "x")
    yield Case(
        "ndjson, numbers digit by digit",
        exact.encode(),
        columns=columns,
        rows=(("12345678901234567890", "4.0", "1e3", "", "TRUE"),),
    )
    yield Case("ndjson, another key later", b'{"a":1}\n{"b":2}\n', columns=("a", "b"), rows=(("1", ""), ("", "2")))
    yield Case("ndjson in cp1252", '{"a":"\xf8"}\n'.encode("cp1252"), "encoding")


def texts() -> list[Case]:
    """Everything that no child process is needed for."""
    makers = (good_dialects, bad_records, bad_text, odd_cells, wrapped, json_lines)
    return [case for maker in makers for case in maker()]
