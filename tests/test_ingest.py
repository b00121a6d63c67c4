"""Files are pushed, and each ends in one state; the order and the number of pushes change nothing."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redriving import redrive
from tiny_survey import INSTRUMENT, KEY, PER_UNIT, SURVEY, who

from pipeline import ledger, parquet
from pipeline.errors import StoreConflict
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore

HEAD = "person,sent,Q1,Q2,Q3\n"
GOOD = HEAD + "p1,2026-08-01,4,4,7\np2,2026-08-01,3,3,8\n"
PARTLY = HEAD + "p3,2026-08-01,4,4,7\np4,2026-08-01,9,4,7\n"
UNITS = "unit_id,parent_id,name\nU1,,Fjord\nU2,U1,Drift\n"
PEOPLE = "person_id,unit_id,kjonn\np1,U1,f\np2,U2,Mann\n"
ACTIONS = "action_id,unit_id,text,owner,created,due,status,scale\nA1,U1,x,,,,open,safety\n"

Tree = dict[str, bytes]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return opened(tmp_path)


def opened(root: Path, survey: str = SURVEY) -> FolderStore:
    store = FolderStore(root)
    store.create("config/tiny/survey.toml", survey.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    return store


def change_survey(store: FolderStore, text: str) -> None:
    key = "config/tiny/survey.toml"
    store.replace(key, text.encode(), store.read(key).etag)


def push(
    store: FolderStore, text: str | bytes, name: str = "a.csv", kind: str = "responses", at: str = "01"
) -> ledger.FileRecord:
    key = f"landing/tiny/w1/{kind}/{name}"
    store.create(key, text.encode() if isinstance(text, str) else text)
    return receive(store, KEY, Landed(key, landed_at=f"2026-08-{at}T10:00:00Z"))


def everything(store: FolderStore) -> Tree:
    return {one.key: store.read(one.key).data for one in store.keys("")}


def responses(store: FolderStore) -> Tree:
    return {key: data for key, data in everything(store).items() if key.startswith("responses/")}


def test_a_good_export_is_accepted_and_its_rows_are_in_the_store(store: FolderStore) -> None:
    record = push(store, GOOD)
    assert (record.state, record.survey, record.wave, record.kind) == ("accepted", "tiny", "w1", "responses")
    assert record.size == len(GOOD)
    assert {name: count for name, count in record.accounts.items() if count} == {
        "records": 3,
        "header": 1,
        "accepted": 2,
    }
    key = f"responses/survey=tiny/wave=w1/{record.sha256}.parquet"
    table = parquet.from_bytes(store.read(key).data)
    assert table["respondent"].to_pylist() == [who("p1"), who("p2")]
    assert table["source"].unique().to_pylist() == [record.sha256]
    assert table["safe_1"].to_pylist() == [4, 3]
    frozen = ledger.wave(store, "tiny", "w1")
    assert frozen is not None
    assert (frozen.minimum_mean, frozen.minimum_distribution) == (5, 10)


def test_received_twice_changes_nothing_byte_for_byte(store: FolderStore) -> None:
    first = push(store, PARTLY)
    before = everything(store)
    again = receive(store, KEY, Landed("landing/tiny/w1/responses/a.csv", landed_at="2026-09-09T10:00:00Z"))
    assert again == first
    assert everything(store) == before


def test_received_again_under_another_survey_file_changes_nothing_either(store: FolderStore) -> None:
    first = push(store, PARTLY)
    key = "config/tiny/tiny.toml"
    store.replace(key, INSTRUMENT.replace("high = 5", "high = 9").encode(), store.read(key).etag)
    before = everything(store)
    assert receive(store, KEY, Landed(first.key)) == first
    assert everything(store) == before


def test_refused_content_under_another_name_is_judged_again(store: FolderStore) -> None:
    assert push(store, "a,b\n1,2\n").state == "quarantined"
    assert push(store, "a,b\n1,2\n", "b.csv").state == "quarantined"


def test_the_same_content_under_another_name_is_a_duplicate(store: FolderStore) -> None:
    first = push(store, GOOD)
    before = responses(store)
    second = push(store, GOOD, "b.csv")
    assert second.state == "duplicate"
    assert "received as landing/tiny/w1/responses/a.csv" in second.message
    assert second.accounts == first.accounts
    assert responses(store) == before


def test_the_same_content_of_another_kind_or_wave_is_no_duplicate(store: FolderStore) -> None:
    assert push(store, UNITS, kind="responses").state == "quarantined"
    assert push(store, UNITS, kind="units").state == "accepted"
    push(store, GOOD, "b.csv")
    store.create("landing/tiny/w2/responses/b.csv", GOOD.encode())
    assert receive(store, KEY, Landed("landing/tiny/w2/responses/b.csv")).state == "accepted"


def test_quarantined_records_can_be_mended_and_pushed_again(store: FolderStore) -> None:
    record = push(store, PARTLY)
    assert (record.state, dict(record.reasons)) == ("partly", {"out_of_range": 1})
    assert "1 of 2 records are accepted; 1 are in quarantine" in record.message
    aside = f"quarantine/tiny/w1/{record.sha256}"
    rows = store.read(f"{aside}/rows.csv").data.decode()
    assert rows == HEAD + "p4,2026-08-01,9,4,7\n"
    assert store.read(f"{aside}/reasons.csv").data == b"record,column,reason\r\n3,Q1,out_of_range\r\n"
    mended = push(store, rows.replace(",9,", ",5,"), "mended.csv")
    assert mended.state == "accepted"
    assert len(responses(store)) == 2


def test_a_file_without_one_good_record_is_quarantined_and_stores_nothing(store: FolderStore) -> None:
    record = push(store, HEAD + "p4,2026-08-01,9,4,7\n")
    assert record.state == "quarantined"
    assert responses(store) == {}
    assert ledger.wave(store, "tiny", "w1") is None


@pytest.mark.parametrize(
    ("text", "kind", "reason", "says"),
    [
        (HEAD.replace("Q3", "Q9") + "p1,2026-08-01,4,4,7\n", "responses", "unknown_column", "column 'Q9'"),
        ("a,b\n1,2\n", "responses", "another_survey", "an export of another survey"),
        (HEAD, "responses", "no_records", "headings and no records"),
        (b"\x00", "responses", "not_text", "NUL characters"),
        (UNITS + "U3,U9,x\n", "units", "organisation_invalid", "'U9', which is missing"),
        (UNITS + "U3,U4,x\nU4,U3,x\n", "units", "organisation_invalid", "in a circle"),
        (PEOPLE + "p1,U2,f\n", "people", "person_twice", "(records 2, 4)"),
        ("x\n", "assessments", "not_supported", "not read yet"),
    ],
)
def test_a_file_that_is_refused_gets_one_clear_message(
    store: FolderStore, text: str | bytes, kind: str, reason: str, says: str
) -> None:
    push(store, GOOD, "before.csv")
    before = responses(store)
    record = push(store, text, kind=kind)
    assert (record.state, dict(record.reasons)) == ("quarantined", {reason: 1})
    assert says in record.message
    aside = json.loads(store.read(f"quarantine/tiny/w1/{record.sha256}/file.json").data)
    assert aside == {"message": record.message, "reason": reason}
    assert responses(store) == before


def test_every_record_of_a_refused_file_is_quarantined(store: FolderStore) -> None:
    assert push(store, "a,b\n1,2\n").accounts == {
        "records": 2, "header": 0, "blank": 0, "excluded": 0, "accepted": 0, "quarantined": 2, "duplicate": 0,
        "superseded": 0, "tombstoned": 0,
    }  # fmt: skip
    assert push(store, b"\x00", "b.csv").accounts == {}


def test_no_value_of_a_record_is_in_the_ledger_or_beside_the_quarantine(store: FolderStore) -> None:
    push(store, HEAD + "kari@fjord.no,kl. 10,secret answer,4,7\nola@fjord.no,2026-08-01,4,4,7\n")
    push(store, PEOPLE + "kari@fjord.no,U1,secret answer\nkari@fjord.no,U1,f\n", kind="people")
    told = b"".join(
        data for key, data in everything(store).items() if not key.endswith("rows.csv") and "landing" not in key
    )
    for value in (b"kari", b"ola@", b"secret", b"kl. 10"):
        assert value not in told


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("landing/tiny/w1/responses/../../../etc/passwd", "not_a_landing_key"),
        ("landing/tiny/w1/responses/a\nb.csv", "not_a_landing_key"),
        ("landing/tiny/w1/responses/%2e%2e%2f", "not_a_landing_key"),
        ("landing/tiny/w1/" + "æ" * 504, "not_a_landing_key"),
        ("landing/tiny/w1/responses/\ud800.csv", "not_a_landing_key"),
        ("published/tiny/current.json", "not_a_landing_key"),
        ("landing/tiny/w1/secrets/a.csv", "not_a_landing_key"),
        ("landing/tiny/w9/responses/a.csv", "unknown_wave"),
        ("landing/other/w1/responses/a.csv", "unknown_survey"),
        ("landing/tiny/w1/responses/gone.csv", "gone"),
    ],
)
def test_a_key_that_is_none_of_ours_is_rejected_with_a_record(store: FolderStore, key: str, reason: str) -> None:
    if reason.startswith("unknown"):
        store.create(key, GOOD.encode())
    record = receive(store, KEY, Landed(key, version="v1", bucket="b"))
    assert (record.state, dict(record.reasons)) == ("rejected", {reason: 1})
    assert receive(store, KEY, Landed(key, version="v1", bucket="b")) == record
    assert ledger.files(store, record.survey, record.wave) == (record,)
    assert responses(store) == {}


@given(st.text(max_size=30), st.sampled_from(["", "landing/", "landing/tiny/w1/responses/"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_key_crashes(tmp_path: Path, name: str, prefix: str) -> None:
    assert receive(FolderStore(tmp_path), KEY, Landed(prefix + name, "v")).state == "rejected"


def test_two_versions_of_one_key_are_two_files(store: FolderStore) -> None:
    push(store, GOOD)
    key = "landing/tiny/w1/responses/a.csv"
    store.replace(key, PARTLY.encode(), store.read(key).etag)
    assert receive(store, KEY, Landed(key)).state == "partly"
    assert len(ledger.files(store, "tiny", "w1")) == 2


def test_a_version_is_known_without_being_read(store: FolderStore) -> None:
    key = "landing/tiny/w1/responses/a.csv"
    store.create(key, GOOD.encode())
    first = receive(store, KEY, Landed(key, version="v1"))
    store.delete(key)
    assert receive(store, KEY, Landed(key, version="v1")) == first


PUSHES = {
    ("responses", "a.csv"): GOOD,
    ("responses", "b.csv"): HEAD + "p1,2026-08-02,1,1,1\n",
    ("responses", "c.csv"): GOOD,
    ("units", "u.csv"): UNITS,
    ("people", "p.csv"): PEOPLE,
}


def test_any_order_and_any_repetition_gives_the_same_tables(tmp_path: Path) -> None:
    outcomes = set()
    for number, order in enumerate(permutations(PUSHES, 5)):
        if number % 6:
            continue  # every sixth order begins and ends differently
        store = opened(tmp_path / str(number))
        for kind, name in (*order, *order[:2]):
            push(store, PUSHES[kind, name], name, kind)
        tables = {
            key: data for key, data in everything(store).items() if key.startswith(("responses/", "organisation/"))
        }
        outcomes.add(tuple(sorted(tables.items())))
    assert len(outcomes) == 1


def test_organisation_files(store: FolderStore) -> None:
    for kind, text in (("units", UNITS), ("people", PEOPLE), ("actions", ACTIONS)):
        record = push(store, text, kind=kind)
        assert record.state == "accepted"
        key = f"organisation/survey=tiny/wave=w1/{kind}/{record.sha256}.parquet"
        assert ledger.current(store, "tiny", "w1", kind) == key
    people = ledger.current(store, "tiny", "w1", "people")
    assert people is not None
    assert parquet.from_bytes(store.read(people).data)["gender"].to_pylist() == ["f", "m"]
    later = push(store, UNITS.replace("Drift", "Natt"), "b.csv", "units", at="02")
    push(store, UNITS.replace("Drift", "Salg"), "c.csv", "units", at="01")
    assert (
        ledger.current(store, "tiny", "w1", "units") == f"organisation/survey=tiny/wave=w1/units/{later.sha256}.parquet"
    )


def test_a_lower_minimum_is_refused_for_a_wave_that_is_open(store: FolderStore) -> None:
    push(store, GOOD)
    change_survey(store, SURVEY.replace("mean = 5", "mean = 3"))
    record = push(store, PARTLY, "b.csv")
    assert (record.state, dict(record.reasons)) == ("quarantined", {"survey_invalid": 1})
    assert "may not be lowered" in record.message
    change_survey(store, SURVEY)
    (found,) = redrive(store, KEY, "tiny", "w1")
    assert found.after.state == "partly"


def test_a_broken_survey_file_is_no_fault_of_the_sender_and_nothing_is_lost(store: FolderStore) -> None:
    change_survey(store, SURVEY + "surprise = 1\n")
    record = push(store, GOOD)
    assert dict(record.reasons) == {"survey_invalid": 1}
    change_survey(store, SURVEY)
    redrive(store, KEY, "tiny", "w1")
    assert [one.state for one in ledger.files(store, "tiny", "w1")] == ["accepted"]
    assert len(responses(store)) == 1
    assert not [key for key in everything(store) if key.startswith("quarantine/")]


def test_redrive_reads_again_with_todays_survey_file(store: FolderStore) -> None:
    before = push(store, GOOD.replace("Q1", "Question 1"))
    push(store, UNITS, kind="units")
    mended = SURVEY.replace('Q1 = "safe_1"', 'Q1 = "safe_1", "Question 1" = "safe_1"')
    change_survey(store, mended)
    untouched = everything(store)
    (dry,) = redrive(store, KEY, "tiny", "w1", dry_run=True)
    assert (dry.before, dry.after.state, dry.changed) == (before, "accepted", True)
    assert everything(store) == untouched
    (wet,) = redrive(store, KEY, "tiny", "w1")
    assert (wet.before, wet.after.state, wet.after.accounts) == (before, "accepted", dry.after.accounts)
    assert (dry.before.accounts["accepted"], dry.after.accounts["accepted"]) == (0, 2)
    done = everything(store)
    assert redrive(store, KEY, "tiny", "w1") == ()
    assert everything(store) == done
    found = ledger.file(store, "tiny", "w1", before.id)
    assert found is not None
    assert (found.state, found.attempt) == ("accepted", 2)


def test_redrive_that_finds_nothing_new_writes_nothing(store: FolderStore) -> None:
    push(store, PARTLY)
    push(store, "a,b\n1,2\n", "b.csv")
    before = everything(store)
    again = redrive(store, KEY, "tiny", "w1")
    assert [(one.before.state, one.changed) for one in again] == [("partly", False), ("quarantined", False)]
    assert everything(store) == before


def test_redrive_of_a_file_in_part_replaces_what_was_read_from_it(store: FolderStore) -> None:
    text = "person_id,unit_id,kjonn\np1,U1,f\np2,U1,Kvinnelig\n"
    first = push(store, text, kind="people")
    assert (first.state, dict(first.reasons)) == ("partly", {"unknown_category": 1})
    change_survey(store, SURVEY.replace('values = ["Kvinne"]', 'values = ["Kvinne", "Kvinnelig"]'))
    (found,) = redrive(store, KEY, "tiny", "w1")
    assert found.after.state == "accepted"
    keys = [key for key in everything(store) if key.startswith("organisation/") and "/people/" in key]
    assert keys == [ledger.current(store, "tiny", "w1", "people")]
    assert parquet.from_bytes(store.read(keys[0]).data)["gender"].to_pylist() == ["f", "f"]
    assert not [key for key in everything(store) if key.startswith("quarantine/")]


def test_redrive_leaves_what_is_no_longer_in_landing(store: FolderStore) -> None:
    push(store, "a,b\n1,2\n", "a.csv")
    push(store, "a,b\n1,3\n", "b.csv")
    receive(store, KEY, Landed("landing/tiny/w1/responses/gone.csv"))
    store.delete("landing/tiny/w1/responses/a.csv")
    key = "landing/tiny/w1/responses/b.csv"
    store.replace(key, GOOD.encode(), store.read(key).etag)
    assert redrive(store, KEY, "tiny", "w1") == ()


def test_a_survey_that_comes_later_than_its_first_file(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert dict(push(store, GOOD).reasons) == {"unknown_survey": 1}
    opened(tmp_path)
    (found,) = redrive(store, KEY, "tiny", "w1")
    assert (found.before.state, found.after.state) == ("rejected", "accepted")


def test_a_stopped_ingest_under_another_survey_file_leaves_one_table(store: FolderStore) -> None:
    record = push(store, PARTLY)
    for one in list(store.keys("ledger/")):
        store.delete(one.key)  # as if it was stopped before the record was written
    change_survey(
        store,
        SURVEY.replace('id = "tiny"\n', 'id = "tiny"\n', 1).replace("columns = {Q1", 'columns = {QX = "safe_1", Q1'),
    )
    store.delete("config/tiny/tiny.toml")
    store.create("config/tiny/tiny.toml", INSTRUMENT.replace("high = 5", "high = 9").encode())
    again = receive(store, KEY, Landed("landing/tiny/w1/responses/a.csv"))
    assert (record.state, again.state) == ("partly", "accepted")
    assert len(responses(store)) == 1


def test_an_item_that_was_not_asked_is_told(store: FolderStore) -> None:
    assert "no column holds recommend" in push(store, "person,Q1,Q2\np1,4,4\n").message


def test_units_and_segments_in_the_export_itself(tmp_path: Path) -> None:
    store = opened(tmp_path, PER_UNIT)
    record = push(store, "person,team,kjonn,Q1,Q2,Q3\np1,U1,f,4,4,4\np1,U2,m,5,5,5\n")
    table = parquet.from_bytes(store.read(f"responses/survey=tiny/wave=w1/{record.sha256}.parquet").data)
    assert table.select(["unit", "gender"]).to_pylist() == [
        {"unit": "U1", "gender": "f"},
        {"unit": "U2", "gender": "m"},
    ]


def test_a_quarantine_that_another_writes_at_the_moment_is_a_conflict(store: FolderStore) -> None:
    class Racing(FolderStore):
        def replace(self, key: str, data: bytes, etag: str | None) -> None:  # noqa: ARG002 - as in Store
            raise StoreConflict(key)

    record = push(store, "a,b\n1,2\n")
    aside = f"quarantine/tiny/w1/{record.sha256}/file.json"
    store.replace(aside, b"{}", store.read(aside).etag)
    for one in list(store.keys("ledger/")):
        store.delete(one.key)
    with pytest.raises(StoreConflict):
        receive(Racing(store.root), KEY, Landed("landing/tiny/w1/responses/a.csv"))
