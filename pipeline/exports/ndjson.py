"""NDJSON: one JSON object a line, flat; the numbers in it are the text that stands there, digit by digit."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from pipeline.exports import strict
from pipeline.exports.rejection import reject
from pipeline.exports.sheet import CUT_SHORT, Accounts, Dialect, Fault, Sheet

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[^\s"\[\]{},:]+')


class _Flaw(Exception):  # noqa: N818 - it names a reason
    """Why one line is no record."""


def _fail(reason: str) -> NoReturn:
    raise _Flaw(reason) from None


def read(data: bytes) -> Sheet:
    """The sheet: a column for each key, in the order in which they first appear; a key that is missing is blank.

    A line that is no flat object, names a key twice, or holds a number that is none, is set aside. Raises
    ExportRejected for what is not UTF-8.
    """
    text = strict.decode(data)
    if text.encoding != "utf-8":
        reject("encoding", "NDJSON is written in UTF-8, and this is not; the sender exports it again")
    newline = "\r\n" if "\r\n" in text.text else "\n"
    lines = [line.removesuffix("\r") for line in text.text.split("\n")]
    ends = not lines[-1]
    if ends:
        lines.pop()
    columns: dict[str, int] = {}
    records: list[tuple[int, dict[str, str]]] = []
    faults: list[Fault] = []
    blank = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            blank += 1
            continue
        try:
            record = _record(line)
        except _Flaw as flaw:
            cut = number == len(lines) and not ends and str(flaw) == "not_json"
            faults.append(Fault(number, "", CUT_SHORT if cut else str(flaw)))
            continue
        for name in record:
            columns.setdefault(name, len(columns))
        records.append((number, record))
    rows = [[record.get(name, "") for name in columns] for _, record in records]
    accounts = Accounts(text.text.count("\n") + (not ends), blank=blank, accepted=len(rows), quarantined=len(faults))
    return Sheet(
        format="plain",
        dialect=Dialect("utf-8", ",", 0, ".", newline, text.bom, kind="ndjson"),
        columns=tuple(columns),
        rows=rows,
        numbers=[number for number, _ in records],
        faults=tuple(faults),
        accounts=accounts.balance(),
        texts=lines,
        head=0,
    )


def values(line: str) -> list[str]:
    """Every text and number in a line, whether it is JSON or not: to find somebody in what could not be read."""
    return [_bare(token) for token in _TOKEN.findall(line)]


def _bare(token: str) -> str:
    try:
        found = json.loads(token, parse_int=str, parse_float=str)
    except ValueError:
        return token.strip('"')
    return str(found)


def _record(line: str) -> dict[str, str]:
    try:
        found = json.loads(line, parse_int=str, parse_float=str, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        _fail("not_json")
    if not isinstance(found, dict):
        _fail("not_json")
    return {name.replace("\xa0", " ").strip(): _cell(value) for name, value in found.items()}


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case str():
            if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
                _fail("not_text")
            return value
    _fail("nested_value")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len({name.replace("\xa0", " ").strip() for name in found}) < len(pairs):
        _fail("key_twice")
    return found


def _no_number(_name: str) -> NoReturn:
    _fail("not_json")
