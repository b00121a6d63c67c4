"""Primary rule: no figure about fewer people than the minimum, counted for each measure by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Ints


def too_few(respondents: Ints, minimum: int) -> Bools:
    """Fewer different people gave an answer to this measure than the smallest publishable number.

    It is people that are counted, not answers: one person may answer about several units. And it is those who
    answered *this* measure: an item that half of a unit skipped has half the people.
    """
    return respondents < minimum
