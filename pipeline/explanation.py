"""Why a cell is shown or withheld: to the operator in private, and to a reader only that it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from pipeline import disclosure, history
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.minimum import too_few
from pipeline.disclosure.primary import Shown, allowed
from pipeline.disclosure.small_complement import too_few_silent
from pipeline.disclosure.small_unit import in_small_unit
from pipeline.disclosure.unanimity import of_one_mind
from pipeline.errors import Refused, RunRefused
from pipeline.published import current, tables_of
from pipeline.recount import recount
from pipeline.release import of_wave
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.recount import Recount
    from pipeline.store import Store
    from pipeline.survey import Survey

Status = Literal["shown", "withheld", "not measured"]
# One word for every reason: a reader who could tell them apart would know more than is published.
PUBLIC = {
    "F": "it is published",
    "C": "it is withheld, so that nobody can be found",
    "N": "it was not measured",
}
_STATUS: dict[str, Status] = {"F": "shown", "C": "withheld", "N": "not measured"}


@dataclass(frozen=True)
class Cell:
    """The address of a cell."""

    unit: str
    segment: str = TOTAL
    category: str = TOTAL
    measure: str = ""

    def matches(self, row: dict[str, Any]) -> bool:
        """Whether a row is at this address; without a measure, every measure is."""
        here = (row["unit"], row["segment"], row["category"]) == (self.unit, self.segment, self.category)
        return here and self.measure in {"", row["measure"]}

    def __str__(self) -> str:
        """As it is typed."""
        cut = [] if self.segment == TOTAL else [f"{self.segment}={self.category}"]
        return " ".join([self.unit, *cut, *([self.measure] if self.measure else [])])


@dataclass(frozen=True)
class Explained:
    """One measure of a cell. `counts` are private and empty for a reader."""

    measure: str
    status: Status
    why: str
    counts: dict[str, int]


def to_reader(store: Store, survey: Survey, wave_id: str, cell: Cell) -> list[Explained]:
    """What every reader of the current release may know. Raises Refused when it has no such cell."""
    rows = [row for row in _published(store, survey, wave_id) if cell.matches(row)]
    if not rows:
        raise _no_such(cell, wave_id)
    return [Explained(row["measure"], _STATUS[row["status"]], PUBLIC[row["status"]], {}) for row in rows]


def to_operator(store: Store, survey: Survey, wave_id: str, cell: Cell) -> list[Explained]:
    """The rule that withholds each measure of a cell, counted again from private rows. Raises Refused, RunRefused.

    Of an unpublished wave it says what a run would do.
    """
    counted = recount(store, survey, wave_id)
    address = (cell.unit, cell.segment, cell.category)
    if address not in counted.grid.at:
        raise _no_such(cell, wave_id)
    place, shown = counted.grid.at[address], _shown(store, survey, wave_id, counted)
    found = [
        _explained(counted, shown, row, place)
        for row, measure in enumerate(counted.grid.measures)
        if cell.measure in {"", measure} and counted.grid.exists[row, place]
    ]
    if not found:
        raise _no_such(cell, wave_id)
    stays = _staying(store, survey, wave_id)
    return [replace(one, why=_STAYS) if (*address, one.measure) in stays else one for one in found]


def _staying(store: Store, survey: Survey, wave_id: str) -> frozenset[tuple[str, ...]]:
    """The cells of a wave that was published again whose rows are those of a release before."""
    now = current(store, survey.id)
    held = now.holds(wave_id) if now else None
    if held is None or not history.is_kept(store, survey.id, held[1]):
        return frozenset()
    (past,) = history.past(store, survey.id, [held[1]])
    return frozenset(tuple(row.values()) for row in past.kept.to_pylist())


def _no_such(cell: Cell, wave_id: str) -> Refused:
    return Refused(
        f"wave {wave_id} has no cell {str(cell)!r}; a cell is UNIT [SEGMENT=CATEGORY] [MEASURE], by their ids"
    )


def _published(store: Store, survey: Survey, wave_id: str) -> list[dict[str, Any]]:
    """The facts of a wave in the current release. Raises RunRefused when it holds none."""
    now = current(store, survey.id)
    if now is None or now.holds(wave_id) is None:
        msg = f"wave {wave_id} of survey {survey.id} is not published; run it"
        raise RunRefused(msg)
    rows: list[dict[str, Any]] = of_wave(tables_of(store, survey.id, now.release)["facts"], wave_id).to_pylist()
    return rows


def _shown(store: Store, survey: Survey, wave_id: str, counted: Recount) -> Shown:
    try:
        return counted.shown(_published(store, survey, wave_id), "favourable")
    except RunRefused:
        families = disclosure.families(survey)
        now = current(store, survey.id)
        worth = history.worth(store, survey, wave_id, now.release if now else None)
        made = disclosure.protect(counted.cells, counted.members, counted.tree, counted.rules, families, worth=worth)
        return counted.shown(made.table.to_pylist(), "squares")


def _explained(counted: Recount, shown: Shown, row: int, place: int) -> Explained:
    grid, where = counted.grid, (row, place)
    counts = {name: int(grid[name][where]) for name in ("respondents", "answered")}
    if grid.invited_known[where]:
        counts["invited"] = int(grid["invited"][where])
    if shown.means[where]:
        status: Status = "shown"
        why = "nothing speaks against it"
        if not shown.distributions[where]:
            why = f"the mean is shown, its shares are not: {_finer(counted, row, place)}"
    else:
        status, why = "withheld", "; ".join(_against(counted, row, place)) or _COMPLEMENTARY
    return Explained(grid.measures[row], status, why, counts)


_STAYS = "it stays as it was published before: what is counted now would tell by the difference about too few people"
_COMPLEMENTARY = "with other published figures it would give a figure that is withheld"


def _against(counted: Recount, row: int, place: int) -> Sequence[str]:
    """The primary rules that this cell breaks."""
    grid, least = counted.grid, counted.rules.minimum_mean
    where = (row, place)
    found = []
    if too_few(grid["respondents"], least)[where]:
        found.append(f"{grid['respondents'][where]} people answered, and at least {least} must")
    if in_small_unit(grid, least)[place]:
        found.append(f"the unit has fewer than {least} people")
    if too_few_silent(grid, least)[where] and grid.invited_known[where]:
        found.append(f"{grid.silent[where]} of those invited did not answer, and a rate needs {least} who did not")
    if not grid.rate[row, 0] and of_one_mind(grid["answered"], grid["modal"])[where]:
        found.append("all, or all but one, answered the same")
    return found


def _finer(counted: Recount, row: int, place: int) -> str:
    grid, least = counted.grid, counted.rules.minimum_distribution
    where = (row, place)
    if allowed(grid, counted.rules).distributions[where]:
        return _COMPLEMENTARY
    if grid.rate[row, 0]:
        return "a rate has none"
    if too_few(grid["respondents"], least)[where]:
        return f"{grid['respondents'][where]} people answered, and at least {least} must"
    bands = (grid[name] for name in ("favourable", "neutral", "unfavourable"))
    if tells_too_much(grid["answered"], *bands)[where]:
        return "a share would be that of one person, of all but one, or of all"
    return "its mean is withheld for its own sake"
