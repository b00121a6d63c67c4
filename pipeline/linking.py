"""Who would be lost with a key, and links for them from the raw files that are still in landing."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import exports, ledger, links, parquet
from pipeline.content import sha256_of
from pipeline.errors import NotStored, Refused
from pipeline.exports import managers
from pipeline.ledger import ErasureRecord
from pipeline.reading import Reader, first_names, key_of_wave
from pipeline.watch import survey_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.keyring import Keyring
    from pipeline.ledger import FileRecord
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.store import Store
    from pipeline.survey import Survey

_READ = ("responses", "people", "units")  # kinds of files that may name people


@dataclass(frozen=True)
class Unlinked:
    """Who is known under one key and not under the key made after it, in one survey; pseudonyms, and ids of units.

    `erased` have a tombstone under the first key alone: what is pushed about them would be stored without that key.
    """

    people: frozenset[str]
    erased: frozenset[str]
    units: frozenset[str]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.people) + len(self.erased) + len(self.units)


def unlinked(store: Store, ring: Keyring, survey_id: str, older: PseudonymKey, newer: PseudonymKey) -> Unlinked:
    """Who would be lost if `older` were retired; `newer` is the key made after it."""
    waves = {wave: key_of_wave(store, ring, survey_id, wave) for wave in ledger.received(store, survey_id)}
    people, leaders = (links.links(store, survey_id, kind) for kind in links.KINDS)
    known = {*people.under(older.id).to_pylist()}
    for wave, key_id in waves.items():
        if key_id == older.id:
            known |= _respondents(store, survey_id, wave)
    linked = {*people.between(older.id, newer.id)["older"].to_pylist()}
    return Unlinked(
        frozenset(known - linked),
        _erased(store, survey_id, older, newer),
        _units(store, ring, survey_id, leaders, (older, newer)),
    )


def link(store: Store, ring: Keyring) -> int:
    """Writes the links, and the tombstones, that raw files in landing still tell; how many were missing and are not.

    Doing it again changes nothing, also when it was stopped half-way: then it is completed.
    Raises SurveyInvalid when a survey file cannot be used; a raw file that cannot be read any more is passed over.
    """
    return sum(_link(store, ring, survey_id) for survey_id in survey_ids(store))


def _link(store: Store, ring: Keyring, survey_id: str) -> int:
    survey = ledger.survey(store, survey_id)
    made = 0
    for older, newer in ring.pairs:
        before = unlinked(store, ring, survey_id, older, newer)
        if before.count:
            for record in _files(store, survey):
                _link_file(store, ring, survey, record, before)
            made += before.count - unlinked(store, ring, survey_id, older, newer).count
    return made


def _files(store: Store, survey: Survey) -> Iterator[FileRecord]:
    waves = {one.id for one in survey.file.wave} & {*ledger.received(store, survey.id)}
    for wave in sorted(waves):
        yield from (
            one for one in ledger.files(store, survey.id, wave) if one.kind in _READ and one.state in ledger.STORED
        )


def _link_file(store: Store, ring: Keyring, survey: Survey, record: FileRecord, missing: Unlinked) -> None:
    """Writes the links of one raw file for those who are missing; nobody else's, for a file may name more people."""
    first = first_names(links.links(store, survey.id, "leaders"), ring)
    reader = Reader(survey, ring, ring.current.id, ring.current, frozenset(), first)
    with exports.Scratch() as scratch:
        try:
            file = scratch.enter_context(store.open(record.key, record.version))
            found = reader.read(file, record, scratch).links if sha256_of(file) == record.sha256 else {}
        except (NotStored, Refused):
            return
    for kind, data in found.items():
        table = parquet.from_bytes(data)
        if kind == "people":
            _bury(store, survey.id, table, missing.erased)
            table = table.filter(pc.is_in(table["older"], pa.array(sorted(missing.people), pa.string())))
        if (kept := links.to_bytes([table])) is not None:
            links.keep(store, survey.id, kind, kept)


def _bury(store: Store, survey_id: str, table: pa.Table, erased: frozenset[str]) -> None:
    """Writes a tombstone under the newer key for those who have one under the older."""
    there = {one.pseudonym: one for one in ledger.tombstones(store, survey_id)} if erased else {}
    for one in table.filter(pc.is_in(table["older"], pa.array(sorted(erased), pa.string()))).to_pylist():
        first = there[one["older"]]
        of = first.of or first.pseudonym
        ledger.record_erasure(store, ErasureRecord(survey_id, one["newer"], one["newer_key"], of=of))


def _respondents(store: Store, survey_id: str, wave: str) -> set[str]:
    """Everybody in the responses and the rosters of a wave."""
    where = f"survey={survey_id}/wave={wave}/"
    keys = [one.key for zone in ("responses", "organisation") for one in store.keys(f"{zone}/{where}")]
    found: set[str] = set()
    for key in keys:
        if key.startswith("responses/") or "/people/" in key:
            table = pq.read_table(BytesIO(store.read(key).data), columns=["respondent"])
            found.update(table["respondent"].to_pylist())
    return found


def _erased(store: Store, survey_id: str, older: PseudonymKey, newer: PseudonymKey) -> frozenset[str]:
    tombstones = ledger.tombstones(store, survey_id)
    done = {one.of or one.pseudonym for one in tombstones if one.key_id == newer.id}
    mine = (one for one in tombstones if one.key_id == older.id)
    return frozenset(one.pseudonym for one in mine if (one.of or one.pseudonym) not in done)


def _units(
    store: Store,
    ring: Keyring,
    survey_id: str,
    leaders: links.Links,
    pair: tuple[PseudonymKey, PseudonymKey],
) -> frozenset[str]:
    """Units that are called after a leader, whose leader could not be told under the newer key.

    While a key is in the ring, the units of all waves under keys of the ring are called after leaders as the oldest
    of these names them, or as they were named before.
    """
    older, newer = pair
    linked = leaders.between(older.id, newer.id)["older"].combine_chunks()
    later = leaders.under(older.id)
    known = {managers.named(one) for one in leaders.first(later, older.id).to_pylist()}
    for wave in ledger.received(store, survey_id):
        if older == ring.oldest and ring.find(key_of_wave(store, ring, survey_id, wave)) is not None:
            for one in store.keys(f"organisation/survey={survey_id}/wave={wave}/units/"):
                units = parquet.from_bytes(store.read(one.key).data)["unit"].to_pylist()
                known |= {unit for unit in units if managers.is_named(unit)}
    return frozenset(known - {managers.named(one) for one in leaders.first(linked, older.id).to_pylist()})
