"""The corpus of bad files: exactly right cells, or set aside with the reason; nothing is silently wrong."""

from __future__ import annotations

import random

import in_process
import pytest
from bad_files import Case, texts
from bad_workbooks import binaries

from pipeline.errors import ExportRejected
from pipeline.exports import inspect, read
from pipeline.exports.refusals import WORDS

TEXTS, BINARIES = texts(), binaries()
WHOLE = [*TEXTS, *BINARIES]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.foreign.process.read", in_process.read)


def outcome(data: bytes) -> tuple[object, ...]:
    try:
        sheet = read(data)
    except ExportRejected as refusal:
        return (refusal.reason,)
    assert sheet.accounts.balance() == sheet.accounts
    assert all(len(row) == len(sheet.columns) for row in sheet.rows)
    faults = tuple((fault.record, fault.reason) for fault in sheet.faults)
    return sheet.columns, tuple(tuple(row) for row in sheet.rows), faults


def expected(case: Case) -> tuple[object, ...]:
    if case.refused:
        return (case.refused,)
    return tuple(case.columns), tuple(tuple(row) for row in case.rows), case.aside


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_every_file_gives_exactly_what_its_maker_knows(case: Case) -> None:
    assert outcome(case.data) == expected(case)


@pytest.mark.deep
@pytest.mark.parametrize("case", BINARIES, ids=lambda case: case.name)
def test_a_child_says_the_same(case: Case) -> None:
    assert outcome(case.data) == expected(case)


def test_the_corpus_is_large_and_its_names_are_its_own() -> None:
    assert len({case.name for case in WHOLE}) == len(WHOLE) >= 500


def test_every_code_of_a_refusal_has_words_that_say_who_acts() -> None:
    assert all("sender" in words or "whoever" in words for words in WORDS.values())


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("case", WHOLE[::5], ids=lambda case: case.name)
def test_inspection_gives_each_record_one_place(case: Case) -> None:
    found = inspect(case.data)
    records = found["records"]
    assert not records or records["physical"] == sum(records.values()) - records["physical"]
    assert (found["verdict"] == "rejected") == bool(case.refused or not case.rows)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("case", [one for one in WHOLE if one.aside], ids=lambda case: case.name)
def test_what_is_set_aside_is_a_file_that_can_be_mended_and_pushed_again(case: Case) -> None:
    sheet = read(case.data)
    back = sheet.excerpt({record for record, _ in case.aside})
    if any(why == "cut_short" for _, why in case.aside) or sheet.dialect.kind == "ndjson":
        assert back.decode().splitlines()[-1] in case.data.decode()
        return
    again = read(back) if sheet.dialect.kind == "text" else read(back.replace(b"#N/A", b"4").replace(b"#REF!", b"4"))
    assert again.accounts.records == again.accounts.header + len(case.aside)
    assert again.columns == sheet.columns or again.accounts.accepted == 0


MUTATIONS = 24  # of each file: 24 x 540 is more than 12,000


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with a few bytes changed, taken out, doubled or put in, or with its end cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.randint(1, 8)]
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 40)]
            case 3:
                changed[at:at] = chance.choice(BITES)
            case 4:
                changed[at : at + 1] = bytes([changed[at] ^ (1 << chance.randrange(8))]) if at < len(changed) else b""
            case 5:
                del changed[max(at, len(changed) // 2) :]
    return bytes(changed)


BITES = (
    b",",
    b";",
    b'"',
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\t",
    b"=",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"PK\x03\x04",
    b"\x7f" * 4,
)


def letter_by_letter(text: str, delimiter: str, end: str) -> list[list[str]]:
    """RFC 4180 by a machine that sees one letter at a time, and shares nothing with the readers."""
    records: list[list[str]] = [[""]]
    state = "start"  # of a cell; or "bare", "quoted", "closed"
    text = text.replace("\r\n", "\n") if end != "\r" else text
    for letter in text:
        if state == "quoted":
            state = "closed" if letter == '"' else state
            records[-1][-1] += "" if letter == '"' else letter
        elif letter == '"' and state in {"start", "closed"}:
            records[-1][-1] += '"' if state == "closed" else ""
            state = "quoted"
        elif letter == delimiter:
            records[-1].append("")
            state = "start"
        elif letter in {"\n", end[-1]}:
            records.append([""])
            state = "start"
        else:
            records[-1][-1] += letter
            state = "bare"
    return records


def plainly(cell: str) -> str:
    """A cell as it is after Excel's habits are taken away, and line ends are alike."""
    cell = cell.replace("\r\n", "\n").replace("\xa0", " ").strip()
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell


@pytest.mark.parametrize("part", [0, *(pytest.param(one, marks=pytest.mark.deep) for one in range(1, 20))])
def test_mutated_texts_are_read_as_they_stand_or_refused(part: int) -> None:
    """What is accepted stands in the file, record by record; and the numbers of records add up."""
    for case in TEXTS[part::20]:
        if len(case.data) > 1_000_000:
            continue
        for seed in range(MUTATIONS):
            data = mutated(case.data, random.Random(f"{case.name} {seed}"))  # noqa: S311 - a seed, no secret
            if len(outcome(data)) == 1:
                continue
            sheet = read(data)
            if sheet.dialect.kind != "text" or sheet.dialect.wrapping:
                continue
            whole = data.decode(sheet.dialect.encoding).removeprefix("\ufeff" if sheet.dialect.bom else "")
            records = letter_by_letter(whole, sheet.dialect.delimiter, sheet.dialect.newline)
            for number, row in zip(sheet.numbers, sheet.rows, strict=True):
                true = [plainly(cell) for cell in records[number - 1]]
                assert [plainly(cell) for cell in row] == true[: len(row)], (case.name, seed, number)
                assert not any(true[len(row) :])


@pytest.mark.deep
@pytest.mark.parametrize("case", BINARIES, ids=lambda case: case.name)
def test_mutated_binaries_never_take_us_along(case: Case) -> None:
    """In a child of its own each: whatever dies there is a refusal here."""
    if len(case.data) > 1_000_000:
        return
    for seed in range(MUTATIONS):
        found = outcome(mutated(case.data, random.Random(f"{case.name} {seed}")))  # noqa: S311 - a seed, no secret
        assert len(found) in {1, 3}
