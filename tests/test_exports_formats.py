"""Each vendor's file as a picture, and the real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ExportRejected
from pipeline.exports import inspect, read, times

REAL = Path(__file__).parents[2] / "shared" / "real"
# Not all licences let us carry them; the pictures here and in test_exports_vendors have the same shapes.
real = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside this checkout")

QUALTRICS = (
    "StartDate,Status,IPAddress,ExternalReference,Q1\n"
    "Start Date,Response Type,IP Address,External Data Reference,I dare to speak\n"
    '"{""ImportId"":""startDate"",""timeZone"":""Europe/Oslo""}","{""ImportId"":""status""}",'
    '"{""ImportId"":""ipAddress""}","{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}"\n'
)


def reason(data: bytes) -> str:
    with pytest.raises(ExportRejected) as caught:
        read(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("status", "where"),
    [
        ("IP Address", "accepted"),
        ("Imported", "accepted"),
        ("0", "accepted"),
        ("16", "accepted"),
        ("Survey Preview", "excluded"),
        ("Spam", "excluded"),
        ("1", "excluded"),
        ("8", "excluded"),
        ("9", "excluded"),  # a preview that looks like spam
        ("Whatever", "unknown_status"),
    ],
)
def test_qualtrics_previews_and_spam_are_no_answers(status: str, where: str) -> None:
    sheet = read(f"{QUALTRICS}2026-08-01 10:00:00,{status},203.0.113.1,p1,4\n".encode())
    found = "accepted" if sheet.rows else "excluded" if sheet.accounts.excluded else sheet.faults[0].reason
    assert (sheet.format, found) == ("qualtrics", where)
    assert sheet.dialect.header_rows == 3


def test_qualtrics_says_what_is_its_own_and_in_which_zone() -> None:
    sheet = read(QUALTRICS.encode())
    assert {"StartDate", "Status", "IPAddress", "ExternalReference"} <= sheet.own
    assert "Q1" not in sheet.own
    assert sheet.zones == (("StartDate", "Europe/Oslo"),)


def test_a_third_row_in_the_manner_of_python_is_read_too() -> None:
    sheet = read(b"StartDate,Q1\nStart,Text\n{'ImportId': 'startDate'},{'ImportId': 'QID1'}\n2026-08-01,4\n")
    assert (sheet.format, sheet.accounts.header, len(sheet.rows)) == ("qualtrics", 3, 1)


def test_qualtrics_without_a_status_excludes_nothing() -> None:
    sheet = read(b"StartDate,Q1\nStart,Text\n{'ImportId': 'startDate'},{'ImportId': 'QID1'}\n2026-08-01,4\n")
    assert sheet.accounts.excluded == 0


@pytest.mark.parametrize(
    "third",
    [
        '"{""ImportId"":""startDate""}",x',  # not in every column
        '"{""ImportId"":""startDate""}"',  # one too few
    ],
)
def test_headings_that_are_half_there_refuse_the_file(third: str) -> None:
    assert reason(f"StartDate,Q1\nStart,Text\n{third}\n2026-08-01,4\n".encode()) == "broken_header"


@pytest.mark.parametrize(
    "third",
    ['"{""ImportId"":1}",x', "{ImportId},x", "{'ImportId': f()},x", "\"['ImportId']\",x", "\"{'x': 'ImportId'}\",x"],
)
def test_what_only_looks_like_an_import_id_is_a_cell(third: str) -> None:
    assert read(f"StartDate,Q1\nStart,Text\n{third}\n".encode()).format == "plain"


LIMESURVEY = '\ufeff"id";"submitdate";"lastpage";"startlanguage";"seed";"token";"Q1"\n'


def test_limesurvey_answers_that_were_never_sent_in_are_excluded() -> None:
    rows = '"1";"2026-08-01 10:00:00";"3";"nb";"99";"p1";"A4"\n"2";"";"1";"nb";"98";"p2";"A2"\n'
    sheet = read((LIMESURVEY + rows).encode())
    assert (sheet.format, sheet.dialect.delimiter, sheet.dialect.bom) == ("limesurvey", ";", True)
    assert (sheet.accounts.accepted, sheet.accounts.excluded) == (1, 1)
    assert {"id", "seed", "token"} <= sheet.own


def test_limesurvey_with_commas_and_full_headings() -> None:
    sheet = read(b'"Response ID","Date submitted","Q1"\n"1","2026-08-01 10:00:00","A4"\n')
    assert (sheet.format, sheet.dialect.delimiter) == ("limesurvey", ",")


@pytest.mark.parametrize(
    "data",
    [
        b"sep=;\r\nAnsatt;Q1\r\n1;4\r\n",
        b"\xef\xbb\xbfAnsatt;Q1\r\n1;4\r\n",
        "Ansatt;Q1;å\r\n1;4;b\r\n".encode("cp1252"),
        b"Ansatt;Q1\r\n1;4,0\r\n",
        b"Ansatt;sendt\r\n1;03.08.2026\r\n",
        b'Ansatt;Q1\r\n="001";4\r\n',
        b'Ansatt;Q1\r\n"=""001""";4\r\n',
        "Ansatt;Q1\r\n1;1\xa0200\r\n".encode(),
    ],
)
def test_excel_is_known_by_any_of_its_habits(data: bytes) -> None:
    sheet = read(data)
    assert (sheet.format, sheet.dialect.decimal) == ("excel_no", ",")


def test_excel_guards_and_no_break_spaces_go_and_nothing_else_does() -> None:
    sheet = read('Ansatt;Antall\xa0svar;c\r\n="00123";1\xa0200;=1+1\r\n"=""007""";4; x\r\n'.encode())
    assert sheet.columns == ("Ansatt", "Antall svar", "c")
    assert [list(row) for row in sheet.rows] == [["00123", "1 200", "=1+1"], ["007", "4", "x"]]


def test_a_declared_delimiter_counts_as_a_heading() -> None:
    sheet = read(b"sep=;\r\nAnsatt;Q1, or so\r\n1;4\r\n")
    assert (sheet.accounts.header, sheet.dialect.header_rows) == (2, 2)
    assert sheet.excerpt({3}) == b"sep=;\r\nAnsatt;Q1, or so\r\n1;4\r\n"
    assert read(b"sep=,\na,b\n1,2\n").format == "plain"


def test_semicolons_alone_are_a_plain_table() -> None:
    sheet = read(b"unit_id;parent_id;name\nU1;;Fjord\n")
    assert (sheet.format, sheet.dialect.decimal) == ("plain", ".")


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [("cp1252", ""), ("utf-8", ""), ("utf-8", "\ufeff"), ("utf-16-le", "\ufeff")],
)
def test_an_excerpt_is_written_as_the_file_was(encoding: str, bom: str) -> None:
    head, good, bad = "Ansatt;Q1;å\r\n", "1;4,0;x\r\n", '"2 ";9,0;"Bjørn\r\nsa ""ja"""\r\n'
    sheet = read((bom + head + good + bad).encode(encoding))
    assert sheet.excerpt({3}) == (bom + head + bad).encode(encoding)


@real
def test_the_real_qualtrics_file() -> None:
    sheet = read((REAL / "qualtrics_three_header.csv").read_bytes())
    assert (sheet.format, sheet.accounts.records, sheet.accounts.header) == ("qualtrics", 4, 3)
    assert len(sheet.columns) == 20
    assert sheet.rows[0][-2] == "Hello World!"
    assert sheet.own >= set(sheet.columns[:17])


@real
def test_the_real_limesurvey_file_has_group_titles_above_its_headings() -> None:
    sheet = read((REAL / "limesurvey_expert_german.csv").read_bytes())
    assert (sheet.format, sheet.dialect.delimiter, sheet.dialect.header_rows) == ("limesurvey", ";", 2)
    assert (sheet.accounts.records, sheet.accounts.accepted) == (47, 45)
    assert sheet.columns[0] == "Maschinenbau"
    assert sheet.columns[13].startswith("Entwicklung: Prototypenentwicklung, Entwurf")


@real
def test_the_real_surveymonkey_file_is_refused_because_its_letters_are_not_certain() -> None:
    assert reason((REAL / "surveymonkey_starwars.csv").read_bytes()) == "encoding"


@real
def test_the_real_surveymonkey_file_in_unicode_has_a_column_for_each_option() -> None:
    text = (REAL / "surveymonkey_starwars.csv").read_bytes().decode("mac_roman")
    sheet = read(text.encode())
    assert (sheet.format, sheet.dialect.header_rows, sheet.accounts.accepted) == ("surveymonkey", 2, 1186)
    assert len(set(sheet.columns)) == len(sheet.columns) == 38
    assert sheet.columns[3].endswith("select all that apply. [Star Wars: Episode I  The Phantom Menace]")
    assert sheet.columns[29] == "Which character shot first?"


@real
def test_the_real_workbook() -> None:
    sheet = read((REAL / "springer_nature_survey.xlsx").read_bytes())
    assert (sheet.format, sheet.dialect.kind) == ("plain", "xlsx")
    assert (sheet.accounts.records, sheet.accounts.accepted, len(sheet.columns)) == (7719, 7718, 24)
    assert list(sheet.rows[0][:5]) == [
        "Director", "DE - Germany", "Submit files as supplementary information", "0", "20Mb -100Mb",
    ]  # fmt: skip


@real
@pytest.mark.parametrize(
    ("name", "verdict", "records"),
    [
        ("insteval.csv", "accepted", 73_422),
        ("limesurvey_expert_german.csv", "accepted", 47),
        ("qualtrics_three_header.csv", "accepted", 4),
        ("springer_nature_survey.xlsx", "accepted", 7_719),
        ("surveymonkey_starwars.csv", "rejected", 1_188),
    ],
)
def test_every_record_of_every_real_file_has_one_place(name: str, verdict: str, records: int) -> None:
    found = inspect((REAL / name).read_bytes())
    counts = found["records"]
    assert (found["verdict"], counts["physical"], sum(counts.values()) - counts["physical"]) == (
        verdict,
        records,
        records,
    )


@real
def test_the_real_ratings() -> None:
    sheet = read((REAL / "insteval.csv").read_bytes())
    assert (sheet.format, sheet.accounts.records, len(sheet.rows)) == ("plain", 73_422, 73_421)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("01.08.2026", date(2026, 8, 1)), ("2026-08-01", date(2026, 8, 1)), ("2026-08-01 10:00", None), ("soon", None)],
)
def test_days(text: str, expected: date | None) -> None:
    assert times.day(text) == expected
