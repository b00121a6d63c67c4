"""The gate: nobody gets a ProtectedTable without the audit, and one that was written down is audited again."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from village import RATE, Record, Village

from pipeline.disclosure import PROTECTED, Basis, ProtectedTable, Rules, protect, protected, readmit
from pipeline.disclosure.choose import Chooser
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree

RULES = Rules(5, 10)
TREE = tree([Unit("all-of-us", None, "All"), *(Unit(name, "all-of-us", name) for name in ("north", "south", "west"))])


def people(unit: str, count: int, first: int, gender: str = "") -> list[Record]:
    """Answers go 1 2 4 5 1 2 4 5 ..., so that nobody is of one mind."""
    return [
        Record(first + one, unit, {"gender": gender or "fm"[one % 2]}, {"q": (1, 2, 4, 5)[one % 4]})
        for one in range(count)
    ]


# north 12, south 12, west 3: west is too small, and the whole minus north and south would give it. As many did not
# answer, but for west, where ten did not.
VILLAGE = Village(
    TREE,
    (*people("north", 12, 0), *people("south", 12, 20), *people("west", 3, 40)),
    ("q", RATE),
    (("gender",),),
    silent=(*people("north", 12, 60), *people("south", 12, 80), *people("west", 10, 100)),
)


def made() -> ProtectedTable:
    return protect(VILLAGE.cells, VILLAGE.members, TREE, RULES, {})


def again(table: pa.Table, village: Village = VILLAGE, rules: Rules = RULES) -> ProtectedTable:
    return readmit(table, Basis(village.cells, village.members, village.tree, rules, {}))


def row(table: pa.Table, unit: str, category: str = "all", measure: str = "q") -> dict[str, object]:
    (found,) = (
        one for one in table.to_pylist() if (one["unit"], one["category"], one["measure"]) == (unit, category, measure)
    )
    return found


def changed(table: pa.Table, unit: str, **values: object) -> pa.Table:
    """The table with one row changed."""
    rows = [
        {**one, **values} if (one["unit"], one["category"], one["measure"]) == (unit, "all", "q") else one
        for one in table.to_pylist()
    ]
    return pa.Table.from_pylist(rows, schema=PROTECTED)


def test_the_constructor_refuses_everybody() -> None:
    for given in ((made().table,), (made().table, None), (made().table, object()), (made().table, True)):
        with pytest.raises(TypeError, match=r"protect or disclosure\.readmit"):
            ProtectedTable(*given)


def test_replacing_the_table_is_making_another() -> None:
    with pytest.raises(TypeError, match=r"protect or disclosure\.readmit"):
        dataclasses.replace(made(), table=VILLAGE.cells)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies_and_no_pickles(duplicate: object) -> None:
    with pytest.raises(TypeError, match="not copied or pickled"):
        duplicate(made())  # type: ignore[operator]


def test_no_subclasses() -> None:
    with pytest.raises(TypeError, match="no subclasses"):
        type("Loose", (ProtectedTable,), {"__post_init__": lambda *_: None})


def test_the_table_cannot_be_exchanged() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        made().table = VILLAGE.cells  # type: ignore[misc]


def test_what_is_withheld_is_null_and_what_is_free_is_exact() -> None:
    table = made().table
    assert table.schema == PROTECTED
    withheld = row(table, "west")
    assert withheld["status"] == "C"
    assert {withheld[name] for name in PROTECTED.names[5:]} == {None}
    whole = row(table, "all-of-us")
    # 27 people: six full rounds of 1 2 4 5 (total 12, squares 46) and 1 2 4.
    assert (whole["status"], whole["answered"], whole["invited"]) == ("F", 27, 27 + 34)
    assert (whole["total"], whole["squares"]) == (6 * 12 + 7, 6 * 46 + 21)


def test_one_sibling_goes_with_the_one_that_is_too_small() -> None:
    table = made().table
    free = {unit for unit in ("north", "south", "west") if row(table, unit)["status"] == "F"}
    assert len(free) == 1
    assert "west" not in free


def test_a_written_table_is_readmitted_as_it_was() -> None:
    table = made().table
    written = io.BytesIO()
    pq.write_table(table, written)
    assert again(pq.read_table(written)).table.equals(table)


def test_a_published_mean_without_its_shares_is_readmitted() -> None:
    poorer = changed(made().table, "all-of-us", squares=None, favourable=None, neutral=None, unfavourable=None)
    assert again(poorer).table.equals(poorer)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"total": 80}, "does not say what its cells say"),
        ({"answered": None}, "does not say what its cells say"),
        ({"status": "free"}, "does not say what its cells say"),
        ({"favourable": None}, "does not say what its cells say"),
    ],
)
def test_a_table_that_says_something_else_is_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(DisclosureLeak, match=words):
        again(changed(made().table, "all-of-us", **values))


def test_a_cell_under_the_minimum_is_refused() -> None:
    cells = {"status": "F", "answered": 3, "total": 7}
    with pytest.raises(DisclosureLeak, match="a cell that the rules withhold"):
        again(changed(made().table, "west", **cells))


def test_a_cell_that_makes_another_calculable_is_refused_in_words_that_name_cells_and_nobody() -> None:
    table = made().table
    hidden = next(unit for unit in ("north", "south") if row(table, unit)["status"] == "C")
    shown = changed(table, hidden, status="F", answered=12, total=36)
    with pytest.raises(DisclosureLeak) as raised:
        again(shown)
    words = str(raised.value)
    assert words.startswith("nothing is published")
    assert "all-of-us all=all q; north all=all q; south all=all q" in words
    assert "3" not in words


def test_an_older_minimum_is_not_the_current_one() -> None:
    with pytest.raises(DisclosureLeak, match="aggregate again with this survey file"):
        again(made().table, rules=Rules(13, 13))


def test_rows_of_other_cells_are_refused() -> None:
    fewer = Village(TREE, VILLAGE.records[:24], VILLAGE.measures, VILLAGE.groupings)
    with pytest.raises(DisclosureLeak, match="not one of these cells"):
        again(made().table, fewer)


def test_the_order_of_rows_changes_nothing() -> None:
    mixed = random.Random(1)  # noqa: S311 - shuffles a test's rows
    cells = VILLAGE.cells.take(mixed.sample(range(VILLAGE.cells.num_rows), VILLAGE.cells.num_rows))
    members = VILLAGE.members.take(mixed.sample(range(VILLAGE.members.num_rows), VILLAGE.members.num_rows))
    assert protect(cells, members, TREE, RULES, {}).table.equals(made().table)


def test_families_cannot_be_forgotten() -> None:
    with pytest.raises(TypeError, match="families"):
        protect(VILLAGE.cells, VILLAGE.members, TREE, RULES)  # type: ignore[call-arg]


ROWS: dict[str, dict[str, object]] = {
    "a unit outside the tree": {"unit": "elsewhere"},
    "a segment nobody has": {"segment": "age", "category": "old"},
    "a crossing with one category": {"segment": "gender*gender", "category": "f"},
    "everybody, of a category": {"segment": "all", "category": "f"},
    "a measure nobody answers": {"measure": "happiness"},
    "a person too many": {"respondents": 28},
    "an answer too many": {"answered": 28},
}


def broken(fault: str) -> tuple[pa.Table, pa.Table]:
    """Cells and members of which one thing is wrong."""
    cells, members = VILLAGE.cells, VILLAGE.members
    first, *others = cells.to_pylist()  # everybody, who are 27
    away = ["elsewhere", *members["unit"].to_pylist()[1:]]
    return {
        "a column too few": (cells.drop_columns("modal"), members),
        "a cell twice": (pa.concat_tables([cells, cells.slice(3, 1)]), members),
        "nobody silent": (cells, VILLAGE.members.slice(0, 27)),
        "a person without a unit": (cells, members.set_column(1, members.schema.field(1), [away])),
        "members without people": (cells, members.drop_columns("respondent")),
        "answers among the segments": (cells, members.select(["respondent", "unit", "q", "gender", RATE])),
    }.get(fault) or (pa.Table.from_pylist([{**first, **ROWS[fault]}, *others], schema=cells.schema), members)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("a column too few", "columns that pipeline.tables.CELLS states"),
        ("a cell twice", "stands twice"),
        ("a unit outside the tree", "'elsewhere'.* belongs to no table"),
        ("a segment nobody has", "'age' belongs to no table"),
        ("a crossing with one category", "belongs to no table"),
        ("everybody, of a category", "belongs to no table"),
        ("a measure nobody answers", "'happiness'"),
        ("a person too many", "count other people"),
        ("an answer too many", "count other people"),
        ("nobody silent", "count other people who did not answer"),
        ("a person without a unit", "not in the tree"),
        ("members without people", "members_schema"),
        ("answers among the segments", "members_schema"),
    ],
)
def test_what_is_not_understood_is_not_published(fault: str, words: str) -> None:
    cells, members = broken(fault)
    with pytest.raises(DisclosureLeak, match=words):
        protect(cells, members, TREE, RULES, {})


def test_nobody_at_all() -> None:
    nobody = Village(TREE, (), ("q", RATE), (("gender",),))
    assert protect(nobody.cells, nobody.members, TREE, RULES, {}).table.num_rows == 0


def test_many_were_invited_and_nobody_answered() -> None:
    silent = Village(TREE, (), ("q", RATE), (("gender",),), silent=VILLAGE.silent)
    assert set(protect(silent.cells, silent.members, TREE, RULES, {}).table["status"].to_pylist()) == {"C"}


def test_how_many_were_invited_is_stated_where_the_response_rate_is_and_nowhere_else() -> None:
    rated = made().table
    few = Village(TREE, VILLAGE.records, VILLAGE.measures, silent=VILLAGE.silent[30:])  # four, all of them in west
    hidden = protect(few.cells, few.members, TREE, RULES, {}).table
    unknown = Village(TREE, VILLAGE.records, VILLAGE.measures)
    without = protect(unknown.cells, unknown.members, TREE, RULES, {}).table
    told = [
        (row(table, "all-of-us", measure=one)["status"], row(table, "all-of-us", measure=one)["invited"])
        for table in (rated, hidden, without)
        for one in ("q", RATE)
    ]
    assert told == [("F", 61), ("F", 61), ("F", None), ("C", None), ("F", None), ("F", None)]


def test_a_repair_that_mends_nothing_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chooser, "choose", lambda _, allowed: allowed)  # leaves the small unit calculable
    monkeypatch.setattr(protected, "without", lambda _weight, shown, _leaks, _most: shown)
    with pytest.raises(DisclosureLeak, match="nothing is published"):
        made()
