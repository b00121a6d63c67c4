"""A survey of three items that tests of ingest share, and the picture-sized exports that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import survey
from pipeline.pseudonyms import PseudonymKey, pseudonym

if TYPE_CHECKING:
    from pipeline.survey import Survey

KEY = PseudonymKey("k1", b"0123456789abcdef0123456789abcdef")

INSTRUMENT = """
id = "tiny"
version = "1"
title = {nb = "Liten", en = "Tiny"}
source = "our own"
licence = "Apache-2.0"
[[scale]]
id = "safety"
name = {nb = "Trygghet", en = "Safety"}
low = 1
high = 5
option = [
  {value = 1, name = {nb = "Helt uenig", en = "Strongly disagree"}},
  {value = 5, name = {nb = "Helt enig", en = "Strongly agree"}},
]
item = [{id = "safe_1"}, {id = "safe_2", reverse = true}]
[[scale]]
id = "enps"
name = {nb = "eNPS", en = "eNPS"}
score = "nps"
low = 0
high = 10
item = [{id = "recommend"}]
"""

SURVEY = """
id = "tiny"
title = {nb = "Liten", en = "Tiny"}
organisation = "Fjord"
languages = ["nb", "en"]
pdf = []
[minimum_group_size]
mean = 5
distribution = 10
[respondent]
columns = ["person", "ExternalReference", "token", "Ansatt"]
submitted = ["sent", "RecordedDate", "submitdate"]
ignored = ["comment"]
[[segment]]
id = "gender"
name = {nb = "Kjønn", en = "Gender"}
column = "kjonn"
category = [
  {id = "f", name = {nb = "Kvinne", en = "Woman"}, values = ["Kvinne"]},
  {id = "m", name = {nb = "Mann", en = "Man"}, values = ["Mann"]},
]
[[instrument]]
definition = "tiny.toml"
columns = {Q1 = "safe_1", "Trygghet 1" = "safe_1", Q2 = "safe_2", Q3 = "recommend"}
[[wave]]
id = "w1"
name = {nb = "Første", en = "First"}
opens = 2026-08-01
closes = 2026-08-31
[[wave]]
id = "w2"
name = {nb = "Andre", en = "Second"}
opens = 2026-09-01
closes = 2026-09-30
"""

# Setting reports on paper takes as long as all the rest, so only those who ask about it do.
ON_PAPER = SURVEY.replace("pdf = []", 'pdf = ["nb", "en"]')

PER_UNIT = SURVEY.replace('ignored = ["comment"]', 'ignored = ["comment"]\nunit = "team"\nonce_per = "unit"') + "\n"


def tiny(text: str = SURVEY) -> Survey:
    """The survey, or another wording of it."""
    return survey.parse(text, {"tiny.toml": INSTRUMENT})


def who(person: str) -> str:
    """The pseudonym of a person in this survey."""
    return pseudonym(KEY, "tiny", person)
