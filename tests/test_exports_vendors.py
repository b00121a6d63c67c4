"""SurveyMonkey, Forms, old Qualtrics, other LimeSurveys, SPSS labels: each as a picture, and what each is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tiny_survey import KEY, SURVEY, tiny, who
from workbooks import MOMENT, Raw, workbook

from pipeline.errors import ExportRejected
from pipeline.exports import answers, interpret, read

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

MONKEY = (
    "Respondent ID,Collector ID,IP Address,Email Address,How safe?,Which of these?,,Other\n"
    ",,,,Response,Meetings,Mail,Open-Ended Response\n"
    "11,7,203.0.113.1,kari@example.org,4,Meetings,,\n"
    "12,7,203.0.113.2,,5,,Mail,x\n"
)


def reason(data: bytes) -> str:
    with pytest.raises(ExportRejected) as caught:
        read(data)
    return caught.value.reason


def rows(sheet: Sheet) -> list[list[str]]:
    return [list(row) for row in sheet.rows]


def test_surveymonkey_has_a_column_for_each_option() -> None:
    sheet = read(MONKEY.encode())
    assert (sheet.format, sheet.dialect.header_rows, sheet.accounts.header, sheet.accounts.accepted) == (
        "surveymonkey", 2, 2, 2,
    )  # fmt: skip
    assert sheet.columns[4:] == ("How safe?", "Which of these? [Meetings]", "Which of these? [Mail]", "Other")
    assert sheet.own == {"Respondent ID", "Collector ID", "IP Address", "Email Address"}
    assert rows(sheet)[1][4:] == ["5", "", "Mail", "x"]


def test_surveymonkey_in_a_workbook_is_the_same() -> None:
    table = [line.split(",") for line in MONKEY.splitlines()]
    assert replace(read(workbook(table)), dialect=None, texts=(), vendor=None) == replace(  # type: ignore[arg-type]  # compared without
        read(MONKEY.encode()), dialect=None, texts=(), vendor=None
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Respondent ID", "Person"),  # nobody's id
        (",,,,Response", "x,,,,Response"),  # something under the id: the row is an answer
        ("Response,Meetings", ",Meetings"),  # a question without anything below
        (",Open-Ended Response", ""),  # one cell too few
    ],
)
def test_what_is_not_certainly_surveymonkey_is_not_taken_for_it(old: str, new: str) -> None:
    assert reason(MONKEY.replace(old, new, 1).encode()) == "column_without_name"


def test_answers_under_one_row_of_headings_stay_answers() -> None:
    sheet = read(b"Respondent ID,Collector ID,How safe?\n,,4\n12,7,5\n")
    assert (sheet.format, sheet.accounts.accepted) == ("plain", 2)


def test_surveymonkeys_old_letters_are_a_question_with_both_readings() -> None:
    data = MONKEY.replace("How safe?", "Hvor trygt p\xe5 jobb?").encode("cp1252")
    with pytest.raises(ExportRejected) as caught:
        read(data)
    assert caught.value.reason == "encoding"
    assert "'Hvor trygt på jobb?' or 'Hvor trygt pÂ jobb?'" in str(caught.value)
    answers_only = MONKEY.replace(",x\n", ",\xe5 ja\n").encode("cp1252")
    with pytest.raises(ExportRejected, match="Windows or of an old Mac; the sender"):
        read(answers_only)


FORMS = {
    "en": ["ID", "Start time", "Completion time", "Email", "Name"],
    "nb": ["ID", "Starttidspunkt", "Fullføringstidspunkt", "E-postadresse", "Navn"],
}
AT = Raw("<v>46235.43085648148</v>", s=MOMENT)


@pytest.mark.parametrize("language", FORMS)
def test_microsoft_forms_is_known_in_two_languages(language: str) -> None:
    questions = ["Jeg tør si fra\xa0", "Hva vil du bevare?"]
    data = workbook([[*FORMS[language], *questions], [1, AT, AT, "anonymous", "", 4, "Fellesskap;Lunsj;"]])
    sheet = read(data)
    assert (sheet.format, sheet.dialect.kind) == ("microsoft_forms", "xlsx")
    assert sheet.columns[5:] == ("Jeg tør si fra", "Hva vil du bevare?")
    assert rows(sheet) == [
        ["1", "2026-08-01 10:20:26", "2026-08-01 10:20:26", "anonymous", "", "4", "Fellesskap;Lunsj;"]
    ]
    assert set(FORMS[language]) <= sheet.own


def test_forms_saved_as_csv_in_norway_is_excels_and_otherwise_forms() -> None:
    head = ";".join(FORMS["nb"]) + ";Q1\n"
    assert read(f"\ufeff{head}1;01.08.2026 10:20;01.08.2026 10:21;a@example.org;A;4,0\n".encode()).format == "excel_no"
    comma = head.replace(";", ",") + "1,2026-08-01,2026-08-01,,,4\n"
    assert read(comma.encode()).format == "microsoft_forms"


def test_anonymous_is_nobody_and_not_one_person_who_answers_again_and_again() -> None:
    survey = tiny(SURVEY.replace('columns = ["person"', 'columns = ["Email"'))
    data = workbook([[*FORMS["en"], "Q1", "Q2", "Q3"], *([at, AT, AT, "anonymous", "", 4, 4, 7] for at in range(3))])
    reading = interpret(read(data), survey, KEY, "f")
    assert (reading.accounts.superseded, reading.accounts.duplicate, reading.accounts.quarantined) == (0, 0, 3)
    assert {fault.reason for fault in reading.quarantined} == {"no_person"}


@pytest.mark.parametrize("first", ["Timestamp", "Tidsmerke"])
@pytest.mark.parametrize(
    "at", ["2026/08/01 10:20:30 AM GMT+2", "8/1/2026 10:20:30", "01.08.2026 10.20.30", "2026/08/01 4:44:07 PM CET"]
)
def test_google_forms(first: str, at: str) -> None:
    sheet = read(f'{first},Email Address,Q1,"Which? [row]"\n{at},a@example.org,4,"a, b"\n'.encode())
    assert (sheet.format, rows(sheet)[0][2:]) == ("google_forms", ["4", "a, b"])
    assert sheet.own >= {first, "Email Address"}


@pytest.mark.parametrize("below", ["soon,4", "2026-08-01,4", ""])
def test_a_column_called_timestamp_alone_is_no_evidence(below: str) -> None:
    assert read(f"Timestamp,Q1\n{below}\n".encode()).format == "plain"


LEGACY = (
    ",".join([*(f"V{at}" for at in range(1, 11)), "Q1", "LocationLatitude"])
    + "\nResponseID,ResponseSet,Name,ExternalDataReference,EmailAddress,IPAddress,Status,StartDate,EndDate,Finished,"
    "I dare to speak,LocationLatitude\n"
)


def test_old_qualtrics_has_two_rows_of_headings_and_previews_too() -> None:
    one = "R_1,Default,Kari,p1,kari@example.org,203.0.113.1,{},2026-08-01 10:00:00,2026-08-01 10:01:00,1,4,59.9\n"
    sheet = read((LEGACY + one.format(0) + one.format(1) + one.format("Spam")).encode())
    assert (sheet.format, sheet.dialect.header_rows) == ("qualtrics", 2)
    assert (sheet.accounts.accepted, sheet.accounts.excluded) == (1, 2)
    assert set(sheet.columns) - sheet.own == {"Q1"}


def test_old_qualtrics_without_its_second_row_cannot_be_told_from_answers() -> None:
    assert reason(LEGACY.replace("ResponseSet", "Default").encode()) == "broken_header"
    assert reason(b"V1,V2,V3,V4,V5,V6,V7,V8,V9,V10\nResponseID\n") == "broken_header"


def test_limesurvey_headings_of_code_and_text_are_called_after_their_code() -> None:
    head = "id. Response ID;submitdate. Date submitted;token. Access code;Q1. I dare. Really?;G[SQ001]. [a] Row\n"
    sheet = read((head + '"1";"2026-08-01 10:00:00";"p1";"A4";"text (3)"\n').encode())
    assert (sheet.format, sheet.columns) == ("limesurvey", ("id", "submitdate", "token", "Q1", "G[SQ001]"))
    assert {"id", "submitdate", "token"} <= sheet.own


def test_headings_of_which_one_has_no_code_are_left_alone() -> None:
    sheet = read(b"id. Response ID,submitdate. Date submitted,What?\n1,2026-08-01,x\n")
    assert (sheet.format, sheet.columns[0]) == ("plain", "id. Response ID")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Ofte (4)", 4),
        ("Ofte(A4)", 4),
        ("Helt enig (5)", 5),
        ("Helt enig (1)", answers.UNKNOWN_CODE),  # the words say 5
        ("Ofte (9)", answers.OUT_OF_RANGE),
        ("(4)", answers.UNKNOWN_CODE),
        ("Ofte (3-4)", answers.UNKNOWN_CODE),
    ],
)
def test_limesurvey_answers_of_text_and_code(cell: str, expected: object) -> None:
    scale = tiny().scales[0]
    lime = read(f"id,submitdate,token,Q1\n1,2026-08-01,p1,{cell}\n".encode())
    assert answers.reader(scale, lime)(cell) == expected
    assert answers.reader(scale, read(b"person,Q1\np1,4\n"))("Ofte (4)") == answers.UNKNOWN_CODE


def group_titles(answers_below: int) -> bytes:
    below = "".join(f"{at % 3},{at % 2},ja,nei\n" for at in range(answers_below))
    return f"Bakgrunn,,,\nAlder,Sted,Trives,Slutter\n{below}".encode()


def test_group_titles_need_answers_enough_to_be_certain() -> None:
    assert read(group_titles(10)).columns == ("Alder", "Sted", "Trives", "Slutter")
    assert reason(group_titles(9)) == "column_without_name"


def test_an_answer_under_broken_headings_is_never_taken_for_headings() -> None:
    below = "".join("ja,nei,ja,ofte\n" for _ in range(20))
    assert reason(f"Bakgrunn,,,\nja,nei,ja,sjelden\n{below}".encode()) == "column_without_name"


def labelled(column: str, labels: dict[str, str], cell: str = "1") -> Sheet:
    sheet = read(f"person,kjonn,Q1,Q2,Q3\np1,{cell},4,4,7\n".encode())
    return replace(sheet, labels=((column, tuple(labels.items())),))


def test_a_segment_may_be_told_by_its_label() -> None:
    survey = tiny(SURVEY.replace('ignored = ["comment"]', 'ignored = ["comment"]\nunit = "Q9"'))
    sheet = labelled("kjonn", {"1": "Kvinne", "2": "Mann", "9": "Annet"})
    sheet = replace(sheet, columns=(*sheet.columns, "Q9"), rows=[[*row, "U1"] for row in sheet.rows])
    assert interpret(sheet, survey, KEY, "f").table["gender"].to_pylist() == ["f"]


@pytest.mark.parametrize(
    ("column", "labels", "says"),
    [
        (
            "Q1",
            {"1": "Strongly agree", "5": "Strongly disagree"},
            "calls 1 'Strongly agree', and the scale has 5 for it",
        ),
        ("kjonn", {"f": "Mann"}, "calls f 'Mann', and the survey has both, for different categories"),
    ],
)
def test_a_label_that_says_something_else_than_its_value_is_a_question(
    column: str, labels: dict[str, str], says: str
) -> None:
    with pytest.raises(ExportRejected) as caught:
        interpret(labelled(column, labels), tiny(), KEY, "f")
    assert caught.value.reason == "labels_disagree"
    assert says in str(caught.value)


def test_labels_that_agree_or_that_nobody_knows_change_nothing() -> None:
    sheet = labelled("Q1", {"1": "Helt uenig", "3": "Tja"})
    survey = tiny(SURVEY.replace('ignored = ["comment"]', 'ignored = ["kjonn"]'))
    assert interpret(sheet, survey, KEY, "f").table["respondent"].to_pylist() == [who("p1")]


def test_a_file_that_two_vendors_may_have_written_is_a_question() -> None:
    lime = "id,submitdate,Q1\n1,2026-08-01,4\n"
    assert read(lime.encode()).format == "limesurvey"
    both = (
        "id,submitdate,Q1\nNumber,Sent,I dare\n{'ImportId': 'a'},{'ImportId': 'b'},{'ImportId': 'c'}\n1,2026-08-01,4\n"
    )
    with pytest.raises(ExportRejected, match="an export of Qualtrics or of LimeSurvey; the sender says which"):
        read(both.encode())


@pytest.mark.parametrize("letter", ["\u200b", "\ufeff", "\u202e", "\xad", "\u2066"])
def test_letters_that_nobody_sees_make_no_second_person(letter: str) -> None:
    reading = interpret(read(f"person,Q1,Q2,Q3\np1{letter},4,4,7\n".encode()), tiny(), KEY, "f")
    assert [fault.reason for fault in reading.quarantined] == ["invisible_letters"]


def test_an_erased_person_is_found_in_a_line_that_is_no_json() -> None:
    data = b'{"person":"p2","Q1":4,"Q2":4,"Q3":7}\n{"person":"p1",Q1:4}\n'
    reading = interpret(read(data), tiny(), KEY, "f", {who("p1")})
    assert (reading.accounts.tombstoned, reading.quarantined) == (1, ())
