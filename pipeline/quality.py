"""The gate's judge: Great Expectations suites, written for people, held against a table.

The only importer of great_expectations. No value of a table leaves this file: what comes out are names of
expectations, columns and, of tables that the gates measured themselves, subjects; and counts.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipeline.errors import RunRefused
from pipeline.suites import TABLES, judged_of, parse, why

if TYPE_CHECKING:
    import great_expectations as gx
    import pyarrow as pa
    from great_expectations.datasource.fluent.interfaces import Batch

    from pipeline.suites import Of, Severity, Stage

SUBJECT = "subject"  # the column of a table of measures that says what a row is about
_NAMED = 5  # subjects that a line of words lists


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation. `judged` is False when it could not be held against the table at all.

    `column` names one column, several joined by ` + `, or is empty for the whole table. `rows` and `unexpected`
    are counts, and None where the expectation is not about rows or was met. `subjects` are the items, tables, files
    or units whose measure is not as expected, in the table's order; none for rows of people.
    """

    expectation: str
    column: str
    why: str
    passed: bool
    judged: bool = True
    rows: int | None = None
    unexpected: int | None = None
    severity: Severity = "stop"
    subjects: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether nothing may be published: it must hold and does not, or nobody can say whether it does."""
        return not self.passed and (self.severity == "stop" or not self.judged)

    def __str__(self) -> str:
        """`q3: expect_column_values_to_be_between does not hold in 3 of 240 rows (why)`, without any value."""
        where = f"{self.column}: " if self.column else ""
        if not self.judged:
            found = "could not be judged"
        elif self.unexpected is None:
            found = "does not hold"
        else:
            found = f"does not hold in {self.unexpected} of {self.rows} rows"
        if self.subjects:
            more = f" and {len(self.subjects) - _NAMED} more" if len(self.subjects) > _NAMED else ""
            found += f": {', '.join(self.subjects[:_NAMED])}{more}"
        return f"{where}{self.expectation} {found} ({self.why})"


@dataclass(frozen=True)
class Judgement:
    """A suite held against a table; passed when every expectation was judged and all that must hold does."""

    results: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        """True when there are outcomes and none of them stops."""
        return bool(self.results) and not any(outcome.stops for outcome in self.results)


def judge(suite: Mapping[str, Any], table: pa.Table, parameters: Mapping[str, float] | None = None) -> Judgement:
    """Holds `table` against `suite`; `{"$PARAMETER": name}` in a suite stands for that entry of `parameters`.

    One outcome an expectation, in the suite's order. Raises RunRefused for a suite that Great Expectations does not
    understand, or when it breaks down as a whole; a single expectation that it cannot judge is a failed outcome.
    Where all of the suite is of measures, outcomes name their subjects.
    """
    given = parse(json.dumps(dict(suite)).encode(), str(suite.get("name", "the suite")))
    name, built = given["name"], _built(given)
    try:
        batch = _batch(_needed(given, table))
        results = batch.validate(built, result_format="BOOLEAN_ONLY", expectation_parameters=dict(parameters or {}))
        # They come in another order than they were asked: first what could not be judged.
        verdicts = {one.expectation_config.meta["at"]: one for one in results.results if one.expectation_config}
        outcomes = tuple(
            _outcome(batch, expectation, verdicts[at], parameters or {}, given["expectations"][at]["meta"])
            for at, expectation in enumerate(built.expectations)
        )
    except Exception as error:  # noqa: BLE001 - whatever breaks in there, the gate stays shut
        # The words of the error may hold a person's answer; its type may not.
        msg = f"{name} could not be judged: {type(error).__name__} in Great Expectations"
        raise RunRefused(msg) from None
    return Judgement(
        tuple(
            replace(one, passed=False, judged=False) if _about_nobody(asked["kwargs"], table) else one
            for one, asked in zip(outcomes, given["expectations"], strict=True)
        )
    )


def judge_all(
    suite: Mapping[str, Any],
    tables: Mapping[Of, Callable[[], pa.Table]],
    parameters: Mapping[str, float] | None = None,
) -> Judgement:
    """Holds each expectation of a suite against the table that it is of; a table that none is of is not made.

    Outcomes stand in the suite's order. Raises RunRefused for an expectation of a table that is not given, else as
    `judge` does, and what making a table raises.
    """
    given = parse(json.dumps(dict(suite)).encode(), str(suite.get("name", "the suite")))
    _hold(given, tuple(tables))
    found: dict[int, Outcome] = {}
    for of, make in tables.items():
        places = [at for at, one in enumerate(given["expectations"]) if one["meta"].get("of", "rows") == of]
        if places:
            part = given | {"expectations": [given["expectations"][at] for at in places]}
            found |= dict(zip(places, judge(part, make(), parameters).results, strict=True))
    return Judgement(tuple(found[at] for at in sorted(found)))


def understood(text: bytes, origin: str, stage: Stage) -> dict[str, Any]:
    """A suite from its JSON text that `judge_all` will take at this stage. Raises RunRefused that names `origin`."""
    given = parse(text, origin)
    try:
        _hold(given, TABLES[stage])
        _built(given)
    except RunRefused as refusal:
        msg = f"{origin}: {refusal}"
        raise RunRefused(msg) from None
    return given


def _hold(given: Mapping[str, Any], tables: Sequence[Of]) -> None:
    """Raises RunRefused for an expectation of a table that there is not."""
    if absent := sorted(judged_of(given) - set(tables)):
        msg = f'{given["name"]}: there are no {absent[0]} to judge here; its owner writes "of": "{tables[0]}"'
        raise RunRefused(msg)


def _needed(given: Mapping[str, Any], table: pa.Table) -> pa.Table:
    """The columns that a suite names, so that a wave of many questions is not copied for the few that are judged."""
    named = set().union(*(_mentioned(one["kwargs"]) for one in given["expectations"]))
    kept = [name for name in table.schema.names if name in named or name == SUBJECT]
    return table.select(kept or table.schema.names[:1])


def _mentioned(value: object) -> set[str]:
    """Every text in the arguments of an expectation; columns are among them, wherever they stand."""
    if isinstance(value, str):
        return {value}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return set().union(*map(_mentioned, parts))


def _about_nobody(kwargs: Mapping[str, Any], table: pa.Table) -> bool:
    """Whether it is about one subject that there is not, perhaps misspelt, and so would be met by any table."""
    condition = kwargs.get("row_condition") or {}
    parts = condition.get("conditions", [condition]) if isinstance(condition, dict) else []
    named = {one.get("parameter") for one in parts if one.get("column") == {"name": SUBJECT}}
    there = table[SUBJECT].to_pylist() if SUBJECT in table.schema.names else []
    return not named <= set(there)


def _cannot_fail(kwargs: Mapping[str, Any]) -> bool:
    mostly = kwargs.get("mostly", 1)
    return isinstance(mostly, int | float) and mostly <= 0


def _great_expectations() -> Any:  # noqa: ANN401 - a module
    """Imported at first use, since it takes seconds; its loggers end here, since they may quote what they judge."""
    if find_spec("great_expectations") is None:
        msg = "Great Expectations, which judges suites, is not installed; whoever runs this installs pulsverk[quality]"
        raise RunRefused(msg)
    logger = logging.getLogger("great_expectations")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    import great_expectations  # noqa: PLC0415 - seconds, which a command that judges nothing should not pay

    return great_expectations


def _built(given: Mapping[str, Any]) -> gx.ExpectationSuite:
    """The suite as Great Expectations knows it; no data is near, so its complaint may be passed on."""
    judge = _great_expectations()
    if boundless := [one["type"] for one in given["expectations"] if _cannot_fail(one["kwargs"])]:
        msg = f"{given['name']}: {boundless[0]} is met by any table, because mostly is 0; give it a share above 0"
        raise RunRefused(msg)
    try:
        built: gx.ExpectationSuite = judge.ExpectationSuite(
            name=given["name"],
            expectations=[
                {"type": one["type"], "kwargs": one["kwargs"], "meta": {"at": at}}
                for at, one in enumerate(given["expectations"])
            ],
        )
    except Exception as error:  # noqa: BLE001 - see judge
        problem = " ".join(str(error).split())
        msg = f"{given['name']}: an expectation is not well formed, and its owner mends it: {problem}"
        raise RunRefused(msg) from None
    # An expectation it has never heard of is not an error to Great Expectations: it logs that, and leaves it out.
    known = [one.expectation_type for one in built.expectations]
    unknown = sorted({one["type"] for one in given["expectations"]} - set(known))
    if unknown or len(known) != len(given["expectations"]):
        named = ", ".join(unknown) or "every expectation"
        msg = f"{given['name']}: Great Expectations does not know {named}; its owner corrects the type or takes it out"
        raise RunRefused(msg)
    return built


def _batch(table: pa.Table) -> Batch:
    """The table, as a pandas frame, in a context of its own that is never written down and calls nobody.

    Great Expectations can ask DuckDB as well, through private parts of it that are broken as they come. What is large
    is measured by our own queries instead, and what is judged here is a few rows (docs/quality.md has the figures).
    """
    context = _great_expectations().get_context(mode="ephemeral")
    context.enable_analytics(False)  # noqa: FBT003 - its signature
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415 - as above

    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("table")
    whole = asset.add_batch_definition_whole_dataframe("whole")
    batch: Batch = whole.get_batch(batch_parameters={"dataframe": table.to_pandas()})
    return batch


def _outcome(
    batch: Batch,
    expectation: Any,  # noqa: ANN401 - of Great Expectations
    verdict: Any,  # noqa: ANN401 - likewise
    parameters: Mapping[str, float],
    meta: Mapping[str, Any],
) -> Outcome:
    """Names and counts, taken one by one: a result of Great Expectations may carry values beside them."""
    judged = not _raised(verdict.exception_info)
    passed = judged and verdict.success is True
    counts: Mapping[str, Any] = {}
    if judged and not passed:
        counting: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
        if meta.get("of") == "measures":
            counting |= {"result_format": "COMPLETE", "unexpected_index_column_names": [SUBJECT]}
        counts = batch.validate(expectation, result_format=counting, expectation_parameters=dict(parameters)).result
    counted = {"element_count", "unexpected_count"} <= counts.keys()  # not so for what is said of a whole column
    return Outcome(
        expectation=expectation.expectation_type,
        column=" + ".join(_columns(expectation.configuration.kwargs)),
        why=why(meta, "en"),
        passed=passed,
        judged=judged,
        rows=int(counts["element_count"]) if counted else None,
        unexpected=int(counts["unexpected_count"]) if counted else None,
        severity=meta.get("severity", "stop"),
        subjects=tuple(str(one[SUBJECT]) for one in counts.get("unexpected_index_list") or ()),
    )


def _columns(kwargs: Mapping[str, Any]) -> list[str]:
    single = [str(kwargs[key]) for key in ("column", "column_A", "column_B") if key in kwargs]
    return single + [str(name) for name in kwargs.get("column_list", ())]


def _raised(info: Mapping[str, Any]) -> bool:
    """Whether an expectation crashed; the record is flat, or one a metric."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return bool(info)
