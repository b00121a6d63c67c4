"""Reading files again with today's survey file: which, who asked for it and why, and what became of each.

For when the survey file or the code was mended, not the export: a mended export is another file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pipeline import exports, ingest, ledger
from pipeline.content import sha256_of
from pipeline.errors import NotStored, Refused
from pipeline.keyring import ring_of
from pipeline.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pipeline.keyring import Keyring, Keys
    from pipeline.ledger import FileRecord
    from pipeline.store import Store

LONGEST_NAME, LONGEST_REASON = 100, 500  # characters

_DONE = frozenset({"accepted", "duplicate"})
_LEFT = {
    "accepted": "wholly accepted already; there is nothing to read again",
    "duplicate": "a copy; the file that it is a copy of counts",
    "gone": "no longer in landing; its sender pushes it again",
    "key_retired": "the key of its wave is retired; what was accepted of it stays as it is",
    "another_version": "another version lies there; its sender pushes that one, under a name of its own",
}


@dataclass(frozen=True)
class Signed:
    """Who wants files to be read again, and why. It is written into their records, so it names no respondent."""

    by: str
    why: str

    def __post_init__(self) -> None:
        """Raises Refused for words that are none, that are no single line, or that are too many."""
        for option, text, longest in (("--by", self.by, LONGEST_NAME), ("--why", self.why, LONGEST_REASON)):
            if not text.strip() or not text.isprintable() or len(text) > longest:
                msg = f"{option}: whoever redrives writes a line of 1 to {longest} characters"
                raise Refused(msg)


@dataclass(frozen=True)
class Redriven:
    """A file that was read again. `after` is its record from now on: the one before where nothing is different."""

    before: FileRecord
    after: FileRecord
    changed: bool

    @property
    def key(self) -> str:
        """Its key in landing."""
        return self.before.key


@dataclass(frozen=True)
class Left:
    """A file that was not read again, and why; `message` says who must do what, if anybody."""

    record: FileRecord
    reason: Literal["accepted", "duplicate", "gone", "key_retired", "another_version"]

    @property
    def message(self) -> str:
        """The reason in words."""
        return _LEFT[self.reason]


@dataclass(frozen=True)
class Redrive:
    """Every file that was asked for is in one of the two."""

    read: tuple[Redriven, ...]
    left: tuple[Left, ...]

    @property
    def changed(self) -> int:
        """How many files came out differently."""
        return sum(one.changed for one in self.read)


def of_file(store: Store, key: str) -> tuple[FileRecord, ...]:
    """What is recorded of each version of this object in landing. Raises Refused when there is no record."""
    address = ledger.address(key)
    if address is None:
        msg = f"{key!r} is no landing key; whoever redrives names one as landing/<survey>/<wave>/<kind>/<file>"
        raise Refused(msg)
    found = tuple(one for one in ledger.files(store, address.survey, address.wave) if one.key == key)
    if not found:
        msg = f"nothing was ever received as {key}; whoever redrives looks at its name again, or its sender pushes it"
        raise Refused(msg)
    return found


def of_wave(store: Store, survey: str, wave: str) -> tuple[FileRecord, ...]:
    """What is recorded of the files of a wave, in the order in which they landed.

    Raises SurveyInvalid for a wave that the survey file has not, and under which nothing was received either.
    """
    found = ledger.files(store, survey, wave)
    if not found:
        ledger.survey(store, survey).wave(wave)
    return found


def since(store: Store, survey: str, day: date) -> tuple[FileRecord, ...]:
    """What is recorded of the files of all waves that landed on this day, in UTC, or later. Raises SurveyUnknown."""
    ledger.survey(store, survey)
    files = (one for wave in ledger.received(store, survey) for one in ledger.files(store, survey, wave))
    return tuple(one for one in files if ledger.landed_on(one) >= day)


def redrive(store: Store, keys: Keys, files: Iterable[FileRecord], signed: Signed | None) -> Redrive:
    """Reads again, in this order, what is not wholly accepted; without a signature writes nothing.

    Where a file comes out differently a signed record is written beside the one before. Doing it again changes
    nothing, also when it was stopped half-way: then it is completed.
    Raises SurveyInvalid, before anything is read, when today's survey file cannot be used, and KeyMissing when the
    key of a wave is not among `keys`: what was accepted stays.
    """
    found, ring, retired = [*files], ring_of(keys), set()
    for survey_id, wave in sorted({(one.survey, one.wave) for one in found}):
        survey = ledger.survey(store, survey_id)
        ledger.hold(survey, ledger.wave(store, survey_id, wave))
        if Reader.of_wave(store, ring, survey, wave).key is None:
            retired.add((survey_id, wave))
    done = [
        Left(one, "key_retired")
        if (one.survey, one.wave) in retired and one.state not in _DONE
        else _again(store, ring, one, signed)
        for one in found
    ]
    if signed is None:
        done = _copies_told(done)
    return Redrive(
        tuple(one for one in done if isinstance(one, Redriven)),
        tuple(one for one in done if isinstance(one, Left)),
    )


def _again(store: Store, ring: Keyring, before: FileRecord, signed: Signed | None) -> Redriven | Left:
    if before.state in _DONE:
        return Left(before, "accepted" if before.state == "accepted" else "duplicate")
    if not before.sha256:
        return Left(before, "gone")  # before it could be read the first time
    with exports.Scratch() as scratch:
        try:
            file = scratch.enter_context(store.open(before.key, before.version))
        except NotStored:
            return Left(before, "gone")
        if sha256_of(file) != before.sha256:
            return Left(before, "another_version")
        after = ingest.receive_again(store, ring, before, file, scratch, dry_run=signed is None)
    if replace(after, attempt=before.attempt) == before:
        return Redriven(before, before, changed=False)
    if signed is not None:
        after = ledger.record_file(store, replace(after, redriven_by=signed.by, redriven_why=signed.why))
    return Redriven(before, after, changed=True)


def _copies_told(done: list[Redriven | Left]) -> list[Redriven | Left]:
    """What nobody finds where nothing is written: which of these have the content of an earlier one that is stored."""
    first: dict[tuple[str, ...], FileRecord] = {}
    told: list[Redriven | Left] = []
    for one in done:
        if isinstance(one, Redriven) and one.after.state in ledger.STORED:
            after = one.after
            twin = first.setdefault((after.survey, after.wave, after.kind, after.sha256), after)
            told.append(one if twin is after else replace(one, after=ingest.duplicate_of(twin, after), changed=True))
        else:
            told.append(one)
    return told
