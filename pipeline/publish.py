"""Publication: a judged candidate becomes a release, every byte of it is checked, and then the pointer moves.

Nothing that readers see changes before the pointer does. A run that stops anywhere is simply run again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import history, ledger, parquet, release
from pipeline.build import build
from pipeline.content import sha256
from pipeline.errors import RunRefused, StoreConflict
from pipeline.judged import hold, judged
from pipeline.published import (
    Current,
    current,
    folder_of,
    look,
    manifest_of,
    pointer_of,
    pointer_to,
    read_file,
    tables_of,
    verify_files,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.judged import Judged
    from pipeline.release import Release
    from pipeline.store import Store


@dataclass(frozen=True)
class Publication:
    """What was published. `files` counts the manifest too; `units` have a report; `withheld` cells are of this wave.

    `unchanged`: this very release had been published before.
    """

    release: str
    files: int
    units: int
    withheld: int
    unchanged: bool


def publish(store: Store, survey_id: str, wave: str, run: str, *, code_version: str) -> Publication:
    """Publishes a candidate. The same run again is no change, and gives the same release.

    Raises RunRefused when the candidate is missing, was not judged byte for byte, or was built on another release
    than the current one, and when the wave was published by another run since; DisclosureLeak when the audit, made
    again here, finds somebody. Of two publications at once one wins; the other is refused and leaves nothing behind.
    """
    survey = ledger.survey(store, survey_id)
    survey.wave(wave)
    seen, etag = look(store, survey_id)
    candidate = judged(store, survey_id, wave, run)
    if candidate is None:
        seen = current(store, survey_id)  # another publication of this run may have finished meanwhile
        held = _held(store, survey_id, seen, wave, run, ())
        if held is None:
            msg = f"run {run} of wave {wave} has no candidate; aggregate the wave again"
            raise RunRefused(msg)
        return _finish(store, survey_id, wave, held, unchanged=True)
    held = _held(store, survey_id, seen, wave, run, candidate.supersedes)
    if held is None and candidate.base != (seen.release if seen else None):
        msg = f"another wave was published after run {run} of wave {wave} was aggregated; aggregate the wave again"
        raise RunRefused(msg)
    made = build(store, survey, candidate, code_version)
    if held is not None:
        if held != made.id:
            msg = f"run {run} of wave {wave} published release {held} and now makes {made.id}; restore what was changed"
            raise RunRefused(msg)
        return _finish(store, survey_id, wave, held, unchanged=True)
    hold(candidate, made)
    problems = _write(store, survey_id, made, candidate)
    moved = not problems and _point(store, survey_id, made, etag)
    if not moved:
        _make_sure(store, survey_id, made, candidate, problems)
    return _finish(store, survey_id, wave, made.id, unchanged=not moved)


def _held(
    store: Store, survey_id: str, seen: Current | None, wave: str, run: str, supersedes: tuple[str, ...]
) -> str | None:
    """The release this run made, when the wave is published; None when it is to be published, perhaps again.

    Raises RunRefused when another run published it that this one does not know of, and when it was taken back.
    """
    mine = seen.holds(wave) if seen else None
    if mine is not None and mine[0] == run:
        return mine[1]
    made = history.disclosed(store, survey_id, wave, seen)
    if tuple(one.release for one in made) != supersedes:
        by = made[-1].run if made else "none"
        msg = f"wave {wave} was published by run {by}, and run {run} does not follow it; aggregate the wave again"
        raise RunRefused(msg)
    return None


def _write(store: Store, survey_id: str, made: Release, candidate: Judged) -> tuple[str, ...]:
    """Writes every file, the manifest first so that a half-written release can be told by what it builds on.

    Beside the ledger go the private tables by which the wave can be published again. Returns what cannot be read back
    as it was meant; nothing, and the ledger has it.
    """
    folder = folder_of(survey_id, made.id)
    for path in sorted(made.files, key=lambda path: (path != release.MANIFEST, path)):
        try:
            store.create(folder + path, made.files[path])
        except StoreConflict:
            return (f"{folder}{path} holds other bytes, which somebody must remove",)
    problems = verify_files(store, survey_id, made.id)
    if not problems:
        told = json.loads(made.manifest)
        private = {name: parquet.to_bytes(candidate.tables[name]) for name in history.KEPT}
        ledger.record_release(
            store,
            ledger.ReleaseRecord(
                survey=survey_id,
                release=made.id,
                wave=told["waves"][-1]["wave"],
                run=told["waves"][-1]["run"],
                base=told["base"] or "",
                code_version=told["code_version"],
                manifest_sha256=sha256(made.manifest),
                files=len(made.files),
                rows=ledger.keep_rows(store, survey_id, made.id, private),
            ),
        )
    return problems


def _point(store: Store, survey_id: str, made: Release, etag: str | None) -> bool:
    """Moves the pointer; False when it has moved since we looked, and it was this `etag`."""
    try:
        store.replace(pointer_of(survey_id), pointer_to(made.id, made.manifest), etag)
    except StoreConflict:
        return False
    return True


def _make_sure(store: Store, survey_id: str, made: Release, candidate: Judged, problems: tuple[str, ...]) -> None:
    """Another publication may have been faster: of the same release, or of another. Raises RunRefused for all else."""
    now = current(store, survey_id)
    ours = now is not None and made.id in now.chain
    if ours and not problems:
        return
    if not ours and ((now.release if now else None) != candidate.base or not problems):
        # What it builds on has another successor now, or was taken back: it can never be published, so none stays.
        _remove(store, survey_id, made.id)
        msg = (
            f"another wave was published, or a release taken back, while release {made.id} was being written; "
            "aggregate the wave again"
        )
    else:
        msg = f"release {made.id} is not stored as it was made, so it is not published: {'; '.join(problems)}"
    _record(store, survey_id, candidate.wave, candidate.run, candidate.inputs, message=msg)
    raise RunRefused(msg)


def _finish(store: Store, survey_id: str, wave: str, release_id: str, *, unchanged: bool) -> Publication:
    """Records that the run published, then clears away what lost: releases, and candidates of published waves."""
    seen = current(store, survey_id)
    published = seen.published if seen else ()
    mine = manifest_of(store, survey_id, release_id)["waves"][-1]
    _record(store, survey_id, wave, mine["run"], mine["inputs"], release_id=release_id)
    for lost in _lost(store, survey_id, seen):
        _remove(store, survey_id, lost)
    taken = {history.identities_key(survey_id, one.wave, one.run) for one in ledger.retractions(store, survey_id)}
    for name in dict.fromkeys(one.wave for one in published):
        kept = taken | {history.identities_key(survey_id, name, one.run) for one in published}
        for one in [*store.keys(f"candidate/{survey_id}/{name}/"), *store.keys(f"identities/{survey_id}/{name}/")]:
            if one.key not in kept:
                store.delete(one.key)
    return _publication(store, survey_id, wave, release_id, unchanged=unchanged)


def _record(
    store: Store,
    survey_id: str,
    wave: str,
    run: str,
    inputs: Mapping[str, Any],
    *,
    release_id: str = "",
    message: str = "",
) -> None:
    """Writes down how the run ended: with a release, or with the words of a refusal."""
    ledger.record_run(
        store,
        ledger.RunRecord(
            survey=survey_id,
            wave=wave,
            run=run,
            state="published" if release_id else "refused",
            message=message,
            code_version=inputs["code_version"],
            survey_sha256=inputs["survey"],
            inputs=tuple(inputs["responses"]),
            release=release_id,
        ),
    )


def _lost(store: Store, survey_id: str, seen: Current | None) -> list[str]:
    """Releases that never became current and never can: they build on one that has a successor already.

    Two releases of one wave could be subtracted from each other, so none that was not published may lie about. A
    release that builds on the current one, or on a later one than we know of, is still being written: it stays. One
    without a manifest is not: the manifest is written first and taken away last.
    """
    chain = seen.chain if seen else ()
    prefix = folder_of(survey_id, "").removesuffix("/")
    there = {one.key.removeprefix(prefix).split("/")[0] for one in store.keys(prefix)}
    decided = {None, *chain[:-1]} if chain else set()
    taken = {one.release for one in ledger.retractions(store, survey_id)}
    manifests = {one: read_file(store, survey_id, one, release.MANIFEST) for one in sorted(there - set(chain))}
    lost = [one for one, data in manifests.items() if data is None or json.loads(data)["base"] in decided]
    return [one for one in lost if one not in taken]  # its own retraction takes its files, and its rows stay


def _remove(store: Store, survey_id: str, release_id: str) -> None:
    """Deletes a release that was never published, with its private tables, its manifest last."""
    folders = (ledger.rows_of(survey_id, release_id), folder_of(survey_id, release_id))
    keys = [one.key for folder in folders for one in store.keys(folder)]
    for key in sorted(keys, key=lambda key: (key.endswith(f"/{release.MANIFEST}"), key)):
        store.delete(key)


def _publication(store: Store, survey_id: str, wave: str, release_id: str, *, unchanged: bool) -> Publication:
    """What a stored release says about itself."""
    prefix = folder_of(survey_id, release_id)
    paths = [one.key.removeprefix(prefix) for one in store.keys(prefix)]
    stated = release.of_wave(tables_of(store, survey_id, release_id)["facts"], wave)
    pages = sum(path.startswith("reports/") and path.endswith("/leader.html") for path in paths)
    return Publication(release_id, len(paths), pages, stated["status"].to_pylist().count("C"), unchanged)
