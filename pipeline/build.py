"""A judged candidate made into a release, in memory: for publication after an audit, and as a draft for the gate.

The two have the same bytes but for the PDFs of pages, which publication alone makes, so that what is published is held
against what was judged by its name. They are made twice on purpose: publication takes no file from the gate, which
carries much code that others wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pipeline import disclosure, facts, history, organisation, panel, release, reports
from pipeline.content import sha256
from pipeline.errors import RunRefused
from pipeline.published import manifest_of, published_with, tables_of
from pipeline.release import About, Draft, PublishedWave, Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipeline.disclosure import Basis, ProtectedTable, Written
    from pipeline.judged import Judged
    from pipeline.organisation import Tree
    from pipeline.store import Store
    from pipeline.survey import Survey


class Admit(Protocol):
    """Lets a protected table in that was written down, after having held it against what it was made from."""

    def __call__(self, table: pa.Table, basis: Basis, kept: pa.Table | None = None) -> ProtectedTable | Written:
        """Raises DisclosureLeak."""


def build(store: Store, survey: Survey, candidate: Judged, code_version: str) -> Release:
    """The release of a candidate: audited again from scratch, then every file. The same candidate gives the same one.

    Writes nothing. Raises RunRefused for other code or another survey file than it was aggregated with, and
    DisclosureLeak when the audit finds somebody.
    """
    return _sealed(store, survey, candidate, code_version, disclosure.readmit)


def again(store: Store, survey: Survey, candidate: Judged, code_version: str) -> Release:
    """What `build` made of a candidate that was published: for whoever holds the release against it. Raises as `draft`.

    The audit is left out.
    """
    return _sealed(store, survey, candidate, code_version, disclosure.written)


def draft(store: Store, survey: Survey, candidate: Judged, code_version: str) -> Draft:
    """What `build` would make of a candidate if it passes the audit there: for the gate, which only looks.

    Raises as `build`, and no DisclosureLeak for what takes an audit to find.
    """
    made = release.seal(*_files(store, survey, candidate, code_version, disclosure.written))
    return Draft(made.id, made.files)


def _sealed(store: Store, survey: Survey, candidate: Judged, code_version: str, admit: Admit) -> Release:
    """The whole release of what `admit` lets in, its pages on paper too."""
    files, about = _files(store, survey, candidate, code_version, admit)
    return release.seal(files, about, dict(reports.printed(files, survey, candidate.wave)))


def _files(
    store: Store, survey: Survey, candidate: Judged, code_version: str, admit: Admit
) -> tuple[dict[str, bytes], About]:
    """Every file but the manifest, of what `admit` lets in, and what the manifest says besides."""
    wave, inputs = candidate.wave, candidate.inputs
    if (inputs["code_version"], inputs["survey"]) != (code_version, survey.sha256):
        msg = f"the code or the survey file changed after run {candidate.run} of wave {wave}; aggregate the wave again"
        raise RunRefused(msg)
    tree = organisation.from_table(candidate.tables["units"])
    basis = disclosure.Basis(
        candidate.tables["cells"],
        candidate.tables["members"],
        tree,
        disclosure.Rules.of(survey),
        disclosure.families(survey),
        history.past(store, survey.id, candidate.supersedes),
    )
    protected = admit(candidate.tables["protected"], basis, candidate.tables["kept"])
    last = candidate.supersedes[-1] if candidate.supersedes else None
    this = PublishedWave(wave, candidate.run, candidate.base, inputs, candidate.gates, last, candidate.judged)
    about, base = About(survey, code_version, None, (this,)), None
    if candidate.base is not None:
        manifest = manifest_of(store, survey.id, candidate.base)
        others = tuple(PublishedWave(**one) for one in manifest["waves"] if one["wave"] != wave)
        before = published_with(candidate.base, manifest)
        about = About(survey, code_version, candidate.base, (*others, this), before)
        base = tables_of(store, survey.id, candidate.base)
    said = release.of_wave(history.stated(store, survey.id, last), wave) if last else None
    people = _panel(survey, candidate, tree, base)
    tables = release.tables(protected, survey, wave, tree, candidate.tables["actions"], base, before=said, panel=people)
    told = {release.DISCLOSURE: release.canonical(_statement(survey, about, tables["facts"]))}
    return {**release.to_files(tables, survey), **reports.render(tables, about), **told}, about


def _panel(survey: Survey, candidate: Judged, tree: Tree, base: Mapping[str, pa.Table] | None) -> facts.Panel:
    """Who answered in both waves, as far as the gate lets verdicts use it; counted, chosen and audited here alone."""
    earlier = release.earlier_wave(base["waves"], survey.wave(candidate.wave).closes) if base else None
    if base is None or earlier is None or not candidate.tables["panel"].num_rows:
        return facts.NOBODY
    then = release.tree_of(base["units"], earlier)
    return panel.protected(candidate.tables, survey, tree, then, disclosure.Rules.of(survey))


def _statement(survey: Survey, about: About, stated: pa.Table) -> dict[str, Any]:
    """What the release says of its own protection."""
    rules = disclosure.Rules.of(survey)
    rows = {one.wave: release.of_wave(stated, one.wave)["status"].to_pylist() for one in about.waves}
    before = release.canonical([vars(one) for one in about.before])
    return disclosure.statement(rules, rows, {"base": about.base or "", "publications_sha256": sha256(before)})
