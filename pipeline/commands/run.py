"""`pulsverk run`: aggregate, check and publish a wave, as the state machine does."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

import click

from pipeline.aggregate import aggregate
from pipeline.commands.answer import Answer, beside, survey_option, wave_option, with_settings, workspace_option
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.survey import Engine


@click.command("run")
@workspace_option
@survey_option
@wave_option
@click.option("--engine", type=click.Choice(["local", "spark"]), help="Where it is counted; what the survey file says.")
@with_settings
def command(workspace: str, survey_id: str, wave_id: str, engine: Engine | None) -> Answer:
    """Aggregate, check and publish a wave.

    A published wave is frozen: the same inputs again give the same release, and other inputs are refused.

    Example: pulsverk run --workspace ./work --survey demo --wave 2026-08
    """
    store, code_version = open_store(workspace), version("pulsverk")
    with beside().status("aggregate") as status:
        made = aggregate(store, survey_id, wave_id, code_version=code_version, engine=engine)
        status.update("check")
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is imported, which is next
        from pipeline.check import check, page_of  # noqa: PLC0415 - seconds, which a refused aggregation need not wait for
        from pipeline.publish import publish  # noqa: PLC0415 - follows

        gates = check(store, survey_id, wave_id, made.run, code_version=code_version)
        status.update("publish")
        done = publish(store, survey_id, wave_id, made.run, code_version=code_version)
    document = {
        "survey": survey_id,
        "wave": wave_id,
        "run": made.run,
        "respondents": made.respondents,
        "cells": made.cells,
        "not_invited": made.not_invited,
        "gates": len(gates.gates),
        "warnings": list(gates.warnings),
        "unknown_units": list(made.unknown),
        "quality": page_of(survey_id, wave_id, made.run),
        **asdict(done),
    }
    words = (
        f"Wave {wave_id} of {survey_id} is published as release {done.release}"
        f"{', as it was before' if done.unchanged else ''}: {made.respondents:,} respondents, {made.cells:,} cells of "
        f"which {done.withheld:,} are withheld, reports for {done.units:,} units."
    )
    warned = [f"Warning, {one}" for one in gates.warnings]
    if made.unknown:
        warned.append(
            f"Warning, [withholding] keep_units names {', '.join(made.unknown)}, which are not among its units: "
            "the owner of the survey file corrects or removes them"
        )
    return Answer(document, (words, *warned, f"How good the data is: {document['quality']}"))
