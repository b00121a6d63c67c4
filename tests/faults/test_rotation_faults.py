"""Every call to the store, or to where the keys are kept, fails once while keys change; doing it again completes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
from faults.test_ingest_faults import KEY, Failing, Lost, workspace

from pipeline import keyring, ledger, links
from pipeline.commands.keyholder import KeyFile
from pipeline.erase import erase
from pipeline.ingest import Landed, receive
from pipeline.keyring import Keyring
from pipeline.pseudonyms import PseudonymKey, pseudonym
from pipeline.rotation import Holder, retire, rotate
from pipeline.store import FolderStore, Store

AFTER = date(2027, 1, 1)
NEW = PseudonymKey("k2", b"another secret of thirty-two byte")
OTHER = PseudonymKey("k3", b"a third secret of thirty-two byte!")

Work = Callable[[Store, Holder], object]


class FailingHolder:
    """Keys whose next replacement fails, before it took effect or (`late`) after."""

    def __init__(self, held: Holder, *, late: bool) -> None:
        self._held = held
        self._late = late
        self._failed = False

    def read(self) -> Keyring:
        """See Holder."""
        return self._held.read()

    def replace(self, before: Keyring, after: Keyring) -> None:
        """See Holder."""
        if self._failed or self._late:
            self._held.replace(before, after)
        if not self._failed:
            self._failed = True
            raise Lost


def begun(root: Path) -> tuple[FolderStore, Holder]:
    """Two people answered; one of them was erased, and stands in a raw file still."""
    store, landed = workspace(root / "work", data=b"person,Q1\np1,4\np2,3\n")
    receive(store, KEY, landed)
    erase(store, KEY, "tiny", "p1")
    held = KeyFile(root / "work.key")
    held.path.write_text(keyring.to_json(Keyring((KEY,))))
    held.path.chmod(0o600)
    return store, held


def rotated(root: Path) -> tuple[FolderStore, Holder]:
    """The same after a rotation; another answered since, under the old key, as a warm function would read them."""
    store, held = begun(root)
    rotate(store, held, NEW, AFTER)
    store.create("landing/tiny/w1/responses/b.csv", b"person,Q1\np3,4\n")
    receive(store, KEY, Landed("landing/tiny/w1/responses/b.csv"))
    return store, held


def retired(root: Path) -> tuple[FolderStore, Holder]:
    """The same with the old key gone; p2 is found under it by a link."""
    store, held = rotated(root)
    retire(store, held, "k1", AFTER)
    return store, held


WORK: dict[str, tuple[Callable[[Path], tuple[FolderStore, Holder]], Work]] = {
    "rotate": (begun, lambda store, held: rotate(store, held, NEW if held.read().current == KEY else OTHER, AFTER)),
    "retire": (rotated, lambda store, held: retire(store, held, "k1", AFTER)),
    "erase": (retired, lambda store, held: erase(store, held.read(), "tiny", "p2")),
}


def everything(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.read(one.key).data for one in store.keys("")}


def done(root: Path, what: str) -> tuple[dict[str, bytes], Keyring]:
    """What there is where nothing fails."""
    make, work = WORK[what]
    store, held = make(root)
    work(store, held)
    return everything(store), held.read()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("what", WORK)
def test_whichever_call_to_the_store_fails_doing_it_again_completes_it(tmp_path: Path, what: str, late: bool) -> None:  # noqa: FBT001 - parametrised
    make, work = WORK[what]
    expected, calls = done(tmp_path / "whole", what), 0
    make(tmp_path / "begun")
    while True:
        calls += 1
        copy = copytree(tmp_path / "begun", tmp_path / f"{calls}")
        store, held = FolderStore(copy / "work"), KeyFile(copy / "work.key")
        failing = Failing(store, calls, late=late)
        try:
            work(failing, held)
        except Lost:
            work(store, held)
        else:
            break
        assert (everything(store), held.read()) == expected, calls
    assert calls > 10


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("what", ["rotate", "retire"])
def test_when_the_keys_cannot_be_replaced_doing_it_again_completes_it(tmp_path: Path, what: str, late: bool) -> None:  # noqa: FBT001 - parametrised
    make, work = WORK[what]
    store, held = make(tmp_path / "one")
    with pytest.raises(Lost):
        work(store, FailingHolder(held, late=late))
    work(store, held)
    assert (everything(store), held.read()) == done(tmp_path / "whole", what)


def test_what_is_there_in_the_end(tmp_path: Path) -> None:
    store, held = retired(tmp_path)
    assert held.read() == Keyring((NEW,))
    assert links.links(store, "tiny", "people").table.num_rows == 2
    assert {one.pseudonym for one in ledger.tombstones(store, "tiny")} == {
        pseudonym(key, "tiny", "p1") for key in (KEY, NEW)
    }
    assert [one.lost for one in ledger.retirements(store)] == [{}]
    erase(store, held.read(), "tiny", "p2")
    assert links.links(store, "tiny", "people").table.num_rows == 1
