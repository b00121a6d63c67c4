"""Keys come and go, and whoever answered is the same person throughout: in pairs, in counts and in erasures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from attack.villages import examples
from hypothesis import given
from hypothesis import strategies as st
from redriving import SIGNED
from tiny_survey import INSTRUMENT, KEY, SURVEY

from pipeline import fingerprints, ledger, links, parquet
from pipeline.erase import Erasure, erase
from pipeline.errors import Refused, StoreConflict
from pipeline.ingest import Landed, receive
from pipeline.keyring import KeyMissing, Keyring
from pipeline.linking import link
from pipeline.pseudonyms import PseudonymKey, pseudonym
from pipeline.redrive import of_wave, redrive
from pipeline.rotation import retire, rotate, standing
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "person,sent,Q1,Q2,Q3\n"
ROSTER = "person_id,unit_id,kjonn\n"
LED = "person_id,manager_id,unit_name,kjonn\n"
BEFORE, BETWEEN, AFTER = date(2026, 8, 15), date(2026, 9, 1), date(2027, 1, 1)
THREE = SURVEY + SURVEY[SURVEY.rindex("[[wave]]") :].replace("w2", "w3").replace("2026-09", "2026-10")
WAVES = ("w1", "w2", "w3")
NEW = tuple(PseudonymKey(f"k{n}", f"secret number {n}, long enough".encode()) for n in range(2, 9))


@dataclass
class Held:
    """A ring in memory."""

    ring: Keyring

    def read(self) -> Keyring:
        """See Holder."""
        return self.ring

    def replace(self, before: Keyring, after: Keyring) -> None:
        """See Holder."""
        if before != self.ring:
            raise StoreConflict
        self.ring = after


@dataclass
class Work:
    """A workspace and its keys."""

    store: FolderStore
    held: Held = field(default_factory=lambda: Held(Keyring((KEY,))))

    def push(self, wave: str, name: str, text: str, kind: str = "responses") -> ledger.FileRecord:
        """Pushes a file, and has it received."""
        key = f"landing/tiny/{wave}/{kind}/{name}"
        self.store.create(key, text.encode())
        return receive(self.store, self.held.ring, Landed(key, landed_at=f"2026-09-{len(text) % 28 + 1:02}T10:00:00Z"))

    def rotate(self, new: PseudonymKey = NEW[0], today: date = BETWEEN) -> int:
        """Rotates; how many were linked."""
        return rotate(self.store, self.held, new, today).linked

    def erase(self, person: str) -> Erasure:
        """Takes a person out."""
        return erase(self.store, self.held.ring, "tiny", person)

    def people(self, wave: str, kind: str = "responses") -> list[str]:
        """Who is in a wave, under the first key that they are known by."""
        zone = "responses/survey=tiny" if kind == "responses" else "organisation/survey=tiny"
        keys = [one.key for one in self.store.keys(f"{zone}/wave={wave}/") if kind == "responses" or kind in one.key]
        found = []
        for table in (parquet.from_bytes(self.store.read(key).data) for key in keys):
            (key_id,) = table["key_id"].unique().to_pylist()
            found += links.canonical(self.store, "tiny", table["respondent"].combine_chunks(), key_id).to_pylist()
        return sorted(found)

    def named(self, *among: str) -> list[str]:
        """Who of these has a fingerprint under the key of any people file."""
        tables = [
            parquet.from_bytes(self.store.read(one.key).data)
            for one in self.store.keys("organisation/survey=tiny/")
            if "/names/" in one.key
        ]
        kept = {whole for table in tables for whole in table["whole"].to_pylist()}
        keys = (KEY, *NEW)
        return [one for one in among if any(_whole(one, key) in kept for key in keys)]

    def key_ids(self, wave: str) -> set[str]:
        """The keys in the responses of a wave."""
        tables = [
            parquet.from_bytes(self.store.read(one.key).data)
            for one in self.store.keys(f"responses/survey=tiny/wave={wave}/")
        ]
        return {key_id for table in tables for key_id in table["key_id"].to_pylist()}

    def units(self, wave: str) -> set[str]:
        """The units of a wave."""
        key = ledger.current(self.store, "tiny", wave, "units")
        return set(parquet.from_bytes(self.store.read(str(key)).data)["unit"].to_pylist())


def _whole(person: str, key: PseudonymKey) -> bytes:
    (found,) = fingerprints.of([person], key, "tiny")["whole"].to_pylist()
    return bytes(found)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return made(tmp_path)


def made(root: Path) -> Work:
    store = FolderStore(root)
    store.create("config/tiny/survey.toml", THREE.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    return Work(store)


def answers(*people: str, day: str = "08-01", answer: int = 4) -> str:
    return HEAD + "".join(f"{one},2026-{day},{answer},4,7\n" for one in people)


def roster(*people: str) -> str:
    return ROSTER + "".join(f"{one},U1,f\n" for one in people)


def test_a_wave_stays_under_the_key_that_it_began_with_and_the_next_begins_under_the_new_one(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    work.rotate()
    work.push("w1", "b.csv", answers("p3"))
    work.push("w2", "c.csv", answers("p1", "p3"))
    assert (work.key_ids("w1"), work.key_ids("w2")) == ({"k1"}, {"k2"})
    assert [one.key_id for one in (ledger.wave(work.store, "tiny", wave) for wave in ("w1", "w2")) if one] == [
        "k1",
        "k2",
    ]
    p1, p2, p3 = (pseudonym(KEY, "tiny", one) for one in ("p1", "p2", "p3"))
    assert work.people("w1") == sorted([p1, p2, p3])
    assert work.people("w2") == sorted([p1, p3])


def test_people_are_still_paired_after_the_old_key_is_gone_in_waves_that_begin_then(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    assert work.rotate() == 2  # from landing: both are named there
    assert retire(work.store, work.held, "k1", BETWEEN).lost == {}
    work.push("w2", "b.csv", answers("p1", "new"))
    assert work.people("w2") == sorted([pseudonym(KEY, "tiny", "p1"), pseudonym(NEW[0], "tiny", "new")])


def test_chains_of_keys_are_followed_to_their_beginning(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    work.rotate(NEW[0])
    retire(work.store, work.held, "k1", BETWEEN)
    work.push("w2", "b.csv", answers("p1"))
    work.rotate(NEW[1])
    retire(work.store, work.held, "k2", AFTER)
    work.push("w3", "c.csv", answers("p1", "p2"))  # p2 was not in the wave of the key between
    assert work.people("w3") == work.people("w1")
    done = work.erase("p1")
    assert (done.responses, done.beyond) == (3, ())
    assert work.people("w1") == work.people("w3") == [pseudonym(KEY, "tiny", "p2")]


def test_a_key_is_kept_while_a_wave_under_it_is_open(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1"))
    work.rotate()
    with pytest.raises(Refused, match="tiny/w1 began under it and may still receive answers"):
        retire(work.store, work.held, "k1", BEFORE)
    assert work.held.ring.oldest == KEY


@pytest.mark.parametrize(("key_id", "words"), [("k1", "is the only key"), ("k7", "the oldest, k1; k7 is not")])
def test_only_the_oldest_of_several_keys_is_retired(work: Work, key_id: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        retire(work.store, work.held, key_id, AFTER)


def test_a_key_is_kept_while_people_are_not_linked_and_who_must_do_what_is_said(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    work.push("w1", "p.csv", roster("p1", "p2", "p3"), "people")
    work.store.delete("landing/tiny/w1/responses/a.csv")
    work.store.delete("landing/tiny/w1/people/p.csv")
    work.rotate()
    with pytest.raises(Refused, match=r"lost: 3 people of survey tiny.*keeps the organisation.*--losing 3"):
        retire(work.store, work.held, "k1", AFTER)
    work.push("w2", "p.csv", roster("p1", "p3"), "people")
    with pytest.raises(Refused, match=r"lost: 1 people of survey tiny"):
        retire(work.store, work.held, "k1", AFTER, losing=3)
    assert standing(work.store, work.held.ring, AFTER)[0].unlinked == {"tiny": 1}
    assert retire(work.store, work.held, "k1", AFTER, losing=1).lost == {"tiny": 1}
    assert work.erase("p2").beyond == ("k1",)
    assert work.erase("p1").beyond == ()
    assert work.people("w1") == [pseudonym(KEY, "tiny", "p2")]  # whom nobody can find


def test_more_than_there_are_cannot_be_given_up(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1"))
    work.rotate()
    with pytest.raises(Refused, match="nobody would be lost"):
        retire(work.store, work.held, "k1", AFTER, losing=1)


def test_who_was_erased_under_one_key_is_not_stored_under_another(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    work.erase("p1")
    work.store.delete("landing/tiny/w1/responses/a.csv")
    work.rotate()
    broken = "p1,2026-09-01,4\n"  # a record that cannot be divided, and names them nevertheless
    record = work.push("w2", "b.csv", answers("p1", "p2") + broken)
    assert (record.accounts["accepted"], record.accounts["tombstoned"], record.reasons) == (1, 2, {})
    assert work.push("w2", "p.csv", roster("p1", "p2"), "people").accounts["tombstoned"] == 1
    assert len(list(work.store.keys("ledger/erasures/"))) == 1
    assert link(work.store, work.held.ring) == 1  # the tombstone under the new key, from the file that names them again
    assert len(list(work.store.keys("ledger/erasures/"))) == 2
    work.push("w1", "late.csv", answers("p2"))
    retire(work.store, work.held, "k1", AFTER)
    assert work.push("w3", "c.csv", answers("p1", "p2")).accounts["tombstoned"] == 1


def test_the_fingerprints_of_whoever_is_erased_go_under_every_key(work: Work) -> None:
    work.push("w1", "p.csv", roster("p1", "p2"), "people")
    work.rotate(NEW[0])
    retire(work.store, work.held, "k1", AFTER)  # what it made is still there, and found without it
    work.push("w2", "p.csv", roster("p1", "p3"), "people")
    work.rotate(NEW[1])
    work.push("w3", "p.csv", roster("p1", "p3", "p4"), "people")
    assert work.named("p1", "p2", "p3", "p4") == ["p1", "p2", "p3", "p4"]
    work.erase("p1")
    assert work.named("p1", "p2", "p3", "p4") == ["p2", "p3", "p4"]
    work.push("w3", "again.csv", roster("p1", "p5"), "people")
    assert work.named("p1", "p5") == ["p5"]


def test_a_tombstone_that_only_the_old_key_finds_keeps_it(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1", "p2"))
    erase(work.store, work.held.ring, "tiny", "p1", remove_raw=True)
    work.rotate()
    work.push("w2", "b.csv", answers("p2"))
    with pytest.raises(Refused, match=r"1 erased people of survey tiny, .*asked for the erasures asks again"):
        retire(work.store, work.held, "k1", AFTER)
    work.erase("p1")
    retire(work.store, work.held, "k1", AFTER)
    assert work.push("w3", "c.csv", answers("p1", "p2")).accounts["tombstoned"] == 1
    assert len([one for one in ledger.tombstones(work.store, "tiny") if not one.of]) == 1


def test_units_are_called_the_same_whatever_key_a_wave_is_under(work: Work) -> None:
    tree = LED + "boss,,Top,f\nlead,boss,Left,m\np1,lead,,f\n"
    work.push("w1", "u.csv", tree, "units")
    work.push("w1", "p.csv", tree, "people")
    assert work.rotate() == 5  # three people, two leaders
    work.push("w2", "u.csv", tree + "more,boss,Right,f\np2,more,,m\n", "units")
    work.push("w2", "p.csv", tree + "more,boss,Right,f\np2,more,,m\n", "people")
    retire(work.store, work.held, "k1", AFTER)
    work.push("w3", "u.csv", tree + "more,boss,Right,f\np2,more,,f\n", "units")
    assert work.units("w1") < work.units("w2") == work.units("w3")


def test_units_whose_leaders_nobody_can_name_any_more_keep_the_key(work: Work) -> None:
    tree = LED + "boss,,Top,f\nlead,boss,Left,m\np1,lead,,f\n"
    work.push("w1", "u.csv", tree, "units")
    work.store.delete("landing/tiny/w1/units/u.csv")
    work.rotate()
    with pytest.raises(Refused, match="2 units of leaders of survey tiny"):
        retire(work.store, work.held, "k1", AFTER)
    retire(work.store, work.held, "k1", AFTER, losing=2)
    work.rotate(NEW[1])
    work.push("w2", "u.csv", tree, "units")
    assert len(work.units("w1") | work.units("w2")) == 4


def test_late_files_of_a_wave_whose_key_is_retired_are_set_aside_and_what_was_accepted_stays(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1") + "p2,2026-08-01,9,4,7\n")
    work.rotate()
    work.push("w2", "b.csv", answers("p1", "p2"))
    retire(work.store, work.held, "k1", AFTER)
    late = work.push("w1", "late.csv", answers("p3"))
    assert (late.state, late.reasons) == ("quarantined", {"key_retired": 1})
    assert "the sender pushes what came late under the next wave" in late.message
    led = work.push("w1", "u.csv", LED + "boss,,Top,f\np1,boss,,f\n", "units")
    assert led.reasons == {"key_retired": 1}
    assert work.push("w1", "v.csv", "unit_id,parent_id,name\nU1,,Top\n", "units").state == "accepted"  # names nobody
    done = redrive(work.store, work.held.ring, of_wave(work.store, "tiny", "w1"), SIGNED)
    assert [one.reason for one in done.left if one.record.kind == "responses"] == ["key_retired", "key_retired"]
    assert work.people("w1") == [pseudonym(KEY, "tiny", "p1")]


def test_a_key_that_is_only_missing_is_not_taken_for_retired(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1"))
    work.held.ring = Keyring((NEW[0],))
    with pytest.raises(KeyMissing, match="wave w1 of survey tiny began under the pseudonym key 'k1'"):
        work.push("w1", "b.csv", answers("p2"))
    with pytest.raises(KeyMissing):
        redrive(work.store, work.held.ring, of_wave(work.store, "tiny", "w1"), SIGNED)


def test_two_who_begin_a_wave_at_once_under_different_keys_do_not_mix_them(work: Work) -> None:
    both = Keyring((KEY, NEW[0]))
    work.store.create("landing/tiny/w1/responses/a.csv", answers("p1").encode())

    class Overtaken(FolderStore):
        def create(self, key: str, data: object) -> None:
            if key.startswith("ledger/waves/"):  # a function that has not heard of the rotation was quicker
                work.push("w1", "b.csv", answers("p2"))
            super().create(key, data)  # type: ignore[arg-type]  # handed on

    with pytest.raises(StoreConflict):
        receive(Overtaken(work.store.root), both, Landed("landing/tiny/w1/responses/a.csv"))
    receive(work.store, both, Landed("landing/tiny/w1/responses/a.csv"))
    assert work.key_ids("w1") == {"k1"}


@pytest.mark.parametrize("left", [("p2",), ()])
def test_a_wave_from_before_keys_were_written_down_has_the_key_of_its_rows(work: Work, left: tuple[str, ...]) -> None:
    work.push("w1", "a.csv", answers("p1", *left))
    key = "ledger/waves/tiny/w1.json"
    there = work.store.read(key)
    work.store.replace(key, there.data.replace(b'"key_id": "k1"', b'"key_id": ""'), there.etag)
    if not left:
        work.erase("p1")
    work.rotate()
    work.push("w1", "b.csv", answers("p3"))
    assert work.key_ids("w1") == {"k1"}


def test_doing_it_again_changes_nothing(work: Work) -> None:
    work.push("w1", "a.csv", answers("p1"))
    work.rotate(NEW[0])
    before = everything(work.store)
    again = rotate(work.store, work.held, NEW[1], BETWEEN)
    assert (again.key_id, again.made, again.linked) == ("k2", False, 0)
    assert everything(work.store) == before
    retire(work.store, work.held, "k1", AFTER)
    before = everything(work.store)
    assert retire(work.store, work.held, "k1", AFTER).again
    assert everything(work.store) == before


def everything(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.read(one.key).data for one in store.keys("")}


PEOPLE = ("p1", "p2", "p3", "p4")
STEPS = st.one_of(
    st.tuples(
        st.just("push"),
        st.sampled_from(WAVES),
        st.lists(
            st.tuples(st.sampled_from(PEOPLE), st.integers(1, 6), st.sampled_from(["08-01", "08-02"])), max_size=5
        ),
    ),
    st.tuples(st.just("people"), st.sampled_from(WAVES), st.sets(st.sampled_from(PEOPLE), min_size=1)),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("erase"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("redrive"), st.sampled_from(WAVES), st.integers(4, 6)),
    st.tuples(st.just("clean"), st.sampled_from(WAVES)),
    st.tuples(st.just("retire"), st.booleans()),
)


@given(st.lists(STEPS, max_size=14))
@examples(25, 400)
def test_whatever_is_done_pairs_and_counts_are_as_with_one_key_throughout(steps: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        several, single = made(Path(one)), made(Path(other))
        fresh = iter(NEW)
        closed: set[str] = set()  # waves that nobody pushes to, because their key is retired
        for number, step in enumerate(steps):
            done = [_do(step, number, several, closed, fresh), _do(step, number, single, closed, None)]
            assert done[0] == done[1], step
        for wave in WAVES:
            assert pairs(several, wave) == pairs(single, wave)
            assert len(several.key_ids(wave)) <= 1


def _do(
    step: tuple[object, ...], number: int, work: Work, closed: set[str], fresh: Iterator[PseudonymKey] | None
) -> object:
    """What came of a step, in counts that must not depend on keys. Without `fresh` keys, the key stays as it is."""
    match step:
        case ("push", str(wave), list(rows)) if wave not in closed and rows:
            text = HEAD + "".join(f"{who},2026-{day},{answer},4,7\n" for who, answer, day in rows)
            return dict(work.push(wave, f"{number}.csv", text).accounts)
        case ("people", str(wave), set(people)) if wave not in closed:
            return dict(work.push(wave, f"{number}.csv", roster(*sorted(people)), "people").accounts)
        case ("erase", str(person)):
            done = work.erase(person)
            return done.responses, done.people, len(done.holding)
        case ("redrive", str(wave), int(high)) if wave not in closed:
            key = "config/tiny/tiny.toml"
            text = INSTRUMENT.replace("high = 5", f"high = {high}").replace("value = 5", f"value = {high}")
            work.store.replace(key, text.encode(), work.store.read(key).etag)
            files = of_wave(work.store, "tiny", wave)
            return [dict(one.after.accounts) for one in redrive(work.store, work.held.ring, files, SIGNED).read]
        case ("clean", str(wave)):
            for one in list(work.store.keys(f"landing/tiny/{wave}/")):
                work.store.delete(one.key)
        case ("rotate",) if fresh is not None and len(work.held.ring.keys) < 4:
            rotate(work.store, work.held, next(fresh), AFTER)
        case ("retire", _) if fresh is not None and len(work.held.ring.keys) > 1:
            waves = standing(work.store, work.held.ring, AFTER)[0].waves
            try:
                retire(work.store, work.held, work.held.ring.oldest.id, AFTER)
            except Refused:
                return None
            closed.update(one.partition("/")[2] for one in waves)
    return None


def pairs(work: Work, wave: str) -> dict[str, list[str]]:
    """Of each other wave the rows of people who are in this one as well, by a name that no key decides."""
    named = {
        first: person
        for person in PEOPLE
        for key in (KEY, *NEW)
        for first in links.canonical(work.store, "tiny", [pseudonym(key, "tiny", person)], key.id).to_pylist()
    }
    mine = {named[one] for one in work.people(wave)}
    found = {
        f"{other} {kind}": sorted(named[one] for one in work.people(other, kind) if named[one] in mine)
        for other in WAVES
        for kind in ("responses", "people")
    }
    names = [one for other in WAVES for one in work.people(other)]
    assert len(set(names)) == len({named[one] for one in names})  # nobody is known by two names
    return found
