"""`pulsverk explain`: why a cell is shown or withheld."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_survey, chosen_wave
from pipeline.commands.terminal import table
from pipeline.explanation import Cell, to_operator, to_reader
from pipeline.store import open_store


@click.command("explain")
@click.argument("cell", nargs=-1, required=True, metavar="UNIT [SEGMENT=CATEGORY] [MEASURE]")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--wave", "-V", "wave_id", metavar="ID", help="The wave's id; the last one published unless named.")
@click.option("--public", is_flag=True, help="Only what a reader may know: never why.")
@with_settings
def command(cell: tuple[str, ...], workspace: str, survey_id: str | None, wave_id: str | None, public: bool) -> Answer:  # noqa: FBT001 - click calls it so
    """Say why a cell is shown or withheld.

    The reason is private: it is counted again from people's answers, and telling a reader would tell what is withheld.
    With --public it is said only that a cell is withheld. A crossing is written gender*age=w*u40.

    Example: pulsverk explain U01-03 gender=w safety --workspace ./work
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    wave = chosen_wave(store, survey, wave_id)
    found = (to_reader if public else to_operator)(store, survey, wave, parse(cell))
    document = {"survey": survey.id, "wave": wave, "cell": str(parse(cell)), "measures": [asdict(one) for one in found]}
    if public:
        return Answer(document, (table(("measure", "", "why"), [(one.measure, one.status, one.why) for one in found]),))
    rows = [(one.measure, one.status, one.counts["respondents"], one.why) for one in found]
    return Answer(document, (table(("measure", "", "people", "why"), rows),))


def parse(words: tuple[str, ...]) -> Cell:
    """The cell that these words name. Raises click's UsageError."""
    unit, *rest = words
    cut = [word for word in rest if "=" in word]
    measures = [word for word in rest if "=" not in word]
    if len(cut) > 1 or len(measures) > 1:
        msg = "a cell is UNIT [SEGMENT=CATEGORY] [MEASURE]; a crossing is written gender*age=w*u40"
        raise click.UsageError(msg)
    segment, _, category = cut[0].partition("=") if cut else ("all", "", "all")
    return Cell(unit, segment, category, *measures)
