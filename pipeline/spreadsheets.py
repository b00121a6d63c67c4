"""What is written for spreadsheets must not be taken for a formula (OWASP, CSV injection)."""

from __future__ import annotations

# A spreadsheet takes what starts like this for a formula.
_LIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - the full-width forms are meant


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_LIVE) else text
