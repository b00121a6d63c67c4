"""What is due, missing, late or overdue on a day: a store and a date in, entries out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tiny_survey import INSTRUMENT, KEY, PER_UNIT, SURVEY

from pipeline import ledger
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore
from pipeline.survey import Rhythm
from pipeline.watch import Entry, Watch, following, watch

FILES = {
    "units": b"unit_id,parent_id,name\nU,,Fjord\n",
    "people": b"person_id,unit_id,kjonn\np1,U,Kvinne\n",
    "responses": b"person,Q1,Q2,Q3\np1,1,2,3\n",
}
ACTIONS = """action_id,unit_id,text,owner,created,due,status,scale
A1,U,x,y,2026-08-01,2026-09-10,open,safety
A2,U,x,y,2026-08-01,2026-09-09,open,safety
A3,U,x,y,2026-08-01,2026-09-01,done,safety
A4,U,x,y,2026-08-01,,open,safety
"""


def workspace(tmp_path: Path, text: str = SURVEY) -> FolderStore:
    store = FolderStore(tmp_path)
    store.create("config/tiny/survey.toml", text.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    return store


def receive_all(store: FolderStore, wave: str, *kinds: str) -> None:
    for kind in kinds:
        key = f"landing/tiny/{wave}/{kind}/{kind}.csv"
        store.create(key, FILES[kind])
        assert receive(store, KEY, Landed(key)).state == "accepted"


def publish(store: FolderStore, wave: str, state: str = "published") -> None:
    ledger.record_run(store, ledger.RunRecord("tiny", wave, "0" * 16, state, "", "1"))  # type: ignore[arg-type]  # a test's


def test_a_wave_is_due_from_the_day_after_it_closed(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    receive_all(store, "w1", "units", "people", "responses")
    assert watch(store, date(2026, 8, 31)).due == ()
    assert watch(store, date(2026, 9, 1)).due == (Entry("tiny", "w1", "publication", "2026-08-31"),)


def test_a_published_wave_is_not_due_again_and_a_refused_one_is(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    receive_all(store, "w1", "units", "people", "responses")
    publish(store, "w1", "refused")
    assert [one.wave for one in watch(store, date(2026, 9, 1)).due] == ["w1"]
    publish(store, "w1")
    assert watch(store, date(2026, 9, 1)).due == ()


def test_waves_are_due_in_the_order_in_which_they_closed(tmp_path: Path) -> None:
    store = workspace(tmp_path, SURVEY.replace('id = "w2"', 'id = "a2"'))
    receive_all(store, "a2", "units", "people", "responses")
    receive_all(store, "w1", "units", "people", "responses")
    assert [one.wave for one in watch(store, date(2026, 10, 15)).due] == ["w1", "a2"]


@pytest.mark.parametrize("lacking", ["units", "people", "responses"])
def test_a_wave_that_lacks_a_file_is_missing_it_and_not_due(tmp_path: Path, lacking: str) -> None:
    store = workspace(tmp_path)
    receive_all(store, "w1", *(kind for kind in FILES if kind != lacking))
    seen = watch(store, date(2026, 9, 1))
    assert seen.due == ()
    since = "2026-08-31" if lacking == "responses" else "2026-08-01"
    assert Entry("tiny", "w1", lacking, since) in seen.missing


def test_while_a_wave_is_open_answers_may_still_come_and_the_organisation_should_be_there(tmp_path: Path) -> None:
    assert [one.what for one in watch(workspace(tmp_path), date(2026, 8, 1)).missing] == ["units", "people"]


def test_before_it_opens_nothing_is_missing(tmp_path: Path) -> None:
    assert watch(workspace(tmp_path), date(2026, 7, 31)) == Watch()


def test_exports_that_carry_the_unit_need_no_people_file(tmp_path: Path) -> None:
    store = workspace(tmp_path, PER_UNIT)
    assert [one.what for one in watch(store, date(2026, 8, 1)).missing] == ["units"]


def test_a_file_that_went_to_quarantine_is_still_missing(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    store.create("landing/tiny/w1/units/u.csv", b"unit_id,parent_id,name\nU,V,Fjord\n")
    assert receive(store, KEY, Landed("landing/tiny/w1/units/u.csv")).state == "quarantined"
    assert "units" in [one.what for one in watch(store, date(2026, 8, 1)).missing]


RHYTHM = SURVEY + '[rhythm]\nevery = "month"\npublished_within_days = 7\n'


def test_a_wave_is_late_when_it_was_promised_by_yesterday(tmp_path: Path) -> None:
    store = workspace(tmp_path, RHYTHM)
    assert watch(store, date(2026, 9, 7)).late == ()
    assert watch(store, date(2026, 9, 8)).late == (Entry("tiny", "w1", "publication", "2026-09-07"),)
    publish(store, "w1")
    assert watch(store, date(2026, 9, 8)).late == ()


def test_without_a_rhythm_nothing_was_promised(tmp_path: Path) -> None:
    assert watch(workspace(tmp_path), date(2027, 9, 8)).late == ()


def test_the_next_wave_of_a_rhythm_is_missing_from_the_survey_file_once_it_should_have_opened(tmp_path: Path) -> None:
    store = workspace(tmp_path, RHYTHM)  # the last opens on 2026-09-01
    expected = Entry("tiny", "", "a wave after w2, in survey.toml", "2026-10-01")
    assert expected not in watch(store, date(2026, 10, 1)).missing
    assert expected in watch(store, date(2026, 10, 2)).missing


@pytest.mark.parametrize(
    ("every", "opens", "next_one"),
    [
        ("week", date(2026, 12, 28), date(2027, 1, 4)),
        ("fortnight", date(2026, 8, 3), date(2026, 8, 17)),
        ("month", date(2026, 1, 31), date(2026, 2, 28)),
        ("month", date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 11, 30), date(2027, 2, 28)),
        ("half-year", date(2026, 8, 31), date(2027, 2, 28)),
        ("year", date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_when_the_next_wave_opens(every: str, opens: date, next_one: date) -> None:
    assert following(opens, Rhythm(every=every)) == next_one  # type: ignore[arg-type]  # parametrised


def test_open_actions_past_their_day_are_overdue_and_named_without_their_text(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    store.create("landing/tiny/w1/actions/a.csv", ACTIONS.encode())
    receive(store, KEY, Landed("landing/tiny/w1/actions/a.csv"))
    assert watch(store, date(2026, 9, 10)).overdue == (Entry("tiny", "w1", "action A2 of unit U", "2026-09-09"),)
    assert [one.what for one in watch(store, date(2026, 9, 11)).overdue] == [
        "action A1 of unit U",
        "action A2 of unit U",
    ]


def test_the_last_wave_that_has_an_actions_file_says_how_actions_stand(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    for wave, text in (("w1", ACTIONS), ("w2", ACTIONS.replace("open", "done"))):
        store.create(f"landing/tiny/{wave}/actions/a.csv", text.encode())
        receive(store, KEY, Landed(f"landing/tiny/{wave}/actions/a.csv"))
    assert watch(store, date(2027, 1, 1)).overdue == ()


def test_a_broken_survey_file_is_told_and_hides_no_other_survey(tmp_path: Path) -> None:
    store = workspace(tmp_path)
    store.create("config/broken/survey.toml", b"id = 7")
    receive_all(store, "w1", "units", "people", "responses")
    seen = watch(store, date(2026, 9, 1))
    assert [(one.survey, one.wave) for one in seen.invalid] == [("broken", "")]
    assert "config/broken/survey.toml" in seen.invalid[0].what
    assert [one.survey for one in seen.due] == ["tiny"]


def test_looking_changes_nothing(tmp_path: Path) -> None:
    store = workspace(tmp_path, RHYTHM)
    receive_all(store, "w1", "units", "people", "responses")
    before = {one.key: store.read(one.key).data for zone in ("config", "ledger", "landing") for one in store.keys(zone)}
    watch(store, date(2026, 9, 20))
    after = {one.key: store.read(one.key).data for zone in ("config", "ledger", "landing") for one in store.keys(zone)}
    assert before == after
    assert list(before)
