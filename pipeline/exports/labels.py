"""Values with labels, as SPSS files have them: an answer is its value, and its label must not say something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.exports.sheet import Sheet
    from pipeline.survey import Survey


def settled(sheet: Sheet, survey: Survey) -> Sheet:
    """The sheet with the labels of segments in place of their values, where only the label is a known category.

    Raises ExportRejected, showing both, where value and label of an item or a segment mean different things: the
    owner of the survey and the sender find out which of the two is right.
    """
    labels = {column: dict(values) for column, values in sheet.labels}
    if not labels:
        return sheet
    items = survey.columns
    segments = {one.column: one.categories() for one in survey.file.segment}
    instead: dict[int, dict[str, str]] = {}
    for index, column in enumerate(sheet.columns):
        if column not in labels:
            continue
        if column in items:
            scale = survey.items[items[column]][0]
            code = {answer: str(code) for code, answer in scale.answers.items()}
            known = {text: code[one.value] for one in scale.option for text in (one.name.nb, one.name.en)}
            _agree(column, labels[column], known)
        elif column in segments:
            instead[index] = _translated(column, labels[column], segments[column])
    if not any(instead.values()):
        return sheet
    rows = [[instead.get(at, {}).get(cell, cell) for at, cell in enumerate(row)] for row in sheet.rows]
    return replace(sheet, rows=rows)


def _agree(column: str, labels: Mapping[str, str], known: Mapping[str, str]) -> None:
    for value, label in labels.items():
        if known.get(label.strip(), value) != value:
            _refuse(column, value, label.strip(), f"the scale has {known[label.strip()]} for it")


def _translated(column: str, labels: Mapping[str, str], categories: Mapping[str, str]) -> dict[str, str]:
    """Value -> label, for values that are no category and whose label is one."""
    translated = {}
    for value, label in labels.items():
        by_value, by_label = categories.get(value), categories.get(label.strip())
        if by_value is not None and by_label is not None and by_value != by_label:
            _refuse(column, value, label.strip(), "the survey has both, for different categories")
        if by_value is None and by_label is not None:
            translated[value] = label.strip()
    return translated


def _refuse(column: str, value: str, label: str, but: str) -> None:
    reject(
        "labels_disagree",
        f"the file calls {value} {label[:60]!r}, and {but}; the survey's owner and the sender find out which is right",
        None,
        column,
    )
