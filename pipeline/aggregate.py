"""Aggregation: the answers of a wave become cells, disclosure control withholds, and a candidate is written. Private.

A run is named after everything that went into it, so that the same inputs make the same candidate, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline import (
    disclosure,
    history,
    identities,
    ledger,
    links,
    organisation,
    panel,
    parquet,
    published,
    release,
    tables,
)
from pipeline.content import sha256
from pipeline.counting import engines
from pipeline.errors import RunRefused
from pipeline.inputs import read_named, read_stored
from pipeline.judged import candidate_folder
from pipeline.levels import at_their_level

if TYPE_CHECKING:
    from pipeline.inputs import Inputs
    from pipeline.organisation import Tree
    from pipeline.store import Store
    from pipeline.survey import Engine, Survey
    from pipeline.tables import Counted


@dataclass(frozen=True)
class Candidate:
    """What was made of a wave. `respondents` are the people whose answers count; `not_invited` were left out.

    `answers` are the submissions that count: as many as `respondents`, or more where one person answers about several
    units. `cells` of which `withheld` may not be shown. `unknown` are units that the survey file wants kept and
    that the tree of the wave has not.
    """

    survey: str
    wave: str
    run: str
    respondents: int
    answers: int
    cells: int
    withheld: int
    not_invited: int
    unknown: tuple[str, ...] = ()


def aggregate(store: Store, survey_id: str, wave: str, *, code_version: str, engine: Engine | None = None) -> Candidate:
    """Counts a wave, protects it and writes its candidate; the same inputs again are no change.

    A wave that is published already, and has other inputs now, is protected together with all that was published of
    it. `engine` is where it is counted, as the survey file says if None. Raises RunRefused when a file that this needs
    is missing, when no answer can be counted, and when it cannot be known what was published of the wave before;
    OrganisationInvalid when people or answers are in units that there are not; SurveyInvalid for a survey file that
    cannot be used, EngineMissing before anything is read when it names an engine that is not here; DisclosureLeak when
    nothing safe is left.
    """
    survey = ledger.survey(store, survey_id)
    survey.wave(wave)
    where = engine or survey.file.engine
    engines.named(where)
    frozen = ledger.wave(store, survey_id, wave)
    ledger.hold(survey, frozen)
    found = read_stored(store, survey, wave)
    about = _about(store, survey, wave, found, code_version)
    run = release.run_of(about)
    # No run of this wave is ever held to less, so no rule ever looks at a figure of fewer people.
    least = frozen.minimum_mean if frozen else survey.file.minimum_group_size.mean
    counted, tree = _count(survey, wave, found, least, where)
    numbered, past = _numbered(store, survey_id, wave, about, counted)
    rules, families = disclosure.Rules.of(survey), disclosure.families(survey)
    worth = history.worth(store, survey, wave, about["base"])
    made_safe = disclosure.protect(counted.cells, numbered.members, tree, rules, families, past, worth)
    protected = made_safe.table
    linked = _panel(store, survey, wave, about, counted, tree)
    store.create(history.identities_key(survey_id, wave, run), parquet.to_bytes(numbered.identities))
    made = {
        "cells": counted.cells,
        "members": numbered.members,
        "protected": protected,
        "kept": made_safe.kept,
        "units": organisation.to_table(tree),
        "actions": actions(found),
        **linked,
    }
    folder = candidate_folder(survey_id, wave, run)
    for name, table in made.items():
        store.create(f"{folder}{name}.parquet", parquet.to_bytes(table))
    store.create(f"{folder}inputs.json", release.canonical(about))  # last: what has inputs is whole
    return Candidate(
        survey=survey_id,
        wave=wave,
        run=run,
        respondents=counted.respondents,
        answers=counted.accounts.counted,
        cells=protected.num_rows,
        withheld=protected["status"].to_pylist().count("C"),
        not_invited=counted.accounts.not_invited,
        unknown=tuple(sorted(worth.units - tree.path.keys())),
    )


def made_elsewhere(store: Store, survey_id: str, wave: str, *, code_version: str) -> str | None:
    """The run of what is stored now, where a candidate of it is whole already; else None.

    Raises RunRefused and SurveyInvalid as `aggregate` does.
    """
    survey = ledger.survey(store, survey_id)
    about = _about(store, survey, wave, read_stored(store, survey, wave), code_version)
    run = release.run_of(about)
    last = f"{candidate_folder(survey_id, wave, run)}inputs.json"
    return run if any(one.key == last for one in store.keys(last)) else None


def recompute(
    store: Store,
    survey: Survey,
    wave: str,
    named: Mapping[str, Iterable[str]] | None = None,
) -> tuple[pa.Table, pa.Table, Tree]:
    """The private cells, members and tree of a wave, counted from what is stored now. Writes nothing.

    Every cell has figures: whoever looks for leaks in what was published cannot rely on its minimum.

    With `named`, from these keys by kind, as a run wrote them down, whatever has come since. Raises RunRefused and
    OrganisationInvalid as `aggregate` does, NotStored when a named object is gone.
    """
    found = read_stored(store, survey, wave) if named is None else read_named(store, named)
    counted, tree = _count(survey, wave, found)
    return counted.cells, counted.members, tree


def _count(survey: Survey, wave: str, inputs: Inputs, least: int = 1, engine: Engine = "local") -> tuple[Counted, Tree]:
    """Counts the inputs, with figures for cells of `least` people and more."""
    responses, units = inputs.columns("responses"), inputs.table("units")
    people = inputs.columns("people") if inputs.objects["people"] else None
    keys = {key for table in (responses, people) if table is not None for key in table["key_id"].unique().to_pylist()}
    if len(keys) > 1:
        msg = (
            f"people of wave {wave} were given pseudonyms with {len(keys)} keys, {', '.join(sorted(keys))}, so that "
            "nobody can be found again in another file; push every file of the wave again under one key"
        )
        raise RunRefused(msg)
    tree = organisation.from_table(units)
    counted = tables.count(survey, tree, people, responses, least=least, engine=engine)
    return replace(counted, cells=at_their_level(counted.cells, survey, tree)), tree


def actions(inputs: Inputs) -> pa.Table:
    """The actions as they stand, none without a file."""
    schema = pa.schema([field for field in release.ACTIONS if field.name != "wave"])
    found = inputs.table("actions")
    return schema.empty_table() if found is None else found.select(schema.names).cast(schema)


def _about(store: Store, survey: Survey, wave: str, inputs: Inputs, code_version: str) -> dict[str, Any]:
    """What goes into a run, as it is written down.

    A published wave with the inputs it was published with is that run once more. With others it supersedes all its
    releases, also those that were taken back; raises RunRefused when one of these was made before private tables were
    kept. A wave under another key than the one before goes by the links between the two as well.
    """
    own = {"survey": survey.sha256, "code_version": code_version, **inputs.hashes}
    seen = published.current(store, survey.id)
    base = seen.release if seen else None
    made = [one.release for one in history.disclosed(store, survey.id, wave, seen)]
    if not made:
        known = history.panel_links(store, survey, wave, history.panel_before(store, survey, wave, base))
        linked = {} if known is None else {"links": sha256(links.to_bytes([known.table]) or b"")}
        return own | {"base": base} | linked
    about, recorded = own | {"base": base}, {}
    if seen is not None and (held := seen.holds(wave)):
        (recorded,) = (one["inputs"] for one in seen.manifest["waves"] if one["wave"] == wave)
        before = made[: made.index(held[1])]
        linked = {"links": recorded["links"]} if "links" in recorded else {}  # as they were then
        about = own | {"base": recorded["base"]} | linked | ({"supersedes": before} if before else {})
        if about == recorded:
            return about
    if not all(history.is_kept(store, survey.id, one) for one in made):
        raise RunRefused(_frozen(wave, recorded, about, inputs))
    return own | {"base": base, "supersedes": made}


def _numbered(
    store: Store, survey_id: str, wave: str, about: Mapping[str, Any], counted: Counted
) -> tuple[identities.Numbered, tuple[disclosure.Past, ...]]:
    """The members with the numbers they had in every release of the wave before, and those. Raises RunRefused."""
    superseded = about.get("supersedes", [])
    if not superseded:
        return identities.number(counted), ()
    past = history.past(store, survey_id, superseded)
    seen = published.current(store, survey_id)
    runs = {one.release: one.run for one in history.disclosed(store, survey_id, wave, seen)}
    before = history.identities(store, survey_id, wave, runs[superseded[-1]])
    return identities.number(counted, before, history.taken(past)), past


def _panel(
    store: Store, survey: Survey, wave: str, about: Mapping[str, Any], counted: Counted, tree: Tree
) -> dict[str, pa.Table]:
    """Who answered in the wave before as well. A wave that is published again has none: see docs/disclosure.md."""
    if about.get("supersedes"):
        return panel.empty(survey)
    seen = published.current(store, survey.id)
    made = [one.release for one in seen.published if one.wave == wave] if seen else []
    if made:
        return history.panel_kept(store, survey, made[0])
    now = panel.answers(counted.answers, counted.members, tree)
    return history.panel_with(store, survey, wave, about["base"], now)


def _frozen(wave: str, recorded: Mapping[str, Any], about: Mapping[str, Any], inputs: Inputs) -> str:
    """Why a wave that was published by earlier code is not counted again: what came late, and what else is another."""
    now, before = inputs.objects["responses"], recorded.get("responses", {})
    late = [key for key in now if ledger.file_of(key) not in {ledger.file_of(one) for one in before}]
    answers = sum(parquet.from_bytes(now[key]).num_rows for key in late)
    found = [f"{answers} new answers in {len(late)} files came late"] if late else []
    if gone := len(before.keys() - now.keys()):
        found.append(f"{gone} of the files that it was counted from were rewritten or taken away since")
    names = {"survey": "survey file", "code_version": "version of the code"}
    others = [kind for kind in about if kind != "responses" and about[kind] != recorded.get(kind)]
    found += [f"it would be made with another {names.get(kind, f'{kind} file')}" for kind in others]
    return (
        f"wave {wave} is published and stays as it is, for its inputs have changed: {'; '.join(found)}. "
        "Whoever has late answers pushes them under the next wave"
    )
