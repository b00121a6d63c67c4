"""Taking back: readers see the release before or none, and whatever comes after is audited with what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from judged_waves import CODE, Watched, content, copied, judged, overwrite, received
from test_publish_again import LATE, push, row

from pipeline import history, ledger
from pipeline.cli import run as pulsverk
from pipeline.errors import Refused, RunRefused
from pipeline.prune import prune
from pipeline.publish import Publication, publish
from pipeline.published import current, verify_files
from pipeline.release import of_wave
from pipeline.retract import retract
from pipeline.verification import verify

if TYPE_CHECKING:
    from pipeline.store import FolderStore, Store


def give(store: Store, wave: str) -> Publication:
    return publish(store, "tiny", wave, judged(store, wave), code_version=CODE)


def take(store: Store, release: str) -> object:
    return retract(store, "tiny", release, by="kari", why="the wrong people file")


class Both:
    """A workspace in which both waves are published."""

    def __init__(self, root: Path) -> None:
        self.store = received(root)
        self.first, self.second = (give(self.store, wave).release for wave in ("w1", "w2"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("both"))


@pytest.fixture
def store(both: Both, tmp_path: Path) -> FolderStore:
    return copied(both.store, tmp_path / "work")


def force(store: Store) -> str | None:
    now = current(store, "tiny")
    return now.release if now else None


def test_readers_are_given_the_release_before_and_the_other_is_not_served(store: FolderStore, both: Both) -> None:
    private = content(store, f"ledger/releases/tiny/{both.second}/")
    assert take(store, both.second) == take_of((both.second,), both.first)
    assert force(store) == both.first
    assert verify_files(store, "tiny", both.first) == ()
    assert not content(store, f"published/tiny/releases/{both.second}/")
    (record,) = ledger.retractions(store, "tiny")
    assert (record.release, record.wave, record.back_to, record.by) == (both.second, "w2", both.first, "kari")
    assert private.items() <= content(store, f"ledger/releases/tiny/{both.second}/").items()
    assert ledger.release(store, "tiny", both.second) is not None


def take_of(releases: tuple[str, ...], back_to: str | None, *, unchanged: bool = False) -> object:
    from pipeline.retract import Retraction  # noqa: PLC0415 - for this alone

    return Retraction(releases, back_to, unchanged)


def test_what_was_built_on_a_release_goes_with_it_and_then_there_is_none(store: FolderStore, both: Both) -> None:
    assert take(store, both.first) == take_of((both.first, both.second), None)
    assert force(store) is None
    assert json.loads(store.read("published/tiny/current.json").data)["release"] is None
    assert not content(store, "published/tiny/releases/")
    assert [one.release for one in ledger.retractions(store, "tiny")] == [both.first, both.second]


def test_again_is_no_change(store: FolderStore, both: Both) -> None:
    take(store, both.second)
    before = content(store, "")
    assert take(store, both.second) == take_of((), both.first, unchanged=True)
    assert content(store, "") == before


def test_what_readers_do_not_see_cannot_be_taken_back_nor_anything_without_a_reason(
    store: FolderStore, both: Both
) -> None:
    with pytest.raises(RunRefused, match="is not what readers see"):
        take(store, "f" * 16)
    with pytest.raises(Refused, match="--why"):
        retract(store, "tiny", both.second, by="kari", why=" ")
    assert force(store) == both.second


def test_readers_are_not_given_a_release_that_is_not_as_published(store: FolderStore, both: Both) -> None:
    overwrite(store, f"published/tiny/releases/{both.first}/tables/waves.parquet", b"?")
    with pytest.raises(RunRefused, match="take that back as well"):
        take(store, both.second)
    assert force(store) == both.second


def test_a_publication_meanwhile_wins_and_nothing_is_lost(store: FolderStore, both: Both) -> None:
    push(store, LATE)
    run = judged(store, "w1")

    class Racing(Watched):
        def before(self, verb: str, key: str) -> None:
            super().before(verb, key)
            if verb == "replace":
                publish(self.inner, "tiny", "w1", run, code_version=CODE)

    with pytest.raises(RunRefused, match="do it again"):
        take(Racing(store), both.second)
    third = force(store)
    assert third not in {both.first, both.second}
    assert verify_files(store, "tiny", str(third)) == ()
    assert verify(store, "tiny", str(third)).good
    taken = retract(store, "tiny", both.second, by="kari", why="as above")
    assert (taken.releases, taken.back_to) == ((both.second, third), both.first)


@pytest.mark.parametrize("wave", ["w1", "w2"])
def test_a_release_that_loses_to_a_retraction_leaves_nothing(store: FolderStore, both: Both, wave: str) -> None:
    push(store, LATE)
    run = judged(store, "w1")

    class Racing(Watched):
        def before(self, verb: str, key: str) -> None:
            super().before(verb, key)
            if verb == "replace" and key.endswith("current.json"):
                take(self.inner, both.first if wave == "w1" else both.second)

    with pytest.raises(RunRefused, match="taken back"):
        publish(Racing(store), "tiny", "w1", run, code_version=CODE)
    there = {key.split("/")[3] for key in content(store, "published/tiny/releases/")}
    assert there == (set() if wave == "w1" else {both.first})


def test_every_call_may_fail_once_and_doing_it_again_completes(both: Both, tmp_path: Path) -> None:
    class Lost(Exception):  # noqa: N818 - a connection is lost
        pass

    class Failing(Watched):
        def __init__(self, inner: Store, at: int) -> None:
            super().__init__(inner)
            self.at = at

        def before(self, verb: str, key: str) -> None:
            super().before(verb, key)
            if len(self.calls) == self.at:
                raise Lost

    clean = copied(both.store, tmp_path / "clean")
    watched = Watched(clean)
    take(watched, both.second)
    calls = [at for at, (verb, _) in enumerate(watched.calls, start=1) if verb not in {"read", "keys"}]
    for at in calls:
        store = copied(both.store, tmp_path / str(at))
        with pytest.raises(Lost):
            take(Failing(store, at), both.second)
        now = force(store)
        assert now in {both.first, both.second}
        assert verify_files(store, "tiny", str(now)) == ()
        take(store, both.second)
        assert content(store, "") == content(clean, "")


def test_the_wave_is_published_again_together_with_what_was_taken_back(store: FolderStore, both: Both) -> None:
    before = content(store, f"published/tiny/releases/{both.first}/")
    facts = history.stated(store, "tiny", both.first)
    take(store, both.first)
    assert history.stated(store, "tiny", both.first).equals(facts)
    push(store, LATE[:1])  # one more answer, which would tell what it was if both releases could be subtracted
    made = give(store, "w1")
    assert [one.release for one in history.disclosed(store, "tiny", "w1", current(store, "tiny"))] == [
        both.first,
        made.release,
    ]
    now = history.stated(store, "tiny", made.release)
    shown = [one for one in facts.to_pylist() if one["status"] == "F"]
    assert shown
    for one in shown:
        assert row(now, one["unit"], one["measure"], one["category"]) == one
    assert verify(store, "tiny", made.release, together=True).status == "verified"
    assert before.keys().isdisjoint(content(store, "published/"))
    second = give(store, "w2")
    assert [one.release for one in history.disclosed(store, "tiny", "w2", current(store, "tiny"))] == [
        both.second,
        second.release,
    ]
    assert set(of_wave(history.stated(store, "tiny", second.release), "w2")["status"].to_pylist()) >= {"F"}
    assert current(store, "tiny").chain == (made.release, second.release)  # type: ignore[union-attr]  # just published


def test_the_run_that_was_taken_back_cannot_publish_again(store: FolderStore, both: Both) -> None:
    (run,) = ledger.runs(store, "tiny", "w2")
    take(store, both.second)
    with pytest.raises(RunRefused, match="does not follow"):
        publish(store, "tiny", "w2", run.run, code_version=CODE)


def test_facts_that_were_kept_must_be_as_they_were(store: FolderStore, both: Both) -> None:
    take(store, both.second)
    key = f"ledger/releases/tiny/{both.second}/facts.parquet"
    overwrite(store, key, b"?")
    with pytest.raises(RunRefused, match="restores it"):
        history.stated(store, "tiny", both.second)
    store.delete(key)
    with pytest.raises(RunRefused, match="restores it"):
        history.stated(store, "tiny", both.second)


def test_verify_and_status_say_that_it_was_taken_back(
    store: FolderStore, both: Both, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["-W", str(store.root)]
    assert pulsverk(["retract", "current", *where, "--why", "the wrong people file", "--by", "kari"]) == 0
    assert f"readers see release {both.first} now" in capsys.readouterr().out
    (problem,) = verify(store, "tiny", both.second).problems
    assert problem == "it was taken back and is no longer served: the wrong people file"
    assert pulsverk(["status", *where, "--json"]) == 0
    (survey,) = json.loads(capsys.readouterr().out)["surveys"]
    assert [(one["release"], one["retracted"]) for one in survey["waves"]] == [(both.first, []), (None, [both.second])]
    assert pulsverk(["retract", both.second, *where, "--why", "x"]) == 0
    assert "before" in capsys.readouterr().out
    assert pulsverk(["status", *where]) == 0
    assert pulsverk(["retract", "current", *where]) == 2


def test_pruning_takes_candidates_and_leftovers_and_nothing_that_is_needed(
    store: FolderStore, both: Both, capsys: pytest.CaptureFixture[str]
) -> None:
    push(store, LATE)
    run = judged(store, "w1")
    leftover = f"published/tiny/releases/{both.second}/tables/facts.parquet"
    data = store.read(leftover).data
    take(store, both.second)
    store.create(leftover, data)
    before = content(store, "")
    assert prune(store, "tiny", dry_run=True).keys
    assert content(store, "") == before
    assert prune(store, "tiny", keep=[run], dry_run=True).keys == (leftover,)
    assert pulsverk(["prune", "-W", str(store.root), "--keep", run, "--keep", "0123456789abcdeg"]) == 1
    told, _, named = capsys.readouterr().err.partition("nothing of run 0123456789abcdeg; whoever prunes names runs to ")
    assert told
    assert run in named  # they stand in the order of their ids, which change with the code
    assert content(store, "") == before
    assert pulsverk(["prune", "-W", str(store.root)]) == 0
    assert "1 of releases taken back" in capsys.readouterr().out
    gone = before.keys() - content(store, "").keys()
    assert {key.split("/")[0] for key in gone} == {"candidate", "identities", "published"}
    assert verify(store, "tiny", both.first, together=True).status == "verified"
    give(store, "w1")
    give(store, "w2")
    assert not prune(store, "tiny").keys
