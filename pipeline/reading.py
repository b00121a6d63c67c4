"""A file of a wave, read under the key that the wave began with; and who in it is whom under the other keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import exports, fingerprints, ledger, links, parquet
from pipeline.errors import ExportRejected
from pipeline.exports import managers, organisation
from pipeline.keyring import KeyMissing
from pipeline.pseudonyms import leaders_of, pseudonym

if TYPE_CHECKING:
    from pipeline.exports import Reading, Received, Scratch, Sheet
    from pipeline.keyring import Keyring
    from pipeline.ledger import FileRecord
    from pipeline.links import Kind
    from pipeline.pseudonyms import PseudonymKey, WaveKey
    from pipeline.store import Store
    from pipeline.survey import Survey

_OF_PEOPLE = frozenset({"responses", "people"})


class KeyRetired(ExportRejected):
    """The key that a wave began with is retired, and the file names people: nobody can be found again in it."""

    def __init__(self, wave: str) -> None:
        """`wave` is the wave's id."""
        message = (
            f"wave {wave} began under a key that was retired since, so that nobody can be recognised in it any more; "
            "the sender pushes what came late under the next wave"
        )
        super().__init__("key_retired", message)


@dataclass(frozen=True)
class Read:
    """What is stored of a file, and by kind the links between those in it under different keys, as Parquet.

    `names` are the fingerprints of the ids in a people file, as Parquet.
    """

    received: Received
    links: Mapping[Kind, bytes] = field(default_factory=dict)
    names: bytes | None = None


@dataclass(frozen=True)
class Reader:
    """How the files of one wave are read. `key_id` is the key of the wave, and `key` None when that is retired."""

    survey: Survey
    ring: Keyring
    key_id: str
    key: PseudonymKey | None
    erased: frozenset[str] = frozenset()
    leaders: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_wave(cls, store: Store, ring: Keyring, survey: Survey, wave: str) -> Reader:
        """The reader for a wave. Raises KeyMissing when its key is not in the ring, and nobody retired it."""
        key_id = key_of_wave(store, ring, survey.id, wave)
        key = ring.find(key_id)
        if key is None and key_id not in {one.key_id for one in ledger.retirements(store)}:
            msg = (
                f"wave {wave} of survey {survey.id} began under the pseudonym key {key_id!r}, which is not among the "
                "keys here and was not retired; whoever keeps the keys brings it back"
            )
            raise KeyMissing(msg)
        erased = ledger.erased(store, survey.id)
        return cls(survey, ring, key_id, key, erased, first_names(links.links(store, survey.id, "leaders"), ring))

    def read(self, file: BinaryIO, record: FileRecord, scratch: Scratch) -> Read:
        """What is stored of a file of the wave, and the links that it tells. Writes nothing.

        The same reader reads it under every key, and leaves the rows in the same order: who is in the same row is the
        same person. Raises what the readers of exports raise, and KeyRetired.
        """
        others = [one for one in self.ring.keys if one.id != self.key_id] if self.key else []
        if record.kind == "responses":
            received = self._responses(file, record, self._own(record), scratch)
            tables = {one.id: _respondents(self._responses(file, record, self._of(one), scratch)) for one in others}
            return Read(received, self._links(_respondents(received), tables))
        file.seek(0)
        sheet = exports.read(file.read())
        lead = record.kind in {"people", "units"} and managers.recognised(sheet)
        key = self._own(record) if lead or record.kind in _OF_PEOPLE else None
        reading = self._interpret(sheet, record, key)
        received = exports.of_reading(sheet, reading, scratch)
        rows = {}
        if record.kind == "people":
            rows = {one.id: self._interpret(sheet, record, self._of(one)).table["respondent"] for one in others}
        own = reading.table["respondent"] if record.kind == "people" else None
        told = self._links(own, rows) | (self._leaders(sheet) if lead else {})
        return Read(received, told, self._names(sheet, self.key) if record.kind == "people" and self.key else None)

    def _own(self, record: FileRecord) -> WaveKey:
        if self.key is None:
            raise KeyRetired(record.wave)
        return self._of(self.key)

    def _of(self, key: PseudonymKey) -> WaveKey:
        return self.ring.for_wave(key, self.erased, self.leaders)

    def _responses(self, file: BinaryIO, record: FileRecord, key: WaveKey, scratch: Scratch) -> Received:
        return exports.receive(file, self.survey, key, record.sha256, self.erased, scratch)

    def _interpret(self, sheet: Sheet, record: FileRecord, key: WaveKey | None) -> Reading:
        opens = self.survey.wave(record.wave).opens
        match record.kind:
            case "units":
                return organisation.units(sheet, managers.lead(key, self.survey.id) if key else None, opens)
            case "people" if key is not None:
                return organisation.people(sheet, self.survey, key, self.erased, opens)
            case "actions":
                return organisation.actions(sheet, self.survey)
        message = f"files of {record.kind} are not read yet; they stay in landing until they are"
        raise ExportRejected("not_supported", message)  # noqa: EM101 - the first argument is a code

    def _links(self, own: pa.ChunkedArray | None, others: Mapping[str, pa.ChunkedArray | None]) -> dict[Kind, bytes]:
        """Links between each key and the next, from the respondents in the rows of the file under each of them."""
        if own is None or not others:
            return {}
        rows = {**others, self.key_id: own}
        data = links.to_bytes(links.pair(a.id, b.id, rows[a.id], rows[b.id]) for a, b in self.ring.pairs)
        return {} if data is None else {"people": data}

    def _names(self, sheet: Sheet, key: PseudonymKey) -> bytes:
        """What is kept of the ids in a people file to search a release for them; nothing of who was erased."""
        ids = exports.ids(sheet)
        left = {one for one in ids if not self._is_erased(one)} if self.erased else ids
        return parquet.to_bytes(fingerprints.of(left, key, self.survey.id))

    def _is_erased(self, person: str) -> bool:
        return bool(self.erased) and any(
            pseudonym(one, self.survey.id, person) in self.erased for one in self.ring.keys
        )

    def _leaders(self, sheet: Sheet) -> dict[Kind, bytes]:
        who = managers.leaders(sheet)
        names = {
            key.id: pa.array([pseudonym(key, leaders_of(self.survey.id), one) for one in who], pa.string())
            for key in self.ring.keys
        }
        data = links.to_bytes(links.pair(a.id, b.id, names[a.id], names[b.id]) for a, b in self.ring.pairs)
        return {} if data is None else {"leaders": data}


def key_of_wave(store: Store, ring: Keyring, survey_id: str, wave: str) -> str:
    """Id of the key that a wave is under: that which it began with, and before that the current one."""
    known = ledger.key_of_wave(store, survey_id, wave)
    if known == "":  # frozen before keys were written down, and empty: everybody was under the only key there was
        return ring.oldest.id
    return ring.current.id if known is None else known


def first_names(of_leaders: links.Links, ring: Keyring) -> dict[str, str]:
    """What leaders are called under the oldest key of the ring -> under the first key that they were seen under."""
    later = of_leaders.under(ring.oldest.id)
    first = of_leaders.first(later, ring.oldest.id)
    return dict(zip(later.to_pylist(), first.to_pylist(), strict=True))


def _respondents(received: Received) -> pa.ChunkedArray | None:
    if received.table is None:
        return None
    received.table.seek(0)
    found = pq.read_table(received.table, columns=["respondent"])["respondent"]
    received.table.seek(0)
    return found
