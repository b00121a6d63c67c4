"""The files, as each vendor writes them, with a few faults in them and an account of every record."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from pipeline.sample.answers import ITEMS, SCALES, Collected, Submission

if TYPE_CHECKING:
    from pipeline.sample.organisation import Organisation

QUESTIONS = (*ITEMS, "recommend")
TITLES = dict(
    zip(
        SCALES,
        ("Trygghet", "Samarbeid", "Kommunikasjon", "Tydelighet", "Arbeidsmengde i balanse", "Støtte"),
        strict=True,
    )
)
Row = list[str]


@dataclass(frozen=True)
class Written:
    """A response file, its accounts by state, its faults, and the submissions that count."""

    name: str
    data: bytes
    accounts: dict[str, int]
    quarantined: list[dict[str, object]]
    counted: tuple[Submission, ...]


@dataclass
class Pages:
    """Records as they are written down, and what becomes of each."""

    rows: list[Row] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)  # index of the row, column, reason
    counted: list[Submission] = field(default_factory=list)


@dataclass(frozen=True)
class Vendor:
    """How one tool writes a file: its header records, a submission as a row, and a row that is no answer."""

    name: str
    header: list[Row]
    row: Callable[[Submission], Row]
    no_answer: Callable[[Row], Row] | None
    column: dict[str, int]
    save: Callable[[Sequence[Row]], bytes]


def responses(random: Random, number: int, collected: Collected) -> list[Written]:
    """The response files of a wave: one at the end, and one with the late answers."""
    vendor = (_qualtrics, _limesurvey, _excel)[number % 3]()
    stranger = replace(collected.in_time[0], person="999999")  # somebody who is not on the payroll
    main = [*collected.in_time, stranger]
    random.shuffle(main)
    return [
        _file(f"{vendor.name}.csv", vendor, main, faulty=True),
        _file(f"{vendor.name}-late.csv", vendor, collected.late, faulty=False),
    ]


def _file(name: str, vendor: Vendor, submissions: Iterable[Submission], *, faulty: bool) -> Written:
    pages = Pages()
    for one in submissions:
        row = vendor.row(one)
        pages.rows += [row] * (1 + one.repeated)
        pages.states += ["superseded" if one.superseded else "accepted"] + ["duplicate"] * one.repeated
        if not one.superseded:
            pages.counted.append(one)
    if faulty:
        _spoil(vendor, pages)
    first = len(vendor.header) + 1
    states = ("accepted", "quarantined", "duplicate", "superseded", "excluded")
    return Written(
        name,
        vendor.save([*vendor.header, *pages.rows]),
        {"header": len(vendor.header), **{state: pages.states.count(state) for state in states}},
        [{"record": first + at, "column": column, "reason": reason} for at, column, reason in pages.faults],
        tuple(pages.counted),
    )


def _spoil(vendor: Vendor, pages: Pages) -> None:
    """Adds records that somebody typed into, and one that was never an answer."""
    template = vendor.row(replace(pages.counted[0], person="999998"))
    spoilt = (
        ("safety_1", "9", "out_of_range"),
        ("clarity_2", "vet ikke", "unknown_code"),
        ("person", "", "no_person"),
        ("at", "i går", "unreadable_time"),
    )
    heading = vendor.header[0]
    for item, value, reason in spoilt:
        row = list(template)
        row[vendor.column[item]] = value
        pages.faults.append((len(pages.rows), heading[vendor.column[item]], reason))
        pages.rows.append(row)
        pages.states.append("quarantined")
    if vendor.no_answer is not None:
        pages.rows.append(vendor.no_answer(list(template)))
        pages.states.append("excluded")


def _qualtrics() -> Vendor:
    before: tuple[str, ...] = (
        "StartDate",
        "EndDate",
        "Status",
        "IPAddress",
        "Progress",
        "Duration (in seconds)",
        "Finished",
    )
    before += ("RecordedDate", "ResponseId", "ExternalReference", "DistributionChannel", "UserLanguage")
    ids: tuple[str, ...] = ("startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished")
    ids += ("recordedDate", "_recordId", "externalDataReference", "distributionChannel", "userLanguage")
    names = (*before, *_headings("Q{group}_{number}", "Q7"))
    imports = [{"ImportId": one} for one in ids] + [{"ImportId": f"QID{at}"} for at in range(1, len(QUESTIONS) + 1)]
    for at in (0, 1, 7):
        imports[at]["timeZone"] = "Europe/Oslo"
    header = [list(names), list(names), [json.dumps(one, separators=(",", ":")) for one in imports]]

    def row(one: Submission) -> Row:
        at = f"{one.at + timedelta(hours=2):%Y-%m-%d %H:%M:%S}"  # summer time in Oslo, which all of this wave is in
        meta = [at, at, "IP Address", "203.0.113.7", "100", f"{one.minutes * 60:.0f}", "True", at, "R_0000000000000"]
        return [*meta, one.person, "email", "NO", *_plain(one)]

    def preview(row: Row) -> Row:
        row[2] = "Survey Preview"
        return row

    places = {"person": names.index("ExternalReference"), "at": names.index("RecordedDate"), **_places(len(before))}
    return Vendor("qualtrics", header, row, preview, places, lambda rows: _csv(rows, ",", "\n").encode())


def _limesurvey() -> Vendor:
    before = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token")
    names = (*before, *_headings("G{group}Q1[SQ00{number}]", "G7Q1"))

    def row(one: Submission) -> Row:
        codes = ["" if value is None else f"A{value}" for value in list(one.answers.values())[:-1]]
        nps = one.answers["recommend"]
        meta = ["1", f"{one.at:%Y-%m-%d %H:%M:%S}", "3", "nb", "1234567", one.person]
        return [*meta, *codes, "" if nps is None else str(nps)]

    def unsent(row: Row) -> Row:
        row[1] = ""
        return row

    places = {"person": 5, "at": 1, **_places(len(before))}
    save = lambda rows: b"\xef\xbb\xbf" + _csv(rows, ";", "\r\n", csv.QUOTE_ALL).encode()  # noqa: E731 - as Vendor says
    return Vendor("limesurvey", [list(names)], row, unsent, places, save)


def _excel() -> Vendor:
    before = ("Ansattnr", "Innsendt", "Varighet (min)")
    names = (*before, *(f"{TITLES[scale]} {number}" for scale in SCALES for number in (1, 2)), "Anbefaling")

    def row(one: Submission) -> Row:
        answers = [f"{text},0" if text else "" for text in _plain(one)]
        return [f"{one.person}\xa0", f"{one.at:%d.%m.%Y %H:%M}", f"{one.minutes:.1f}".replace(".", ","), *answers]

    places = {"person": 0, "at": 1, **_places(len(before))}
    return Vendor("excel", [list(names)], row, None, places, lambda rows: _csv(rows, ";", "\r\n").encode("cp1252"))


def _headings(pattern: str, last: str) -> list[str]:
    groups = range(1, len(SCALES) + 1)
    return [pattern.format(group=group, number=number) for group in groups for number in (1, 2)] + [last]


def _places(start: int) -> dict[str, int]:
    return {item: start + at for at, item in enumerate(QUESTIONS)}


def _plain(one: Submission) -> Row:
    return ["" if one.answers[item] is None else str(one.answers[item]) for item in QUESTIONS]


def _csv(rows: Iterable[Sequence[str]], delimiter: str, end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]  # the stub wants a literal
    return text.getvalue()


def units_csv(town: Organisation) -> bytes:
    """The units file."""
    return _csv([("unit_id", "parent_id", "name"), *town.units], ",", "\n").encode()


def people_csv(town: Organisation) -> bytes:
    """The roster."""
    rows = [(one.id, one.unit, one.gender, one.age, one.tenure) for one in town.people]
    return _csv([("person_id", "unit_id", "gender", "age", "tenure"), *rows], ",", "\n").encode()


def actions_csv(town: Organisation, number: int, closes: date) -> bytes:
    """What units have decided to do by a wave: nothing before the first results are out."""
    heading = ("action_id", "unit_id", "text", "owner", "created", "due", "status", "scale")
    first, second = town.improves
    decided = (
        ("T1", first, "Fast halvtime hver uke der alle kan ta opp det som er vanskelig", "Teamleder", "safety"),
        ("T2", second, "Prioriteringslisten gjennomgås sammen hver mandag", "Teamleder", "clarity"),
        ("T3", town.worsens, "Gå gjennom vaktplanen og fjern oppgaver som kan vente", "Avdelingsleder", "workload"),
    )
    known = decided[: number + 1]
    rows = []
    for at, (action, unit, text, owner, scale) in enumerate(known):
        created = closes - timedelta(days=20 + 14 * (number - at))
        done = "done" if at < number else "open"
        rows.append((action, unit, text, owner, created.isoformat(), _due(created), done, scale))
    return _csv([heading, *rows], ",", "\n").encode()


def _due(created: date) -> str:
    return (created + timedelta(days=30)).isoformat()
