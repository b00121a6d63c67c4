"""A published wave that is published again: late answers, corrections and erasures, together with what was said before.

In the tiny survey 22 people of A and 14 of B have answered; three more of B can still.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from judged_waves import CODE, content, copied, judged, overwrite, received
from tiny_survey import KEY, who
from tiny_wave import people

from pipeline import disclosure, history, ingest, ledger, parquet
from pipeline.aggregate import aggregate
from pipeline.disclosure import protect, readmit
from pipeline.erase import erase
from pipeline.errors import RunRefused
from pipeline.explanation import Cell, to_operator, to_reader
from pipeline.publish import Publication, publish
from pipeline.published import current, tables_of, verify_files
from pipeline.release import of_wave
from pipeline.verification import verify

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.store import FolderStore

LATE = [f"{one[0]},2026-08-30T12:00:00Z,4,2,9\n" for one in people()[36:39]]
CORRECTED = [f"{one[0]},2026-08-30T12:00:00Z,{1 + n % 5},{1 + n % 4},{n}\n" for n, one in enumerate(people()[:9])]


def give(store: FolderStore, wave: str = "w1") -> Publication:
    return publish(store, "tiny", wave, judged(store, wave), code_version=CODE)


def push(store: FolderStore, lines: list[str], name: str = "late.csv") -> None:
    key = f"landing/tiny/w1/responses/{name}"
    store.create(key, ("person,sent,Q1,Q2,Q3\n" + "".join(lines)).encode())
    ingest.receive(store, KEY, ingest.Landed(key))


def facts(store: FolderStore, release: str, wave: str = "w1") -> pa.Table:
    return of_wave(tables_of(store, "tiny", release)["facts"], wave)


def row(table: pa.Table, unit: str, measure: str = "safety", category: str = "all") -> dict[str, Any]:
    (found,) = (
        one for one in table.to_pylist() if (one["unit"], one["measure"], one["category"]) == (unit, measure, category)
    )
    return found


def stayed(before: pa.Table, after: pa.Table) -> bool:
    """Every figure that was stated before is stated as it was."""
    pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
    return all(one == other for one, other in pairs if one["status"] == "F")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, str]:
    root = tmp_path_factory.mktemp("again")
    store = received(root)
    return store, give(store).release


@pytest.fixture
def store(published: tuple[FolderStore, str], tmp_path: Path) -> FolderStore:
    return copied(published[0], tmp_path / "work")


@pytest.fixture
def first(published: tuple[FolderStore, str]) -> str:
    return published[1]


def test_three_late_answers_are_counted_and_every_row_that_they_would_show_in_stays(
    store: FolderStore, first: str
) -> None:
    assert (row(facts(store, first), "B")["answered"], row(facts(store, first), "U")["answered"]) == (14, 36)
    push(store, LATE)
    assert aggregate(store, "tiny", "w1", code_version=CODE).respondents == 39
    made = give(store)
    assert made.release != first
    # 14 + 3 of B and 36 + 3 in all: three people are fewer than five.
    assert stayed(facts(store, first), facts(store, made.release))
    assert not verify_files(store, "tiny", made.release)


def test_where_nine_corrected_their_answers_the_figures_are_new_and_elsewhere_they_stay(
    store: FolderStore, first: str
) -> None:
    push(store, CORRECTED)
    made = give(store)
    before, after = facts(store, first), facts(store, made.release)
    for unit in ("A", "U"):
        assert row(after, unit)["mean"] != row(before, unit)["mean"]
    assert row(after, "B")["mean"] == row(before, "B")["mean"]


def test_where_nine_of_one_unit_and_three_of_another_would_be_new_one_of_the_figures_stays(
    store: FolderStore, first: str
) -> None:
    push(store, [*CORRECTED, *LATE])
    made = give(store)
    before, after = facts(store, first), facts(store, made.release)
    new = {unit for unit in ("A", "B", "U") if row(after, unit)["mean"] != row(before, unit)["mean"]}
    # All of U less all of A, in both releases, would be the three who came late.
    assert new in ({"A"}, {"U"})


def test_the_manifest_says_what_is_superseded_and_the_ledger_keeps_every_release(
    store: FolderStore, first: str
) -> None:
    push(store, LATE)
    second = give(store).release
    push(store, CORRECTED, "corrected.csv")
    third = give(store).release
    now = current(store, "tiny")
    assert now is not None
    (wave,) = now.manifest["waves"]
    assert (wave["supersedes"], wave["base"], wave["inputs"]["supersedes"]) == (second, second, [first, second])
    assert [one["release"] for one in now.manifest["published"]] == [first, second]
    assert now.chain == (first, second, third)
    assert now.holds("w1") == (wave["run"], third)
    past = history.past(store, "tiny", now.chain)
    assert [len(one.members) - one.members["response_rate"].null_count for one in past] == [36, 39, 39]
    assert past[1].kept.num_rows > 0
    # Everybody has one number in all releases, whether they have answered yet or not.
    assert len({frozenset(one.members["respondent"].to_pylist()) for one in past}) == 1


def test_the_same_inputs_again_are_the_same_release(store: FolderStore, tmp_path: Path) -> None:
    push(store, [*CORRECTED, *LATE])
    other = copied(store, tmp_path / "other")
    made, before = give(store), content(store)
    assert give(other).release == made.release
    assert content(other) == before
    again = give(store)
    assert (again.release, again.unchanged) == (made.release, True)
    assert content(store) == before
    assert not content(store, "candidate/")


def test_a_later_wave_keeps_its_rows_and_can_still_be_made_again(store: FolderStore, first: str) -> None:
    second = give(store, "w2").release
    push(store, CORRECTED)
    third = give(store).release
    now = current(store, "tiny")
    assert now is not None
    assert now.chain == (first, second, third)
    assert facts(store, third, "w2").equals(facts(store, second, "w2"))
    assert not facts(store, third).equals(facts(store, first))
    again = give(store, "w2")
    assert (again.release, again.unchanged) == (second, True)
    assert current(store, "tiny") == now


def test_a_wave_published_meanwhile_stops_the_publication(store: FolderStore) -> None:
    push(store, LATE)
    run = judged(store, "w1")
    other = judged(store, "w2")
    publish(store, "tiny", "w2", other, code_version=CODE)
    with pytest.raises(RunRefused, match="aggregate the wave again"):
        publish(store, "tiny", "w1", run, code_version=CODE)
    assert give(store).unchanged is False


@pytest.mark.parametrize("name", ["cells", "members", "protected", "kept", "units"])
def test_without_a_private_table_of_a_release_nothing_is_published_after_it(
    store: FolderStore, first: str, name: str
) -> None:
    push(store, LATE)
    run = judged(store, "w1")
    key = f"ledger/releases/tiny/{first}/{name}.parquet"
    overwrite(store, key, store.read(key).data + b".")
    for _ in range(2):
        with pytest.raises(RunRefused, match=f"whoever keeps the store restores {key}"):
            aggregate(store, "tiny", "w1", code_version="2")
        with pytest.raises(RunRefused, match=f"whoever keeps the store restores {key}"):
            publish(store, "tiny", "w1", run, code_version=CODE)
        store.delete(key)


def test_nor_without_knowing_whose_the_numbers_are(store: FolderStore) -> None:
    push(store, LATE)
    (key,) = content(store, "identities/")
    kept = store.read(key).data
    store.delete(key)
    with pytest.raises(RunRefused, match=f"whoever keeps the store restores {key}"):
        aggregate(store, "tiny", "w1", code_version=CODE)
    store.create(key, kept)
    run = judged(store, "w1")
    store.delete(f"identities/tiny/w1/{run}.parquet")
    with pytest.raises(RunRefused, match="aggregate the wave again"):
        publish(store, "tiny", "w1", run, code_version=CODE)


def test_whoever_is_erased_leaves_a_number_that_is_nobody_s(store: FolderStore, first: str) -> None:
    erase(store, KEY, "tiny", "kari3@fjord.no")
    (key,) = content(store, "identities/")
    assert who("kari3@fjord.no") not in parquet.from_bytes(store.read(key).data)["respondent"].to_pylist()
    made = give(store)
    before, after = history.past(store, "tiny", (first, made.release))
    numbers = [set(one.members["respondent"].to_pylist()) for one in (before, after)]
    assert len(numbers[0] - numbers[1]) == 1
    assert not numbers[1] - numbers[0]
    # One of A is gone, so that everything they were in stays as it was.
    assert stayed(facts(store, first), facts(store, made.release))


def test_a_number_of_somebody_erased_is_not_given_again(store: FolderStore, first: str) -> None:
    for one in people()[:36]:
        erase(store, KEY, "tiny", one[0])
    push(store, LATE)
    made = aggregate(store, "tiny", "w1", code_version=CODE)
    members = parquet.from_bytes(store.read(f"candidate/tiny/w1/{made.run}/members.parquet").data)
    (before,) = history.past(store, "tiny", [first])
    erased = {row["respondent"] for row in before.members.to_pylist() if row["response_rate"] is not None}
    assert len(erased) == 36
    assert len(members) == 4
    assert not set(members["respondent"].to_pylist()) & erased


def test_only_what_was_published_is_remembered(store: FolderStore) -> None:
    push(store, LATE)
    aggregate(store, "tiny", "w1", code_version="never published")
    made = give(store)
    now = current(store, "tiny")
    assert now is not None
    assert set(content(store, "identities/")) == {
        history.identities_key("tiny", "w1", one.run) for one in now.published
    }
    assert made.release == now.release


def test_a_wave_that_was_published_again_verifies_alone_and_together_with_its_past(store: FolderStore) -> None:
    push(store, [*CORRECTED, *LATE])
    made = give(store).release
    for together in (False, True):
        done = verify(store, "tiny", made, together=together)
        assert done.status == "verified"
        assert ("nor can anybody be found in its 2 releases together" in done.waves[0].words) == together


def test_releases_of_which_one_was_made_without_the_other_do_not_verify_together(
    store: FolderStore, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(store, LATE)
    with monkeypatch.context() as blind:
        blind.setattr(disclosure, "protect", lambda *given: protect(*given[:5]))
        blind.setattr(disclosure, "readmit", lambda table, basis, _: readmit(table, replace(basis, past=())))
        made = give(store).release
    assert row(facts(store, made), "B")["answered"] == 17
    assert verify(store, "tiny", made).status == "verified"
    (wave,) = verify(store, "tiny", made, together=True).waves
    assert wave.state == "leak"
    assert "by its 2 releases together" in wave.words
    assert any(f"{first}: B all=all" in one and f"{made}: B all=all" in one for one in wave.certificates)


def test_a_row_that_should_have_stayed_and_did_not_is_found(store: FolderStore, first: str) -> None:
    push(store, LATE)
    made = give(store).release
    key = f"ledger/releases/tiny/{made}/kept.parquet"
    overwrite(store, key, parquet.to_bytes(parquet.from_bytes(store.read(key).data).slice(1)))
    (wave,) = verify(store, "tiny", made).waves
    assert wave.state == "unexplained"
    assert f"restores {key}" in wave.words
    assert verify(store, "tiny", first).status == "verified"


def test_the_operator_is_told_which_figures_stay_and_a_reader_is_not(store: FolderStore) -> None:
    push(store, LATE)
    give(store)
    survey = ledger.survey(store, "tiny")
    told = {unit: to_operator(store, survey, "w1", Cell(unit, measure="safety"))[0] for unit in ("A", "B")}
    assert (told["B"].status, told["B"].counts["answered"]) == ("shown", 17)
    assert "stays as it was published before" in told["B"].why
    assert told["A"].why == "nothing speaks against it"
    assert to_reader(store, survey, "w1", Cell("B"))[0].why == to_reader(store, survey, "w1", Cell("A"))[0].why


def test_the_record_of_a_release_names_its_private_tables(store: FolderStore, first: str) -> None:
    record = ledger.release(store, "tiny", first)
    assert record is not None
    assert set(record.rows) == set(history.KEPT)
    assert [one.release for one in ledger.releases(store, "tiny")] == [first]
    assert json.loads(store.read(f"ledger/releases/tiny/{first}.json").data)["rows"] == dict(record.rows)
