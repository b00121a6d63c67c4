"""What became of each object in landing, and the tables that were read from them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from pipeline.content import sha256_of
from pipeline.errors import RunRefused
from pipeline.ledger.records import FileRecord, folder, latest, numbered, once, read

if TYPE_CHECKING:
    from pipeline.store import Content, Store


STORED = frozenset({"accepted", "partly"})  # a table was read from these


def record_file(store: Store, record: FileRecord) -> FileRecord:
    """Writes the record, once; what was there before is returned instead.

    A file that was stored is noted under its content first, so that whoever has a record can be found by it.
    """
    if record.state in STORED:
        store.create(f"{_contents(record)}{record.id}.json", b"{}\n")
    return once(store, numbered(folder("files", record.survey, record.wave), record.id, record.attempt), record)


def file(store: Store, survey_id: str, wave_id: str, ident: str) -> FileRecord | None:
    """The latest record of one object version, None when it has none yet."""
    keys = [one.key for one in store.keys(f"{folder('files', survey_id, wave_id)}{ident}.")]
    return next((read(store, key, FileRecord) for key in latest(keys)), None)


def twin(store: Store, record: FileRecord) -> FileRecord | None:
    """The file of the same wave and kind that was stored with the same content, under another name or version.

    Looked up by the content, however many files the wave has. Of several, the one that landed first.
    """
    idents = [one.key.rpartition("/")[2].removesuffix(".json") for one in store.keys(_contents(record))]
    noted = [file(store, record.survey, record.wave, ident) for ident in idents if ident != record.id]
    found = [one for one in noted if one is not None and one.state in STORED]  # noted and stopped: no record yet
    return min(found, key=lambda one: (_when(one.landed_at), one.id), default=None)


def files(store: Store, survey_id: str, wave_id: str) -> tuple[FileRecord, ...]:
    """The latest record of every object version of a wave, in the order in which they landed."""
    keys = [one.key for one in store.keys(folder("files", survey_id, wave_id))]
    found = [read(store, key, FileRecord) for key in latest(keys)]
    return tuple(sorted(found, key=lambda one: (_when(one.landed_at), one.id)))


def received(store: Store, survey_id: str) -> tuple[str, ...]:
    """Ids of the waves, known to the survey file or not, under which a file of the survey was received."""
    prefix = f"ledger/files/{survey_id}/"
    return tuple(sorted({one.key.removeprefix(prefix).partition("/")[0] for one in store.keys(prefix)}))


def landed_on(record: FileRecord) -> date:
    """The day on which a file landed, in UTC; a record without a time is older than any with one."""
    return _when(record.landed_at).astimezone(UTC).date()


def table_base(survey_id: str, wave_id: str, kind: str, sha256: str) -> str:
    """The key, without ending, of what was read from the file with this content."""
    zone = "responses" if kind == "responses" else "organisation"
    folder = "" if kind == "responses" else f"{kind}/"
    return f"{zone}/survey={survey_id}/wave={wave_id}/{folder}{sha256}"


def file_of(key: str) -> str:
    """The sha256 of the file that the table under this key was read from."""
    return key.rpartition("/")[2].split(".")[0]


def keep_table(store: Store, base: str, data: Content | None) -> None:
    """Stores the Parquet of one file in place of any that was read from it before; None: nothing is left of it.

    The key is `<base>.parquet` at first. Other content gets another key, so that whoever names a key as an input
    never gets something else under it.
    """
    there = {one.key: _hashed(store, one.key) for one in store.keys(f"{base}.")}
    target = ""
    if data is not None:
        mine = sha256_of(BytesIO(data) if isinstance(data, bytes) else data)
        target = f"{base}.parquet" if not there else f"{base}.{mine[:16]}.parquet"
        target = next((key for key, found in there.items() if found == mine), target)
        store.create(target, data)
    for key in there:
        if key != target:
            store.delete(key)


def current(store: Store, survey_id: str, wave_id: str, kind: str) -> str | None:
    """Key of the units, people or actions table that counts for a wave: of the file that landed last.

    A file with the content of an earlier one counts as landed again. Ties are decided by the content's sha256.
    Raises RunRefused when two rewritten tables claim to be that file's: one of them may hold an erased person.
    """
    usable = [
        one for one in files(store, survey_id, wave_id) if one.kind == kind and one.state in {*STORED, "duplicate"}
    ]
    for one in sorted(usable, key=lambda one: (_when(one.landed_at), one.sha256), reverse=True):
        base = table_base(survey_id, wave_id, kind, one.sha256)
        keys = [found.key for found in store.keys(f"{base}.")]
        rewritten = [key for key in keys if key != f"{base}.parquet"]
        if len(rewritten) > 1:
            msg = (
                f"the {kind} file {one.key} was rewritten halfway, twice; whoever asked for the erasures that were "
                "stopped makes them again"
            )
            raise RunRefused(msg)
        if keys:
            # Of two, the second replaces the first, and whoever wrote it was stopped before taking that away.
            return (rewritten or keys)[0]
    return None


def _hashed(store: Store, key: str) -> str:
    with store.open(key) as file:
        return sha256_of(file)


def _contents(record: FileRecord) -> str:
    """Where the files with this content are noted; the sha256 is one part of the key, so that none begins another."""
    return f"ledger/contents/{record.survey}/{record.wave}/{record.kind}/{record.sha256}/"


def _when(landed_at: str) -> datetime:
    """When it landed; a record without a time is older than any with one."""
    try:
        at = datetime.fromisoformat(landed_at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
