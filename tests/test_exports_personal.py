"""Nothing of a person but what the survey file asks for is stored: planted in every format, looked for in all bytes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from bad_files import zipped
from bad_workbooks import parquet
from spss_files import Variable, sav
from test_exports_vendors import AT, FORMS, LEGACY
from test_ingest import everything, opened, push
from tiny_survey import SURVEY
from workbooks import Cell, workbook

from pipeline import parquet as stored

SECRETS = ("Kari Nordmann", "kari@example.org", "203.0.113.77", "59.913868", "R_secret77", "Oslo Vest", "free words")
NAME, MAIL, ADDRESS, PLACE, IDENT, CUSTOM, WORDS = SECRETS


def survey(person: str, *ignored: str) -> str:
    """The tiny survey, asking who answered in this column."""
    text = SURVEY.replace('["person", "ExternalReference", "token", "Ansatt"]', f'["{person}"]')
    return text.replace('ignored = ["comment"]', f"ignored = {json.dumps(list(ignored), ensure_ascii=False)}")


QUALTRICS = {
    "StartDate": "startDate", "Status": "status", "IPAddress": "ipAddress", "ResponseId": "_recordId",
    "RecipientLastName": "recipientLastName", "RecipientEmail": "recipientEmail",
    "ExternalReference": "externalDataReference", "LocationLatitude": "locationLatitude",
    "Q1": "QID1", "Q2": "QID2", "Q3": "QID3", "Q3_TEXT": "QID3_TEXT",
}  # fmt: skip


def qualtrics() -> bytes:
    third = ",".join('"' + json.dumps({"ImportId": one}).replace('"', '""') + '"' for one in QUALTRICS.values())
    row = f"2026-08-01,IP Address,{ADDRESS},{IDENT},{NAME},{MAIL},p1,{PLACE},4,4,7,{WORDS}"
    return "\n".join([",".join(QUALTRICS), ",".join(QUALTRICS), third, row, ""]).encode()


def legacy() -> bytes:
    head = LEGACY.replace("Q1,Loc", "Q1,Q2,Q3,Loc").replace("speak,Loc", "speak,b,c,Loc")
    return f"{head}{IDENT},Default,{NAME},p1,{MAIL},{ADDRESS},0,2026-08-01,2026-08-01,1,4,4,7,{PLACE}\n".encode()


LIMESURVEY = (
    "id,submitdate,token,ipaddr,firstname,lastname,email,Q1,Q2,Q3\n"
    f"77,2026-08-01 10:00:00,p1,{ADDRESS},{NAME},{NAME},{MAIL},A4,A4,7\n"
).encode()
MONKEY: list[list[Cell]] = [
    ["Respondent ID", "IP Address", "Email Address", "First Name", "Custom Data 1", "person", "Q1", "Q2", "Q3"],
    ["", "", "", "", "", *["Response"] * 4],
    [IDENT, ADDRESS, MAIL, NAME, CUSTOM, "p1", 4, 4, 7],
]
FORM: list[list[Cell]] = [[*FORMS["nb"], "Ansatt", "Q1", "Q2", "Q3"], [1, AT, AT, MAIL, NAME, "p1", 4, 4, 7]]
GOOGLE = f"Timestamp,Email Address,Ansatt,Q1,Q2,Q3\n2026/08/01 10:20:30 AM GMT+2,{MAIL},p1,4,4,7\n".encode()
EXCEL = f"\ufeffAnsatt;Navn;E-post;Q1;Q2;Q3;kommentar\np1;{NAME};{MAIL};4,0;4;7;{WORDS}\n".encode()
PLAIN = f"person,Q1,Q2,Q3,comment\np1,4,4,7,{WORDS}\n".encode()
SPSS = sav(
    [Variable("person", 8), *(Variable(name) for name in ("Q1", "Q2", "Q3")), Variable("comment", 40)],
    [["p1", 4.0, 4.0, 7.0, NAME]],
)
PARQUET = parquet(pa.table({"person": ["p1"], "Q1": [4], "Q2": [4], "Q3": [7], "comment": [NAME]}))
NDJSON = json.dumps({"person": "p1", "Q1": 4, "Q2": 4, "Q3": 7, "comment": WORDS}).encode()

FILES = {
    "qualtrics": (qualtrics(), survey("ExternalReference", "Q3_TEXT")),
    "qualtrics, two rows": (legacy(), survey("V4")),
    "limesurvey": (LIMESURVEY, survey("token")),
    "surveymonkey": ("\n".join(",".join(map(str, row)) for row in MONKEY).encode(), survey("person")),
    "surveymonkey workbook": (workbook(MONKEY), survey("person")),
    "forms": (workbook(FORM), survey("Ansatt")),
    "google": (GOOGLE, survey("Ansatt")),
    "excel": (EXCEL, survey("Ansatt", "kommentar")),
    "plain": (PLAIN, survey("person", "comment")),
    "spss": (SPSS, survey("person", "comment")),
    "parquet": (PARQUET, survey("person", "comment")),
    "ndjson": (NDJSON, survey("person", "comment")),
    "gzip": (gzip.compress(PLAIN, mtime=0), survey("person", "comment")),
    "zip": (zipped({f"{NAME}.csv": PLAIN}), survey("person", "comment")),
}


def found(tree: dict[str, bytes]) -> set[tuple[str, str]]:
    """(key, secret) of all that is stored outside landing; Parquet is opened, for it is compressed."""
    texts = {
        key: (repr(stored.from_bytes(data).to_pydict()).encode() if key.endswith(".parquet") else b"") + data
        for key, data in tree.items()
        if not key.startswith("landing/")
    }
    return {(key, secret) for key, text in texts.items() for secret in (*SECRETS, "'p1'") if secret.encode() in text}


@pytest.mark.parametrize("name", FILES)
def test_what_is_stored_of_a_person_is_a_pseudonym_and_answers(tmp_path: Path, name: str) -> None:
    data, text = FILES[name]
    store = opened(tmp_path, text)
    record = push(store, data, "svar.bin")
    assert (record.state, record.accounts["accepted"]) == ("accepted", 1), record.message
    tree = everything(store)
    assert found(tree) == set()
    (responses,) = [stored.from_bytes(data) for key, data in tree.items() if key.startswith("responses/")]
    assert responses.column_names == [
        "respondent", "key_id", "submitted", "source", "record", "safe_1", "safe_2", "recommend",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [one for one in FILES if one not in {"zip", "qualtrics, two rows"}])
def test_a_refused_record_goes_back_to_its_sender_and_nowhere_else(tmp_path: Path, name: str) -> None:
    data, text = FILES[name]
    store = opened(tmp_path, text)
    # The same record, of which one answer cannot be: the scale ends at 3.
    instrument = store.read("config/tiny/tiny.toml")
    narrow = instrument.data.replace(b"high = 5", b"high = 3").replace(b"{value = 5,", b"{value = 3,")
    store.replace("config/tiny/tiny.toml", narrow, instrument.etag)
    record = push(store, data, "svar.bin")
    assert (record.state, record.reasons) == ("quarantined", {"out_of_range": 1}), record.message
    keys = {key.rpartition("/")[2] for key, _ in found(everything(store))}
    assert keys == {"rows.csv"}


def test_a_packed_file_gives_what_the_file_in_it_gives(tmp_path: Path) -> None:
    tables = []
    for name in ("plain", "gzip", "zip"):
        data, text = FILES[name]
        store = opened(tmp_path / name, text)
        assert push(store, data, "svar.bin").state == "accepted"
        (table,) = [stored.from_bytes(data) for key, data in everything(store).items() if key.startswith("responses/")]
        tables.append(table.drop_columns(["source"]))
    assert tables[0] == tables[1] == tables[2]


@pytest.mark.parametrize(
    ("who", "reason"), [("anonymous", "no_person"), ("p\u200b1", "invisible_letters"), ("1.29E+11", "lost_digits")]
)
def test_ids_that_are_nobodys_make_no_respondent(tmp_path: Path, who: str, reason: str) -> None:
    text = "person,sent,Q1,Q2,Q3\n" + "".join(f"{who},2026-08-0{day},4,4,7\n" for day in range(1, 7))
    record = push(opened(tmp_path), text)
    assert (record.state, record.reasons) == ("quarantined", {reason: 6})
