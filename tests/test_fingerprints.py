"""What is kept of the ids of people, and how a text is searched for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import fingerprints
from pipeline.gates import Roster
from pipeline.pseudonyms import PseudonymKey, pseudonym

KEY = PseudonymKey("k1", b"0123456789abcdef0123456789abcdef")
PEOPLE = ("kari.nordmann@fjord.no", "A1234", "Ola Nordmann", "17", "anna", "12345678901")


def roster(*ids: str, own: tuple[str, ...] = (), pseudonyms: tuple[str, ...] = ()) -> Roster:
    return Roster.of(fingerprints.of(ids, KEY, "demo"), pseudonyms, own)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail Kari.Nordmann@fjord.no today", 1),
        ("mailto:kari.nordmann%40fjord.no", 0),  # what escapes is undone before: pipeline.gates.texts
        ("KARI NORDMANN FJORD NO", 1),  # however its words are joined
        ("kari nordmann", 0),  # only a part of it
        ("nr. a1234, and a12345", 1),
        ("Ola Nordmann and ola-nordmann are one", 1),
        ("anna is a word, and so is 17", 0),  # told apart in a cell alone
        ("12345678901", 1),
        ("nothing of the kind", 0),
    ],
)
def test_an_id_is_found_as_whole_words(text: str, found: int) -> None:
    assert len(roster(*PEOPLE).in_text(text)) == found


@pytest.mark.parametrize(("cell", "found"), [("anna", 1), (" Anna ", 1), ("17", 1), ("17 av 20", 0), ("annas", 0)])
def test_a_word_or_a_number_is_found_where_a_cell_is_nothing_else(cell: str, found: int) -> None:
    assert len(roster(*PEOPLE).in_cell(cell)) == found


def test_what_the_organisation_calls_itself_is_nobody_unless_it_could_be_nothing_else() -> None:
    ours = roster("17", "A1234", own=("17", "A1234"))
    assert ours.in_cell("17") == set()
    assert len(ours.in_cell("A1234")) == 1


def test_a_pseudonym_is_found_and_a_hash_is_not_taken_for_one() -> None:
    who = pseudonym(KEY, "demo", "kari")
    assert roster(pseudonyms=(who,)).in_text(f"row {who};") == {who}
    assert roster(pseudonyms=(who,)).in_text(f"{who}{who}") == set()
    assert Roster.of(None).in_text(who) == set()


def test_nothing_of_an_id_is_kept_and_its_order_is_nobodys() -> None:
    table = fingerprints.of(PEOPLE, KEY, "demo")
    assert table == fingerprints.of(reversed(PEOPLE), KEY, "demo")
    assert table.num_rows == len(PEOPLE)
    kept = str(table.to_pylist()).casefold()
    assert not any(one.casefold() in kept for one in PEOPLE if len(one) > 2)
    assert KEY.secret.hex() not in kept


def test_no_fingerprint_is_a_pseudonym_and_no_two_surveys_share_one() -> None:
    here, there = (set(fingerprints.of(PEOPLE, KEY, one)["whole"].to_pylist()) for one in ("demo", "other"))
    told = {bytes.fromhex(pseudonym(KEY, "demo", one)) for one in PEOPLE}
    assert not here & there
    assert not here & told


def test_whoever_is_erased_is_not_searched_for_any_more() -> None:
    left = fingerprints.without(fingerprints.of(PEOPLE, KEY, "demo"), "a1234")
    assert left.num_rows == len(PEOPLE) - 1
    assert Roster.of(left).in_text("A1234 and Ola Nordmann") == roster("Ola Nordmann").in_text("Ola Nordmann")


@settings(deadline=None)
@given(st.text(alphabet="abc1 .@-", max_size=12), st.text(max_size=10), st.text(max_size=10))
def test_an_id_that_can_be_told_is_found_between_any_other_words(one: str, before: str, after: str) -> None:
    told = fingerprints.distinctive(fingerprints.words(fingerprints.plain(one)))
    found = roster(one).in_text(f"{before} {one} {after}")
    assert bool(found) >= told
    assert roster().in_text(one) == set()


def test_an_empty_id_is_nobody() -> None:
    assert fingerprints.of(("", "  "), KEY, "demo").num_rows == 0
