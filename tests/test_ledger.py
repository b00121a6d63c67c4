"""Records are written once and read back; what counts for a wave is decided by them alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_survey import INSTRUMENT, SURVEY, tiny

from pipeline import ledger
from pipeline.errors import RunRefused, SurveyInvalid
from pipeline.ledger import FileRecord, ReleaseRecord, RunRecord, WaveRecord
from pipeline.store import FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def record(name: str = "a.csv", **changes: object) -> FileRecord:
    fields: dict[str, object] = {
        "key": f"landing/tiny/w1/people/{name}", "version": "", "sha256": "aa", "size": 3, "kind": "people",
        "state": "accepted", "accounts": {"records": 2}, "reasons": {}, "message": "", "survey": "tiny", "wave": "w1",
        "id": ledger.file_id("", name, ""), "landed_at": "2026-08-01T10:00:00Z",
    }  # fmt: skip
    return FileRecord(**{**fields, **changes})  # type: ignore[arg-type]  # its own fields


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("landing/tiny/w1/responses/a b+c æ 100 %.csv", ledger.Address("tiny", "w1", "responses")),
        ("landing/tiny/w1/units/=cmd.csv", ledger.Address("tiny", "w1", "units")),
        ("landing/tiny/w1/secrets/a.csv", None),
        ("landing/tiny/w1/responses/", None),
        ("landing/tiny/w1/responses/..", None),
        ("landing/tiny/../responses/a.csv", None),
        ("landing/../w1/responses/a.csv", None),
        ("landing/tiny/w1/responses/x/a.csv", None),
        ("landing/tiny/w1/responses/a\nb.csv", None),
        ("landing/tiny/w1/responses/a\u202ecsv.exe", None),
        ("landing/tiny/w1/responses/a\\b.csv", None),
        ("landing/tiny/w1/responses/a\0.csv", None),
        ("landing/tiny/w1/responses/a\ud800.csv", None),
        ("landing/tiny/w1/responses/%2e%2e%2fa.csv", None),
        ("landing/tiny/w1/responses/%00", None),
        ("landing/Tiny/w1/responses/a.csv", None),
        ("landing/tiny/W1/responses/a.csv", None),
        ("landing/" + "t" * 41 + "/w1/responses/a.csv", None),
        ("landing/tiny/w1/responses/" + "a" * 255, ledger.Address("tiny", "w1", "responses")),
        ("landing/tiny/w1/responses/" + "a" * 256, None),
        ("landing/tiny/w1/responses/" + "æ" * 128, None),
        ("config/tiny/survey.toml", None),
        ("", None),
        ("a" * 1024, None),
    ],
)
def test_what_a_key_says(key: str, expected: ledger.Address | None) -> None:
    assert ledger.address(key) == expected
    assert len(ledger.file_id("bucket", key, "1")) == 32


def test_an_id_is_of_one_version_in_one_bucket() -> None:
    ids = {ledger.file_id(*one) for one in [("b", "k", "1"), ("b", "k", "2"), ("", "k", "1"), ("b", "k2", "1")]}
    assert len(ids) == 4


def test_a_record_is_written_once(store: FolderStore) -> None:
    assert ledger.record_file(store, record()) == record()
    assert ledger.record_file(store, record(message="another")) == record()
    assert ledger.file(store, "tiny", "w1", record().id) == record()
    assert ledger.file(store, "tiny", "w2", record().id) is None


def test_of_several_attempts_the_last_is_the_record(store: FolderStore) -> None:
    for attempt in (1, 2, 10):
        ledger.record_file(store, record(attempt=attempt, message=str(attempt)))
    ledger.record_file(store, record("b.csv", landed_at="2026-07-31T10:00:00+02:00"))
    assert [(one.key[-5:], one.attempt) for one in ledger.files(store, "tiny", "w1")] == [("b.csv", 1), ("a.csv", 10)]
    found = ledger.file(store, "tiny", "w1", record().id)
    assert found is not None
    assert found.message == "10"


def test_what_is_not_a_record_is_passed_over(store: FolderStore) -> None:
    store.create("ledger/files/tiny/w1/readme.txt", b"x")
    assert ledger.files(store, "tiny", "w1") == ()


def test_a_record_has_the_same_bytes_each_time() -> None:
    assert ledger.to_json(record(accounts={"b": 1, "a": 2})) == ledger.to_json(record(accounts={"a": 2, "b": 1}))


def test_the_roster_that_landed_last_counts(store: FolderStore) -> None:
    assert ledger.current(store, "tiny", "w1", "people") is None
    landed = {
        "aa": "2026-08-01T10:00:00Z",
        "bb": "2026-08-01T10:00:00.5Z",  # the latest of those with a table
        "cc": "2026-08-01T11:00:00+02:00",
        "dd": "",
        "ee": "2026-08-01T09:00:00",
    }
    for sha, at in landed.items():
        ledger.record_file(store, record(f"{sha}.csv", sha256=sha, landed_at=at))
        ledger.keep_table(store, ledger.table_base("tiny", "w1", "people", sha), sha.encode())
    ledger.record_file(store, record("ff.csv", sha256="ff", landed_at="2026-08-02", state="quarantined"))
    ledger.record_file(store, record("gg.csv", sha256="gg", landed_at="2026-08-02"))  # nobody is left in its table
    ledger.record_file(store, record("hh.csv", sha256="hh", landed_at="2026-08-02", kind="units"))
    assert ledger.current(store, "tiny", "w1", "people") == "organisation/survey=tiny/wave=w1/people/bb.parquet"


def test_an_earlier_roster_pushed_again_counts_again(store: FolderStore) -> None:
    for name, sha, at, state in [
        ("1", "aa", "01", "accepted"),
        ("2", "bb", "02", "accepted"),
        ("3", "aa", "03", "duplicate"),
    ]:
        ledger.record_file(store, record(name, sha256=sha, landed_at=f"2026-08-{at}", state=state))
        ledger.keep_table(store, ledger.table_base("tiny", "w1", "people", sha), sha.encode())
    assert ledger.current(store, "tiny", "w1", "people") == "organisation/survey=tiny/wave=w1/people/aa.parquet"


def test_at_the_same_time_the_higher_hash_counts(store: FolderStore) -> None:
    for sha in ("bb", "cc", "aa"):
        ledger.record_file(store, record(sha, sha256=sha))
        ledger.keep_table(store, ledger.table_base("tiny", "w1", "people", sha), sha.encode())
    assert ledger.current(store, "tiny", "w1", "people") == "organisation/survey=tiny/wave=w1/people/cc.parquet"


def test_other_content_gets_another_key_and_the_old_is_gone(store: FolderStore) -> None:
    base = ledger.table_base("tiny", "w1", "responses", "aa")
    keys = lambda: [one.key for one in store.keys("responses/")]  # noqa: E731 - a picture of the store
    ledger.keep_table(store, base, b"one")
    ledger.keep_table(store, base, b"one")
    assert keys() == ["responses/survey=tiny/wave=w1/aa.parquet"]
    ledger.keep_table(store, base, b"two")
    ledger.keep_table(store, base, b"two")
    assert [len(key) for key in keys()] == [len(f"{base}.{'0' * 16}.parquet")]
    ledger.keep_table(store, base, None)
    assert keys() == []


def test_a_table_that_was_not_taken_away_yet_does_not_count(store: FolderStore) -> None:
    base = ledger.table_base("tiny", "w1", "people", "aa")
    ledger.record_file(store, record())
    store.create(f"{base}.parquet", b"with the person")
    store.create(f"{base}.0123456789abcdef.parquet", b"without")
    assert ledger.current(store, "tiny", "w1", "people") == f"{base}.0123456789abcdef.parquet"
    store.create(f"{base}.abcdef0123456789.parquet", b"without another")
    with pytest.raises(RunRefused, match="rewritten halfway, twice"):
        ledger.current(store, "tiny", "w1", "people")


def run(**changes: object) -> RunRecord:
    fields = {
        "survey": "tiny",
        "wave": "w1",
        "run": "r1",
        "state": "refused",
        "message": "no roster",
        "code_version": "1",
    }
    return RunRecord(**{**fields, **changes})  # type: ignore[arg-type]  # its own fields


def test_a_run_that_ends_differently_is_recorded_beside(store: FolderStore) -> None:
    assert ledger.record_run(store, run()) == run()
    assert ledger.record_run(store, run()) == run()
    second = ledger.record_run(store, run(state="published", release="x", inputs=("a", "b")))
    assert second.attempt == 2
    assert ledger.record_run(store, run(state="published", release="x", inputs=("a", "b"))) == second
    ledger.record_run(store, run(run="r2"))
    assert [(one.run, one.attempt) for one in ledger.runs(store, "tiny", "w1")] == [("r1", 2), ("r2", 1)]


def test_releases_are_recorded_once(store: FolderStore) -> None:
    release = ReleaseRecord("tiny", "abc", "w1", "r1", "", "1")
    assert ledger.record_release(store, release) == release
    assert ledger.record_release(store, ReleaseRecord("tiny", "abc", "w1", "r2", "", "1")) == release
    assert ledger.releases(store, "tiny") == (release,)


def test_erasures_are_known_by_their_keys(store: FolderStore) -> None:
    ledger.record_erasure(store, ledger.ErasureRecord("tiny", "0" * 32, "k1"))
    assert ledger.erased(store, "tiny") == {"0" * 32}
    assert ledger.erased(store, "other") == frozenset()


def test_a_wave_keeps_the_minimum_it_was_opened_with(store: FolderStore) -> None:
    assert ledger.wave(store, "tiny", "w1") is None
    frozen = ledger.freeze_wave(store, tiny(), "w1", "k1")
    assert frozen == WaveRecord("tiny", "w1", tiny().sha256, 5, 10, "k1") == ledger.wave(store, "tiny", "w1")
    higher = tiny(SURVEY.replace("mean = 5", "mean = 6"))
    assert ledger.freeze_wave(store, higher, "w1", "k1") == frozen
    for lower in (SURVEY.replace("mean = 5", "mean = 4"), SURVEY.replace("distribution = 10", "distribution = 9")):
        with pytest.raises(SurveyInvalid, match=r"wave w1 was opened with mean = 5, distribution = 10"):
            ledger.freeze_wave(store, tiny(lower), "w1", "k1")
    ledger.hold(tiny(SURVEY.replace("mean = 5", "mean = 4")), None)


def test_a_survey_with_its_instrument_beside_it(store: FolderStore) -> None:
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    store.create("config/tiny/notes.txt", b"\xff")
    assert ledger.survey(store, "tiny") == tiny()


@pytest.mark.parametrize(
    ("survey_id", "files", "says"),
    [
        ("tiny", {}, "there is no survey 'tiny'; its owner puts the survey file at config/tiny/survey.toml"),
        ("../x", {}, "'../x' is no id of a survey"),
        ("tiny", {"survey.toml": b"id ="}, "config/tiny/survey.toml: "),
        ("tiny", {"survey.toml": b"\xff"}, "config/tiny/survey.toml: it is not in UTF-8"),
        ("other", {"survey.toml": SURVEY.encode(), "tiny.toml": INSTRUMENT.encode()}, "config/other/survey.toml: id"),
    ],
)  # fmt: skip
def test_a_survey_that_cannot_be_used(store: FolderStore, survey_id: str, files: dict[str, bytes], says: str) -> None:
    for name, data in files.items():
        store.create(f"config/{survey_id}/{name}", data)
    with pytest.raises(SurveyInvalid) as caught:
        ledger.survey(store, survey_id)
    assert str(caught.value).startswith(says)
