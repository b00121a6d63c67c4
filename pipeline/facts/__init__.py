"""Published figures from protected cells: means, intervals, shares and changes, each rounded once and exactly.

Scales are rounded to 0.1 points, those on a short range such as 1..5 and items to 0.01, indexes such as eNPS and
rates to whole numbers, shares to 0.01. What is computed from what is published (a change, a verdict) starts from the
rounded figures, so that a reader who takes them apart gets the same.
"""

from pipeline.facts.changes import NOBODY, Panel
from pipeline.facts.columns import COLUMNS, FACTS, FREE, NOT_MEASURED
from pipeline.facts.distributions import DISTRIBUTIONS, distributions, of_cells
from pipeline.facts.forms import MATTERS
from pipeline.facts.made import facts

__all__ = [
    "COLUMNS",
    "DISTRIBUTIONS",
    "FACTS",
    "FREE",
    "MATTERS",
    "NOBODY",
    "NOT_MEASURED",
    "Panel",
    "distributions",
    "facts",
    "of_cells",
]
