"""One cell -> one answer. Whatever cannot be read for certain gets a reason code instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.exports.columns import Reason

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet
    from pipeline.instruments import Scale

UNKNOWN_CODE, OUT_OF_RANGE, NOT_WHOLE = Reason("unknown_code"), Reason("out_of_range"), Reason("not_whole")
SEEN = -99  # and not answered
Answer = int | Reason | None  # None: not answered

_INTEGER = re.compile(r"-?[0-9]{1,9}")
_CODE = re.compile(r"A([0-9]{1,3})")
# LimeSurvey's answer with its code: the text may be in any language, the code is the option's.
_WORDED_CODE = re.compile(r"(\S.*?) ?\(A?([0-9]{1,3})\)")


def reader(scale: Scale, sheet: Sheet) -> Callable[[str], Answer]:
    """A function from a cell to its answer on this scale, for the way in which this file writes numbers.

    Read are: a whole number; the wording of an option, in any language; `A4` and `text (4)` in LimeSurvey's exports,
    where a wording that we know must mean the same; and a number with decimals when these are zero and the decimal
    sign is the file's own. Qualtrics writes -99 for a question that was seen and not answered, if it is asked to.
    A number is the answer that the scale's codes say it is.
    """
    answers = scale.answers
    wordings = {text: option.value for option in scale.option for text in (option.name.nb, option.name.en)}
    decimals = re.compile(rf"(-?[0-9]{{1,9}}){re.escape(sheet.dialect.decimal)}([0-9]+)")
    has_codes = sheet.format == "limesurvey"
    seen = sheet.format == "qualtrics" and not scale.low <= SEEN <= scale.high
    blank = {"", str(SEEN)} if seen else {""}

    def read(cell: str) -> Answer:
        cell = cell.strip()
        if cell in blank:
            return None
        if (worded := wordings.get(cell)) is not None:
            return worded
        if _INTEGER.fullmatch(cell):
            number = int(cell)
        elif has_codes and (code := _CODE.fullmatch(cell)):
            number = int(code[1])
        elif has_codes and (worded_code := _WORDED_CODE.fullmatch(cell)):
            number = int(worded_code[2])
            if wordings.get(worded_code[1], answers.get(number)) != answers.get(number):
                return UNKNOWN_CODE
        elif written := decimals.fullmatch(cell):
            if written[2].strip("0"):
                return NOT_WHOLE
            number = int(written[1])
        else:
            return UNKNOWN_CODE
        return answers.get(number, OUT_OF_RANGE)

    return read
