"""What a wave is counted from: its accepted answers, its organisation and its actions, as they are stored now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline import ledger, parquet
from pipeline.content import sha256
from pipeline.errors import RunRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.store import Store
    from pipeline.survey import Survey

_SENDER = {"units": "whoever keeps the organisation", "people": "whoever keeps the organisation"}


@dataclass(frozen=True)
class Inputs:
    """Every object that a wave is counted from, by kind and key, as it was read."""

    objects: Mapping[str, Mapping[str, bytes]]

    @cached_property
    def hashes(self) -> Mapping[str, Mapping[str, str]]:
        """The same with the sha256 of each instead of its bytes."""
        return {kind: {key: sha256(data) for key, data in found.items()} for kind, found in self.objects.items()}

    def columns(self, kind: str) -> parquet.Columns:
        """The same of a kind that has files; a column is read when it is asked for."""
        return parquet.Columns([data for _, data in sorted(self.objects[kind].items())], distinct=["respondent"])

    def table(self, kind: str) -> pa.Table | None:
        """The rows of a kind, of all its files together; None without any."""
        found = [parquet.from_bytes(data) for _, data in sorted(self.objects[kind].items())]
        return pa.concat_tables(found, promote_options="default") if found else None


def read_stored(store: Store, survey: Survey, wave: str) -> Inputs:
    """Reads what the wave is counted from. Raises RunRefused naming every kind that is missing and who brings it."""
    carried = survey.file.respondent.unit is not None
    keys = {"responses": _responses(store, survey, wave)}
    for kind in ledger.COUNTED[1:]:
        key = None if kind == "people" and carried else ledger.current(store, survey.id, wave, kind)
        keys[kind] = [] if key is None else [key]
    needed = ["responses", "units", *([] if carried else ["people"])]
    missing = [f"{kind} ({_SENDER.get(kind, 'whoever sends the exports')})" for kind in needed if not keys[kind]]
    if missing:
        msg = (
            f"wave {wave} of survey {survey.id} cannot be counted: there is no accepted file of {', '.join(missing)}; "
            f"push it under landing/{survey.id}/{wave}/"
        )
        raise RunRefused(msg)
    return read_named(store, keys)


def read_named(store: Store, keys: Mapping[str, Iterable[str]]) -> Inputs:
    """Reads these objects, by kind. Raises NotStored when one of them is gone."""
    return Inputs({kind: {key: store.read(key).data for key in keys[kind]} for kind in ledger.COUNTED})


def _responses(store: Store, survey: Survey, wave: str) -> list[str]:
    """Keys of the wave's responses, one for each file. Raises RunRefused when two tables claim to be one file's.

    Whoever rewrites a table writes `<sha256>.<hash>.parquet` and then takes the old one away; stopped between, the
    new one counts. Two new ones are left by two that were stopped, and nobody can tell which of them is right.
    """
    by_file: dict[str, list[str]] = {}
    for one in store.keys(ledger.table_base(survey.id, wave, "responses", "")):
        by_file.setdefault(ledger.file_of(one.key), []).append(one.key)
    keys = []
    for file, found in sorted(by_file.items()):
        first = f"{ledger.table_base(survey.id, wave, 'responses', file)}.parquet"
        rewritten = [key for key in found if key != first]
        if len(rewritten) > 1:
            msg = (
                f"file {file[:16]} of wave {wave} was rewritten halfway, twice; whoever asked for the erasures that "
                "were stopped makes them again, then runs the wave"
            )
            raise RunRefused(msg)
        keys += rewritten or found
    return keys
