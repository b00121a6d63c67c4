"""Across all groupings at once: which groups, pairs of groups and withheld cells the published figures determine."""

from __future__ import annotations

from itertools import combinations as pairs
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import (
    PRIME,
    dependent,
    inverses,
    relation,
)
from pipeline.disclosure.audit.findings import Found, certified
from pipeline.disclosure.audit.guarded import guarded_groups
from pipeline.disclosure.audit.large import Searched, determined_in_large
from pipeline.disclosure.audit.small_sets import LARGEST_COMPONENT, components, meeting

if TYPE_CHECKING:
    from pipeline.disclosure.audit.certificate import Certificate
    from pipeline.disclosure.audit.equations import Known
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

WORLDS = 3

# Components in which no set of groups was found: who answers what, and which groups there are.
Clean = set[tuple[int, bytes, bytes]]


def determined(
    table: Exposed, clean: Clean, searched: Searched | None = None, solved: Known | None = None
) -> list[Certificate]:
    """Certificates for everything determined about 1..minimum-1 people, and for every guarded cell determined.

    A group, or a set of them, is determined exactly when its value is the same in every world. It is tested in
    WORLDS random ones modulo PRIME: something determined is never missed there; something that is not passes for it
    with probability PRIME ** -WORLDS, and is then dropped, since no combination gives it.
    """
    signature, group = table.groups
    if table.crowd.once and len(signature) > LARGEST_COMPONENT:
        return determined_in_large(table, searched if searched is not None else Searched.nowhere(table))
    places, equations = table.residuals
    count = len(signature)
    people = table.people(group, count)
    alone = _alone(table, people)
    values = equations.worlds(max(WORLDS, alone.shape[1] + 2), {} if solved is None else solved)
    known = ~values.any(axis=1)
    found: list[Found] = [
        ({one: 1}, int(people[one]), "atom") for one in np.flatnonzero(known & (people < table.minimum)).tolist()
    ]
    found += _pairs(table, values, people)
    found += [(relation(one, values), 1, "atom") for one in alone[dependent(alone, values)]]
    found += [
        (dict.fromkeys(groups, 1), table.people_in(groups), "withheld cell")
        for groups in guarded_groups(table, values, lambda sums: (sums % PRIME == 0).all(axis=1))
    ]
    found += _sets(table, values, people, clean)
    if not found:
        return []
    # What no combination gives was a chance agreement of the worlds, and is dropped.
    return certified(table, places, equations.rows, count, found)[0]


def _alone(table: Exposed, people: Ints) -> Ints:
    """For each person with several records, the groups with nobody else in them: people x the most, OUTSIDE beyond."""
    if table.crowd.once:
        return np.zeros((0, 0), dtype=np.int64)
    _, group = table.groups
    mine = group[table.position]
    pairs = np.unique(np.column_stack([table.crowd.person[table.records], mine])[people[mine] == 1], axis=0)
    _, start, length = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    result = np.full((len(start), int(length.max(initial=0))), OUTSIDE, dtype=np.int64)
    for row, (first, count) in enumerate(zip(start, length, strict=True)):
        result[row, :count] = pairs[first : first + count, 1]
    return result[length > 1]


def _pairs(table: Exposed, values: Ints, people: Ints) -> list[Found]:
    """Two small groups of which the figures determine some combination, such as the difference.

    Then the two have proportional values in every world, so they are found by bringing each to the same form. One
    of them may be larger, when the people of the other are among its people.
    """
    small = np.flatnonzero(values.any(axis=1) & (people < table.minimum))
    mine = values[small]
    lead = mine[np.arange(len(small)), (mine != 0).argmax(axis=1)]
    forms = mine * inverses(lead)[:, None] % PRIME
    order = np.lexsort(forms.T)
    found: list[Found] = []
    for start, end in _runs((forms[order][1:] == forms[order][:-1]).all(axis=1)):
        for one, other in pairs(sorted(order[start:end].tolist()), 2):
            groups = (int(small[one]), int(small[other]))
            together = table.people_in(groups)
            if together < table.minimum:
                ratio = int(lead[one]) * pow(int(lead[other]), -1, PRIME)
                found.append(({groups[0]: 1, groups[1]: -ratio % PRIME}, together, "pair"))
    return found


def _runs(same: Bools) -> list[tuple[int, int]]:
    """Start and end of each run of neighbours that are the same."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return [(int(start), int(end) + 1) for start, end in edges.reshape(-1, 2)]


def _sets(table: Exposed, values: Ints, people: Ints, clean: Clean) -> list[Found]:
    """Sums and differences of up to four small groups, component by component, but for those in `clean`."""
    least = (
        1 if table.crowd.once else 0
    )  # people besides the largest group: with several records it may be the same one
    small = values.any(axis=1) & (people < table.minimum - 2 * least)
    signature, group = table.groups
    component = components(signature)
    # Whoever is in several groups makes a set of them smaller than its parts: of those none stands for another.
    mine = np.unique(np.column_stack([table.crowd.person[table.records], group[table.position]]), axis=0)
    _, person, times = np.unique(mine[:, 0], return_inverse=True, return_counts=True)
    shared = np.zeros(len(signature), dtype=np.bool_)
    shared[mine[times[person.ravel()] > 1, 1]] = True
    found: list[Found] = []
    for one in np.unique(component[small]):
        inside = np.flatnonzero(small & (component == one))
        key = (table.minimum, table.who, signature[component == one].tobytes())
        if not 2 < len(inside) <= LARGEST_COMPONENT or key in clean:  # noqa: PLR2004 - two were tried as a pair
            continue
        before = len(found)
        # Groups that differ by a known figure stand for each other; the smallest of them stands for all.
        inside = inside[np.argsort(people[inside], kind="stable")]
        first = values[inside, 0]
        stands = np.zeros(len(inside), dtype=np.bool_)
        stands[np.unique(np.minimum(first, PRIME - first), return_index=True)[1]] = True
        each = inside[stands | shared[inside]]
        for row in meeting(values[each]):
            wanted = {int(each[place]): times for place, times in row.items()}
            together = table.people_in(wanted)
            if together < table.minimum:
                found.append((wanted, together, "set"))
        if len(found) == before:
            clean.add(key)
    return found
