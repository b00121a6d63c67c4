"""Taking a release back: readers are given the one before, and what was said stays known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import history, ledger, release
from pipeline.content import sha256
from pipeline.errors import Refused, RunRefused, StoreConflict
from pipeline.published import folder_of, look, pointer_of, pointer_to, read_file, verify_files

if TYPE_CHECKING:
    from pipeline.published import Current
    from pipeline.release import Published
    from pipeline.store import Store


@dataclass(frozen=True)
class Retraction:
    """What was taken back, the first release first, and what readers see now; None for nothing.

    `unchanged`: it had been taken back before.
    """

    releases: tuple[str, ...]
    back_to: str | None
    unchanged: bool = False


def retract(store: Store, survey_id: str, release_id: str, *, by: str, why: str) -> Retraction:
    """Takes back a release and all that were built on it, which carry its rows; readers see the one before it.

    The order: its facts are put beside the ledger, the ledger says who and why, the pointer moves (If-Match), and then
    the files go, with every version. Stopped anywhere it is completed by doing it again. The private tables stay:
    what was published cannot be made unknown, so every later release of the wave is audited together with it.
    Raises RunRefused for a release that readers do not see, Refused without a reason.
    """
    if not why.strip():
        msg = "a release is taken back for a reason, which the ledger keeps: say it with --why"
        raise Refused(msg)
    seen, etag = look(store, survey_id)
    taken, back_to = _taken(store, survey_id, seen, release_id)
    if taken:
        for one in taken:
            _record(store, survey_id, one, back_to, by, why)
        named = None if back_to is None else read_file(store, survey_id, back_to, release.MANIFEST)
        try:
            store.replace(pointer_of(survey_id), pointer_to(back_to, named, tuple(one.release for one in taken)), etag)
        except StoreConflict:
            msg = f"another release was published while {release_id} was being taken back; do it again"
            raise RunRefused(msg) from None
    now = look(store, survey_id)[0]
    force = now.chain if now else ()
    for record in ledger.retractions(store, survey_id):
        if record.release not in force:
            remove_files(store, survey_id, record.release)
    return Retraction(tuple(one.release for one in taken), now.release if now else None, unchanged=not taken)


def remove_files(store: Store, survey_id: str, release_id: str) -> int:
    """Deletes what a release serves, with every version, its manifest last; its private tables stay. How many files."""
    keys = [one.key for one in store.keys(folder_of(survey_id, release_id))]
    for key in sorted(keys, key=lambda key: (key.endswith(f"/{release.MANIFEST}"), key)):
        store.delete(key)
    return len(keys)


def _taken(
    store: Store, survey_id: str, seen: Current | None, release_id: str
) -> tuple[tuple[Published, ...], str | None]:
    """The publications to take back, and the release that readers are given; none when it was done before."""
    chain = seen.chain if seen else ()
    if seen is None or release_id not in chain:
        if release_id in {one.release for one in ledger.retractions(store, survey_id)}:
            return (), None
        msg = f"release {release_id} of {survey_id} is not what readers see, nor what that was built on"
        raise RunRefused(msg)
    at = chain.index(release_id)
    back_to = chain[at - 1] if at else None
    problems = verify_files(store, survey_id, back_to) if back_to else ()
    if problems:
        msg = f"release {back_to}, which readers would see, is not as published: {problems[0]}; take that back as well"
        raise RunRefused(msg)
    return seen.published[at:], back_to


def _record(store: Store, survey_id: str, one: Published, back_to: str | None, by: str, why: str) -> None:
    """Keeps the facts, however they are now, beside the private tables, and says so in the ledger; once."""
    done = ledger.retractions(store, survey_id)
    if one.release in {record.release for record in done}:
        return
    facts = read_file(store, survey_id, one.release, release.path_of("facts")) or b""
    store.create(f"{ledger.rows_of(survey_id, one.release)}{history.FACTS}", facts)
    ledger.record_retraction(
        store,
        ledger.RetractionRecord(
            survey=survey_id,
            release=one.release,
            wave=one.wave,
            run=one.run,
            number=len(done) + 1,
            back_to=back_to or "",
            by=by,
            why=why,
            facts_sha256=sha256(facts),
        ),
    )
