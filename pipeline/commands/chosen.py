"""Which survey, wave and release are meant when they are not named: the only one, or the last one published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import ledger
from pipeline.errors import Refused
from pipeline.published import current
from pipeline.watch import survey_ids

if TYPE_CHECKING:
    from pipeline.store import Store
    from pipeline.survey import Survey


def chosen_survey(store: Store, survey_id: str | None) -> Survey:
    """The survey of this id, or the only one of the workspace. Raises Refused."""
    if survey_id is None:
        there = survey_ids(store)
        if len(there) != 1:
            listed = ", ".join(there) or "none, until its owner puts one there with pulsverk survey"
            msg = f"name a --survey; there are: {listed}"
            raise Refused(msg)
        survey_id = there[0]
    return ledger.survey(store, survey_id)


def chosen_wave(store: Store, survey: Survey, wave_id: str | None) -> str:
    """The wave of this id, or the last one published. Raises Refused."""
    if wave_id is not None:
        return survey.wave(wave_id).id
    now = current(store, survey.id)
    if now is None:
        msg = f"no wave of survey {survey.id} is published; name a --wave"
        raise Refused(msg)
    return str(now.manifest["waves"][-1]["wave"])


def chosen_release(store: Store, survey_id: str, release_id: str) -> str:
    """The id itself, or the id of the `current` release. Raises Refused."""
    if release_id != "current":
        return release_id
    now = current(store, survey_id)
    if now is None:
        msg = f"no wave of survey {survey_id} is published"
        raise Refused(msg)
    return now.release
