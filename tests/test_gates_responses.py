"""What is measured of a wave's answers, in pictures."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import waves
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import gates
from pipeline import survey as surveys
from pipeline.gates.responses import CHANCE

if TYPE_CHECKING:
    from pipeline.survey import Survey

SURVEY = waves.parsed()
HEX = "0123456789abcdef" * 2


def records(*rows: dict[str, Any]) -> pa.Table:
    """Responses of people with pseudonyms, unless a row says otherwise; sent while the wave was open."""
    full = [{"respondent": f"{at:032x}", "source": "a" * 64, "day": 2} | row for at, row in enumerate(rows)]
    return gates.with_days(waves.responses(*full), SURVEY.file.wave[0])


def measured(
    table: pa.Table,
    people: pa.Table | None = None,
    earlier: dict[str, gates.Before] | None = None,
    survey: Survey = SURVEY,
) -> dict[str, dict[str, Any]]:
    """By subject, what is measured of it."""
    made = gates.responses(survey, survey.file.wave[0], table, people, earlier or {})
    assert made.schema == gates.RESPONSES
    return {
        row["subject"]: {name: value for name, value in row.items() if value is not None} for row in made.to_pylist()
    }


def test_a_wave_says_how_many_answered_of_those_who_were_asked() -> None:
    roster = waves.people(*((f"{at:032x}", "A1", "f", "u40") for at in range(4)))
    wave = measured(records({}, {}, {"respondent": HEX}), roster)["w1"]
    assert (wave["answers"], wave["respondents"], wave["invited"]) == (3, 3, 4)
    assert wave["response_rate"] == 2 / 4
    assert wave["strangers"] == 1 / 3
    assert (wave["no_pseudonym"], wave["keys"], wave["no_file"], wave["taken_twice"]) == (0, 1, 0, 0)


def test_a_name_two_keys_no_file_and_a_record_taken_twice_are_counted() -> None:
    wave = measured(
        records(
            {"respondent": "Kari Nordmann", "key_id": "k2", "source": "upload"},
            {"record": 7},
            {"record": 7},
        )
    )["w1"]
    assert (wave["no_pseudonym"], wave["keys"], wave["no_file"], wave["taken_twice"]) == (1, 2, 1, 1)
    assert "invited" not in wave


def test_days_outside_the_wave_are_those_of_all_but_one_in_a_hundred() -> None:
    late = gates.with_days(
        waves.responses(*({"respondent": HEX, "source": "a" * 64, "day": 2} for _ in range(3))), SURVEY.file.wave[1]
    )
    assert measured(late)["w1"]["days_early"] == 30.0  # the second of August, a wave that opens in September
    assert measured(late)["w1"]["days_late"] == 0.0


def test_an_export_that_carries_units_says_how_many_records_have_none() -> None:
    carried = waves.parsed(waves.CARRIED)
    assert measured(records({"unit": "A1"}, {"unit": None}), survey=carried)["w1"]["no_unit"] == 1
    assert "no_unit" not in measured(records({}))["w1"]


def test_an_item_says_how_many_did_not_answer_and_how_many_answered_off_its_scale() -> None:
    found = measured(records({"s1": 1}, {"s1": 9}, {"s1": 5}, {}))
    assert (found["s1"]["missing"], found["s1"]["outside"]) == (1 / 4, 1)
    assert (found["s2"]["missing"], found["s2"]["outside"]) == (1.0, 0)


def test_an_item_whose_answers_were_reversed_goes_against_the_rest() -> None:
    # s3 is asked the other way round: whoever agrees with s1 and s2 disagrees with it.
    rows = [{"s1": value, "s2": value, "s3": 6 - value} for value in (1, 2, 3, 4, 5)]
    assert measured(records(*rows))["s3"]["item_rest"] == pytest.approx(1.0)
    turned = [row | {"s3": 6 - row["s3"]} for row in rows]
    found = measured(records(*turned))
    assert found["s3"]["item_rest"] == pytest.approx(-1.0)
    assert "item_rest" not in found["recommend"]
    assert "item_rest" not in measured(records({"s1": 3, "s2": 3}, {"s1": 3, "s2": 4}))["s1"]  # it never varies


def test_three_questions_on_one_range_are_too_few_for_a_line() -> None:
    same = dict.fromkeys(("s1", "s2", "s3"), 3)
    assert "straight_liners" not in measured(records(same))["every"]


def wide() -> Survey:
    """Fourteen questions on one range."""
    items = ", ".join(f'{{id = "q{number}"}}' for number in range(1, 15))
    instrument = waves.INSTRUMENT.replace(
        'item = [{id = "s1"}, {id = "s2"}, {id = "s3", reverse = true}]', f"item = [{items}]"
    )
    columns = ", ".join(f'Q{number} = "q{number}"' for number in range(1, 15))
    text = waves.ROSTER.replace('S1 = "s1", S2 = "s2", S3 = "s3"', columns)
    return surveys.parse(text, {"every.toml": instrument})


def wide_records(*rows: list[int | None]) -> pa.Table:
    """Answers to q1..q14; the other items are null."""
    base = records(*({} for _ in rows))
    for at in range(14):
        base = base.append_column(
            f"q{at + 1}", pa.array([row[at] if at < len(row) else None for row in rows], pa.int16())
        )
    return base


def test_straight_lines_and_patterns_that_come_up_again() -> None:
    line, own = [4] * 14, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4]
    found = measured(wide_records(line, own, own, [5, *own[1:]], [1, 2]), survey=wide())["every"]
    # The one who answered two questions is not among the four; the pair of equal patterns is.
    assert found["straight_liners"] == 1 / 4
    few = measured(wide_records(own, own, [2, 1, *own[2:]]), survey=wide())["every"]
    assert few["repeated_patterns"] == 2 / 3


def test_a_shift_is_in_standard_deviations_and_a_drift_is_above_chance() -> None:
    now = records(*({"s1": value} for value in (1, 5) * 200))  # mean 3, sd 2
    before = {"s1": gates.Before(answered=400, mean=4.0, shares=(0.75, 0.0, 0.25))}
    found = measured(now, earlier=before)["s1"]
    assert found["shift"] == pytest.approx((4 - 3) / 2)
    half = 0.5 / 400  # a band that nobody is in counts as half a person
    index = (0.5 - 0.75) * log(0.5 / 0.75) + (0.5 - 0.25) * log(0.5 / 0.25) + (half - half) * 0
    assert found["drift"] == pytest.approx(index - CHANCE * (1 / 400 + 1 / 400))


def test_a_reversed_item_and_an_enps_are_compared_on_the_side_they_are_published_on() -> None:
    now = records(*({"s3": value, "recommend": 10 if value > 3 else 0} for value in (1, 5) * 10))
    same = {"s3": gates.Before(20, 3.0, (0.5, 0.0, 0.5)), "enps": gates.Before(20, 0.0, (0.5, 0.0, 0.5))}
    found = measured(now, earlier=same)
    assert found["s3"]["shift"] == 0
    assert found["recommend"]["shift"] == 0
    assert found["s3"]["drift"] == 0
    other = {"s3": gates.Before(20, 4.0, None), "enps": gates.Before(20, 100.0, None)}
    found = measured(now, earlier=other)
    assert found["s3"]["shift"] == pytest.approx(1 / 2)
    assert found["recommend"]["shift"] == 1
    assert "drift" not in found["s3"]


def test_where_nothing_varies_or_nobody_answered_there_is_no_shift() -> None:
    before = {"s1": gates.Before(20, 4.0, (0.5, 0.0, 0.5)), "enps": gates.Before(20, 0.0, None)}
    assert (
        "shift" not in measured(records({"s1": 3, "recommend": 10}, {"s1": 3, "recommend": 10}), earlier=before)["s1"]
    )
    assert "shift" not in measured(records({}), earlier=before)["s1"]
    withheld = {"s1": gates.Before(None, None, None)}
    assert "shift" not in measured(records({"s1": 3}), earlier=withheld)["s1"]


@given(
    st.lists(
        st.fixed_dictionaries({item: st.none() | st.integers(*waves.RANGE[item]) for item in waves.ITEMS}),
        min_size=1,
        max_size=8,
    )
)
@settings(deadline=None)
def test_counts_are_those_of_counting(rows: list[dict[str, int | None]]) -> None:
    found = measured(records(*rows))
    for item in waves.ITEMS:
        assert found[item]["missing"] == sum(row[item] is None for row in rows) / len(rows)
        assert found[item]["outside"] == 0
    told = sum(value is not None for row in rows for value in row.values())
    assert found["every"]["complete"] == pytest.approx(told / (len(rows) * len(waves.ITEMS)))


def test_the_order_of_rows_changes_nothing() -> None:
    table = records(*({"s1": value, "s2": 6 - value, "s3": value} for value in (1, 3, 4, 2, 5)))
    turned = table.take(pa.array([4, 2, 0, 1, 3]))
    assert measured(turned) == measured(table)
