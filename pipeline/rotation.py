"""Another key for the waves to come, and the oldest one out: what is done, and what must be done before.

A key may go when no open wave is under it, and when everybody who is known under it is linked to the next one. Who is
not could not be told to be the same person in a later wave, and not be erased from an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline import ledger
from pipeline.errors import Refused
from pipeline.ledger import RetirementRecord
from pipeline.linking import link, unlinked
from pipeline.reading import key_of_wave
from pipeline.watch import survey_ids

if TYPE_CHECKING:
    from datetime import date

    from pipeline.keyring import Keyring
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.store import Store


class Holder(Protocol):
    """Where a ring is kept."""

    def read(self) -> Keyring:
        """The ring as it is. Raises Refused when it cannot be read."""
        ...

    def replace(self, before: Keyring, after: Keyring) -> None:
        """Puts `after` in the place of `before`. Raises StoreConflict when another ring is there by now."""
        ...


@dataclass(frozen=True)
class Standing:
    """A key, the waves that began under it as survey/wave, those of them that are open, and who would be lost with it.

    `unlinked` counts by survey those who are not linked to the next key; of the current key, for which there is none
    yet, nobody is counted.
    """

    key_id: str
    current: bool
    waves: tuple[str, ...]
    open: tuple[str, ...]
    unlinked: Mapping[str, int]


@dataclass(frozen=True)
class Rotated:
    """The key that is current now, whether it was `made` just now, and how many people were linked to it."""

    key_id: str
    made: bool
    linked: int


@dataclass(frozen=True)
class Retired:
    """The key that went, its successor, and by survey who was lost with it; `again`: it was gone already."""

    key_id: str
    successor: str
    lost: Mapping[str, int]
    again: bool = False


def standing(store: Store, ring: Keyring, today: date) -> tuple[Standing, ...]:
    """How each key stands, the oldest first. Raises SurveyInvalid when a survey file cannot be used."""
    after = dict(ring.pairs)
    begun: dict[str, list[str]] = {one.id: [] for one in ring.keys}
    running: dict[str, list[str]] = {one.id: [] for one in ring.keys}
    for survey_id in survey_ids(store):
        open_ = {one.id for one in ledger.survey(store, survey_id).file.wave if today <= one.closes}
        for wave in ledger.received(store, survey_id):
            key_id = ledger.key_of_wave(store, survey_id, wave)
            if key_id is not None and (key_id := key_of_wave(store, ring, survey_id, wave)) in begun:
                begun[key_id].append(f"{survey_id}/{wave}")
                running[key_id] += [f"{survey_id}/{wave}"] if wave in open_ else []
    return tuple(
        Standing(
            one.id,
            one == ring.current,
            tuple(begun[one.id]),
            tuple(running[one.id]),
            _lost(store, ring, one, after[one]) if one in after else {},
        )
        for one in ring.keys
    )


def rotate(store: Store, holder: Holder, new: PseudonymKey, today: date) -> Rotated:
    """Puts `new` into the ring, for waves that begin from now on, and links to it whom landing still names.

    Where no wave began under the current key yet, that one stays the newest: a rotation that was stopped is completed
    by doing it again. Raises Refused when the ring is full, and StoreConflict when another rotates at this moment.
    """
    ring = holder.read()
    used = bool(standing(store, ring, today)[-1].waves)
    if used:
        after = ring.with_new(new)
        holder.replace(ring, after)
        ring = after
    return Rotated(ring.current.id, used, link(store, ring))


def retire(store: Store, holder: Holder, key_id: str, today: date, losing: int = 0) -> Retired:
    """Takes the oldest key out of the ring for good, after everybody who can be linked was.

    `losing`: how many people, erased people and units may be lost with it; it must be exactly as many as there are.
    Raises Refused, saying who must do what, when the key is still needed. Stopped half-way, it is completed by doing
    it again.
    """
    ring = holder.read()
    if (done := next((one for one in ledger.retirements(store) if one.key_id == key_id), None)) and not ring.find(
        key_id
    ):
        holder.replace(ring, ring)  # where an earlier version of a secret is kept, so that none has the key
        return Retired(key_id, done.successor, done.lost, again=True)
    older, newer = _going(ring, key_id)
    link(store, ring)
    stands = standing(store, ring, today)[0]
    if stands.open:
        msg = (
            f"key {key_id} is needed: {', '.join(stands.open)} began under it and may still receive answers; whoever "
            "keeps the keys retires it when they are closed"
        )
        raise Refused(msg)
    if (lost := sum(stands.unlinked.values())) != losing:
        raise Refused(_missing(store, ring, (older, newer), lost))
    record = ledger.record_retirement(store, RetirementRecord(key_id, newer.id, stands.unlinked))
    holder.replace(ring, ring.without_oldest())
    return Retired(key_id, newer.id, record.lost)


def _going(ring: Keyring, key_id: str) -> tuple[PseudonymKey, PseudonymKey]:
    """The oldest key and the next one. Raises Refused when this is not the oldest, or the only one."""
    if ring.oldest.id != key_id:
        msg = f"the key that can be retired is the oldest, {ring.oldest.id}; {key_id} is not"
        raise Refused(msg)
    if ring.oldest == ring.current:
        msg = (
            f"{key_id} is the only key; whoever keeps the keys rotates first, so that waves have another to begin under"
        )
        raise Refused(msg)
    return ring.pairs[0]


def _lost(store: Store, ring: Keyring, older: PseudonymKey, newer: PseudonymKey) -> dict[str, int]:
    found = {one: unlinked(store, ring, one, older, newer).count for one in survey_ids(store)}
    return {survey_id: count for survey_id, count in found.items() if count}


def _missing(store: Store, ring: Keyring, pair: tuple[PseudonymKey, PseudonymKey], lost: int) -> str:
    """Who would be lost, and who must do what."""
    older, newer = pair
    told = []
    for survey_id in survey_ids(store):
        one = unlinked(store, ring, survey_id, older, newer)
        counts = ((len(one.people), "people"), (len(one.erased), "erased people"), (len(one.units), "units of leaders"))
        told += [f"{count} {what} of survey {survey_id}" for count, what in counts if count]
    if not told:
        return f"nobody would be lost with key {older.id}; whoever keeps the keys retires it without --losing"
    return (
        f"with key {older.id} would be lost: {', '.join(told)}, who have no link to key {newer.id} because no raw file "
        "in landing names them any more. Whoever keeps the organisation pushes a people file that names them, of an "
        "open wave; whoever asked for the erasures asks again; or whoever keeps the keys accepts the loss with "
        f"--losing {lost}"
    )
