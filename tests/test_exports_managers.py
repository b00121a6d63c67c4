"""Files of people and their leaders, and records that hold from one day to another."""

from __future__ import annotations

import random
from datetime import date

import pytest
from bad_files import NAUGHTY, lines, text
from hypothesis import given
from hypothesis import strategies as st
from test_ingest import everything, opened, push
from tiny_survey import KEY, tiny, who
from workbooks import DATE, Raw, workbook

from pipeline import ledger
from pipeline import parquet as stored
from pipeline.errors import ExportRejected
from pipeline.exports import Reading, managers, organisation, read
from pipeline.organisation import from_table

SURVEY = tiny()
INVISIBLE = set("\u200b\u200d\u202e\u202c\u2028")
OPENS = date(2026, 8, 1)
LEAD = managers.lead(KEY, "tiny")
HEAD = "person_id,manager_id,unit_name,kjonn\n"
# The boss leads Anna and Ola, Anna leads Petra and Pål.
STAFF = HEAD + "boss,,Fjord,f\nanna,boss,Drift,f\npetra,anna,,m\nola,boss,,m\npål,anna,,m\n"


def units(text: str | bytes, opens: date | None = OPENS) -> Reading:
    return organisation.units(read(text if isinstance(text, bytes) else text.encode()), LEAD, opens)


def named(text: str) -> list[dict[str, str | None]]:
    """The tree, top down; no unit of it says that it continues another."""
    table = units(text).table
    assert table["successor_of"].null_count == table.num_rows
    rows: list[dict[str, str | None]] = table.drop_columns("successor_of").to_pylist()
    return rows


def people(text: str, opens: date | None = OPENS) -> Reading:
    return organisation.people(read(text.encode()), SURVEY, KEY, opens=opens)


def refused(text: str) -> str:
    with pytest.raises(ExportRejected) as first:
        units(text)
    with pytest.raises(ExportRejected) as second:
        people(text)
    assert str(first.value) == str(second.value)
    assert not any(name in str(first.value) for name in ("boss", "anna", "petra", "pål", "ola"))
    return f"{first.value.reason}: {first.value}"


def test_every_leader_has_a_unit_that_holds_those_they_lead() -> None:
    assert named(STAFF) == [
        {"unit": LEAD("boss"), "parent": None, "name": "Fjord"},
        {"unit": LEAD("anna"), "parent": LEAD("boss"), "name": "Drift"},
    ]
    belongs = {row["respondent"]: row["unit"] for row in people(STAFF).table.to_pylist()}
    assert belongs == {
        who("boss"): LEAD("boss"),  # nobody leads them: they belong to the top
        who("anna"): LEAD("boss"),  # a leader belongs to their own leader's unit
        who("ola"): LEAD("boss"),
        who("petra"): LEAD("anna"),
        who("pål"): LEAD("anna"),
    }


def test_a_unit_is_named_after_nobody() -> None:
    assert LEAD("boss") == LEAD(" boss ") != LEAD("anna")
    assert not {"boss", who("boss")[:12]} & {LEAD("boss"), LEAD("boss")[1:]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (STAFF + "x,y,,m\n", "unknown_leader: column 'manager_id': their leader has no record in the"),
        (STAFF + "x,,,m\n", "several_tops: column 'manager_id': more than one person has no leader (records 2, 7)"),
        (STAFF + "x,y,a,m\ny,x,b,m\n", "leaders_in_a_circle: column 'manager_id': these people lead each other"),
        (STAFF + "x,x,a,m\n", "leaders_in_a_circle: column 'manager_id': these people lead each other in a circle"),
        (STAFF + "petra,boss,,m\n", "person_twice: one person stands in several records (records 4, 7); the sender"),
        (STAFF + ",boss,,m\n", "leader_uncertain: these records may be leaders and cannot be read (records 7)"),
        (STAFF + "x,boss\n", "leader_uncertain: these records may be leaders and cannot be read (records 7)"),
        (HEAD + "a,b,,m\nb,a,,m\n", "leaders_in_a_circle"),
        (HEAD.replace(",kjonn", "") + "".join(f"p{at},\n" for at in range(7)), "too_few_cells"),
    ],
)  # fmt: skip
def test_people_who_are_no_tree_are_refused_by_record_and_not_by_name(text: str, says: str) -> None:
    if says == "too_few_cells":
        assert "(records 2, 3, 4, 5, 6 and 2 more)" in refused(text)
    else:
        assert refused(text).startswith(says)


def test_a_leader_without_a_name_for_the_unit_is_asked_for_one() -> None:
    with pytest.raises(ExportRejected, match="record 3, column 'unit_name': leaders need a name for the unit"):
        units(STAFF.replace("Drift", ""))
    with pytest.raises(ExportRejected, match="leaders need a name"):
        units("person_id,manager_id\nboss,\nanna,boss\n")


def test_leaders_are_a_file_of_units_or_of_people_and_of_nothing_else() -> None:
    with pytest.raises(ExportRejected, match="pushed as actions; the sender pushes it as people"):
        organisation.actions(read(STAFF.encode()), SURVEY)


DATED = "person_id,manager_id,unit_name,kjonn,valid_from,valid_to\n"


def test_who_joined_later_or_has_left_is_not_in_the_wave() -> None:
    text = DATED + (
        "boss,,Fjord,f,2020-01-01,\n"
        "old,boss,Drift,m,2020-01-01,2026-07-31\n"  # left the day before
        "new,boss,,m,2026-08-02,\n"  # joined the day after
        "last,boss,,m,,2026-08-01\n"  # their last day
        "first,boss,,m,01.08.2026,\n"  # their first
        "moved,old,,m,2020-01-01,2026-06-30\n"
        "moved,boss,,m,2026-07-01,\n"
    )
    reading = people(text)
    assert set(reading.table["respondent"].to_pylist()) == {who(one) for one in ("boss", "last", "first", "moved")}
    assert (reading.accounts.accepted, reading.accounts.excluded) == (4, 3)
    assert units(text).table.num_rows == 1


def test_a_unit_that_was_renamed_has_the_name_of_the_day() -> None:
    text = "unit_id,parent_id,name,valid_from,valid_to\nU1,,Gammel,,2026-07-31\nU1,,Ny,2026-08-01,\n"
    assert named(text) == [{"unit": "U1", "parent": None, "name": "Ny"}]
    assert units(text, date(2026, 1, 1)).table["name"].to_pylist() == ["Gammel"]


def test_days_in_a_workbook_are_days() -> None:
    day = Raw("<v>46235</v>", s=DATE)
    book = workbook([["unit_id", "parent_id", "name", "valid_from"], ["U1", "", "Fjord", day]])
    assert units(book).table.num_rows == 1


def test_a_day_that_cannot_be_read_sets_a_person_aside_and_refuses_units() -> None:
    reading = people("person_id,unit_id,kjonn,valid_from\np1,U1,f,08/01/2026\np2,U1,f,\n")
    assert [(one.record, one.column, one.reason) for one in reading.quarantined] == [
        (2, "valid_from", "unreadable_time")
    ]
    assert reading.table.num_rows == 1
    with pytest.raises(ExportRejected, match="a units file is accepted whole or not at all"):
        units("unit_id,parent_id,name,valid_from\nU1,,Fjord,soon\n")


def test_a_file_of_people_who_have_all_left_has_no_records() -> None:
    assert refused(DATED + "x,,Fjord,f,,2026-07-31\n").startswith("no_records")


def test_days_need_a_wave() -> None:
    with pytest.raises(ExportRejected, match="pushed for a wave"):
        people("person_id,unit_id,kjonn,valid_to\np1,U1,f,\n", None)


def test_two_units_for_one_person_is_a_question() -> None:
    with pytest.raises(ExportRejected, match=r"one person stands in several records.*\(records 2, 3\)"):
        people("person_id,unit_id,kjonn\np1,U1,f\np1,U2,f\n")


def test_one_file_is_pushed_twice_and_gives_the_tree_and_the_roster(tmp_path) -> None:  # noqa: ANN001 - a path
    store = opened(tmp_path)
    dated = STAFF.replace("kjonn\n", "kjonn,valid_from\n").replace(",f\n", ",f,\n").replace(",m\n", ",m,\n")
    assert push(store, dated, kind="units").state == "accepted"
    assert push(store, dated, kind="people").state == "accepted"
    tree = from_table(stored.from_bytes(store.read(ledger.current(store, "tiny", "w1", "units") or "").data))
    roster = stored.from_bytes(store.read(ledger.current(store, "tiny", "w1", "people") or "").data)
    assert set(roster["unit"].to_pylist()) == set(tree.unit)
    kept = [data for key, data in everything(store).items() if not key.startswith("landing/")]
    assert not any(b"anna" in data or b"boss" in data for data in kept)


def test_naughty_names_of_units_and_people_stay_what_they_are() -> None:
    seen = [one for one in NAUGHTY if one.strip() and not set(one) & INVISIBLE and one != "1.2971E+11"]
    tree = [["unit_id", "parent_id", "name"], ["U", "", "top"], *([f"U{one}", "U", one] for one in seen)]
    names = units(text(lines(tree[0], tree[1:], always=True)).encode()).table
    assert dict(zip(names["unit"].to_pylist(), names["name"].to_pylist(), strict=True)) == {
        "U": "top",
        **{f"U{one}".strip(): one.strip() for one in seen},
    }
    head = ["person_id", "unit_id", "kjonn"]
    roster = people(text(lines(head, [[one, f"U{one}", "f"] for one in seen], always=True)))
    assert roster.table["respondent"].to_pylist() == [who(one) for one in seen]
    assert roster.quarantined == ()


@given(st.lists(st.integers(0, 30), max_size=25), st.randoms(use_true_random=False))
def test_every_tree_of_leaders_holds_everybody_once(above: list[int], chance: random.Random) -> None:
    staff = [("n0", "")] + [(f"n{at}", f"n{leader % at}") for at, leader in enumerate(above, start=1)]
    chance.shuffle(staff)
    text = "person_id,manager_id,unit_name,kjonn\n" + "".join(f"{one},{leader},x,f\n" for one, leader in staff)
    tree = from_table(units(text).table)
    assert tree.root == LEAD("n0")
    assert set(tree.unit) == {LEAD(leader) for _, leader in staff if leader} | {LEAD("n0")}
    roster = people(text).table
    assert roster.num_rows == len(staff)
    assert set(roster["unit"].to_pylist()) <= set(tree.unit)
