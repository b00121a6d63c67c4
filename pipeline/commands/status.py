"""`pulsverk status`: a workspace at a glance."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pipeline import ledger
from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.terminal import table
from pipeline.errors import SurveyInvalid
from pipeline.published import current
from pipeline.store import open_store
from pipeline.watch import survey_ids

if TYPE_CHECKING:
    from pipeline.published import Current
    from pipeline.store import Store


@click.command("status")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="Only this survey.")
@with_settings
def command(workspace: str, survey_id: str | None) -> Answer:
    """Show what was received and published.

    Example: pulsverk status --workspace ./work
    """
    store = open_store(workspace)
    found = [_survey(store, one) for one in ([survey_id] if survey_id else survey_ids(store))]
    shown: list[Any] = []
    for one in found:
        rows = [
            (
                wave["wave"],
                " ".join(f"{state} {count}" for state, count in wave["files"].items()) or "-",
                wave["accepted"],
                wave["quarantined"],
                wave["release"] or (f"taken back: {wave['retracted'][-1]}" if wave["retracted"] else "-"),
                wave["refused"] or "-",
            )
            for wave in one["waves"]
        ]
        title = f"{one['survey']}: {one['problem'] or 'current release ' + (one['current'] or 'none')}"
        columns = ("wave", "files", "records accepted", "quarantined", "release", "last refusal")
        shown.append(table(columns, rows, title))
    return Answer({"surveys": found}, tuple(shown) or ("No survey here yet; begin with pulsverk survey.",))


def _survey(store: Store, survey_id: str) -> dict[str, Any]:
    try:
        survey = ledger.survey(store, survey_id)
    except ledger.SurveyUnknown:
        raise
    except SurveyInvalid as invalid:
        return {"survey": survey_id, "problem": str(invalid), "current": None, "waves": []}
    now = current(store, survey_id)
    waves = [_wave(store, survey_id, wave.id, now) for wave in survey.file.wave]
    return {"survey": survey_id, "problem": "", "current": now.release if now else None, "waves": waves}


def _wave(store: Store, survey_id: str, wave_id: str, now: Current | None) -> dict[str, Any]:
    held = now.holds(wave_id) if now else None
    files, runs = ledger.files(store, survey_id, wave_id), ledger.runs(store, survey_id, wave_id)
    answers = [one for one in files if one.kind == "responses" and one.state != "duplicate"]
    return {
        "wave": wave_id,
        "files": dict(sorted(Counter(one.state for one in files).items())),
        "accepted": sum(one.accounts.get("accepted", 0) for one in answers),
        "quarantined": sum(one.accounts.get("quarantined", 0) for one in answers),
        "release": held[1] if held else None,
        "retracted": [one.release for one in ledger.retractions(store, survey_id) if one.wave == wave_id],
        "refused": next((one.message for one in runs if one.state == "refused"), ""),
    }
