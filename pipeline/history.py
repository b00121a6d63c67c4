"""What was published of a wave before, as disclosure control wants it: from the private tables beside the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import ledger, links, organisation, panel, parquet, published, release
from pipeline.content import sha256
from pipeline.disclosure import Past, Worth
from pipeline.disclosure.cells import addresses
from pipeline.errors import NotStored, RunRefused
from pipeline.release import Published

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.published import Current
    from pipeline.store import Store
    from pipeline.survey import Survey

FACTS = "facts.parquet"  # of a release that was taken back, beside its private tables
TABLES = ("cells", "members", "protected", "kept", "units")
KEPT = (*TABLES, *panel.TABLES)  # what is kept beside a release


def is_kept(store: Store, survey_id: str, release_id: str) -> bool:
    """Whether private tables were kept beside a release; they were not in the first versions of the code."""
    record = ledger.release(store, survey_id, release_id)
    return record is not None and bool(record.rows)


def past(store: Store, survey_id: str, releases: Iterable[str]) -> tuple[Past, ...]:
    """These releases of one wave, the first one first. Raises RunRefused when a private table of one is not there."""
    return tuple(_past(store, survey_id, one) for one in releases)


def _past(store: Store, survey_id: str, release_id: str) -> Past:
    tables = kept(store, survey_id, release_id)
    tree = organisation.from_table(tables["units"])
    return Past(tables["cells"], tables["members"], tree, tables["protected"], tables["kept"])


def kept(store: Store, survey_id: str, release_id: str) -> dict[str, pa.Table]:
    """The private tables that a release of a wave was made from, by name. Raises RunRefused when one is not there."""
    record = ledger.release(store, survey_id, release_id)
    prefix = ledger.rows_of(survey_id, release_id)
    tables: dict[str, pa.Table] = {}
    for name in TABLES:
        try:
            data = store.read(f"{prefix}{name}.parquet").data
        except NotStored:
            data = b""
        if record is None or sha256(data) != record.rows.get(name):
            msg = (
                f"the private {name} of release {release_id} are not there as they were written, so that nobody can "
                f"tell what may be published after it; whoever keeps the store restores {prefix}{name}.parquet"
            )
            raise RunRefused(msg)
        tables[name] = parquet.from_bytes(data)
    return tables


def disclosed(store: Store, survey_id: str, wave: str, seen: Current | None) -> tuple[Published, ...]:
    """Every publication of a wave, the first one first; also what was taken back, which is known all the same.

    `seen` is the release in force.
    """
    taken = ledger.retractions(store, survey_id)
    force = {one.release: one for one in (seen.published if seen else ())}
    known = {one.release: Published(one.wave, one.run, one.release) for one in taken} | force
    order = [one.release for one in force.values() if one.wave == wave]
    if seen is not None and order:
        recorded = next(one for one in seen.manifest["waves"] if one["wave"] == wave)
        order = [*recorded["inputs"].get("supersedes", order[:-1]), order[-1]]
    order += [one.release for one in taken if one.wave == wave and one.release not in {*order, *force}]
    return tuple(known[one] for one in order)


def stated(store: Store, survey_id: str, release_id: str) -> pa.Table:
    """The facts of a release, also of one that was taken back. Raises RunRefused when they are not as published."""
    for one in ledger.retractions(store, survey_id):
        if one.release == release_id:
            key = f"{ledger.rows_of(survey_id, release_id)}{FACTS}"
            try:
                data = store.read(key).data
            except NotStored:
                data = b""
            if sha256(data) != one.facts_sha256:
                msg = f"{key} is not there as it was written; whoever keeps the store restores it"
                raise RunRefused(msg)
            return parquet.from_bytes(data)
    return published.tables_of(store, survey_id, release_id)["facts"]


def worth(store: Store, survey: Survey, wave: str, base: str | None) -> Worth:
    """What to keep of a wave where there is a choice: what `base` states of the wave before, and what the owner names.

    Raises RunRefused when the tables of `base` are not what was published.
    """
    named = survey.file.withholding.keep_units if survey.file.withholding else ()
    waves = [one.id for one in survey.file.wave]
    if base is None or wave not in waves:
        return Worth(frozenset(named))
    facts = published.tables_of(store, survey.id, base)["facts"]
    there = set(facts["wave"].unique().to_pylist())
    before = [one for one in waves[: waves.index(wave)] if one in there]
    rows = facts.filter((pc.field("wave") == (before[-1] if before else "")) & (pc.field("status") == "F"))
    return Worth(frozenset(named), frozenset(addresses(rows)))


def panel_with(store: Store, survey: Survey, wave: str, base: str | None, now: panel.Answers) -> dict[str, pa.Table]:
    """The private tables of who answered now and in the published wave before; empty where that cannot be told.

    Nobody can tell without a wave before, without its private tables, and where one person answers several times; nor
    where that wave was published several times, so that readers know counts of other people besides.
    Raises OrganisationInvalid when a unit continues one that the wave before does not have.
    """
    earlier = panel_before(store, survey, wave, base)
    if earlier is None:
        return panel.empty(survey)
    then = _answers_of(store, survey, earlier)
    if panel_links(store, survey, wave, earlier) is not None:
        now, then = (_named(store, survey, of, one) for of, one in ((wave, now), (earlier.wave, then)))
    return panel.tables(survey, now, then)


def panel_before(store: Store, survey: Survey, wave: str, base: str | None) -> Published | None:
    """The publication of the wave before whose people may be found again."""
    seen = published.current(store, survey.id)
    if base is None or seen is None or survey.file.respondent.once_per == "unit":
        return None
    earlier = release.earlier_wave(published.tables_of(store, survey.id, base)["waves"], survey.wave(wave).closes)
    made = [] if earlier is None else disclosed(store, survey.id, earlier, seen)
    return made[0] if len(made) == 1 and is_kept(store, survey.id, made[0].release) else None


def panel_links(store: Store, survey: Survey, wave: str, earlier: Published | None) -> links.Links | None:
    """The links by which people of the wave before are found again; None where none are needed."""
    if earlier is None or _key(store, survey, wave) == _key(store, survey, earlier.wave):
        return None
    return links.links(store, survey.id, "people")


def _key(store: Store, survey: Survey, wave: str) -> str:
    return ledger.key_of_wave(store, survey.id, wave) or ""


def _named(store: Store, survey: Survey, wave: str, of: panel.Answers) -> panel.Answers:
    """The people of a wave by the first pseudonym that they had."""
    people = of.people["respondent"].combine_chunks()
    names = links.canonical(store, survey.id, people, _key(store, survey, wave))
    at = of.people.schema.get_field_index("respondent")
    return replace(of, people=of.people.set_column(at, "respondent", names))


def panel_kept(store: Store, survey: Survey, release_id: str) -> dict[str, pa.Table]:
    """The panel that a release was made with, for whoever makes it again; erasures since then change nothing of it."""
    record, prefix = ledger.release(store, survey.id, release_id), ledger.rows_of(survey.id, release_id)
    if record is None or not set(panel.TABLES) <= record.rows.keys():
        return panel.empty(survey)
    return {name: parquet.from_bytes(store.read(f"{prefix}{name}.parquet").data) for name in panel.TABLES}


def _answers_of(store: Store, survey: Survey, made: Published) -> panel.Answers:
    """Who answered what in a published wave. Whoever was erased since has no name, and answered all the same."""
    (before,) = past(store, survey.id, [made.release])
    told = identities(store, survey.id, made.wave, made.run)
    told = told.take(pa.array(np.argsort(told["record"].to_numpy(), kind="stable")))
    members, record = before.members, told["record"].to_numpy()
    mine = members["record"].to_numpy()
    first = np.searchsorted(record, mine)
    there = first < np.searchsorted(record, mine, side="right")
    segments = [one.id for one in survey.file.segment if one.id in members.schema.names]
    measures = [one.id for one in survey.measures if one.id in members.schema.names]
    people = {name: members[name] for name in ("unit", *segments)}
    people["respondent"] = told["respondent"].take(pa.array(first, mask=~there))
    for one in measures:
        version = pc.fill_null(members[one], 0).to_numpy()
        given = members[one].is_valid().to_numpy()
        # The answers of whoever was erased are gone: 0 stands for them, and is compared with nobody's.
        values = pc.fill_null(told[one].take(pa.array(first + version, mask=~(there & given))), 0)
        people[one] = pc.if_else(pa.array(given), values.combine_chunks(), pa.scalar(None, values.type))
    return panel.Answers(pa.table(people), measures, before.tree)


def identities_key(survey_id: str, wave: str, run: str) -> str:
    """Where the identities of a run are stored (pipeline.identities)."""
    return f"identities/{survey_id}/{wave}/{run}.parquet"


def identities(store: Store, survey_id: str, wave: str, run: str) -> pa.Table:
    """Whose the numbers of a published wave are. Raises RunRefused when they are not there."""
    key = identities_key(survey_id, wave, run)
    try:
        return parquet.from_bytes(store.read(key).data)
    except NotStored:
        msg = (
            f"nobody can tell whose answers wave {wave} was published with, so that it cannot be published again; "
            f"whoever keeps the store restores {key}"
        )
        raise RunRefused(msg) from None


def taken(releases: Iterable[Past]) -> tuple[int, int]:
    """How many numbers of people, and of records, these releases use."""
    columns = ("respondent", "record")
    used = [[-1, *(max(one.members[name].to_pylist(), default=-1) for one in releases)] for name in columns]
    return max(used[0]) + 1, max(used[1]) + 1
