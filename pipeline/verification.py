"""Whether a release is what was published, byte for byte, and whether anybody can be found in it: proven again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self

import pyarrow as pa

from pipeline import disclosure, history, ledger, release
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import addresses
from pipeline.errors import DisclosureLeak, RunRefused
from pipeline.facts import FACTS
from pipeline.published import published_with, tables_of, verify_files
from pipeline.recount import recount, rules
from pipeline.release import of_wave
from pipeline.remains import remains
from pipeline.remaking import Remade, remade

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.disclosure.audit import Certificate
    from pipeline.disclosure.cells import Grid
    from pipeline.remains import Remains
    from pipeline.store import Store
    from pipeline.survey import Survey

UNKNOWN = Remade("not made", "files are missing, changed or unknown")
_NAMED = 8  # cells of a certificate that are named
# The columns of the facts that say something about people.
_FIGURES = tuple(field.name for field in FACTS if pa.types.is_integer(field.type) or pa.types.is_floating(field.type))


@dataclass(frozen=True)
class WaveAudit:
    """One wave of a release held against the private rows that it was counted from. `certificates` are private.

    `verified`: its figures are those of the rows, and nobody can be found in them. `leak`: somebody can be, and
    `certificates` name the cells by which, or a figure rests on too few. `differs`: figures are not those of the rows.
    `explained` and `unexplained`: rows are no longer there, so that only what needs none was checked, and the ledger
    says why, or does not.
    """

    wave: str
    state: Literal["verified", "explained", "unexplained", "differs", "leak"]
    words: str
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """`files` were hashed again; `problems` has one line for each that is missing, changed or not in the manifest."""

    release: str
    files: int
    problems: tuple[str, ...]
    waves: tuple[WaveAudit, ...]
    remade: Remade = UNKNOWN

    @property
    def status(self) -> Literal["verified", "partly verified", "not verified"]:
        """Whether everything was proven, all that can be while rows are missing, or something is wrong."""
        states = {one.state for one in self.waves}
        if self.problems or self.remade.state == "differs" or states & {"leak", "differs"}:
            return "not verified"
        return "verified" if states <= {"verified"} else "partly verified"

    @property
    def good(self) -> bool:
        """Nothing is wrong, and where rows are missing the ledger says why."""
        return self.status != "not verified" and not any(wave.state == "unexplained" for wave in self.waves)


def verify(
    store: Store, survey_id: str, release_id: str, *, together: bool = False, code_version: str | None = None
) -> Verification:
    """Hashes every file again; when they are as published, audits every wave whose rows are there. Changes nothing.

    A release that this code made is made again, and held against what is there byte by byte.
    `together`: audits all releases of each wave up to this one as one, from the private tables beside the ledger.
    """
    prefix = f"published/{survey_id}/releases/{release_id}/"
    files = sum(1 for _ in store.keys(prefix))
    problems = verify_files(store, survey_id, release_id)
    taken = [one.why for one in ledger.retractions(store, survey_id) if one.release == release_id]
    if taken and not files:
        problems = (f"it was taken back and is no longer served: {taken[0]}",)
    if problems:
        return Verification(release_id, files, problems, ())
    survey = ledger.survey(store, survey_id)
    manifest = json.loads(store.read(prefix + release.MANIFEST).data)
    tables = tables_of(store, survey_id, release_id)
    waves = []
    for one in manifest["waves"]:
        rows = Stated.of(tables, one["wave"])
        own = [each.release for each in published_with(release_id, manifest) if each.wave == one["wave"]]
        made = [*one["inputs"].get("supersedes", own[:-1]), own[-1]]  # what was taken back is among them
        told = _audit(store, survey, one, rows, made[-1])
        waves.append(_in_all(store, survey, told, made) if together and told.state not in {"leak", "differs"} else told)
    return Verification(release_id, files, (), tuple(waves), remade(store, survey, release_id, manifest, code_version))


def _in_all(store: Store, survey: Survey, told: WaveAudit, releases: list[str]) -> WaveAudit:
    """The audit of all releases of a wave together, added to what was `told` of the last."""
    if len(releases) == 1 and not history.is_kept(store, survey.id, releases[0]):
        return told  # by earlier code; it has been published once, and that was audited
    try:
        past = history.past(store, survey.id, releases)
        found = disclosure.found_in_history(past, rules(store, survey, told.wave), disclosure.families(survey))
    except (RunRefused, DisclosureLeak) as missing:
        return WaveAudit(
            told.wave, "unexplained", f"{told.words}; not all its releases were audited together: {missing}"
        )
    for one, made in zip(past, releases, strict=True):
        stated = of_wave(history.stated(store, survey.id, made), told.wave).to_pylist()
        if _counts(stated) != _counts(one.table.to_pylist()):
            return WaveAudit(told.wave, "differs", f"release {made} does not state what was protected for it")
    if found.certificates:
        where = zip(found.release, found.cells.places, strict=True)
        names = [f"{releases[number]}: {place}" for number, place in where]
        named = tuple(_words(found.cells, one, names) for one in found.certificates)
        words = f"somebody can be found by its {len(releases)} releases together: withdraw them"
        return WaveAudit(told.wave, "leak", words, named)
    return replace(told, words=f"{told.words}; nor can anybody be found in its {len(releases)} releases together")


def _counts(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    """How many answers each stated figure rests on, by its address."""
    return {tuple(row[name] for name in disclosure.KEPT.names): row["answered"] for row in rows if row["status"] == "F"}


@dataclass(frozen=True)
class Stated:
    """What a release says of one wave: rows of its facts, and its distributions."""

    facts: list[dict[str, Any]]
    distributions: pa.Table

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table], wave: str) -> Self:
        """The wave's part of the tables of a release."""
        return cls(of_wave(tables["facts"], wave).to_pylist(), of_wave(tables["distributions"], wave))


def _audit(store: Store, survey: Survey, published: Mapping[str, Any], stated: Stated, made: str) -> WaveAudit:
    """Of the wave as release `made` published it."""
    wave, inputs = published["wave"], published["inputs"]
    least = rules(store, survey, wave)
    left = remains(store, survey.id, wave, inputs)
    try:
        own = _of_its_own(store, survey, stated, made) if published.get("supersedes") else stated
    except RunRefused as missing:
        return WaveAudit(wave, "unexplained", str(missing))
    if own is None:
        return WaveAudit(wave, "differs", "a row that was to stay as it was published is not as it was")
    told = _recounted(store, survey, wave, inputs, own) if left.whole else _in_part(wave, left, least)
    broken = _broken(stated, least)
    if broken and told.state not in {"leak", "differs"}:  # which say more
        return WaveAudit(wave, "leak", f"{broken}: withdraw the release")
    late = f"; {left.later} files that came later are not in it" if left.later else ""
    return replace(told, words=f"{told.words}{late}")


def _of_its_own(store: Store, survey: Survey, whole: Stated, made: str) -> Stated | None:
    """What is about the rows of this run, not those that stay; None when one of these was changed."""
    (past,) = history.past(store, survey.id, [made])
    kept = {tuple(row.values()) for row in past.kept.to_pylist()}
    names = disclosure.KEPT.names
    stays = {key: row for row in whole.facts if (key := tuple(row[name] for name in names)) in kept}
    stated = {tuple(row[name] for name in names): row["answered"] for row in past.table.to_pylist()}
    if len(stays) < len(kept) or any(row["answered"] != stated[key] for key, row in stays.items()):
        return None
    own = whole.distributions.join(past.kept, names, join_type="left anti", use_threads=False)
    return Stated([row for row in whole.facts if tuple(row[name] for name in names) not in kept], own)


def _recounted(store: Store, survey: Survey, wave: str, inputs: Mapping[str, Any], stated: Stated) -> WaveAudit:
    """A wave counted and audited from exactly the rows that it was counted from."""
    counted = recount(store, survey, wave, inputs)
    other = "" if inputs["survey"] == survey.sha256 else ", counted under today's survey file, which is another"
    try:
        shown = counted.shown(stated.facts, "favourable")
    except KeyError:
        return WaveAudit(wave, "differs", f"it states a figure about a group that there is not{other}")
    where = {name: counted.grid["answered"][number] for number, name in enumerate(counted.grid.measures)}
    wrong = sum(
        row["answered"] != where[row["measure"]][counted.grid.at[row["unit"], row["segment"], row["category"]]]
        for row in stated.facts
        if row["status"] == "F"
    )
    wrong += counted.distributions(stated.distributions, survey, wave)
    if wrong:
        return WaveAudit(wave, "differs", f"{wrong} published counts are not those of the stored answers{other}")
    families = disclosure.families(survey)
    found = Auditor(counted.grid, counted.members, counted.tree, counted.rules, families).audit(shown)
    if found:
        named = tuple(_words(counted.grid, one) for one in found)
        return WaveAudit(wave, "leak", "somebody can be found in what is published: withdraw the release", named)
    words = f"{int(shown.means.sum())} published cells were counted and audited again; nobody can be found in them"
    return WaveAudit(wave, "verified", words)


def _broken(stated: Stated, least: disclosure.Rules) -> str:
    """What a release says that no release may, whatever was answered; "" for nothing."""
    shown = [row for row in stated.facts if row["status"] == "F"]
    fine = {tuple(row[name] for name in disclosure.KEPT.names) for row in shown if row["favourable"] is not None}
    lone = sum(answered == 1 for answered in stated.distributions["answered"].to_pylist())
    few = sum(row["answered"] < least.minimum_mean for row in shown)
    finer = sum(row["favourable"] is not None and row["answered"] < least.minimum_distribution for row in shown)
    silent = sum(
        row["kind"] == "rate" and (row["invited"] or 0) - row["answered"] < least.minimum_mean for row in shown
    )
    kept = sum(row[name] is not None for row in stated.facts if row["status"] != "F" for name in _FIGURES)
    kept += sum(address not in fine for address in addresses(stated.distributions))
    said = {
        f"figures rest on fewer than {least.minimum_mean} answers": few,
        f"distributions rest on fewer than {least.minimum_distribution} answers": finer,
        "answers are said to have been given by one person": lone,
        f"response rates leave fewer than {least.minimum_mean} who did not answer": silent,
        "figures are given of cells that are withheld": kept,
    }
    return "; ".join(f"{number} {what}" for what, number in said.items() if number)


def _in_part(wave: str, left: Remains, least: disclosure.Rules) -> WaveAudit:
    """What can be said of a wave some of whose rows are not there any more."""
    checked = (
        f"checked: every file's hash, that no figure rests on fewer than {least.minimum_mean} answers, no distribution "
        f"on fewer than {least.minimum_distribution}, that no response rate leaves fewer than {least.minimum_mean} who "
        "did not answer, and that what is withheld has no figure. Not checked: that the figures are those of the "
        "answers, and that nobody can be found by combining them"
    )
    if left.altered:
        words = f"{len(left.altered)} of the tables that it was counted from have other bytes than then"
        return WaveAudit(wave, "unexplained", f"{words}, and whoever keeps the store finds out why; {checked}")
    gone = f"{len(left.gone)} of the tables that it was counted from are no longer stored"
    if left.unexplained:
        words = f"{gone}, {len(left.unexplained)} of them for no reason that the ledger knows"
        return WaveAudit(wave, "unexplained", f"{words}; whoever keeps the store finds out why; {checked}")
    why = [f"{left.erasures} erasures"] if left.erasures else []
    why += [f"{left.reread} files read again"] if left.reread else []
    return WaveAudit(wave, "explained", f"{gone}, explained by {' and '.join(why)}; {checked}")


def _words(cells: Grid, one: Certificate, names: Sequence[str] = ()) -> str:
    """The published cells that are added up, and about how many people they then speak."""
    names = names or [str(place) for place in cells.places]
    named = [f"{term.times:+d} x {names[term.place]} {cells.measures[term.measure]}" for term in one.terms[:_NAMED]]
    more = [f"{len(one.terms) - _NAMED} more"] if len(one.terms) > _NAMED else []
    return f"{one.layer}, {one.found_by}, about {one.people} people: {'; '.join(named + more)}"
