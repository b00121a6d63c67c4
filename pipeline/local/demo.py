"""The demo: a prepared folder of exports through the account in this process, wave by wave, and what became of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline import ledger
from pipeline.local.cloud import REGION, Cloud, cloud
from pipeline.local.proofs import Proof, distinct, proofs
from pipeline.local.shown import report_to_open
from pipeline.published import current, tables_of
from pipeline.register import SURVEY_FILE, beside, register
from pipeline.release import MANIFEST, of_wave

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.survey import Survey, Wave

_PUSHED_AT = time_of_day(8, tzinfo=UTC)
_MORNING = time_of_day(6, tzinfo=UTC)  # after both schedules, in summer time and in winter time


@dataclass(frozen=True)
class WaveRow:
    """What became of one wave: of its files, of the records of its response files, of those accepted, of its cells.

    records = accepted + quarantined + left_out + superseded, and accepted = later + not_invited + counted, all of them
    records. `respondents` are people: fewer than `counted` where one person answers about several units. `why` says
    why a wave was not published, and is "" when it was.
    """

    wave: str
    files: int
    twice: int  # files with the content of another
    records: int
    accepted: int
    quarantined: int
    left_out: int
    superseded: int
    later: int  # of somebody who answered again, about the same unit, in another file
    not_invited: int
    counted: int
    respondents: int
    published: int
    withheld: int
    release: str
    why: str = ""


@dataclass(frozen=True)
class Demo:
    """What a demo did. `report` is the page to open, None when nothing was published; `seconds` is wall time."""

    survey: str
    waves: tuple[WaveRow, ...]
    proofs: tuple[Proof, ...]
    report: Path | None
    seconds: float

    @property
    def good(self) -> bool:
        """Whether every wave was published and all accounts add up."""
        return not any(wave.why for wave in self.waves) and all(proof.holds for proof in self.proofs)


def run(
    directory: Path,
    out: Path,
    survey_id: str,
    console: Console,
    *,
    prefix: str = "pulsverk",
    region: str = REGION,
) -> Demo:
    """Pushes what lies in `directory` as S3 objects, and lets events, queue, schedule and state machine do the rest.

    The folder holds survey.toml with its instruments, and <wave>/<kind>/<file>. Each wave is pushed while it is open
    and published on the morning after it closed. The current release is copied to `out`. `console` gets progress.
    """
    started = time.monotonic()
    with cloud(prefix, region=region, code_version=version("pulsverk")) as it, _progress(console) as progress:
        survey = register(it.store, beside(directory / SURVEY_FILE)).survey
        if survey.id != survey_id:
            msg = f"{directory / SURVEY_FILE} is survey {survey.id!r}, not {survey_id!r}"
            raise ValueError(msg)
        waves = sorted(survey.file.wave, key=lambda wave: (wave.closes, wave.id))
        waves = [wave for wave in waves if (directory / wave.id).is_dir()]
        task = progress.add_task("", total=len(waves) * 3)
        rows = []
        for wave in waves:
            for doing in _through(it, directory, survey, wave):
                progress.update(task, description=f"{wave.id}: {doing}", advance=1)
            rows.append(_row(it, survey, wave))
        progress.update(task, description="copying", completed=len(waves) * 3)
        found = (*proofs(it, survey, [wave.id for wave in waves]), _dealt(rows))
        report = _copied(it, survey, out)
    return Demo(survey_id, tuple(rows), found, report, time.monotonic() - started)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _through(it: Cloud, directory: Path, survey: Survey, wave: Wave) -> Iterator[str]:
    """One wave, as it happens; says what comes next before doing it."""
    yield "pushing"
    it.clock.now = datetime.combine(wave.closes, _PUSHED_AT)
    for file in sorted((directory / wave.id).glob("*/*")):
        it.push(f"landing/{survey.id}/{wave.id}/{file.parent.name}/{file.name}", file.read_bytes())
    yield "reading"
    it.drain()
    yield "aggregating, checking, publishing"
    it.tick(datetime.combine(wave.closes + timedelta(days=1), _MORNING))


def _row(it: Cloud, survey: Survey, wave: Wave) -> WaveRow:
    files = ledger.files(it.store, survey.id, wave.id)
    answers = [one for one in files if one.kind == "responses" and one.state != "duplicate"]

    def records(account: str) -> int:
        return sum(one.accounts.get(account, 0) for one in answers)

    counted: dict[str, Any] = next((line for line in reversed(it.logs) if _is_about(line, survey, wave)), {})
    now = current(it.store, survey.id)
    held = now.holds(wave.id) if now else None
    statuses: list[str] = []
    if now is not None and held is not None:
        statuses = of_wave(tables_of(it.store, survey.id, now.release)["facts"], wave.id)["status"].to_pylist()
    return WaveRow(
        wave=wave.id,
        files=len(files),
        twice=sum(one.state == "duplicate" for one in files),
        records=records("records") - records("header") - records("blank"),
        accepted=records("accepted"),
        quarantined=records("quarantined"),
        left_out=records("duplicate") + records("excluded") + records("tombstoned"),
        superseded=records("superseded"),
        later=records("accepted") - distinct(it, survey, wave.id),
        not_invited=counted.get("not_invited", 0),
        counted=counted.get("answers", 0),
        respondents=counted.get("respondents", 0),
        published=statuses.count("F"),
        withheld=statuses.count("C"),
        release=held[1] if held else "",
        why="" if held else _why(it, wave),
    )


def _dealt(rows: list[WaveRow]) -> Proof:
    """Of the answers that were accepted, each counts, was given again later, or is of somebody who was not invited."""
    counted = [row for row in rows if row.release]
    holds = all(row.accepted == row.later + row.not_invited + row.counted for row in counted)
    return Proof("R5", "every accepted answer is counted, came again later, or was not invited", holds, len(counted))


def _is_about(line: dict[str, object], survey: Survey, wave: Wave) -> bool:
    return (line.get("message"), line.get("survey"), line.get("wave")) == ("aggregated", survey.id, wave.id)


def _why(it: Cloud, wave: Wave) -> str:
    """What stopped a wave, as the last execution tells it; of a fault of ours also the place, from the log."""
    last = it.executions[-1] if it.executions else None
    said = {one["wave"]: one for one in last.waves} if last else {}
    if wave.id not in said:
        return (last.cause if last else "") or "it was not due: a file that a run needs is missing"
    why = said[wave.id].get("why", "")
    fault = next((line for line in reversed(it.logs) if line.get("fault") == why), None)
    return f"{why} at {fault['where']}" if fault else why


def _copied(it: Cloud, survey: Survey, out: Path) -> Path | None:
    """Copies the current release to `out`; the report in it that is best to open first."""
    now = current(it.store, survey.id)
    if now is None:
        return None
    prefix = f"published/{survey.id}/releases/{now.release}/"
    paths = [one.key.removeprefix(prefix) for one in it.store.keys(prefix)]
    _clear(out)
    for path in paths:
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(it.store.read(prefix + path).data)
    last = now.manifest["waves"][-1]["wave"]
    page = report_to_open(tables_of(it.store, survey.id, now.release), last, paths)
    return out / page if page else None


def _clear(out: Path) -> None:
    """Takes away an earlier demo's release, told by its manifest, and nothing else."""
    if (out / MANIFEST).is_file():
        for name in ("tables", "reports"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in ("datapackage.json", "dcat.jsonld", "disclosure.json", MANIFEST):
            (out / name).unlink(missing_ok=True)
