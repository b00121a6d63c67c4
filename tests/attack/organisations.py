"""Organisations that live through three waves: people join, leave, move, answer late or anew, and are erased."""

from __future__ import annotations

import random
from dataclasses import replace

from village import RATE, Record, Village
from villages import SEGMENTS

from pipeline.disclosure import Rules
from pipeline.organisation import Unit, tree

KINDS = ("plain", "plain", "ends", "scale", "several", "roster")
FAMILY = {"s": ("i1", "i2")}
ENDS = (1, 3)  # the lowest and the highest answer where every set of answers there can be is written down


class Organisation:
    """`waves` is each wave as it stands in the end, `story` every publication of a wave in its order.

    Kinds: `plain` one question; `ends` the same with few answers and ranges looked at; `scale` a scale of two items;
    `several` people who answer about more than one unit; `roster` people who were invited and did not answer.
    """

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(seed)  # noqa: S311 - a reproducible organisation
        self.kind = chance.choice(KINDS)
        self.families = FAMILY if self.kind == "scale" else {}
        self.items = FAMILY["s"] if self.kind == "scale" else ("q",)
        self.answer_range = ENDS if self.kind == "ends" else (1, 5)
        k = 3 if self.kind == "ends" else chance.choice([3, 3, 4, 5])
        self.rules = Rules(k, k if chance.random() < 0.3 else 2 * k, {"q": ENDS} if self.kind == "ends" else {})
        self.units = chance.randint(3, 5)
        self.people: list[Record] = []
        self.joined = 0
        for _ in range(chance.randint(9, 13)):
            self.join()
        self.segments = chance.sample(sorted(SEGMENTS), chance.randint(1, 2))
        self.crossed = False
        self.hang()
        self.waves: list[Village] = []
        self.story: list[tuple[int, Village]] = []
        for wave in range(3):
            if wave:
                self.months_pass()
            self.waves.append(self.ask())
            self.publish(wave, self.waves[wave])
            if chance.random() < 0.3:  # again, with what came late: this wave, or one before it
                again = chance.randrange(wave + 1)
                self.publish(again, self.later(self.waves[again]))
        if chance.random() < 0.15:
            self.erase(chance.choice(self.people).who)

    def publish(self, wave: int, village: Village) -> None:
        """A release of the wave, perhaps not the first."""
        self.waves[wave] = village
        self.story.append((wave, village))

    def join(self) -> None:
        """Somebody new; of the kind `several` it may be somebody known, in another unit."""
        who = self.joined
        if self.kind == "several" and self.people and self.chance.random() < 0.4:
            who = self.chance.choice(self.people).who
        categories = {name: self.chance.choice((*words, *words, "")) for name, words in SEGMENTS.items()}
        self.people.append(Record(who, self.unit(), categories, {}))
        self.joined += 1

    def unit(self) -> str:
        """Any unit, an inner one too; the first ones are the largest."""
        return f"u{min(int(self.chance.expovariate(0.8)), self.units - 1)}"

    def hang(self) -> None:
        """The units hang together in some way or another."""
        under = [Unit(f"u{one}", f"u{self.chance.randrange(one)}", "") for one in range(1, self.units)]
        self.tree = tree([Unit("u0", None, ""), *under])

    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """By each segment, perhaps also by two of them crossed."""
        alone = tuple((one,) for one in self.segments)
        return (*alone, (self.segments[0], self.segments[-1])) if self.crossed else alone

    def months_pass(self) -> None:
        """People leave, join and move; perhaps units are made and moved, and another table is wanted."""
        chance = self.chance
        self.people = chance.sample(self.people, len(self.people) - chance.randint(0, 3))
        for _ in range(min(chance.randint(0, 3), 14 - len(self.people))):
            self.join()
        if chance.random() < 0.5:
            self.units = min(self.units + chance.randint(0, 2), 7)
            self.hang()
            self.people = [replace(one, unit=self.unit()) if chance.random() < 0.2 else one for one in self.people]
        if chance.random() < 0.3:
            self.segments = [*self.segments, *sorted(set(SEGMENTS) - set(self.segments))][: len(self.segments) + 1]
            self.crossed = chance.random() < 0.5

    def answering(self, one: Record) -> Record:
        """Somebody with new answers; an item is left out now and then."""
        left = self.chance.choice(self.items) if self.chance.random() < 0.15 else ""
        return replace(one, answers={item: self.answer() for item in self.items if item != left})

    def answer(self) -> int:
        """Of the kind `ends` more often a low one."""
        answers = [self.chance.randint(*self.answer_range) for _ in range(2)]
        return min(answers) if self.kind == "ends" else answers[0]

    def ask(self) -> Village:
        """A wave. Everybody answers, but where there is a roster."""
        roster = self.kind == "roster"
        silent = tuple(one for one in self.people if roster and self.chance.random() < 0.4)
        answered = tuple(self.answering(one) for one in self.people if one not in silent)
        measures = (*self.families, *self.items, *([RATE] if roster else []))
        return Village(self.tree, answered, measures, self.groupings(), self.families, silent if roster else None)

    def later(self, village: Village) -> Village:
        """A wave after it was published: answers withdrawn, given anew and late, perhaps on the tree of today."""
        chance = self.chance
        stay = [one for one in village.records if chance.random() > 0.08]
        records = [self.answering(one) if chance.random() < 0.2 else one for one in stay]
        today = chance.random() < 0.4
        now = replace(village, tree=self.tree, groupings=self.groupings()) if today else village
        known = {(one.who, one.unit) for one in village.records}
        waiting = self.people if village.silent is None else village.silent
        late = [one for one in waiting if (one.who, one.unit) not in known and one.unit in now.tree.path]
        came = tuple(self.answering(one) for one in late[: chance.randint(0, 3)])
        silent = (
            None if village.silent is None else tuple(one for one in village.silent if one not in late[: len(came)])
        )
        return replace(now, records=(*records, *came), silent=silent)

    def erase(self, who: int) -> None:
        """Every wave in which somebody answered is published again without them."""
        for wave, village in enumerate(self.waves):
            stay = tuple(one for one in village.records if one.who != who)
            silent = None if village.silent is None else tuple(one for one in village.silent if one.who != who)
            if len(stay) < len(village.records):
                self.publish(wave, replace(village, records=stay, silent=silent))
