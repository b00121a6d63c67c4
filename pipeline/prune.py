"""Deleting what nobody needs any more: never what readers see, what the ledger names, or what verifying needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import history, ledger
from pipeline.errors import RunRefused
from pipeline.published import current, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.store import Store


@dataclass(frozen=True)
class Pruned:
    """Keys that were deleted, or would be: of candidates that never can be published, and of releases taken back."""

    candidates: tuple[str, ...]
    identities: tuple[str, ...]
    retracted: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.candidates, *self.identities, *self.retracted)


def prune(store: Store, survey_id: str, *, keep: Iterable[str] = (), dry_run: bool = False) -> Pruned:
    """Deletes the candidates of a survey but for the runs to `keep`, and what stopped retractions left.

    A candidate is only a step: aggregating again makes the same one. Whose numbers a published wave uses stays as
    long as the wave can be published again, and so do all releases that were in force: an old one is what its
    readers quoted, and every later release of the wave is audited together with it.

    Raises RunRefused, and deletes nothing, for a run to keep that has nothing here: perhaps it is misspelt, and what
    was meant would be gone.
    """
    seen, runs = current(store, survey_id), set(keep)
    taken = ledger.retractions(store, survey_id)
    whose = {history.identities_key(survey_id, one.wave, one.run) for one in taken}
    whose |= {history.identities_key(survey_id, one.wave, one.run) for one in (seen.published if seen else ())}
    force = seen.chain if seen else ()
    candidates, identities = (_keys(store, f"{zone}/{survey_id}/") for zone in ("candidate", "identities"))
    there = {key.split("/")[3].removesuffix(".parquet") for key in (*candidates, *identities)}
    if unknown := sorted(runs - there):
        known = ", ".join(sorted(there)) or "none"
        msg = (
            f"survey {survey_id} has nothing of run {', '.join(unknown)}; whoever prunes names runs to keep of: {known}"
        )
        raise RunRefused(msg)
    found = Pruned(
        tuple(key for key in candidates if key.split("/")[3] not in runs),
        tuple(
            key
            for key in identities
            if key not in whose and key.rpartition("/")[2].removesuffix(".parquet") not in runs
        ),
        tuple(
            key for one in taken if one.release not in force for key in _keys(store, folder_of(survey_id, one.release))
        ),
    )
    for key in () if dry_run else found.keys:
        store.delete(key)
    return found


def _keys(store: Store, prefix: str) -> list[str]:
    return [one.key for one in store.keys(prefix)]
