"""Which file each part of the organisation hands in: a sector has bought its own tool, and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from pipeline.sample import effects, excel, limesurvey, qualtrics
from pipeline.sample.export import Vendor, Written, table, write

if TYPE_CHECKING:
    from pipeline.sample.answers import Collected
    from pipeline.sample.organisation import Organisation
    from pipeline.survey import Survey

TOOLS: dict[str, Callable[[Survey], Vendor]] = {
    "U1": qualtrics.vendor,
    "U2": limesurvey.vendor,
    "U3": excel.vendor,
    "U4": excel.vendor,
}
STRANGER = "999999"  # on nobody's payroll


def responses(survey: Survey, collected: Collected) -> list[Written]:
    """The response files of a wave: of each tool one when it closes, and one with what came after that."""
    stranger = replace(collected.in_time[0], person=STRANGER, unit="U3", repeated=False, superseded=False)
    files = []
    for make in dict.fromkeys(TOOLS.values()):
        vendor = make(survey)
        for name, among in (("", (*collected.in_time, stranger)), ("-late", collected.late)):
            own = [one for one in among if TOOLS.get(one.unit.partition("-")[0], excel.vendor) is make]
            if own:
                files.append(write(f"{vendor.name}{name}.csv", vendor, own, faulty=not name))
    return files


def units_csv(town: Organisation) -> bytes:
    """The units file."""
    return table([("unit_id", "parent_id", "name"), *town.units]).encode()


def people_csv(town: Organisation) -> bytes:
    """The roster."""
    rows = [(one.id, one.unit, one.gender, one.age, one.tenure) for one in town.people]
    return table([("person_id", "unit_id", "gender", "age", "tenure"), *rows]).encode()


def actions_csv(town: Organisation, closes: Sequence[date]) -> bytes:
    """What units have decided by the close of the last of these waves."""
    heading = ("action_id", "unit_id", "text", "owner", "created", "due", "status", "scale")
    return table([heading, *effects.known(town, closes)]).encode()
