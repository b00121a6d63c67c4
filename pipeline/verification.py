"""Whether a release is what was published, byte for byte, and whether anybody can be found in it: proven again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline import disclosure, ledger, release
from pipeline.disclosure.audit import Auditor
from pipeline.published import tables_of, verify_files
from pipeline.recount import recount
from pipeline.release import of_wave

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.disclosure.audit import Certificate
    from pipeline.disclosure.cells import Grid
    from pipeline.store import Store
    from pipeline.survey import Survey

_NAMED = 8  # cells of a certificate that are named


@dataclass(frozen=True)
class WaveAudit:
    """One wave of a release held against the private rows that are stored now.

    `unknown`: those it was made of are no longer there, or not they alone. `leak`: `certificates` name published cells
    by which somebody could be found. `differs`: published figures are not those of the rows. Private.
    """

    wave: str
    state: Literal["clean", "leak", "differs", "unknown"]
    words: str
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """`files` were hashed again; `problems` has one line for each that is missing, changed or not in the manifest."""

    release: str
    files: int
    problems: tuple[str, ...]
    waves: tuple[WaveAudit, ...]

    @property
    def good(self) -> bool:
        """Nothing is wrong with a file, and no wave has a leak or other figures."""
        return not self.problems and not any(wave.state in {"leak", "differs"} for wave in self.waves)


def verify(store: Store, survey_id: str, release_id: str) -> Verification:
    """Hashes every file again; when they are as published, audits every wave whose rows are there. Changes nothing."""
    prefix = f"published/{survey_id}/releases/{release_id}/"
    files = sum(1 for _ in store.keys(prefix))
    problems = verify_files(store, survey_id, release_id)
    if problems:
        return Verification(release_id, files, problems, ())
    survey = ledger.survey(store, survey_id)
    manifest = json.loads(store.read(prefix + release.MANIFEST).data)
    facts = tables_of(store, survey_id, release_id)["facts"]
    waves = [_audit(store, survey, one, of_wave(facts, one["wave"]).to_pylist()) for one in manifest["waves"]]
    return Verification(release_id, files, (), tuple(waves))


def _audit(store: Store, survey: Survey, published: Mapping[str, Any], facts: list[dict[str, Any]]) -> WaveAudit:
    wave = published["wave"]
    if not _as_it_was(store, survey, wave, published["inputs"]):
        words = "the files that it was counted from are no longer those that are stored, so it is not audited again"
        return WaveAudit(wave, "unknown", words)
    counted = recount(store, survey, wave)
    try:
        shown = counted.shown(facts, "favourable")
    except KeyError:
        return WaveAudit(wave, "differs", "it states a figure about a group that there is not")
    where = {name: counted.grid["answered"][number] for number, name in enumerate(counted.grid.measures)}
    at = {(one.unit, one.segment, one.category): number for number, one in enumerate(counted.grid.places)}
    wrong = sum(
        row["answered"] != where[row["measure"]][at[row["unit"], row["segment"], row["category"]]]
        for row in facts
        if row["status"] == "F"
    )
    if wrong:
        return WaveAudit(wave, "differs", f"{wrong} published counts are not those of the stored answers")
    families = disclosure.families(survey)
    found = Auditor(counted.grid, counted.members, counted.tree, counted.rules, families).audit(shown)
    if found:
        named = tuple(_words(counted.grid, one) for one in found)
        return WaveAudit(wave, "leak", "somebody can be found in what is published: withdraw the release", named)
    cells = int(shown.means.sum())
    return WaveAudit(wave, "clean", f"{cells} published cells were audited again; nobody can be found in them")


def _as_it_was(store: Store, survey: Survey, wave: str, inputs: Mapping[str, Any]) -> bool:
    """Whether counting the wave now would read the files that it was counted from: none erased, and none added."""
    now = {one.key for one in store.keys(f"responses/survey={survey.id}/wave={wave}/")}
    kinds = {kind: ledger.current(store, survey.id, wave, kind) for kind in ("units", "people") if inputs[kind]}
    return now == set(inputs["responses"]) and all({key} == set(inputs[kind]) for kind, key in kinds.items())


def _words(cells: Grid, one: Certificate) -> str:
    """The published cells that are added up, and about how many people they then speak."""
    named = [
        f"{term.times:+d} x {cells.places[term.place].unit} {cells.places[term.place].segment}="
        f"{cells.places[term.place].category} {cells.measures[term.measure]}"
        for term in one.terms[:_NAMED]
    ]
    more = [f"{len(one.terms) - _NAMED} more"] if len(one.terms) > _NAMED else []
    return f"{one.layer}, {one.found_by}, about {one.people} people: {'; '.join(named + more)}"
