"""Every call that a publication makes to the store fails once: readers see the old release or the new one, whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from judged_waves import CODE, Watched, content, copied, judged, received
from tiny_survey import SURVEY

from pipeline import ledger
from pipeline.publish import publish
from pipeline.published import current, verify_files

if TYPE_CHECKING:
    from pipeline.store import FolderStore, Store


class Lost(Exception):  # noqa: N818 - a connection is lost
    """The store did not answer."""


class Failing(Watched):
    """A store whose n-th call fails before it took effect, or (`late`) after; and every later one when it is `down`."""

    def __init__(self, inner: Store, at: int, *, late: bool, down: bool) -> None:
        super().__init__(inner)
        self.at, self.late, self.down = at, late, down

    def _fails(self) -> bool:
        return len(self.calls) == self.at or (self.down and len(self.calls) > self.at)

    def before(self, verb: str, key: str) -> None:
        """Fails early."""
        super().before(verb, key)
        if self._fails() and not (self.late and len(self.calls) == self.at):
            raise Lost

    def after(self, verb: str, key: str) -> None:
        """Fails late."""
        super().after(verb, key)
        if self._fails():
            raise Lost


def give(store: Store, run: str) -> str:
    return publish(store, "tiny", "w2", run, code_version=CODE).release


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, str]:
    """w1 is published, w2 waits."""
    text = SURVEY.replace('["nb", "en"]', '["nb"]')
    store = received(tmp_path_factory.mktemp("waiting"), text)
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    return store, judged(store, "w2")


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("down", [False, True])
def test_readers_never_see_a_half_and_running_again_completes(
    waiting: tuple[FolderStore, str],
    tmp_path: Path,
    late: bool,  # noqa: FBT001 - pytest passes by name
    down: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    before, run = waiting
    old = current(before, "tiny")
    assert old is not None
    clean = copied(before, tmp_path / "clean")
    watched = Watched(clean)
    new = give(watched, run)
    private = {"candidate/": content(clean, "candidate/"), "ledger/": content(clean, "ledger/")}
    seen = set()
    # A call that only looks has no effect to lose: failing late is failing early, and a store that stays down after
    # it is the same again.
    for at, (verb, _) in enumerate(watched.calls, start=1):
        if (late or down) and verb in {"read", "keys"}:
            continue
        store = copied(before, tmp_path / str(at))
        with pytest.raises(Lost):
            give(Failing(store, at, late=late, down=down), run)
        now = current(store, "tiny")
        assert now is not None
        assert now.release in {old.release, new}
        assert verify_files(store, "tiny", now.release) == ()
        seen.add(now.release)
        assert give(store, run) == new
        assert content(store) == content(clean)
        assert {prefix: content(store, prefix) for prefix in private} == private
        assert [one.state for one in ledger.runs(store, "tiny", "w2")] == ["published"]
    assert seen == {old.release, new}
