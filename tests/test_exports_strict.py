"""The sceptic's file: every way we know in which a reader bends a table, and what we do instead."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ExportRejected
from pipeline.exports import read, strict
from pipeline.exports.count import physical_records
from pipeline.exports.sheet import Accounts


def refused(data: bytes) -> str:
    with pytest.raises(ExportRejected) as caught:
        read(data)
    return caught.value.reason


def faults(data: bytes) -> list[tuple[int, str]]:
    return [(fault.record, fault.reason) for fault in read(data).faults]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"\n\n  \n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"a,b\n1,\x00\n", "not_text"),
        (b"PK\x03\x04\x00\x00", "broken_archive"),
        (b"\xef\xbb\xbfa,b\n\xff,1\n", "encoding"),  # says UTF-8 and is not
        (b"a;b\n\x81;1\n", "encoding"),  # no character in Windows-1252
        (b"navn;b\nS\xbfren;1\n", "encoding"),  # Mac Roman: S + o-slash + ren
        (b"navn;b\nBj\x9brn;1\n", "encoding"),  # DOS: Bj + o-slash + rn
        (b"navn,b\nS\xf8ren,1\n", "encoding"),  # Windows-1252, and not an Excel file
        (b'a,b\n1,"2\n3,4\n', "unclosed_quote"),
        (b'"a,b\n1,2\n', "unclosed_quote"),
        (b'a,b\n1,x"y"\n', "stray_quote"),
        (b'a,b\n1,"x"y\n', "stray_quote"),
        (b'a,b\n1,"x\\"y\\""\n', "stray_quote"),
        (b'a,b\n1, "x"\n', "stray_quote"),
        (b"a,b\r1,2\n3,4\n", "line_ends"),
        (b"a|b\n1|2\n", "delimiter"),
        (b"a;b,c\n1;2,3\n", "delimiter"),  # both fit every record
        (b"a;b,c\n", "delimiter"),  # neither is shown to fit
        (b'a;b,c\n"1";2\n"1",2\n', "delimiter"),
        (b"a,,c\n1,2,3\n", "column_without_name"),
        (b"sep=;\n\n", "no_header"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "cell_too_long"),
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(data: bytes, reason: str) -> None:
    assert refused(data) == reason


def test_a_refusal_names_the_record_and_never_its_content() -> None:
    with pytest.raises(ExportRejected, match=r"^record 2: a quote is opened") as caught:
        read(b'a,b\n1,"Kari Nordmann\n3,4\n')
    assert "Kari" not in str(caught.value)
    assert caught.value.place.record == 2


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a,b\n1,2\n", [["1", "2"]]),
        (b"a,b\n1,2", [["1", "2"]]),
        (b"a,b\r\n1,2\r\n", [["1", "2"]]),
        (b"a,b\r1,2\r", [["1", "2"]]),
        (b"a,b\r\n1,2\n", [["1", "2"]]),  # both end a line, there is no third reading
        (b"\xef\xbb\xbfa,b\n1,2\n", [["1", "2"]]),
        ("a\tb\n1\tæ\n".encode("utf-16"), [["1", "æ"]]),
        ("\ufeffa\tb\n1\tæ\n".encode("utf-16-be"), [["1", "æ"]]),
        (b"a\tb\n1\t2\n", [["1", "2"]]),
        (b"a;b\n1;2\n", [["1", "2"]]),
        (b'a,b\n"1,\n""x""",2\n', [['1,\n"x"', "2"]]),
        (b'a,b\n"1\r2",2\n', [["1\r2", "2"]]),
        (b"a;b, or c\n1;x\n2;y\n", [["1", "x"], ["2", "y"]]),  # only the semicolon fits the records
        (b'"a";"b, or c"\n"1";"x, y"\n', [["1", "x, y"]]),  # a comma would leave text after a quote
        (b"a\n1\n", [["1"]]),
        (b"a,b,\n1,2,\n", [["1", "2"]]),  # what a spreadsheet leaves to the right
        (b",a\n1,2\n", [["1", "2"]]),  # row names
        (b",a\n,2\n", [["2"]]),
        (b"a,a\n1,2\n", [["1", "2"]]),
    ],
)
def test_what_is_certain_is_read(data: bytes, rows: list[list[str]]) -> None:
    assert [list(row) for row in read(data).rows] == rows


def test_each_record_ends_in_one_place() -> None:
    #  1 blank, 2 headings, 3 fits, 4 too many (the last is empty), 5 too few, 6 and 7 blank
    sheet = read(b"\na,b,c\n1,2,3\n1,2,3,\n1,2\n\n,,\n")
    assert sheet.accounts == Accounts(records=7, header=1, blank=3, accepted=1, quarantined=2)
    assert [(fault.record, fault.reason) for fault in sheet.faults] == [(4, "too_many_cells"), (5, "too_few_cells")]
    assert list(sheet.numbers) == [3]


def test_two_wrong_quotes_cannot_swallow_the_records_between_them() -> None:
    data = b'p,q,r\n1,"x,3\n2,y,3\n3,z",3\n4,u,3\n'
    assert faults(data) == [(2, "uncertain_quotes")]
    assert read(data).excerpt({2}) == b'p,q,r\n1,"x,3\n2,y,3\n3,z",3\n'


def test_a_text_of_several_lines_is_no_fault() -> None:
    data = b'p,q,r\n1,"good,\nvery good",3\r\n'
    assert faults(data) == []


def test_accounts_that_do_not_add_up_refuse_the_file() -> None:
    with pytest.raises(ExportRejected, match="3 records, and 2 were read"):
        Accounts(records=3, accepted=2).balance()


def test_a_file_that_the_second_count_sees_differently_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.exports.table.physical_records", lambda _text: 4)
    assert refused(b"a,b\n1,2\n3,4\n") == "records_lost"


CELL = st.text(st.sampled_from('ab1,;"\n\r\t æ'), max_size=6)
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=8))


@given(ROWS, st.sampled_from(strict.DELIMITERS), st.sampled_from(["\n", "\r\n"]))
def test_what_a_strict_writer_wrote_is_read_back_or_refused(rows: list[list[str]], delimiter: str, end: str) -> None:
    """Never a third thing: each row comes back as it was, is blank, or is set aside for quotes that may be wrong."""
    width = len(rows[0]) if rows else 1
    names = [f"c{index}" for index in range(width)]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    sheet = read(file.getvalue().encode())
    aside = {fault.record for fault in sheet.faults}
    assert {fault.reason for fault in sheet.faults} <= {"uncertain_quotes"}
    expected = [
        [cell.replace("\xa0", " ").strip() if sheet.format == "excel_no" and "\xa0" in cell else cell for cell in row]
        for number, row in enumerate(rows, start=2)
        if any(cell.strip() for cell in row) and number not in aside
    ]
    assert [list(row) for row in sheet.rows] == expected
    assert sheet.accounts.records == len(rows) + 1


@given(st.text(st.sampled_from('a",\n\r;'), max_size=30))
def test_both_counts_agree_or_the_text_is_refused(text: str) -> None:
    try:
        records, _ = strict.split(text)
    except ExportRejected:
        return
    assert len(records) == physical_records(text)


@settings(deadline=None)  # some bytes begin a file that is read in a process of its own
@given(st.binary(max_size=60))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        sheet = read(data)
    except ExportRejected:
        return
    assert sheet.accounts.balance() == sheet.accounts


@given(st.text(st.sampled_from('ab,;"\n\r=1'), max_size=40))
def test_an_accepted_cell_is_a_part_of_the_file(text: str) -> None:
    try:
        sheet = read(text.encode())
    except ExportRejected:
        return
    for row in sheet.rows:
        assert len(row) == len(sheet.columns)
        assert all(cell in text or cell in text.replace('""', '"') for cell in row)
