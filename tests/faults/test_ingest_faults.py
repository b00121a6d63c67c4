"""Every call to the store fails once, before or after it took effect; receiving again completes what was begun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest
from one_question import INSTRUMENT, SURVEY
from redriving import redrive

from pipeline.erase import erase
from pipeline.errors import NotStored, StoreConflict
from pipeline.ingest import Landed, receive
from pipeline.pseudonyms import PseudonymKey
from pipeline.store import Content, FolderStore, Listed, Store, Stored

T = TypeVar("T")
KEY = PseudonymKey("k1", b"0123456789abcdef0123456789abcdef")

PARTLY = b"person,Q1\np1,4\np2,9\np3,5\n"
REFUSED = b"person,Q9\np1,4\n"
PEOPLE = b"person_id,unit_id\np1,U1\np2,U1\n"


class Lost(Exception):  # noqa: N818 - a connection is lost
    """The store did not answer."""


class Failing:
    """A store whose n-th call fails, before it took effect or (`late`) after."""

    def __init__(self, store: FolderStore, fails_at: int = 0, *, late: bool = False) -> None:
        self._store = store
        self._fails_at = fails_at
        self._late = late
        self.calls = 0

    def _call(self, effect: Callable[[], T]) -> T:
        self.calls += 1
        if self.calls != self._fails_at:
            return effect()
        if self._late:
            with suppress(NotStored, StoreConflict):
                effect()
        raise Lost

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        return self._call(lambda: self._store.read(key, version))

    @contextmanager
    def open(self, key: str, version: str = "") -> Iterator[BinaryIO]:
        """See Store."""
        with self._call(lambda: self._store.open(key, version)) as file:
            yield file

    def create(self, key: str, data: Content) -> None:
        """See Store."""
        self._call(lambda: self._store.create(key, data))

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """See Store."""
        self._call(lambda: self._store.replace(key, data, etag))

    def keys(self, prefix: str) -> Iterator[Listed]:
        """See Store."""
        return iter(self._call(lambda: list(self._store.keys(prefix))))

    def delete(self, key: str) -> None:
        """See Store."""
        self._call(lambda: self._store.delete(key))


def workspace(root: Path, *, kind: str = "responses", data: bytes = PARTLY) -> tuple[FolderStore, Landed]:
    store = FolderStore(root)
    store.create("config/tiny/survey.toml", SURVEY)
    store.create("config/tiny/tiny.toml", INSTRUMENT)
    landed = Landed(f"landing/tiny/w1/{kind}/a.csv", landed_at="2026-08-01T10:00:00Z")
    store.create(landed.key, data)
    return store, landed


def received(root: Path, data: bytes, kind: str = "responses") -> tuple[FolderStore, Callable[[Store], object]]:
    store, landed = workspace(root, kind=kind, data=data)
    return store, lambda through: receive(through, KEY, landed)


def duplicate(root: Path) -> tuple[FolderStore, Callable[[Store], object]]:
    store, landed = workspace(root)
    receive(store, KEY, landed)
    store.create("landing/tiny/w1/responses/b.csv", PARTLY)
    return store, lambda through: receive(through, KEY, Landed("landing/tiny/w1/responses/b.csv"))


def redriven(root: Path) -> tuple[FolderStore, Callable[[Store], object]]:
    store, landed = workspace(root)
    receive(store, KEY, landed)
    store.replace(
        "config/tiny/tiny.toml", INSTRUMENT.replace(b"high = 5", b"high = 9"), etag(store, "config/tiny/tiny.toml")
    )
    return store, lambda through: redrive(through, KEY, "tiny", "w1")


def erased(root: Path) -> tuple[FolderStore, Callable[[Store], object]]:
    store, landed = workspace(root)
    receive(store, KEY, landed)
    store.create("landing/tiny/w1/people/p.csv", PEOPLE)
    receive(store, KEY, Landed("landing/tiny/w1/people/p.csv"))
    return store, lambda through: erase(through, KEY, "tiny", "p1", remove_raw=True)


def etag(store: FolderStore, key: str) -> str:
    return store.read(key).etag


WORK: dict[str, Callable[[Path], tuple[FolderStore, Callable[[Store], object]]]] = {
    "partly": lambda root: received(root, PARTLY),
    "refused": lambda root: received(root, REFUSED),
    "people": lambda root: received(root, PEOPLE, "people"),
    "rejected": lambda root: received(root, PARTLY, "x"),
    "duplicate": duplicate,
    "redriven": redriven,
    "erased": erased,
}


def everything(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.read(one.key).data for one in store.keys("")}


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("work", WORK)
def test_whichever_call_fails_doing_it_again_completes_it(tmp_path: Path, work: str, late: bool) -> None:  # noqa: FBT001 - a picture
    store, do = WORK[work](tmp_path / "whole")
    whole = Failing(store)
    do(whole)
    expected = everything(store)
    assert whole.calls > 0
    for call in range(1, whole.calls + 1):
        store, do = WORK[work](tmp_path / str(call))
        with pytest.raises(Lost):
            do(Failing(store, call, late=late))
        do(store)
        assert everything(store) == expected, f"call {call} of {whole.calls}"


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_wherever_the_first_of_two_with_the_same_content_stops_nothing_is_counted_twice(
    tmp_path: Path,
    late: bool,  # noqa: FBT001 - a picture
) -> None:
    """The second comes while the first is stopped; then the first is received again, as the queue does."""
    ends = set()
    _, landed = workspace(tmp_path / "whole")
    copy = Landed("landing/tiny/w1/responses/b.csv", landed_at="2026-08-01T10:00:01Z")
    whole = Failing(FolderStore(tmp_path / "whole"))
    receive(whole, KEY, landed)
    for call in range(1, whole.calls + 1):
        store, landed = workspace(tmp_path / str(call))
        store.create(copy.key, PARTLY)
        with pytest.raises(Lost):
            receive(Failing(store, call, late=late), KEY, landed)
        second = receive(store, KEY, copy)
        first = receive(store, KEY, landed)
        ends.add((first.state, second.state))
        assert first.accounts == second.accounts
        assert len(list(store.keys("responses/"))) == 1
    # Who is recorded first was stored; the last call is the record, and after it the first is known.
    assert ends == ({("duplicate", "partly"), ("partly", "duplicate")} if late else {("duplicate", "partly")})
