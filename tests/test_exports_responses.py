"""A small export in, the expected responses out."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_survey import KEY, PER_UNIT, tiny, who
from tiny_survey import SURVEY as SURVEY_TEXT

from pipeline.errors import ExportRejected
from pipeline.exports import Reading, inspect, interpret, read

HEAD = "person,sent,Q1,Q2,Q3\n"
SURVEY = tiny()


def responses(text: str, **options: object) -> Reading:
    return interpret(read(text.encode()), SURVEY, KEY, "f" * 64, **options)  # type: ignore[arg-type]  # erased only


def refused(text: str, survey: object = SURVEY) -> str:
    with pytest.raises(ExportRejected) as caught:
        interpret(read(text.encode()), survey, KEY, "f" * 64)  # type: ignore[arg-type]  # a Survey
    return f"{caught.value.reason}: {caught.value}"


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(fault.record, fault.column, fault.reason) for fault in responses(text).quarantined]


def test_a_picture() -> None:
    table = responses(HEAD + "p1,2026-08-01 10:00:00,4,,10\n p2 ,,Helt uenig,Strongly agree,0\n").table
    assert table.to_pylist() == [
        {
            "respondent": who("p1"),
            "key_id": "k1",
            "submitted": datetime(2026, 8, 1, 10, tzinfo=UTC),
            "source": "f" * 64,
            "record": 2,
            "safe_1": 4,
            "safe_2": None,  # not answered
            "recommend": 10,
        },
        {
            "respondent": who("p2"),
            "key_id": "k1",
            "submitted": None,
            "source": "f" * 64,
            "record": 3,
            "safe_1": 1,
            "safe_2": 5,
            "recommend": 0,
        },
    ]
    assert [str(kind) for kind in table.schema.types] == [
        "string", "string", "timestamp[us, tz=UTC]", "string", "int64", "int16", "int16", "int16",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("1", 1),
        ("5", 5),
        (" 3 ", 3),
        ("03", 3),
        ("4.0", 4),
        ("", None),
        ("  ", None),
        ("Helt enig", 5),
        ("Strongly disagree", 1),
        ("0", "out_of_range"),
        ("6", "out_of_range"),
        ("-1", "out_of_range"),
        ("999999999", "out_of_range"),
        ("4.5", "not_whole"),
        ("4;0", "unknown_code"),
        ('"4,0"', "unknown_code"),  # a decimal comma in a file without
        ("A4", "unknown_code"),  # LimeSurvey's, in a file that is not
        ("helt enig", "unknown_code"),
        ("four", "unknown_code"),
        ("٤", "unknown_code"),
        ("1e0", "unknown_code"),
        ("9999999999", "unknown_code"),
        ("=4", "unknown_code"),
        ("NaN", "unknown_code"),
    ],
)
def test_an_answer(cell: str, answer: int | str | None) -> None:
    reading = responses(f"{HEAD}p1,2026-08-01,{cell},3,7\n")
    if isinstance(answer, str):
        assert [(one.column, one.reason) for one in reading.quarantined] == [("Q1", answer)]
        assert reading.table.num_rows == 0
    else:
        assert reading.table["safe_1"].to_pylist() == [answer]


@pytest.mark.parametrize(("cell", "answer"), [("4,0", 4), ("4", 4), ("4,5", "not_whole"), ("4.0", "unknown_code")])
def test_an_answer_with_a_decimal_comma(cell: str, answer: int | str) -> None:
    reading = responses(f"sep=;\r\nAnsatt;Q1;Q2;Q3\r\np1;{cell};3;7\r\n")
    assert [*reading.table["safe_1"].to_pylist(), *(one.reason for one in reading.quarantined)] == [answer]


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("A4", 4), ("A04", 4), ("4", 4), ("A0", "out_of_range"), ("A6", "out_of_range"), ("B4", "unknown_code")],
)
def test_an_answer_as_a_limesurvey_code(cell: str, answer: int | str) -> None:
    head = "id;submitdate;token;Q1;Q2;Q3\n"
    reading = responses(f"{head}1;2026-08-01 10:00:00;p1;{cell};A3;A10\n")
    assert [*reading.table["safe_1"].to_pylist(), *(one.reason for one in reading.quarantined)] == [answer]


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ("p1,2026-08-01,4,4,7,", (2, "", "too_many_cells")),
        ("p1,2026-08-01,4,4", (2, "", "too_few_cells")),
        (",2026-08-01,4,4,7", (2, "person", "no_person")),
        ("1.12971E+11,2026-08-01,4,4,7", (2, "person", "lost_digits")),
        ("p1,01/08/2026,4,4,7", (2, "sent", "ambiguous_date")),
        ("p1,yesterday,4,4,7", (2, "sent", "unreadable_time")),
        ("p1,2026-08-01,4,4,11", (2, "Q3", "out_of_range")),
    ],
)
def test_a_record_that_is_set_aside(record: str, fault: tuple[int, str, str]) -> None:
    assert faults(f"{HEAD}{record}\np2,2026-08-01,4,4,7\n") == [fault]


def test_the_owner_says_what_comes_first_in_a_date() -> None:
    survey = tiny(SURVEY_TEXT.replace("[respondent]", '[respondent]\ndates = "month_first"'))
    text = f"{HEAD}p1,08/01/2026 9:30:00 PM,4,4,7\np2,31/08/2026,4,4,7\n".encode()
    reading = interpret(read(text), survey, KEY, "f" * 64)
    assert reading.table["submitted"].to_pylist() == [datetime(2026, 8, 1, 21, 30, tzinfo=UTC)]
    assert [(one.record, one.reason) for one in reading.quarantined] == [(3, "unreadable_time")]


QUALTRICS = """ExternalReference,Q1,Q2,Q3
Ref,T,T,T
"{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}","{""ImportId"":""QID3""}"
p1,-99,4,7
"""


def test_qualtrics_has_a_number_for_what_was_seen_and_not_answered() -> None:
    assert responses(QUALTRICS).table.select(["safe_1", "safe_2"]).to_pylist() == [{"safe_1": None, "safe_2": 4}]
    assert faults(f"{HEAD}p1,2026-08-01,-99,4,7\np2,,1,1,1\n") == [(2, "Q1", "out_of_range")]  # nobody else has
    assert faults(QUALTRICS.replace("-99", "-98") + "p2,1,1,1\n") == [(4, "Q1", "out_of_range")]


def test_every_fault_of_a_record_is_named_and_the_record_counted_once() -> None:
    reading = responses(f"{HEAD},soon,4.5,x,7\np2,2026-08-01,4,4,7\n")
    assert [fault.reason for fault in reading.quarantined] == [
        "not_whole",
        "unknown_code",
        "no_person",
        "unreadable_time",
    ]
    assert (reading.accounts.accepted, reading.accounts.quarantined) == (1, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("person,sent,q1,q2\np1,2026-08-01,4,4\n", "another_survey: this is an export of another survey: 0 of the 3"),
        ("person,sent,Q1\np1,2026-08-01,4\n", "another_survey: this is an export of another survey: 1 of the 3"),
        ("person,Q1,Q2,Q3,Q4\np1,4,4,7,1\n", "unknown_column: column 'Q4': nobody has said what it holds; the"),
        ("person,Q1,Q2,Q3,Q4,Q5\np1,4,4,7,1,1\n", "unknown_column: column 'Q4': nobody has said what it holds (and 1"),
        (",person,Q1,Q2,Q3\n1,p1,4,4,7\n", "unknown_column: column '': it has no heading"),
        ("sent,Q1,Q2,Q3\n2026-08-01,4,4,7\n", "no_person_column: no column says who answered; the sender adds one of:"),
        ("person,token,Q1,Q2,Q3\np1,p1,4,4,7\n", "column_twice: column 'token'"),
        ("person,person,Q1,Q2,Q3\np1,p1,4,4,7\n", "column_twice: column 'person'"),
        ("person,Q1,Q1,Q2,Q3\np1,4,4,4,7\n", "column_twice: column 'Q1'"),
        ("person,Q1,Trygghet 1,Q2,Q3\np1,4,4,4,7\n", "column_twice: column 'Trygghet 1': it is the second column that"),
        ("person,Q1,Q2,Q3\n", "no_records: the file has headings and no records"),
        ("person,Q1,Q2,Q3\n\n,,,\n", "no_records"),
        ("person,kjonn,Q1,Q2,Q3\np1,f,4,4,7\n", "unknown_column: column 'kjonn'"),
    ],
)  # fmt: skip
def test_a_file_that_is_refused(text: str, says: str) -> None:
    assert refused(text).startswith(says)


def test_ignored_and_vendors_columns_are_dropped() -> None:
    text = "id;submitdate;ipaddr;token;comment;Q1;Q2;Q3\n1;2026-08-01;203.0.113.9;p1;my boss Kari;A4;A4;A7\n"
    table = responses(text).table
    assert table.column_names == [
        "respondent", "key_id", "submitted", "source", "record", "safe_1", "safe_2", "recommend",
    ]  # fmt: skip
    assert "Kari" not in str(table.to_pylist())


def test_an_item_without_a_column_is_not_measured_and_said_so() -> None:
    reading = responses("person,Q1,Q2\np1,4,4\n")
    assert reading.missing == ("recommend",)
    assert reading.table["recommend"].to_pylist() == [None]


def test_of_two_submissions_the_latest_counts() -> None:
    reading = responses(HEAD + "p1,2026-08-02,5,5,9\np1,2026-08-01,1,1,1\np1,2026-08-02,5,5,9\np2,2026-08-01,3,3,3\n")
    assert reading.table["record"].to_pylist() == [2, 5]
    assert reading.table["safe_1"].to_pylist() == [5, 3]
    accounts = reading.accounts
    assert (accounts.accepted, accounts.superseded, accounts.duplicate) == (2, 1, 1)


def test_the_order_of_records_decides_nothing_even_at_the_same_time() -> None:
    records = ["p1,2026-08-02,5,5,9\n", "p1,2026-08-02,1,1,1\n", "p1,,3,3,3\n", "p1,2026-08-02,5,5,9\n"]
    kept = set()
    for order in permutations(records):
        reading = responses(HEAD + "".join(order))
        assert (reading.accounts.superseded, reading.accounts.duplicate) == (2, 1)
        kept.add(tuple(reading.table["safe_1"].to_pylist()))
    assert len(kept) == 1


def test_a_quarantined_submission_does_not_replace_a_good_one() -> None:
    reading = responses(HEAD + "p1,2026-08-01,3,3,3\np1,2026-08-02,6,3,3\n")
    assert reading.table["safe_1"].to_pylist() == [3]
    assert (reading.accounts.quarantined, reading.accounts.superseded) == (1, 0)


def test_an_erased_respondent_is_counted_and_not_kept_not_even_in_quarantine() -> None:
    text = HEAD + "p1,2026-08-01,3,3,3\np1,2026-08-01,9,3,3\np1,2026-08-01,3\np2,2026-08-01,4,4,4\np3,2026-08-01,4\n"
    reading = responses(text, erased={who("p1")})
    assert reading.table["respondent"].to_pylist() == [who("p2")]
    assert [fault.record for fault in reading.quarantined] == [6]
    accounts = reading.accounts
    assert (accounts.tombstoned, accounts.accepted, accounts.quarantined) == (3, 1, 1)


UNITS_HEAD = "person,team,kjonn,Q1,Q2,Q3\n"


def test_an_export_that_carries_unit_and_segments() -> None:
    survey = tiny(PER_UNIT)
    text = (
        UNITS_HEAD + "p1,U1,Kvinne,4,4,4\np1,U2,f,5,5,5\np1,U2,f,5,5,5\np2,,Mann,1,1,1\np3,U1,x,1,1,1\np4,U1,,1,1,1\n"
    )
    reading = interpret(read(text.encode()), survey, KEY, "s")
    rows = reading.table.select(["respondent", "unit", "gender", "safe_1"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (who("p1"), "U1", "f", 4),
        (who("p1"), "U2", "f", 5),
        (who("p4"), "U1", "", 1),
    ]
    assert [(one.record, one.reason) for one in reading.quarantined] == [(5, "unknown_unit"), (6, "unknown_category")]
    assert reading.accounts.duplicate == 1


@pytest.mark.parametrize("column", ["team", "kjonn"])
def test_a_missing_unit_or_segment_column_refuses_the_file(column: str) -> None:
    text = (UNITS_HEAD + "p1,U1,f,4,4,4\n").replace(column, "comment", 1)
    assert refused(text, tiny(PER_UNIT)).startswith(f"missing_column: column {column!r}")


def test_qualtrics_times_are_in_the_zone_of_their_heading() -> None:
    text = (
        "RecordedDate,ExternalReference,Q1,Q2,Q3\nRecorded,Ref,One,Two,Three\n"
        '"{""ImportId"":""recordedDate"",""timeZone"":""Europe/Oslo""}","{""ImportId"":""externalDataReference""}",'
        '"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}","{""ImportId"":""QID3""}"\n'
        "2026-08-01 10:00:00,p1,4,4,7\n"
    )
    assert responses(text).table["submitted"].to_pylist() == [datetime(2026, 8, 1, 8, tzinfo=UTC)]


RECORD = st.tuples(
    st.sampled_from(["p1", "p2", "p3", ""]),
    st.sampled_from(["2026-08-01", "2026-08-02", "", "soon"]),
    st.sampled_from(["1", "5", "", "x", "9"]),
    st.sampled_from(["", ",", "\n"]),
)


@given(st.lists(RECORD, min_size=1, max_size=12), st.sets(st.sampled_from(["p1", "p2"])))
def test_every_record_is_in_one_account_and_nobody_is_kept_twice(
    records: list[tuple[str, str, str, str]], erased: set[str]
) -> None:
    text = HEAD + "".join(f"{person},{sent},{q1},3,3{more}\n" for person, sent, q1, more in records)
    reading = responses(text, erased={who(person) for person in erased})
    accounts = reading.accounts.balance()
    assert accounts.accepted == reading.table.num_rows
    assert accounts.quarantined == len({fault.record for fault in reading.quarantined})
    people = reading.table["respondent"].to_pylist()
    assert len(set(people)) == len(people)
    assert not set(people) & {who(person) for person in erased}


def test_inspect_without_a_survey() -> None:
    assert inspect(b"a;b\n1;2,0\n3\n\n") == {
        "format": "excel_no",
        "dialect": {"encoding": "utf-8", "delimiter": ";", "quote": '"', "header_rows": 1, "decimal": ","},
        "columns": ["a", "b"],
        "records": {
            "physical": 4, "header": 1, "blank": 1, "excluded": 0, "accepted": 1, "quarantined": 1, "duplicate": 0,
            "superseded": 0, "tombstoned": 0,
        },
        "reasons": {"too_few_cells": 1},
        "verdict": "partly",
        "message": "1 records are accepted, 1 are quarantined",
    }  # fmt: skip


def test_inspect_with_a_survey() -> None:
    found = inspect((HEAD + "p1,2026-08-01,4,4,4\np2,2026-08-01,4,4,4\np2,2026-08-02,4,4,4\n").encode(), SURVEY)
    assert (found["verdict"], found["records"]["accepted"], found["records"]["superseded"]) == ("accepted", 2, 1)
    found = inspect(b"person,Q1,Q2\np1,9,4\n", SURVEY)
    assert (found["verdict"], found["reasons"]) == ("rejected", {"out_of_range": 1})
    assert found["message"] == "0 records are accepted, 1 are quarantined; no column holds recommend"


@pytest.mark.parametrize(
    ("data", "survey", "reason", "physical"),
    [
        (b"a,b\n1,2\n", SURVEY, "another_survey", 2),
        (b'a,b\n1,x"y\n2,"z\n', None, "stray_quote", 2),
        (b"\xff\x00\x81", None, "encoding", None),
    ],
)
def test_inspect_of_a_file_that_is_refused(data: bytes, survey: object, reason: str, physical: int | None) -> None:
    found = inspect(data, survey)  # type: ignore[arg-type]  # a Survey or None
    assert (found["verdict"], found["reasons"]) == ("rejected", {reason: 1})
    assert found["records"].get("physical") == physical
    assert found["records"].get("quarantined") == physical
