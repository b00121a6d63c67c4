"""What is left of that which a wave was counted from, and what the ledger says about the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import ledger
from pipeline.content import sha256
from pipeline.errors import NotStored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.store import Store

_OF_PEOPLE = frozenset({"responses", "people"})  # an erasure rewrites these alone


@dataclass(frozen=True)
class Remains:
    """The objects that a run wrote down as its inputs, as they are stored now; keys.

    `altered` have other bytes under the same key, which nothing of ours ever does. `gone` were taken away; of these
    the ledger explains all but `unexplained`, by `erasures` of people or by files `reread` in a redrive. `later` are
    response files that have come since and are not in the release.
    """

    altered: tuple[str, ...]
    gone: tuple[str, ...]
    unexplained: tuple[str, ...]
    erasures: int
    reread: int
    later: int

    @property
    def whole(self) -> bool:
        """Whether the wave can be counted from exactly what it was counted from."""
        return not self.altered and not self.gone


def remains(store: Store, survey: str, wave: str, inputs: Mapping[str, Mapping[str, str]]) -> Remains:
    """Holds every input of a published wave, key -> sha256 by kind, against what is stored."""
    there = {key: _hash(store, key) for kind in ledger.COUNTED for key in inputs[kind]}
    altered = [key for kind in ledger.COUNTED for key, named in inputs[kind].items() if there[key] not in {None, named}]
    gone = [(kind, key) for kind in ledger.COUNTED for key in inputs[kind] if there[key] is None]
    erasures = sum(not one.of for one in ledger.tombstones(store, survey))
    again = {one.sha256 for one in ledger.files(store, survey, wave) if one.attempt > 1} if gone else set()
    reread = [key for _, key in gone if ledger.file_of(key) in again]
    unexplained = [key for kind, key in gone if key not in reread and not (kind in _OF_PEOPLE and erasures)]
    before = {ledger.file_of(key) for key in inputs["responses"]}
    now = {ledger.file_of(one.key) for one in store.keys(ledger.table_base(survey, wave, "responses", ""))}
    return Remains(
        altered=tuple(altered),
        gone=tuple(key for _, key in gone),
        unexplained=tuple(unexplained),
        erasures=erasures,
        reread=len(reread),
        later=len(now - before),
    )


def _hash(store: Store, key: str) -> str | None:
    try:
        return sha256(store.read(key).data)
    except NotStored:
        return None
