"""What a report says, and the one place that renders a number or a date for a person."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date as Day  # noqa: N812 - `date` is what templates call to write one

    from pipeline.instruments import Language, Localised
    from pipeline.survey import Measure

MINUS = "\N{MINUS SIGN}"
_GROUPED = 10_000  # from five digits on, thousands are set apart
_NORWEGIAN = str.maketrans({".": ",", ",": "\N{NO-BREAK SPACE}"})
MONTHS = {
    "nb": "januar/februar/mars/april/mai/juni/juli/august/september/oktober/november/desember",
    "en": "January/February/March/April/May/June/July/August/September/October/November/December",
}


class Words:
    """A language: its texts by key, its numbers and its dates."""

    def __init__(self, language: Language) -> None:
        """Reads the locale, once in a process."""
        self.language = language
        self._texts = _locale(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of this key with its places filled. Raises KeyError for a key or a place that is not there."""
        return str(self._texts[key]).format_map(values)

    def several(self, key: str, otherwise: str) -> Sequence[str]:
        """The texts of a list, or of the list `otherwise` when there is none under this key."""
        return self._texts.get(key) or self._texts[otherwise]  # type: ignore[no-any-return]  # TOML is untyped

    def of(self, name: Localised) -> str:
        """A name from the survey file in this language."""
        return name.text(self.language)

    def number(self, value: float, decimals: int = 0) -> str:
        """`63,9` or `63.9`, `73 421` or `73,421`; a real minus sign; never a negative zero."""
        text = f"{abs(value):{',' if abs(value) >= _GROUPED else ''}.{decimals}f}"
        sign = MINUS if value < 0 and any(digit in text for digit in "123456789") else ""
        return sign + (text.translate(_NORWEGIAN) if self.language == "nb" else text)

    def signed(self, value: float, decimals: int = 0) -> str:
        """The number with its sign in front, as differences are written; zero has none."""
        text = self.number(value, decimals)
        return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text

    def percent(self, value: float) -> str:
        """`74 %` in Norwegian, with a space that does not break; `74%` in English."""
        return self.number(value) + ("\N{NO-BREAK SPACE}%" if self.language == "nb" else "%")

    def share(self, value: float) -> str:
        """A share between 0 and 1, as percent."""
        return self.percent(value * 100)

    def value(self, measure: Measure, value: float) -> str:
        """A published mean with its decimals; eNPS has a sign, rates are in percent."""
        if measure.kind == "rate":
            return self.percent(value)
        write = self.signed if measure.kind == "index" else self.number
        return write(value, measure.decimals)

    def change(self, measure: Measure, value: float) -> str:
        """A difference of two published means, with its sign."""
        return self.signed(value, measure.decimals)

    def date(self, day: Day) -> str:
        """`24. november 2026` or `24 November 2026`."""
        dot = "." if self.language == "nb" else ""
        return f"{day.day}{dot} {self._month(day)} {day.year}"

    def period(self, first: Day, last: Day) -> str:
        """Both days included, as short as it stays plain: `1.–14. oktober 2026`."""
        if first == last:
            return self.date(last)
        dot = "." if self.language == "nb" else ""
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}{dot}–{self.date(last)}"
        start = f"{first.day}{dot} {self._month(first)}" if first.year == last.year else self.date(first)
        return f"{start} – {self.date(last)}"

    def listed(self, names: Sequence[str]) -> str:
        """`A`, `A og B`, `A, B og C`."""
        *first, last = names
        return self("lead.and", first=", ".join(first), last=last) if first else last

    def _month(self, day: Day) -> str:
        return MONTHS[self.language].split("/")[day.month - 1]


def within_sentence(name: str) -> str:
    """A name without its capital, for use inside a sentence; an abbreviation such as eNPS or HMS keeps its own."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


@cache
def _locale(language: Language) -> Mapping[str, Any]:
    text = (files(__package__) / "locales" / f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text)))


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
