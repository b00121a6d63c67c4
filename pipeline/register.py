"""A survey file into config/, with its instruments and suites: read, held against earlier waves, then written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import ledger, quality, suites
from pipeline import survey as surveys
from pipeline.errors import NotStored, SurveyInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.store import Store
    from pipeline.suites import Stage
    from pipeline.survey import Survey

SURVEY_FILE = "survey.toml"
SUITES: Mapping[str, Stage] = {f"expectations/{stage}.json": stage for stage in suites.STAGES}


@dataclass(frozen=True)
class Registered:
    """The survey, the names of the files it consists of, and whether any of them is new or has changed."""

    survey: Survey
    files: tuple[str, ...]
    changed: bool


def beside(file: Path) -> dict[str, bytes]:
    """A survey file by the name survey.toml, whatever it is called, and what may belong to it in the same folder."""
    others = [one for one in sorted(file.parent.glob("*.toml")) if not one.samefile(file) and one.name != SURVEY_FILE]
    expected = {name: file.parent / name for name in SUITES if (file.parent / name).is_file()}
    named = {SURVEY_FILE: file, **{one.name: one for one in others}, **expected}
    return {name: path.read_bytes() for name, path in named.items()}


def parse(files: Mapping[str, bytes]) -> tuple[Survey, Mapping[str, bytes]]:
    """The survey of survey.toml with the instrument files and suites beside it, and those of the files that it uses.

    Raises SurveyInvalid, and RunRefused for a suite that is none.
    """
    main = _text(SURVEY_FILE, files[SURVEY_FILE])
    # A file that is not named in the survey file is somebody else's, and need not even be text.
    beside = {
        name: _text(name, data) for name, data in files.items() if name in main and name not in {SURVEY_FILE, *SUITES}
    }
    survey = surveys.parse(main, beside, SURVEY_FILE)
    for name in files.keys() & SUITES.keys():
        suites.parse(files[name], name)
    used = {SURVEY_FILE, *SUITES, *(one.definition for one in survey.file.instrument)}
    return survey, {name: data for name, data in files.items() if name in used}


def register(store: Store, files: Mapping[str, bytes]) -> Registered:
    """Writes a survey file and what belongs to it; the survey file last, so that a reader never misses one.

    Raises what `parse` raises, RunRefused for a suite that Great Expectations does not understand, and SurveyInvalid
    for a file that lowers a minimum group size people answered under, or that leaves out a wave they answered in; then
    nothing is written.
    """
    survey, used = parse(files)
    for name in sorted(used.keys() & SUITES.keys()):
        quality.understood(used[name], name, SUITES[name])
    _hold(store, survey)
    names = sorted(used, key=lambda name: (name == SURVEY_FILE, name))
    changed = [put(store, f"config/{survey.id}/{name}", used[name]) for name in names]
    return Registered(survey, tuple(sorted(used)), any(changed))


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        msg = f"{name}: it is not in UTF-8; its owner saves it as UTF-8"
        raise SurveyInvalid(msg) from None


def _hold(store: Store, survey: Survey) -> None:
    """Raises SurveyInvalid when people answered under other terms."""
    kept = {wave.id for wave in survey.file.wave}
    prefix = f"ledger/waves/{survey.id}/"
    for wave_id in [one.key.removeprefix(prefix).removesuffix(".json") for one in store.keys(prefix)]:
        ledger.hold(survey, ledger.wave(store, survey.id, wave_id))
        if wave_id not in kept:
            msg = f"wave {wave_id!r} was answered and is missing from the survey file; its owner restores it"
            raise SurveyInvalid(msg)


def put(store: Store, key: str, data: bytes) -> bool:
    """Makes this the content under a key; whether that changed anything."""
    try:
        there = store.read(key)
    except NotStored:
        store.create(key, data)
        return True
    if there.data == data:
        return False
    store.replace(key, data, there.etag)
    return True
