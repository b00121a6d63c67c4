"""Where the numbers of disclosure control come from, and under which names a release states them."""

from __future__ import annotations

from typing import Any

from tiny_survey import SURVEY, tiny

from pipeline.disclosure import Rules, bounds, statement


def names(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The keys of an object and of those inside it; of all else nothing."""
    return {key: names(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def test_the_rules_are_those_of_the_survey_file() -> None:
    survey = tiny(SURVEY.replace("mean = 5", "mean = 6").replace("distribution = 10", "distribution = 14"))
    assert Rules.of(survey) == Rules(6, 14, bounds(survey))
    # Two items from 1 to 5 make a scale of 0..8 halves; an index counts each person -1, 0 or 1.
    assert dict(Rules.of(survey).bounds) == {"safety": (0, 8), "safe_1": (1, 5), "safe_2": (1, 5), "enps": (-1, 1)}


def test_disclosure_json_has_these_names_and_no_others() -> None:
    told = statement(Rules(5, 10), {"w1": ["F"]}, {"base": ""})
    assert names(told) == {
        "format": None,
        "minimum_group_size": {"mean": None, "distribution": None},
        "rules": dict.fromkeys(
            ["minimum", "unanimity", "distribution", "small_unit", "small_complement", "complementary"]
        ),
        "audit": {
            "version": None,
            "made_by": None,
            "together": None,
            "looks": dict.fromkeys(["residuals", "linear", "sets", "unions", "ranges", "families"]),
        },
        "certified": None,
        "not_certified": None,
        "waves": None,
        "ledger": {"base": None},
    }
    assert (told["format"], told["audit"]["version"]) == ("pulsverk-disclosure/1", 2)
    assert [len(told[one]) for one in ("certified", "not_certified", "waves")] == [4, 5, 1]
