"""An export, whoever writes it: its records, some of them spoilt, and an account of every one."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.sample.answers import QUESTIONS, Submission

Row = list[str]
State = Literal["accepted", "quarantined", "duplicate", "superseded", "excluded"]
STATES: tuple[State, ...] = ("accepted", "quarantined", "duplicate", "superseded", "excluded")


@dataclass(frozen=True)
class Written:
    """A response file, its accounts by state, its faults, and the submissions in it that could be read."""

    name: str
    data: bytes
    accounts: dict[str, int]
    quarantined: list[dict[str, object]]
    counted: tuple[Submission, ...]


@dataclass(frozen=True)
class Vendor:
    """How one tool writes a file: its header records, a submission as a row, and rows that are no answers.

    `person` and `at` are the headings that hold the person and the time. `decimal` is what its numbers have.
    """

    name: str
    header: list[Row]
    row: Callable[[Submission], Row]
    no_answers: tuple[Callable[[Row], Row], ...]
    person: str
    at: str
    decimal: str
    save: Callable[[Sequence[Row]], bytes]

    def place(self, question: str) -> int:
        """Index of the column that holds an item; the items come last, in their own order."""
        return len(self.header[0]) - len(QUESTIONS) + QUESTIONS.index(question)


@dataclass
class _Pages:
    """Records as they are written down, and what becomes of each."""

    rows: list[Row] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)  # index of the row, column, reason

    def add(self, row: Row, state: State) -> None:
        """Writes down one record."""
        self.rows.append(row)
        self.states.append(state)


def write(name: str, vendor: Vendor, submissions: Iterable[Submission], *, faulty: bool) -> Written:
    """A file of these submissions; a `faulty` one also has a record of every kind that cannot be read."""
    pages = _Pages()
    counted = []
    for one in submissions:
        row = vendor.row(one)
        pages.add(row, "superseded" if one.superseded else "accepted")
        if one.repeated:
            pages.add(row, "duplicate")
        if not one.superseded:
            counted.append(one)
    if faulty:
        _spoil(vendor, pages, replace(counted[0], person="999998"))
    first = len(vendor.header) + 1
    return Written(
        name,
        vendor.save([*vendor.header, *pages.rows]),
        {"header": len(vendor.header), **{state: pages.states.count(state) for state in STATES}},
        [{"record": first + at, "column": column, "reason": reason} for at, column, reason in pages.faults],
        tuple(counted),
    )


def _spoil(vendor: Vendor, pages: _Pages, template: Submission) -> None:
    """Adds records that somebody typed into or cut short, and those that were never answers."""
    names = vendor.header[0]
    spoilt = (
        (vendor.place("safety_1"), "9", "out_of_range"),
        (vendor.place("clarity_2"), "vet ikke", "unknown_code"),
        (vendor.place("support_1"), f"3{vendor.decimal}5", "not_whole"),
        (names.index(vendor.person), "", "no_person"),
        (names.index(vendor.at), "i går", "unreadable_time"),
    )
    for at, value, reason in spoilt:
        row = vendor.row(template)
        row[at] = value
        pages.faults.append((len(pages.rows), names[at], reason))
        pages.add(row, "quarantined")
    whole = vendor.row(template)
    for row, reason in ((whole[:-2], "too_few_cells"), ([*whole, "4"], "too_many_cells")):
        pages.faults.append((len(pages.rows), "", reason))
        pages.add(row, "quarantined")
    for no_answer in vendor.no_answers:
        pages.add(no_answer(vendor.row(template)), "excluded")


def table(
    rows: Iterable[Sequence[str]],
    delimiter: str = ",",
    end: str = "\n",
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> str:
    """Rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def plain(one: Submission) -> Row:
    """The answers as numbers, in the order of the questions; a skipped one is blank."""
    return ["" if one.answers[item] is None else str(one.answers[item]) for item in QUESTIONS]


def marked(column: int, value: str) -> Callable[[Row], Row]:
    """A function that gives a row with this value in this column."""
    return lambda row: [*row[:column], value, *row[column + 1 :]]
