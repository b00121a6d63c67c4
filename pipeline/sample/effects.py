"""What changes from wave to wave on purpose, and what was decided about it: two teams improve, one gets worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.sample.organisation import Organisation

ITSELF, AROUND = 0.8, 0.25  # of an effect, in points of a five-point answer: on the scale it is about, on the others


@dataclass(frozen=True)
class Effect:
    """From the second wave on a unit moves by so much a wave: `direction` 1 for the better, -1 for the worse."""

    unit: str
    scale: str
    direction: int

    def shift(self, unit: str, scale: str, wave: int) -> float:
        """What it adds to a favourable answer of this unit in this wave, counted from 0; in points of an answer."""
        if unit != self.unit:
            return 0.0
        return wave * self.direction * (ITSELF if scale == self.scale else AROUND)


@dataclass(frozen=True)
class Action:
    """What a unit decided: days are counted from the close of the wave whose results it answers to."""

    id: str
    unit: str
    text: str
    owner: str
    scale: str
    answers_to: int  # the wave, counted from 0
    created: int
    due: int
    ended: tuple[str, int] | None  # how, and by which wave


def effects(town: Organisation) -> tuple[Effect, Effect, Effect]:
    """The three that are planted; the second and third follow the two units that improve."""
    first, second = town.improves
    return Effect(first, "safety", 1), Effect(second, "clarity", 1), Effect(town.worsens, "workload", -1)


def actions(town: Organisation) -> tuple[Action, ...]:
    """All that is decided while the programme runs; the last is late, and nobody has said so yet."""
    first, second = town.improves
    return (
        Action("T1", "U1", "Verneombudet deltar på hvert avdelingsmøte", "Kommunalsjef", "", 0, -75, 20, ("done", 1)),
        Action(
            "T2",
            first,
            "Fast halvtime hver uke der alle kan ta opp det som er vanskelig",
            "Teamleder",
            "safety",
            0,
            4,
            25,
            ("done", 1),
        ),
        Action("T3", second, "Prioritere oppgavene sammen hver mandag", "Teamleder", "clarity", 0, 8, 39, ("done", 2)),
        Action("T4", "U2-1", "Felles nyhetsbrev hver uke", "Avdelingsleder", "communication", 0, 6, 40, ("dropped", 2)),
        Action(
            "T5",
            town.worsens,
            "Gå gjennom vaktplanen og fjerne oppgaver som kan vente",
            "Avdelingsleder",
            "workload",
            1,
            5,
            20,
            None,
        ),
    )


def known(town: Organisation, closes: Sequence[date]) -> list[tuple[str, ...]]:
    """The register as it stands when the last of these waves closes, as rows of an actions file.

    A day that was set stays as it was set, whichever wave's file it is read in.
    """
    rows: list[tuple[str, ...]] = []
    for one in actions(town):
        if one.answers_to >= len(closes):
            continue
        created = closes[one.answers_to] + timedelta(days=one.created)
        if created > closes[-1]:
            continue
        due = closes[one.answers_to] + timedelta(days=one.due)
        status = one.ended[0] if one.ended is not None and one.ended[1] < len(closes) else "open"
        rows.append(
            (one.id, one.unit, one.text, one.owner, created.isoformat(), due.isoformat(), status, one.scale),
        )
    return rows
