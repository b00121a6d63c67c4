"""The survey file as its owner wrote it, and what a wave was frozen with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import survey as surveys
from pipeline.errors import NotStored, StoreConflict, SurveyInvalid
from pipeline.ledger.addresses import SLUG
from pipeline.ledger.records import WaveRecord, once, read

if TYPE_CHECKING:
    from pipeline.store import Store
    from pipeline.survey import Survey


class SurveyUnknown(SurveyInvalid):
    """There is no survey file under this id."""


def survey(store: Store, survey_id: str) -> Survey:
    """The survey as its owner wrote it under config/. Raises SurveyUnknown, or SurveyInvalid naming the key."""
    origin = f"config/{survey_id}/survey.toml"
    if not SLUG.fullmatch(survey_id):
        msg = f"{survey_id!r} is no id of a survey: small letters, digits and hyphens"
        raise SurveyUnknown(msg)
    try:
        text = _text(store, origin)
    except NotStored:
        msg = f"there is no survey {survey_id!r}; its owner puts the survey file at {origin}"
        raise SurveyUnknown(msg) from None
    names = [one.key for one in store.keys(f"config/{survey_id}/") if one.key.endswith(".toml") and one.key != origin]
    beside = {key.rpartition("/")[2]: _text(store, key) for key in names}
    found = surveys.parse(text, beside, origin)
    if found.id != survey_id:
        msg = f"{origin}: id is {found.id!r}, and the file lies under {survey_id!r}; its owner makes them the same"
        raise SurveyInvalid(msg)
    return found


def wave(store: Store, survey_id: str, wave_id: str) -> WaveRecord | None:
    """What a wave was frozen with, None before its first file was accepted."""
    try:
        return read(store, f"ledger/waves/{survey_id}/{wave_id}.json", WaveRecord)
    except NotStored:
        return None


def freeze_wave(store: Store, survey: Survey, wave_id: str, key_id: str) -> WaveRecord:
    """Freezes the wave with this survey file and key unless it is frozen.

    Raises SurveyInvalid as `hold` does, and StoreConflict when another began it under another key at this moment.
    """
    least = survey.file.minimum_group_size
    mine = WaveRecord(survey.id, wave_id, survey.sha256, least.mean, least.distribution, key_id)
    where = f"ledger/waves/{survey.id}/{wave_id}.json"
    frozen = once(store, where, mine)
    hold(survey, frozen)
    if frozen.key_id not in {"", key_id}:
        raise StoreConflict(where)
    return frozen


def hold(survey: Survey, frozen: WaveRecord | None) -> None:
    """Raises SurveyInvalid when the survey file lowers a minimum group size that people answered under."""
    least = survey.file.minimum_group_size
    if frozen and (least.mean < frozen.minimum_mean or least.distribution < frozen.minimum_distribution):
        msg = (
            f"minimum_group_size: wave {frozen.wave} was opened with mean = {frozen.minimum_mean}, distribution = "
            f"{frozen.minimum_distribution}, which may not be lowered afterwards; the survey's owner restores them"
        )
        raise SurveyInvalid(msg)


def _text(store: Store, key: str) -> str:
    try:
        return store.read(key).data.decode()
    except UnicodeDecodeError:
        msg = f"{key}: it is not in UTF-8; its owner saves it as UTF-8"
        raise SurveyInvalid(msg) from None
