"""Random organisations: uneven trees with people at inner units, unknown categories, several units per person."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from village import RATE, Record, Village

from pipeline.organisation import Unit, tree

DEEP = bool(os.environ.get("PULSVERK_DEEP"))
SEGMENTS = {"gender": ("f", "m"), "age": ("old", "young"), "place": ("north", "south", "west")}


def examples(few: int, many: int) -> settings:
    """As many examples as there is time for: few, or many in the deep run; always the same ones."""
    return settings(
        max_examples=many if DEEP else few,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def villages(
    draw: st.DrawFn,
    *,
    people: int = 12,
    families: bool = False,
    several: bool = False,
    roster: bool = False,
    low: int = 1,
    high: int = 5,
) -> Village:
    """A village of at most `people` people; with one scale of three items, or one measure; perhaps many units each.

    With a `roster` as many again may have been invited and not have answered.
    """
    count = draw(st.integers(2, 7))
    units = [Unit("u0", None, "u0")]
    units += [Unit(f"u{one}", f"u{draw(st.integers(0, one - 1))}", f"u{one}") for one in range(1, count)]
    names = draw(st.lists(st.sampled_from(sorted(SEGMENTS)), unique=True, max_size=3))
    groupings = [(name,) for name in names]
    if len(names) > 1 and draw(st.booleans()):
        groupings.append((names[0], names[1]))
    items = ("i1", "i2", "i3") if families else ("q",)
    number = draw(st.integers(min(8, people), people))
    records = []
    for one in range(number):
        who = draw(st.integers(0, one)) if several else one
        skipped = draw(st.sets(st.sampled_from(items), max_size=len(items))) if draw(st.integers(0, 4)) == 0 else set()
        records.append(
            Record(
                who,
                f"u{draw(st.integers(0, count - 1))}",
                {name: draw(st.sampled_from((*SEGMENTS[name], *SEGMENTS[name], ""))) for name in names},
                {item: draw(st.integers(low, high)) for item in items if item not in skipped},
            )
        )
    silent = [
        Record(
            number + one,
            f"u{draw(st.integers(0, count - 1))}",
            {name: draw(st.sampled_from((*SEGMENTS[name], *SEGMENTS[name], ""))) for name in names},
            {},
        )
        for one in range(draw(st.integers(0, people)) if roster else 0)
    ]
    measures = ("s", *items) if families else (*items, RATE)
    return Village(
        tree(units),
        tuple(records),
        measures,
        tuple(groupings),
        {"s": items} if families else {},
        tuple(silent) if roster else None,
    )
