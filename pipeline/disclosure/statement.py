"""What a release says in public about its own protection: the rules, the audit, and what neither of them promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.audit.linear import WORLDS
from pipeline.disclosure.audit.parts import LARGEST_PART
from pipeline.disclosure.audit.small_sets import LARGEST_COMPONENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.disclosure.rules import Rules

FORMAT = "pulsverk-disclosure/1"
# Raised with every change of what the auditor looks for.
AUDIT = 2


def statement(rules: Rules, statuses: Mapping[str, Iterable[str]], ledger: Mapping[str, str]) -> dict[str, Any]:
    """`statuses` are those of all the rows of facts of each wave; `ledger` names what was published before, by hash.

    Says nothing of why a cell is withheld, nor of any cell by itself. docs/disclosure.md has the mathematics.
    """
    mean, finer = rules.minimum_mean, rules.minimum_distribution
    counts = {wave: list(found) for wave, found in statuses.items()}
    return {
        "format": FORMAT,
        "minimum_group_size": {"mean": mean, "distribution": finer},
        "rules": {
            "minimum": f"nothing about fewer than {mean} people who answered; for items, who answered that item",
            "unanimity": "no mean where all, or all but one, gave the same answer",
            "distribution": f"no shares or spread about fewer than {finer} people, nor shares that point at one",
            "small_unit": f"nothing about a unit to which fewer than {mean} people were invited",
            "small_complement": f"no response rate where fewer than {mean} people did not answer, or nobody did",
            "complementary": "as many cells besides as the audit asks for; one status for all reasons",
        },
        "audit": {
            "version": AUDIT,
            "made_by": "a module that shares the layout of the cells with the chooser and nothing else",
            "together": "all tables of a wave, all its releases so far, a scale and its items",
            "looks": {
                "residuals": "each published cell less the published ones inside it, within every segment: exact",
                "linear": (
                    f"what the figures determine: exactly, modulo 2^31 - 1, in systems of up to {LARGEST_COMPONENT} "
                    f"groups of people who answered once; in larger ones by {WORLDS} random vectors of the null space, "
                    "to rounding, and certificates exactly"
                ),
                "sets": "sums and differences of up to four groups: of any in small systems, of one unit in large ones",
                "unions": "each published cell less what lies wholly inside it of another segment",
                "ranges": (
                    "what the lowest and the highest answer leave open of a mean, by linear programming, in parts of "
                    f"up to {LARGEST_PART} groups"
                ),
                "families": "a scale and its items as one system",
            },
        },
        "certified": [
            f"within one segment, no combination of published cells is about 1 to {mean - 1} people",
            f"over all segments, none is about one or two groups of fewer than {mean} people together",
            "no withheld cell of too few people, or of one mind, can be calculated",
            "no figure changed between two releases of a wave by fewer people than the minimum",
        ],
        "not_certified": [
            "combinations of more than four groups, or of four in different units of a large organisation",
            "answers narrowed down to a range of several steps, or by arguments that only whole numbers allow",
            "ranges of shares",
            "what somebody knows from elsewhere, and what is likely rather than certain",
            "whether somebody took part, where the count of answers says so by itself",
        ],
        "waves": [
            {
                "wave": wave,
                "published": found.count("F"),
                "withheld": found.count("C"),
                "not_measured": found.count("N"),
            }
            for wave, found in counts.items()
        ],
        "ledger": dict(ledger),
    }
