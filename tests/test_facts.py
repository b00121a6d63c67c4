"""From protected cells to published figures: pictures with their arithmetic, and what may never be stated."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_pictures import admitted
from waves import ROSTER, Collected, collections, parsed

from pipeline import disclosure, facts, parquet
from pipeline.disclosure.protected import FINER, PROTECTED
from pipeline.errors import RunRefused
from pipeline.organisation import Unit, tree

SURVEY = parsed()
FIGURES = [
    name
    for name in facts.FACTS.names
    if name not in {"survey", "wave", "unit", "segment", "category", "measure", "kind", "status"}
]
ROOT: dict[str, Any] = {
    "unit": "U",
    "segment": "all",
    "category": "all",
    "measure": "safety",  # 24 steps are 100 points
    "status": "F",
    "answered": 100,
    "invited": 200,
    "total": 1200,
    "squares": 18000,
    "favourable": 40,
    "neutral": 30,
    "unfavourable": 30,
}
TEAM = ROOT | {"unit": "A1", "answered": 12, "invited": 15, "total": 200} | dict.fromkeys(FINER)


def stated(*rows: dict[str, Any], previous: pa.Table | None = None, wave: str = "w1") -> list[dict[str, Any]]:
    return made(*rows, previous=previous, wave=wave).to_pylist()


def made(*rows: dict[str, Any], previous: pa.Table | None = None, wave: str = "w1") -> pa.Table:
    return facts.facts(admitted(pa.Table.from_pylist(list(rows), PROTECTED)), SURVEY, wave, previous)


def figure(table: list[dict[str, Any]], unit: str, measure: str = "safety") -> dict[str, Any]:
    return next(row for row in table if (row["unit"], row["measure"]) == (unit, measure))


def has(row: dict[str, Any], **values: object) -> None:
    assert {name: row[name] for name in values} == values


# --- pictures -------------------------------------------------------------------------------------------------------


def test_a_mean_its_spread_and_its_shares() -> None:
    row = figure(stated(ROOT), "U")
    has(
        row,
        survey="demo",
        wave="w1",
        segment="all",
        category="all",
        kind="scale",
        status="F",
        answered=100,
        invited=200,
    )
    has(row, mean=50.0)  # 100 * (1200 / 100) / 24
    # s^2 = (18000 - 1200^2 / 100) / 99 = 36.36 steps^2; sd = 6.030 * 100 / 24 = 25.13
    has(row, sd=25.1, favourable=0.4, neutral=0.3, unfavourable=0.3)
    # 1.96 * 25.13 * sqrt((1 - 100/200) / 100) = 3.48
    has(row, ci_low=46.5, ci_high=53.5, previous=None, change=None, verdict=None)


def test_a_small_unit_has_the_organisations_spread_around_its_mean_and_states_none_of_its_own() -> None:
    row = figure(stated(ROOT, TEAM), "A1")
    has(row, mean=69.4)  # 100 * (200 / 12) / 24 = 69.44
    # 1.96 * 25.13 * sqrt((1 - 12/15) / 12) = 6.36; 69.44 - 6.36 = 63.09, 69.44 + 6.36 = 75.80
    has(row, ci_low=63.1, ci_high=75.8, sd=None, favourable=None, neutral=None, unfavourable=None)


def test_an_item_is_stated_on_its_own_range_to_two_decimals() -> None:
    item = ROOT | {"measure": "s3", "total": 317, "squares": 1105}
    row = figure(stated(item), "U", "s3")
    has(row, kind="item", mean=3.17)  # 317 / 100; a reversed item as it was answered
    has(row, sd=1.01)  # sqrt((1105 - 317^2 / 100) / 99) = 1.0056
    has(row, ci_low=3.03, ci_high=3.31)  # 1.96 * 1.0056 * sqrt(0.5 / 100) = 0.139


def test_an_index_is_a_whole_number_from_minus_100_to_100() -> None:
    index = ROOT | {"measure": "enps", "total": -15, "squares": 75, "favourable": 30, "neutral": 25, "unfavourable": 45}
    row = figure(stated(index), "U", "enps")
    has(row, kind="index", mean=-15.0, favourable=0.3, neutral=0.25, unfavourable=0.45)
    has(row, sd=86.0)  # 100 * sqrt((75 - 2.25) / 99) = 85.72
    has(row, ci_low=-27.0, ci_high=-3.0)  # 1.96 * 85.72 * sqrt(0.5 / 100) = 11.88


def test_a_rate_is_percent_of_those_invited_and_is_not_uncertain() -> None:
    rate = ROOT | {"measure": "response_rate", "answered": 75, "invited": 120, "total": 75} | dict.fromkeys(FINER)
    before = made(rate | {"answered": 60})
    row = figure(stated(rate, previous=before, wave="w2"), "U", "response_rate")
    has(row, kind="rate", answered=75, invited=120, mean=62.0)  # 62.5, to the even number
    has(row, previous=50.0, change=12.0, verdict=None, ci_low=None, ci_high=None, sd=None, favourable=None)


@pytest.mark.parametrize(("total", "mean"), [(6, 1.2), (18, 3.8), (7, 1.5), (480, 100.0), (0, 0.0)])
def test_halfway_is_rounded_to_the_even_digit(total: int, mean: float) -> None:
    # of 20 answers: 6 steps are 100 * 6 / (20 * 24) = 1.25 points, 18 are 3.75, 7 are 1.458
    has(figure(stated(ROOT, TEAM | {"answered": 20, "invited": 20, "total": total}), "A1"), mean=mean)


def test_limits_stay_within_the_range() -> None:
    high = figure(stated(ROOT, TEAM | {"total": 12 * 23}), "A1")  # 95.83 +- 6.36
    has(high, mean=95.8, ci_low=89.5, ci_high=100.0)
    has(figure(stated(ROOT, TEAM | {"total": 12}), "A1"), mean=4.2, ci_low=0.0, ci_high=10.5)


def test_when_everybody_answered_the_mean_is_certain_and_without_a_roster_it_is_less_so() -> None:
    has(figure(stated(ROOT, TEAM | {"invited": 12}), "A1"), mean=69.4, ci_low=69.4, ci_high=69.4)
    row = figure(stated(ROOT | {"invited": None}, TEAM | {"invited": None}), "A1")
    has(row, invited=None, ci_low=55.2, ci_high=83.7)  # 1.96 * 25.13 / sqrt(12) = 14.22


def test_where_it_is_withheld_how_many_were_asked_the_whole_organisations_share_stands_in() -> None:
    before = made(ROOT, TEAM | {"invited": None})
    rows = [stated(ROOT, TEAM | {"invited": asked}, previous=before, wave="w2") for asked in (None, 24, 12)]
    told, same, other = (figure(table, "A1") for table in rows)
    # 100 of 200 answered: as if 12 of 24 had. 1.96 * 25.13 * sqrt((1 - 12/24) / 12) = 10.05
    has(told, invited=None, mean=69.4, ci_low=59.4, ci_high=79.5)
    assert told | {"invited": 24} == same
    has(other, ci_low=69.4)  # whereas their own number would have told that all twelve did
    # Of two changes (the whole has one, too) the only one has to stand up to 97.5 %:
    # +- 2.24 * 25.13 * sqrt(2 * 0.5 / 12) = 16.3
    has(figure(stated(ROOT, TEAM | {"total": 247, "invited": None}, previous=before), "A1"), change=16.4, verdict="up")
    has(
        figure(stated(ROOT, TEAM | {"total": 246, "invited": None}, previous=before), "A1"),
        change=16.0,
        verdict="unsure",
    )


def test_where_the_organisations_spread_is_withheld_the_largest_there_can_be_is_used() -> None:
    row = figure(stated(ROOT | dict.fromkeys(FINER), TEAM), "A1")
    # values within 0..100 have a standard deviation of 50 at most: 1.96 * 50 * sqrt(0.2 / 12) = 12.65
    has(row, ci_low=56.8, ci_high=82.1, sd=None)
    withheld = dict.fromkeys(("answered", "invited", "total", *FINER)) | {"status": "C"}
    has(figure(stated(ROOT | withheld, TEAM), "A1"), ci_low=56.8, ci_high=82.1)


# --- change ---------------------------------------------------------------------------------------------------------


def test_a_change_is_the_difference_of_what_was_published() -> None:
    before = made(ROOT | {"total": 1000}, TEAM | {"total": 150})
    rows = stated(ROOT, TEAM, previous=before, wave="w2")
    # 50.0 - 41.7; +- 1.96 * sqrt(25.13^2 * 0.5 / 100 + 28.8^2 * 0.5 / 100) = 5.3
    has(figure(rows, "U"), previous=41.7, change=8.3, verdict="up")
    # 69.4 - 52.1 = 17.3; both +- 1.96 * sqrt(25.13^2 * 0.2 / 12 + 28.8^2 * 0.2 / 12) = 9.7
    has(figure(rows, "A1"), previous=52.1, change=17.3, verdict="up")


def test_verdicts() -> None:
    def judged(total: int, invited: int = 15) -> str:
        team = TEAM | {"total": total, "invited": invited}
        return str(
            figure(stated(ROOT, team, previous=made(ROOT, TEAM | {"invited": invited}), wave="w2"), "A1")["verdict"]
        )

    assert judged(235) == "up"  # 81.6 - 69.4 = 12.2; +- 1.96 * 25.13 * sqrt(2 * 0.2 / 12) = 9.0
    assert judged(165) == "down"  # 57.3 - 69.4
    assert judged(202) == "unsure"  # 0.7, anything from -8 to 10
    assert judged(202, invited=12) == "same"  # 0.7 for certain: everybody answered both times
    assert judged(215, invited=12) == "up"  # 5.3 for certain
    assert judged(214, invited=12) == "same"  # 4.9 for certain


def test_of_an_index_a_change_counts_from_ten_points_on_which_is_5_percent_of_its_range() -> None:
    index = ROOT | {"measure": "enps", "total": 0, "squares": 60, "invited": 100}
    before = made(index)
    assert figure(stated(index | {"total": 10}, previous=before), "U", "enps")["verdict"] == "up"
    assert figure(stated(index | {"total": 9}, previous=before), "U", "enps")["verdict"] == "same"


def test_what_was_not_published_before_has_no_change() -> None:
    withheld = TEAM | dict.fromkeys(("answered", "invited", "total")) | {"status": "C"}
    has(figure(stated(ROOT, TEAM, previous=made(ROOT, withheld)), "A1"), previous=None, change=None, verdict=None)
    has(figure(stated(ROOT, TEAM, previous=made(ROOT)), "A1"), previous=None, change=None, verdict=None)
    has(figure(stated(ROOT, TEAM, previous=facts.FACTS.empty_table()), "A1"), previous=None, verdict=None)


def test_the_spread_of_the_wave_before_is_its_own_and_the_largest_where_it_was_withheld() -> None:
    earlier = ROOT | {"total": 1056, "squares": 15000}  # 44.0 points, sd 26.0: the change is 6.0 points
    # 1.96 * sqrt((25.13^2 + 26.0^2) * 0.5 / 100) = 5.0
    assert figure(stated(ROOT, previous=made(earlier)), "U")["verdict"] == "up"
    # 1.96 * sqrt((25.13^2 + 50^2) * 0.5 / 100) = 7.8
    withheld = made(earlier | dict.fromkeys(FINER))
    assert figure(stated(ROOT, previous=withheld), "U")["verdict"] == "unsure"
    # 1.96 * sqrt((25.13^2 + 41.6^2) * 0.5 / 100) = 6.7
    wide = made(earlier | {"squares": 21000})
    assert figure(stated(ROOT, previous=wide), "U")["verdict"] == "unsure"


def test_of_many_changes_at_once_more_is_asked_than_of_one() -> None:
    teams = [TEAM | {"unit": f"T{number}", "invited": 24} for number in range(30)]
    before = made(ROOT, *teams)
    # Alone, 1.96 * 25.13 * sqrt(2 * 0.5 / 12) = 14.2 would do. Of 31 changes a single one has to exceed the point of
    # 0.05 / 31, 3.15: 22.9 points; twenty of them that of 0.05 * 20 / 31, 2.14: 15.5 points.

    def judged(more: int, moved: int) -> list[str]:
        now = [one | {"total": 200 + more * (number < moved)} for number, one in enumerate(teams)]
        rows = stated(ROOT, *now, previous=before, wave="w2")
        return [row["verdict"] for row in rows if row["measure"] == "safety"]

    assert judged(45, 1) == ["same", *["unsure"] * 30]  # 15.6 points
    assert judged(66, 1) == ["same", "up", *["unsure"] * 29]  # 22.9 points
    assert judged(45, 20) == ["same", *["up"] * 20, *["unsure"] * 10]  # 20 of 31: beyond 0.05 * 20 / 31


def test_an_instrument_may_say_what_change_means_something() -> None:
    named = SURVEY.instruments[0].model_copy(
        update={
            "scale": tuple(
                scale.model_copy(update={"smallest_change": 10.5}) if scale.id == "safety" else scale
                for scale in SURVEY.instruments[0].scale
            )
        }
    )
    survey = dataclasses.replace(SURVEY, instruments=(named, *SURVEY.instruments[1:]))

    def judged(total: int) -> str:
        rows = [ROOT | {"total": total, "squares": 24000, "invited": 100}]
        protected = admitted(pa.Table.from_pylist(rows, PROTECTED))
        before = made(ROOT | {"invited": 100})
        return str(figure(facts.facts(protected, survey, "w2", before).to_pylist(), "U")["verdict"])

    assert judged(1452) == "up"  # 60.5 - 50.0, for certain
    assert judged(1449) == "same"  # 60.4 - 50.0


def test_a_unit_is_compared_with_the_one_that_it_continues() -> None:
    before = made(ROOT, TEAM | {"total": 150}, TEAM | {"unit": "B1", "total": 180})
    now = [ROOT, TEAM | {"unit": "N"}, TEAM | {"unit": "B1"}]
    predecessors = {"U": "U", "N": "A1", "B1": None}
    table = facts.facts(admitted(pa.Table.from_pylist(now, PROTECTED)), SURVEY, "w2", before, predecessors=predecessors)
    has(figure(table.to_pylist(), "N"), previous=52.1, change=17.3)
    has(figure(table.to_pylist(), "B1"), previous=None, change=None, verdict=None)  # other people than before


# --- beside others --------------------------------------------------------------------------------------------------


def beside(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    units = [Unit("U", None, "U")] + [Unit(row["unit"], "U", row["unit"]) for row in rows if row["unit"] != "U"]
    protected = admitted(pa.Table.from_pylist(list(rows), PROTECTED))
    return facts.facts(protected, SURVEY, "w1", None, tree=tree(units)).to_pylist()


def test_a_unit_beside_the_one_above_it() -> None:
    rows = beside(ROOT, TEAM)
    has(figure(rows, "U"), parent_difference=None, parent_verdict=None, organisation_difference=None, percentile=None)
    # 69.4 - 50.0; the rest are 88 of 185 asked: +- 1.96 * 25.13 * 0.88 * sqrt(1/12 - 1/15 + 1/88 - 1/185) = 6.5
    has(figure(rows, "A1"), parent_difference=19.4, parent_verdict="above")
    has(figure(rows, "A1"), organisation_difference=19.4, organisation_verdict="above")
    has(figure(beside(ROOT, TEAM | {"total": 80}), "A1"), parent_difference=-22.2, parent_verdict="below")
    has(figure(beside(ROOT, TEAM | {"total": 160}), "A1"), parent_difference=5.6, parent_verdict="unsure")
    # the only unit under another is the same people
    has(figure(beside(ROOT, ROOT | {"unit": "A1"}), "A1"), parent_difference=0.0, parent_verdict="same")


def test_a_rate_is_beside_others_without_a_verdict() -> None:
    rate = ROOT | {"measure": "response_rate", "total": 100} | dict.fromkeys(FINER)
    rows = beside(rate, rate | {"unit": "A1", "answered": 12, "invited": 15, "total": 12})
    has(figure(rows, "A1", "response_rate"), parent_difference=30.0, parent_verdict=None, nonresponse=None)


def test_a_percentile_among_ten_units_of_a_level_and_none_among_nine() -> None:
    teams = [TEAM | {"unit": f"T{number}", "total": 150 + 10 * min(number, 8)} for number in range(10)]
    ranks = [figure(beside(ROOT, *teams), f"T{number}")["percentile"] for number in range(10)]
    # the lowest of ten: (0 + 1/2) / 10; two are alike at the top: (8 + 2/2) / 10
    assert ranks == [5, 15, 25, 35, 45, 55, 65, 75, 90, 90]
    assert figure(beside(ROOT, *teams[:9]), "T0")["percentile"] is None


def test_a_warning_where_those_silent_could_move_the_mean_by_what_matters() -> None:
    # sd 25.13, half of it 12.57: 5 points are in it where 39.8 % or more are silent
    assert figure(stated(ROOT), "U")["nonresponse"] == "large"  # 50 % are
    assert figure(stated(ROOT | {"invited": 166}), "U")["nonresponse"] == "small"  # 39.8 %
    assert figure(stated(ROOT | {"invited": 167}), "U")["nonresponse"] == "large"  # 40.1 %
    assert figure(stated(ROOT | {"invited": None}), "U")["nonresponse"] is None


# --- status ---------------------------------------------------------------------------------------------------------


def test_what_is_withheld_states_nothing_although_there_is_an_earlier_figure() -> None:
    withheld = TEAM | dict.fromkeys(("answered", "invited", "total")) | {"status": "C"}
    row = figure(stated(ROOT, withheld, previous=made(ROOT, TEAM)), "A1")
    assert row["status"] == "C"
    assert {row[name] for name in FIGURES} == {None}


def test_a_measure_without_a_cell_was_not_measured_anywhere() -> None:
    rows = stated(ROOT, TEAM, previous=made(ROOT, ROOT | {"measure": "clarity"}))
    assert [row["measure"] for row in rows] == [measure.id for measure in SURVEY.measures] * 2
    for row in rows:
        if row["measure"] != "safety":
            assert row["status"] == "N"
            assert {row[name] for name in FIGURES} == {None}


def test_a_place_without_a_cell_of_a_measure_that_was_measured_elsewhere_has_no_row_of_it() -> None:
    rows = stated(ROOT, ROOT | {"measure": "clarity"}, TEAM)
    assert {row["measure"] for row in rows if row["unit"] == "U" and row["status"] == "F"} == {"safety", "clarity"}
    assert not [row for row in rows if (row["unit"], row["measure"]) == ("A1", "clarity")]


def test_a_cell_of_a_measure_that_the_survey_does_not_have_is_refused() -> None:
    with pytest.raises(RunRefused, match="'joy', which is no measure of survey demo; aggregate wave w1 again"):
        stated(ROOT | {"measure": "joy"})


def test_no_cells_make_no_facts() -> None:
    assert made().equals(facts.FACTS.empty_table())


# --- properties -----------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(collections(ROSTER), collections(ROSTER))
def test_facts_of_real_cells_are_consistent_and_the_same_bytes_again(one: Collected, other: Collected) -> None:
    before = facts.facts(protected(one), SURVEY, "w1", None)
    now = protected(other)
    table = facts.facts(now, SURVEY, "w2", before)
    assert table.schema.equals(facts.FACTS, check_metadata=True)
    assert parquet.to_bytes(table) == parquet.to_bytes(
        facts.facts(now, SURVEY, "w2", parquet.from_bytes(parquet.to_bytes(before)))
    )
    ranges = {measure.id: measure for measure in SURVEY.measures}
    for row in table.to_pylist():
        if row["status"] != "F":
            assert {row[name] for name in FIGURES} == {None}
            continue
        measure = ranges[row["measure"]]
        decimals = measure.decimals
        for name in ("mean", "sd", "ci_low", "ci_high", "previous", "change"):
            assert row[name] is None or row[name] == round(row[name], decimals)
        assert measure.low <= row["mean"] <= measure.high
        if measure.kind != "rate":
            assert measure.low <= row["ci_low"] <= row["mean"] <= row["ci_high"] <= measure.high
        if row["previous"] is not None:
            assert math.isclose(row["change"], row["mean"] - row["previous"], abs_tol=1e-9)


def protected(wave: Collected) -> disclosure.ProtectedTable:
    """Every cell with an answer as if it might be shown: what facts make of a cell is not disclosure's business."""
    rows = wave.counted().cells.to_pylist()
    for row in rows:
        free = row["answered"] > 1
        row["status"] = "F" if free else "C"
        row.update({} if free else dict.fromkeys(PROTECTED.names[5:]))
    # U first: protected cells stand in the order of the tree.
    rows.sort(key=lambda row: row["unit"] != "U")
    return admitted(pa.Table.from_pylist(rows, PROTECTED))


@settings(max_examples=20)
@given(st.integers(240, 4800), st.integers(0, 12))
def test_a_units_own_spread_and_shares_never_touch_its_interval(squares: int, favourable: int) -> None:
    finer = {
        "squares": max(squares, 200**2 // 12 + 1),
        "favourable": favourable,
        "neutral": 12 - favourable,
        "unfavourable": 0,
    }
    with_own, without = (figure(stated(ROOT, TEAM | extra), "A1") for extra in (finer, {}))
    for name in ("mean", "ci_low", "ci_high"):
        assert with_own[name] == without[name]


def test_every_column_is_described_in_both_languages_where_readers_find_it() -> None:
    assert list(facts.COLUMNS) == facts.FACTS.names
    for field in facts.FACTS:
        assert field.metadata[b"description_nb"].decode() == facts.COLUMNS[field.name].nb != ""
        assert field.metadata[b"description_en"].decode() == facts.COLUMNS[field.name].en != ""


def test_rows_of_a_wave_stand_beside_rows_of_another_although_a_description_was_mended() -> None:
    old = made(ROOT)
    mended = old.cast(pa.schema([field.remove_metadata() for field in old.schema]))
    assert pa.concat_tables([mended, made(ROOT, wave="w2")]).num_rows == 2 * old.num_rows
