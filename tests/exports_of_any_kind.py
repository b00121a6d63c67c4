"""Exports of the tiny survey in every vendor's way, good and bad, some with a few bytes changed."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from tiny_survey import PER_UNIT, SURVEY, who

QUALTRICS = (
    "RecordedDate,Status,ExternalReference,Q1,Q2,Q3\nRecorded,Status,Ref,One,Two,Three\n"
    '"{""ImportId"":""recordedDate"",""timeZone"":""Europe/Oslo""}","{""ImportId"":""status""}",'
    '"{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}",'
    '"{""ImportId"":""QID3""}"\n'
)
PEOPLE = st.sampled_from(
    [
        *("p1", "p2", "p3", "p4", "p1", "p2", " p1", "p1 ", "", "  ", "\xa0p2", "anonymous", "1.12971E+11", "a+b@x"),
        *('"p1"', '="p1"', "pø", '"p,5"', "p;6", "p\u200b1"),
    ],
)
TIMES = st.sampled_from(
    [
        *("2026-08-01", "2026-08-02 10:00:00", "2026-08-02T10:00:00Z", "2026-10-25 02:30:00", "2026-08-02 10:00:01"),
        *("", "soon", "01.08.2026 10:00", "2026-08-02 25:00:00", "2026-08-02 10:00:00.5", "2026-13-02 10:00:00"),
        *("2026-08-02 10:00:00+02:00", "2026-08-02 10:60:00", "0001-01-01 00:00:00", "2026-03-29 02:30:00"),
    ],
)
ANSWERS = st.sampled_from(
    [
        *("1", "2", "3", "4", "5", "3", "3", "4", "", "9", "x", "4.0", "4,0", '"3"', '"4"', "Helt enig", "A3", "4.5"),
        *(" 3", "=1+1", '"a""b"', '"a\nb"', "\U0001d7dc", "a" * 80),
    ],
)
STATUSES = st.sampled_from(["IP Address", "IP Address", "0", "Spam", "Whatever", "1"])
UNITS = st.sampled_from(["U1", "U2", "", " U1", '="U1"'])
GENDERS = st.sampled_from(["f", "Kvinne", "", "x", "m"])
COMMENTS = st.sampled_from(["", "hi", '"x\ny"', '"q"', '"a;b"'])


@dataclass(frozen=True)
class Kind:
    """Headings, what separates cells, and what a record's cells are drawn from."""

    head: str
    delimiter: str
    cells: tuple[st.SearchStrategy[str], ...]
    survey: str = SURVEY


KINDS = {
    "plain": Kind("person,sent,Q1,Q2,Q3\n", ",", (PEOPLE, TIMES, ANSWERS, ANSWERS, ANSWERS)),
    "limesurvey": Kind(
        "id;submitdate;token;Q1;Q2;Q3;comment\n", ";", (ANSWERS, TIMES, PEOPLE, ANSWERS, ANSWERS, ANSWERS, COMMENTS)
    ),
    "qualtrics": Kind(QUALTRICS, ",", (TIMES, STATUSES, PEOPLE, ANSWERS, ANSWERS, ANSWERS)),
    "excel": Kind("sep=;\nAnsatt;Q1;Q2;Q3\n", ";", (PEOPLE, ANSWERS, ANSWERS, ANSWERS)),
    "semicolons": Kind("person;Q1;Q2;Q3\n", ";", (PEOPLE, ANSWERS, ANSWERS, ANSWERS)),
    "tabs": Kind("person\tsent\tQ1\tQ2\tQ3\n", "\t", (PEOPLE, TIMES, ANSWERS, ANSWERS, ANSWERS)),
    "per unit": Kind(
        "person,team,kjonn,Q1,Q2,Q3\n", ",", (PEOPLE, UNITS, GENDERS, ANSWERS, ANSWERS, ANSWERS), PER_UNIT
    ),
}


@dataclass(frozen=True)
class Export:
    """A file, the survey that it was pushed to, and who is erased from that."""

    data: bytes
    survey: str
    erased: frozenset[str]


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """A file of one kind; records may be too long, too short or blank, and bytes may have changed on the way."""
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    lines = []
    for _ in range(draw(st.integers(0, 12))):
        cells = [draw(one) for one in kind.cells]
        spoilt = draw(st.integers(0, 20))
        changed = {0: [*cells, ""], 1: cells[:-1], 2: [""] * len(cells), 3: [" ", *[""] * (len(cells) - 1)], 4: [""]}
        lines.append(kind.delimiter.join(changed.get(spoilt, cells)))
    text = draw(st.sampled_from(["", "", "\n \n"])) + kind.head + "\n".join(lines)
    text += draw(st.sampled_from(["\n", "\n", "", "\n\n"]))
    if draw(st.integers(0, 3)) == 0:
        text = text.replace("\n", "\r\n")
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252"])), "replace")
    if draw(st.integers(0, 2)) == 0:
        data = draw(mutated(data))
    erased = draw(
        st.sampled_from([frozenset(), frozenset(), frozenset({who("p1")}), frozenset({who("p1"), who("p3")})])
    )
    return Export(data, kind.survey, erased)


@st.composite
def mutated(draw: st.DrawFn, data: bytes, most: int = 2) -> bytes:
    """The file with up to `most` bytes changed, added or taken away."""
    letters = bytearray(data)
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, max(len(letters) - 1, 0)))
        letter = draw(st.sampled_from(b'"\n\r,;\t\xa0\xc3\x00 19='))
        what = draw(st.sampled_from(["change", "add", "take"]))
        letters[at : at + (what != "add")] = b"" if what == "take" else bytes([letter])
    return bytes(letters)
