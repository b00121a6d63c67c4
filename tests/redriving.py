"""A redrive of a whole wave in one line, for tests that are about something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import redrive as stage

if TYPE_CHECKING:
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.redrive import Redriven
    from pipeline.store import Store

SIGNED = stage.Signed("kari", "the survey file was mended")


def redrive(store: Store, key: PseudonymKey, survey: str, wave: str, *, dry_run: bool = False) -> tuple[Redriven, ...]:
    """The files that were read again."""
    return stage.redrive(store, key, stage.of_wave(store, survey, wave), None if dry_run else SIGNED).read
