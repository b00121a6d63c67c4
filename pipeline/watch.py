"""What is due to be published today, and what somebody should be told: missing, late or overdue. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline import ledger, parquet
from pipeline.errors import SurveyInvalid

if TYPE_CHECKING:
    from pipeline.store import Store
    from pipeline.survey import Rhythm, Survey, Wave

_DAYS = {"week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class Entry:
    """One thing to see to. `since` is the ISO day from which it was to be expected, "" where there is none."""

    survey: str
    wave: str
    what: str
    since: str


@dataclass(frozen=True)
class Watch:
    """What was found, by who must act.

    `due`: closed, unpublished waves with everything a run needs: the state machine runs them. `missing`: files, or a
    next wave, that should be there by now. `late`: waves that should have been published. `overdue`: open actions
    past their day. `invalid`: survey files that cannot be used, of which nothing else can be said.
    """

    due: tuple[Entry, ...] = ()
    missing: tuple[Entry, ...] = ()
    late: tuple[Entry, ...] = ()
    overdue: tuple[Entry, ...] = ()
    invalid: tuple[Entry, ...] = ()

    @property
    def entries(self) -> Mapping[str, tuple[Entry, ...]]:
        """All of it, by the name of its field."""
        return {kind: getattr(self, kind) for kind in ("due", "missing", "late", "overdue", "invalid")}


def watch(store: Store, today: date) -> Watch:
    """Looks at every survey. A wave is closed from the day after its last; waves are due in the order they closed."""
    found: dict[str, list[Entry]] = {"due": [], "missing": [], "late": [], "overdue": [], "invalid": []}
    for survey_id in survey_ids(store):
        try:
            survey = ledger.survey(store, survey_id)
        except SurveyInvalid as invalid:
            found["invalid"].append(Entry(survey_id, "", str(invalid), ""))
            continue
        for kind, entry in _of_survey(store, survey, today):
            found[kind].append(entry)
    return Watch(**{kind: tuple(entries) for kind, entries in found.items()})


def survey_ids(store: Store) -> list[str]:
    """Every survey that has a survey file."""
    keys = [one.key.split("/") for one in store.keys("config/")]
    return [parts[1] for parts in keys if parts[2:] == ["survey.toml"]]


def is_published(store: Store, survey_id: str, wave_id: str) -> bool:
    """Whether the ledger has a run that published the wave.

    A publication that was stopped just before it wrote that is due again; doing it again is no change.
    """
    return any(run.state == "published" for run in ledger.runs(store, survey_id, wave_id))


def absent(store: Store, survey: Survey, wave_id: str) -> list[str]:
    """The kinds of file that a run of a wave needs and that it has none of."""
    needed = ["units", "responses"] if survey.file.respondent.unit else ["units", "people", "responses"]
    return [kind for kind in needed if not _has(store, survey.id, wave_id, kind)]


def _has(store: Store, survey_id: str, wave_id: str, kind: str) -> bool:
    base = ledger.table_base(survey_id, wave_id, kind, "")
    return any(one.key.endswith(".parquet") for one in store.keys(base))


def _of_survey(store: Store, survey: Survey, today: date) -> Iterator[tuple[str, Entry]]:
    waves = sorted(survey.file.wave, key=lambda wave: (wave.closes, wave.id))
    for wave in waves:
        yield from _of_wave(store, survey, wave, today)
    rhythm, last = survey.file.rhythm, max(waves, key=lambda wave: wave.opens)
    if rhythm is not None and (expected := following(last.opens, rhythm)) < today:
        yield "missing", Entry(survey.id, "", f"a wave after {last.id}, in survey.toml", expected.isoformat())
    yield from (("overdue", entry) for entry in _overdue(store, survey, waves, today))


def _of_wave(store: Store, survey: Survey, wave: Wave, today: date) -> Iterator[tuple[str, Entry]]:
    if today < wave.opens or is_published(store, survey.id, wave.id):
        return
    closed = today > wave.closes
    lacks = absent(store, survey, wave.id)
    for kind in lacks:
        if closed or kind != "responses":
            since = wave.closes if kind == "responses" else wave.opens
            yield "missing", Entry(survey.id, wave.id, kind, since.isoformat())
    if closed and not lacks:
        yield "due", Entry(survey.id, wave.id, "publication", wave.closes.isoformat())
    rhythm = survey.file.rhythm
    if rhythm is not None and (promised := wave.closes + timedelta(days=rhythm.published_within_days)) < today:
        yield "late", Entry(survey.id, wave.id, "publication", promised.isoformat())


def following(opens: date, rhythm: Rhythm) -> date:
    """The day on which the wave after one that opened on `opens` opens; the last of a month where it is shorter."""
    if rhythm.every in _DAYS:
        return opens + timedelta(days=_DAYS[rhythm.every])
    month = opens.month - 1 + _MONTHS[rhythm.every]
    first = date(opens.year + month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(opens.day, last.day))


def _overdue(store: Store, survey: Survey, waves: list[Wave], today: date) -> Iterator[Entry]:
    """Open actions past their day, as the last wave that has any tells them."""
    keys = ((wave.id, ledger.current(store, survey.id, wave.id, "actions")) for wave in reversed(waves))
    wave_id, key = next((one for one in keys if one[1] is not None), ("", None))
    if key is None:
        return
    for row in parquet.from_bytes(store.read(key).data).sort_by("action_id").to_pylist():
        if row["status"] == "open" and row["due"] is not None and row["due"] < today:
            what = f"action {row['action_id']} of unit {row['unit']}"
            yield Entry(survey.id, wave_id, what, row["due"].isoformat())
