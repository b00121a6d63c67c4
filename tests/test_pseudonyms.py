"""Who becomes which pseudonym."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Refused
from pipeline.pseudonyms import PseudonymKey, pseudonym

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
