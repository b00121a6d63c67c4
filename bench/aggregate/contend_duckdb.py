"""DuckDB: `python -m bench.aggregate.contend_duckdb FOLDER [modal]`, the fastest plain SQL that we found for it.

People are counted first, and who is in a place with too few is counted in the deepest one above that has enough. Rows
are grouped once for a few measures at a time, and the groups are rolled up level by level. Two counts go into one
DOUBLE, which is exact below 2 to the power of 53 and adds faster than a HUGEINT. The most frequent answers of items
follow from the counts; those of scales are only looked for with `modal`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import duckdb
import numpy as np

from bench.aggregate.checksum import FIRST, Checksum, Numbers
from bench.aggregate.figures import CODES, MOST, STEPS, of_answers, of_rate
from bench.aggregate.instance import INDEX, INDEX_SCALE, ITEMS, MINIMUM, RATE, SCALES, SEGMENTS

HALF = 2.0**26
TOGETHER = 13


def prepare(database: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Tables `closure` (unit, above, depth), `tree` and `placed`: unit, cut, answers and scores. The deepest level."""
    scores, sides = [], []
    for scale in SCALES:
        own = [f"{scale}_{one}" for one in CODES]
        moved = [f"coalesce({one} - 1, 0)" for one in own[:-1]] + [f"coalesce(5 - {own[-1]}, 0)"]
        answered = " + ".join(f"({one} IS NOT NULL)::INT" for one in own)
        scores.append(
            f"CASE WHEN {answered} >= 3 THEN ({' + '.join(moved)}) * ({STEPS} // ({answered})) END::SMALLINT AS {scale}"
        )
        sides.append(
            f"CASE WHEN 8 * {scale} >= 5 * {MOST} THEN 1 WHEN 8 * {scale} <= 3 * {MOST} THEN 3 ELSE {scale} * 0 + 2 END"
        )
    items = ", ".join(f"{one}::TINYINT AS {one}" for one in ITEMS)
    cuts = ", ".join(f"people.{name}::TINYINT + {FIRST[name]}" for name in SEGMENTS)
    database.execute(f"""
        CREATE TABLE tree AS
        WITH RECURSIVE down AS (
            SELECT unit, unit::INT AS number, NULL::INT AS parent, 0 AS depth
            FROM '{folder}/units.parquet' WHERE parent IS NULL
            UNION ALL
            SELECT units.unit, units.unit::INT, down.number, down.depth + 1
            FROM '{folder}/units.parquet' AS units INNER JOIN down ON units.parent = down.unit
        )
        SELECT number AS unit, parent, depth FROM down;
        CREATE TABLE closure AS
        WITH RECURSIVE up AS (
            SELECT unit, unit AS above, depth FROM tree
            UNION ALL
            SELECT up.unit, tree.parent, up.depth - 1
            FROM up INNER JOIN tree ON up.above = tree.unit WHERE tree.parent IS NOT NULL
        )
        FROM up;
        CREATE TABLE answers AS
        WITH latest AS (
            SELECT arg_max(file_row_number, (submitted, source, record)) AS row
            FROM read_parquet('{folder}/responses.parquet', file_row_number = true) GROUP BY respondent
        ),
        told AS (
            SELECT people.unit::INT AS unit, [0, {cuts}] AS cuts, {items}, {", ".join(scores)},
                CASE WHEN {INDEX} >= 9 THEN 5 WHEN {INDEX} >= 7 THEN 3 ELSE {INDEX} * 0 + 1 END::TINYINT AS {INDEX}
            FROM read_parquet('{folder}/responses.parquet', file_row_number = true) AS responses
            INNER JOIN '{folder}/people.parquet' AS people USING (respondent)
            WHERE responses.file_row_number IN (SELECT row FROM latest)
        )
        SELECT *, {", ".join(f"({side})::TINYINT AS side_{name}" for name, side in zip(SCALES, sides, strict=True))}
        FROM told WHERE coalesce({", ".join((*ITEMS, INDEX))}) IS NOT NULL;
        CREATE TABLE own AS
        SELECT unit, cut, count(*) AS people FROM (SELECT unit, unnest(cuts) AS cut FROM answers) GROUP BY ALL;
        CREATE TABLE kept AS
        SELECT closure.above AS unit, own.cut, sum(own.people)::BIGINT AS people FROM own
        INNER JOIN closure USING (unit) WHERE own.cut IS NOT NULL GROUP BY ALL HAVING sum(own.people) >= {MINIMUM};
        CREATE TABLE target AS
        SELECT own.unit, own.cut, arg_max(kept.unit, closure.depth) AS place FROM own
        INNER JOIN closure USING (unit)
        INNER JOIN kept ON closure.above = kept.unit AND own.cut = kept.cut GROUP BY ALL;
        CREATE TABLE placed AS
        SELECT target.place AS unit, long.* EXCLUDE (unit, cuts)
        FROM (SELECT *, unnest(cuts) AS cut FROM answers) AS long
        INNER JOIN target ON long.unit = target.unit AND long.cut = target.cut
        ORDER BY target.place, target.cut;
        DROP TABLE answers;
    """)
    (deepest,) = database.sql("SELECT max(depth) FROM tree").fetchone() or (0,)
    return int(deepest)


def rolled(grouped: str, keys: str, sums: Sequence[str], deepest: int) -> str:
    """Groups of `placed`, with those of every level added to the one above."""
    names = ", ".join(sums)
    added = ", ".join(f"sum({one}) AS {one}" for one in sums)
    steps = [f"own AS MATERIALIZED (SELECT g.*, tree.parent, tree.depth FROM ({grouped}) AS g JOIN tree USING (unit))"]
    for level in range(deepest, -1, -1):
        here = f"SELECT unit, {keys}, {names} FROM own WHERE depth = {level}"
        below = f" UNION ALL SELECT parent, {keys}, {names} FROM level_{level + 1}" if level < deepest else ""
        steps.append(
            f"level_{level} AS MATERIALIZED (SELECT s.*, tree.parent FROM (SELECT unit, {keys}, {added} "
            f"FROM ({here}{below}) GROUP BY unit, {keys}) AS s JOIN tree USING (unit))"
        )
    parts = " UNION ALL ".join(f"SELECT * EXCLUDE (parent) FROM level_{level}" for level in range(deepest + 1))
    return f"WITH {', '.join(steps)} {parts}"


def counts_of(column: str, at: int) -> list[str]:
    """How often each of five codes stands in a column: two of them to a sum."""
    pairs = ((1, 2), (3, 4), (5, 0))
    return [
        f"sum(CASE {column} WHEN {low} THEN 1.0 WHEN {high} THEN {HALF} ELSE 0.0 END) AS c{at}_{number}"
        for number, (low, high) in enumerate(pairs)
    ]


def unpacked(found: dict[str, Numbers], at: int) -> list[Numbers]:
    """The same five counts."""
    low, high = zip(*(np.modf(found[f"c{at}_{pair}"] / HALF) for pair in range(3)), strict=True)
    return [low[0] * HALF, high[0], low[1] * HALF, high[1], low[2] * HALF]


def fetched(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, Numbers]:
    """What a query finds, as NumPy columns; 0 where there is nothing."""
    found = database.sql(query).fetchnumpy()
    return {name: np.ma.filled(cast("Numbers", values), 0) for name, values in found.items()}


def items(database: duckdb.DuckDBPyConnection, deepest: int, checksum: Checksum) -> None:
    """Items and eNPS; then who answered anything."""
    names = {one: one for one in ITEMS} | {INDEX: INDEX_SCALE}
    for first in range(0, len(names), TOGETHER):
        together = list(names)[first : first + TOGETHER]
        wanted = [one for at, name in enumerate(together) for one in counts_of(name, at)]
        sums = [one.rsplit(" ", 1)[1] for one in wanted]
        grouped = f"SELECT unit, cut, {', '.join(wanted)} FROM placed GROUP BY unit, cut"
        found = fetched(database, rolled(grouped, "cut", sums, deepest))
        for at, name in enumerate(together):
            figures = of_answers(names[name], unpacked(found, at))
            checksum.add(found["unit"], found["cut"], [names[name]], figures)
    people = fetched(database, "SELECT unit, cut, people FROM kept")
    checksum.add(people["unit"], people["cut"], [RATE], of_rate(people["people"]))


def scales(database: duckdb.DuckDBPyConnection, deepest: int, checksum: Checksum) -> None:
    """Scales, without their most frequent scores."""
    wanted: list[str] = []
    for at, name in enumerate(SCALES):
        wanted += [
            f"sum(CASE side_{name} WHEN 1 THEN {HALF + 1} WHEN 2 THEN 1.0 WHEN 3 THEN 1.0 ELSE 0.0 END) AS p{at}",
            f"count_if(side_{name} = 2)::DOUBLE AS n{at}",
            f"sum({name}::DOUBLE) AS t{at}, sum({name}::DOUBLE * {name}) AS s{at}",
        ]
    sums = [f"{one}{at}" for at in range(len(SCALES)) for one in "pnts"]
    grouped = f"SELECT unit, cut, {', '.join(wanted)} FROM placed GROUP BY unit, cut"
    found = fetched(database, rolled(grouped, "cut", sums, deepest))
    packed, neutral, total, squares = (np.array([found[f"{one}{at}"] for at in range(len(SCALES))]).T for one in "pnts")
    high = np.floor(packed / HALF)
    answered = packed - high * HALF
    sides = {"favourable": high, "neutral": neutral, "unfavourable": answered - high - neutral}
    figures = {"respondents": answered, "answered": answered, "total": total, "squares": squares, **sides}
    checksum.add(found["unit"], found["cut"], SCALES, figures)


def modes(database: duckdb.DuckDBPyConnection, deepest: int) -> Iterator[tuple[str, dict[str, Numbers]]]:
    """The most frequent score of each scale: a count for each place and score."""
    for name in SCALES:
        grouped = f"SELECT unit, cut, {name} AS score, count(*) AS n FROM placed WHERE {name} IS NOT NULL GROUP BY ALL"
        every = rolled(grouped, "cut, score", ["n"], deepest)
        query = (
            f"SELECT unit, cut, max(n)::BIGINT AS modal, sum(n)::BIGINT AS answered FROM ({every}) GROUP BY unit, cut"
        )
        yield name, fetched(database, query)


def main() -> None:
    """Prints both checksums."""
    checksum = Checksum()
    with duckdb.connect() as database:
        deepest = prepare(database, Path(sys.argv[1]))
        items(database, deepest, checksum)
        scales(database, deepest, checksum)
        if "modal" in sys.argv[2:]:
            for name, found in modes(database, deepest):
                mine = {one: found[one][:, None] for one in ("answered", "modal")}
                checksum.add(found["unit"], found["cut"], [name], mine)
    print(json.dumps(checksum.answer()))


if __name__ == "__main__":
    main()
