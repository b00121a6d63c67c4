"""Units, people and actions files: a small file in, a table or a refusal out."""

from __future__ import annotations

from datetime import date

import pytest
from tiny_survey import KEY, tiny, who

from pipeline.errors import ExportRejected, OrganisationInvalid
from pipeline.exports import organisation, read

SURVEY = tiny()
UNITS = "unit_id,parent_id,name\n"
PEOPLE = "person_id,unit_id,kjonn\n"
ACTIONS = "action_id,unit_id,text,owner,created,due,status,scale\n"


def test_units_are_a_tree_top_down() -> None:
    reading = organisation.units(read((UNITS + "U2,U1, Drift \nU1,,Fjord\n").encode()))
    assert reading.table.to_pylist() == [
        {"unit": "U1", "parent": None, "name": "Fjord", "successor_of": None},
        {"unit": "U2", "parent": "U1", "name": "Drift", "successor_of": None},
    ]
    assert (reading.accounts.records, reading.accounts.accepted) == (3, 2)


def test_a_units_file_may_say_what_each_unit_continues() -> None:
    rows = "unit_id,parent_id,name,successor_of\nU1,,Fjord,\nU7,U1,Drift,U2\nU8,U1,Salg, U3 ;part: U4\n"
    table = organisation.units(read(rows.encode())).table
    assert table["successor_of"].to_pylist() == [None, "U2", "U3;part: U4"]
    with pytest.raises(OrganisationInvalid, match="units 'U7' and 'U8' both continue 'U2'; whoever keeps"):
        organisation.units(read(rows.replace("U3", "U2").encode()))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (UNITS + "U1,,Fjord\n,U1,Drift\n", "record 3, column 'unit_id': a units file is accepted whole or not at all"),
        (UNITS + "U1,,\n", "record 2, column 'name': a units file is accepted whole"),
        (UNITS + "U1,,Fjord\nU2,U1\n", "record 3: a units file is accepted whole"),
        (UNITS, "the file has headings and no records"),
        ("unit_id,name\nU1,Fjord\n", "column 'parent_id': it is missing from the file"),
        ("unit_id,unit_id,parent_id,name\nU1,U1,,Fjord\n", "column 'unit_id': it is the second column"),
        ("unit_id,parent_id,name,cost\nU1,,Fjord,1\n", "column 'cost': nobody has said what it holds; the sender"),
    ],
)
def test_a_units_file_that_is_refused(text: str, says: str) -> None:
    with pytest.raises(ExportRejected) as caught:
        organisation.units(read(text.encode()))
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("U1,U2,a\nU2,U1,b\nU0,,c\n", "in a circle: 'U1' > 'U2'"),
        ("U1,,a\nU2,U9,b\n", "'U2' lies under 'U9', which is missing"),
        ("U1,,a\nU2,,b\n", "more than one unit has no parent: 'U1', 'U2'"),
        ("U1,,a\nU1,,b\n", "unit 'U1' stands twice"),
    ],
)
def test_units_that_are_no_tree(rows: str, says: str) -> None:
    with pytest.raises(OrganisationInvalid, match=says):
        organisation.units(read((UNITS + rows).encode()))


def test_people_become_pseudonyms_with_a_unit_and_categories() -> None:
    text = PEOPLE + "p1,U1,Kvinne\np2,U1,m\np3,U2,\np4,U1,x\n,U1,f\np5,,f\np6,U1\n"
    reading = organisation.people(read(text.encode()), SURVEY, KEY)
    assert reading.table.to_pylist() == [
        {"respondent": who("p1"), "key_id": "k1", "unit": "U1", "gender": "f"},
        {"respondent": who("p2"), "key_id": "k1", "unit": "U1", "gender": "m"},
        {"respondent": who("p3"), "key_id": "k1", "unit": "U2", "gender": ""},
    ]
    assert [(fault.record, fault.reason) for fault in reading.quarantined] == [
        (5, "unknown_category"),
        (6, "no_person"),
        (7, "unknown_unit"),
        (8, "too_few_cells"),
    ]


def test_a_person_who_stands_twice_refuses_the_file_by_record_and_not_by_name() -> None:
    text = PEOPLE + "Kari,U1,f\nOla,U1,m\n Kari ,U2,f\nKari,U3,f\nOla,U1,m\n,U1,f\n,U1,f\n"
    with pytest.raises(ExportRejected) as caught:
        organisation.people(read(text.encode()), SURVEY, KEY)
    assert caught.value.reason == "person_twice"
    assert "(records 2, 4, 5; 3, 6)" in str(caught.value)
    assert "Kari" not in str(caught.value)


def test_an_erased_person_does_not_come_back_with_the_roster() -> None:
    text = PEOPLE + "p1,U1,f\np2,U1,m\np1\n"
    reading = organisation.people(read(text.encode()), SURVEY, KEY, {who("p1")})
    assert reading.table["respondent"].to_pylist() == [who("p2")]
    assert (reading.accounts.tombstoned, reading.accounts.quarantined) == (2, 0)


def test_ignored_columns_of_a_people_file_are_dropped() -> None:
    reading = organisation.people(read(b"person_id,unit_id,kjonn,comment\np1,U1,f,likes skiing\n"), SURVEY, KEY)
    assert reading.table.column_names == ["respondent", "key_id", "unit", "gender"]


def test_actions() -> None:
    text = ACTIONS + (
        "A1,U1, Weekly talk ,Leader,2026-08-01,01.09.2026,open,safety\n"
        "A2,U1,x,,,,done,\n"
        "A3,U1,x,,soon,,open,\n"
        "A4,U1,x,,,,started,\n"
        "A5,U1,x,,,,open,happiness\n"
        "A6,,x,,,,open,\n"
        ",U1,x,,,,open,\n"
    )
    reading = organisation.actions(read(text.encode()), SURVEY)
    assert reading.table.to_pylist() == [
        {
            "action_id": "A1", "unit": "U1", "text": "Weekly talk", "owner": "Leader", "created": date(2026, 8, 1),
            "due": date(2026, 9, 1), "status": "open", "scale": "safety",
        },
        {
            "action_id": "A2", "unit": "U1", "text": "x", "owner": "", "created": None, "due": None,
            "status": "done", "scale": "",
        },
    ]  # fmt: skip
    assert [fault.reason for fault in reading.quarantined] == [
        "unreadable_time", "unknown_status", "unknown_scale", "unknown_unit", "no_action",
    ]  # fmt: skip


def test_an_action_that_stands_twice_refuses_the_file() -> None:
    text = ACTIONS + "A1,U1,x,,,,open,\nA1,U1,y,,,,done,\n"
    with pytest.raises(ExportRejected, match=r"\(records 2, 3\)"):
        organisation.actions(read(text.encode()), SURVEY)
