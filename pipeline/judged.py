"""A candidate as publication takes it: byte for byte what the gates passed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import history, parquet, release
from pipeline.content import sha256
from pipeline.errors import NotStored, RunRefused

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.release import Release
    from pipeline.store import Store

TABLES = (*history.KEPT, "actions")


@dataclass(frozen=True)
class Judged:
    """What an aggregation left behind: its tables, what they were counted from, and what the gates wrote."""

    wave: str
    run: str
    tables: Mapping[str, pa.Table]
    inputs: Mapping[str, Any]
    gates: str  # sha256 of gates.json
    artifacts: bytes | None  # artifacts.json; None before its release was judged
    judged: Mapping[str, Mapping[str, int]]  # by gate: how many requirements, and how many warnings among them

    @property
    def base(self) -> str | None:
        """The release to build on; None for the first."""
        return None if self.inputs["base"] is None else str(self.inputs["base"])

    @property
    def supersedes(self) -> tuple[str, ...]:
        """The releases of this wave so far, the first one first; none when it is published for the first time."""
        return tuple(self.inputs.get("supersedes", ()))


def candidate_folder(survey_id: str, wave: str, run: str) -> str:
    """Where the candidate of a run lies."""
    return f"candidate/{survey_id}/{wave}/{run}/"


def judged(store: Store, survey_id: str, wave: str, run: str) -> Judged | None:
    """The candidate, its gates passed for exactly these bytes. None when there is none. Raises RunRefused."""
    prefix = candidate_folder(survey_id, wave, run)
    # Before the others: where these were cleared away, some of them were too, and another published the run.
    artifacts, gates = (_read(store, f"{prefix}{name}.json") for name in ("artifacts", "gates"))
    try:
        inputs = json.loads(store.read(f"{prefix}inputs.json").data)
        files = {name: store.read(f"{prefix}{name}.parquet").data for name in TABLES}
    except NotStored:
        return None
    if release.run_of(inputs) != run:
        msg = f"inputs.json is not the one that gave run {run} of wave {wave} its name; aggregate the wave again"
        raise RunRefused(msg)
    if gates is None:
        msg = f"run {run} of wave {wave} was not judged; check it before it is published"
        raise RunRefused(msg)
    judged = json.loads(gates)
    if judged.get("passed") is not True or judged.get("run") != run:
        msg = f"run {run} of wave {wave} did not pass its gates; mend what they found, then aggregate and check again"
        raise RunRefused(msg)
    if any(one["severity"] != "warn" or not one["judged"] for one in _unmet(judged)):
        msg = f"the gates of run {run} of wave {wave} say that it passed, and that it did not; check it again"
        raise RunRefused(msg)
    needed = {**inputs["responses"], f"{prefix}protected.parquet": sha256(files["protected"])}
    if any(judged["tables"].get(key) != sha256 for key, sha256 in needed.items()):
        msg = f"the gates judged other tables than those of run {run} of wave {wave}; check it again"
        raise RunRefused(msg)
    if not any(True for _ in store.keys(history.identities_key(survey_id, wave, run))):
        msg = f"nobody could tell any more whose answers run {run} of wave {wave} counts; aggregate the wave again"
        raise RunRefused(msg)
    tables = {name: parquet.from_bytes(data) for name, data in files.items()}
    return Judged(wave, run, tables, inputs, sha256(gates), artifacts, _counts(judged))


def _counts(gates: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """By gate, from the content of gates.json: `requirements` that were judged, and `warnings` among them."""
    return {
        gate["stage"]: {"requirements": len(gate["outcomes"]), "warnings": len(_unmet({"gates": [gate]}))}
        for gate in gates["gates"]
    }


def hold(candidate: Judged, made: Release) -> None:
    """Raises RunRefused unless the gate of artifacts passed for exactly this release, but for the PDFs of its pages.

    So it does when the manifest states other results of the gates than they wrote.
    """
    wave, run, release_id = candidate.wave, candidate.run, made.id
    stated = json.loads(made.manifest)["waves"][-1]
    if (stated["gates"], stated["judged"]) != (candidate.gates, candidate.judged):
        msg = (
            f"release {release_id} states other results of the gates than run {run} of wave {wave} has; check it again"
        )
        raise RunRefused(msg)
    told = json.loads(candidate.artifacts or b"{}")
    if told.get("passed") is not True or (told.get("run"), told.get("release")) != (run, made.draft):
        found = "was not judged" if candidate.artifacts is None else "is not the one that passed the gate of artifacts"
        msg = f"release {release_id} of run {run} of wave {wave} {found}; check the run again before it is published"
        raise RunRefused(msg)


def _unmet(gates: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for gate in gates["gates"] for one in gate["outcomes"] if not one["passed"]]


def _read(store: Store, key: str) -> bytes | None:
    try:
        return store.read(key).data
    except NotStored:
        return None
