"""Primary rule: shares and spread are finer than a mean, so they need more people and more variety."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Ints

# A share of exactly one person, or of all but one, points at that person.
AT_LEAST = 2


def tells_too_much(answered: Ints, favourable: Ints, neutral: Ints, unfavourable: Ints) -> Bools:
    """A share would be everybody, all but one, one or nobody.

    Nobody *neutral* is allowed, and exactly one: scales with an even number of points have no middle, and that
    nobody chose it says nothing about the side that anyone is on.
    """
    extreme = answered - neutral < AT_LEAST
    for share in (favourable, unfavourable):
        extreme = extreme | (share < AT_LEAST) | (answered - share < AT_LEAST)
    return extreme


def given_by_one(counts: Ints) -> Bools:
    """Of answers x cells: where an answer was given exactly once, so that it points at whoever gave it."""
    lone: Bools = (counts == 1).any(axis=0)
    return lone
