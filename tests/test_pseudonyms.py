"""Who becomes which pseudonym."""

from __future__ import annotations

import hashlib
import hmac
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Refused
from pipeline.pseudonyms import LENGTH, PseudonymKey, pseudonym, pseudonyms

KEY = PseudonymKey("k1", b"sixteen bytes or more of secret")


def test_a_pseudonym_is_the_first_half_of_an_hmac_over_survey_and_person() -> None:
    expected = hmac.new(KEY.secret, b"demo\x1fola@fjord.no", hashlib.sha256).hexdigest()[:32]
    assert pseudonym(KEY, "demo", " ola@fjord.no ") == expected


def test_surveys_cannot_be_joined_on_a_pseudonym() -> None:
    assert pseudonym(KEY, "demo", "1") != pseudonym(KEY, "other", "1")


def test_another_secret_gives_another_pseudonym() -> None:
    assert pseudonym(KEY, "demo", "1") != pseudonym(PseudonymKey("k1", b"another secret of 16+"), "demo", "1")


@pytest.mark.parametrize(("name", "secret"), [("", b"0123456789abcdef"), ("k1", b"0123456789abcde")])
def test_a_key_that_could_be_guessed_is_refused(name: str, secret: bytes) -> None:
    with pytest.raises(Refused, match="at least 16 bytes"):
        PseudonymKey(name, secret)


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(KEY)


@given(st.text(), st.text())
def test_different_people_have_different_pseudonyms(one: str, other: str) -> None:
    assert (pseudonym(KEY, "demo", one) == pseudonym(KEY, "demo", other)) == (one.strip() == other.strip())


@given(
    st.builds(PseudonymKey, st.just("k1"), st.binary(min_size=16, max_size=150)),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=150).map(str.strip), max_size=5),
)
def test_many_at_once_are_what_each_is_alone(key: PseudonymKey, people: list[str]) -> None:
    found = pseudonyms(key, "demo", [who.encode() for who in people])
    assert [found[at : at + LENGTH].hex() for at in range(0, len(found), LENGTH)] == [
        pseudonym(key, "demo", who) for who in people
    ]


@pytest.mark.parametrize("missing", [{"_sha2"}, {"_sha256"}, {"_sha2", "_sha256"}])
def test_a_python_without_a_hash_of_its_own_makes_the_same(monkeypatch: pytest.MonkeyPatch, missing: set[str]) -> None:
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)  # what import_module finds is nothing
    assert pseudonyms(KEY, "demo", [b"ola@fjord.no"]).hex() == pseudonym(KEY, "demo", "ola@fjord.no")
