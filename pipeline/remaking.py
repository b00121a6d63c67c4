"""A published release made once more, from the private tables beside the ledger: the same to the last byte, or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline import history, ledger, release
from pipeline.aggregate import actions
from pipeline.build import again
from pipeline.content import sha256
from pipeline.errors import DisclosureLeak, NotStored, RunRefused
from pipeline.inputs import read_named
from pipeline.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipeline.release import Release
    from pipeline.store import Store
    from pipeline.survey import Survey

_NAMED = 5  # paths that are named


@dataclass(frozen=True)
class Remade:
    """What came of it. `differs`: whoever wrote it had other tables, or none; `not made`: `words` say why."""

    state: Literal["same", "differs", "not made"]
    words: str


def remade(
    store: Store, survey: Survey, release_id: str, manifest: Mapping[str, Any], code_version: str | None
) -> Remade:
    """Makes a release again in memory, pages and PDFs too, by this code; `manifest` is its own. Audits nothing.

    Every file of it is a function of the private tables that were kept, the release it was built on, and the survey
    file, so that whoever changed a figure, a verdict or a word of it afterwards is found.
    """
    if ledger.release(store, survey.id, release_id) is None:
        return Remade("differs", "the ledger knows no release of this name: it was not published by this pipeline")
    wave = manifest["waves"][-1]
    if (manifest["code_version"], wave["inputs"]["survey"]) != (code_version, survey.sha256):
        words = "only the code and the survey file that made it can make it again, and one of them is another now"
        return Remade("not made", words)
    try:
        tables, judged = _tables(store, survey, release_id, wave), wave["judged"]
        candidate = Judged(wave["wave"], wave["run"], tables, wave["inputs"], wave["gates"], None, judged)
        made = again(store, survey, candidate, str(code_version))
    except (NotStored, RunRefused) as missing:
        return Remade("not made", f"it could not be made again: {missing}")
    except DisclosureLeak as leak:
        return Remade("differs", f"its private tables contradict each other: {leak}")
    return _held(made, release_id, {path: one["sha256"] for path, one in manifest["files"].items()})


def _held(made: Release, release_id: str, there: Mapping[str, str]) -> Remade:
    """The release as it is made, against the hashes of what is there."""
    ours = {path: sha256(data) for path, data in made.files.items() if path != release.MANIFEST}
    others = sorted(path for path in there.keys() | ours.keys() if there.get(path) != ours.get(path))
    if others:
        named = ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if len(others) > _NAMED else "")
        return Remade("differs", f"made again from its private tables it has other bytes in {named}")
    if made.id != release_id:
        return Remade("differs", "its manifest says other things of it than its run gives")
    return Remade("same", f"made again from its private tables, each of its {len(ours)} files has the same bytes")


def _tables(store: Store, survey: Survey, release_id: str, wave: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The candidate's tables. Raises RunRefused and NotStored when one is not there as it was."""
    named = {kind: (wave["inputs"]["actions"] if kind == "actions" else ()) for kind in ledger.COUNTED}
    found = read_named(store, named)
    if found.hashes["actions"] != wave["inputs"]["actions"]:
        msg = "the table of actions that it was made with has other bytes than then"
        raise RunRefused(msg)
    kept = history.kept(store, survey.id, release_id)
    return {**kept, **history.panel_kept(store, survey, release_id), "actions": actions(found)}
