"""DuckDB: `python -m bench.aggregate.contend_duckdb FOLDER`, the fastest plain SQL that we found for it.

People are counted first, and who is in a place with too few is counted in the deepest one above that has enough. How
often each value was given, from which every figure follows, is packed into DOUBLEs for each row of answers, as many
counts to one as the largest group allows (`bench.aggregate.packed`). Rows stand in the order of the tree; they are
grouped once for each segment, and the groups are rolled up level by level, with more bits where places are larger.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import duckdb
import numpy as np

from bench.aggregate.checksum import CUTS, FIRST, Checksum, Numbers
from bench.aggregate.figures import CODES, MOST, STEPS, of_answers, of_rate, of_steps
from bench.aggregate.instance import INDEX, INDEX_SCALE, ITEMS, MINIMUM, RATE, SCALES, SEGMENTS
from bench.aggregate.packed import Packed

# Every score that a scale can have, of three, four or five answers.
SCORES = sorted({total * STEPS // answered for answered in (3, 4, 5) for total in range(4 * answered + 1)})
SIDES = [(8 * score >= 5 * MOST) - (8 * score <= 3 * MOST) for score in SCORES]
# What is counted in one query: about as many counts each.
TOGETHER = (
    dict.fromkeys((*ITEMS, INDEX), len(CODES)),
    *(dict.fromkeys(some, len(SCORES)) for some in (SCALES[:4], SCALES[4:])),
)
MEASURE = {INDEX: INDEX_SCALE}
GROUPINGS = {"everybody": "0", **{name: name for name in SEGMENTS}}


def place(database: duckdb.DuckDBPyConnection, folder: Path) -> list[int]:
    """Tables `kept`, places with enough people, and `where`: unit of each row that counts, and its place a segment.

    Tells how many people the largest place of each depth has, or group of rows where that is larger.
    """
    segments = ", ".join(f"people.{name}::TINYINT + {FIRST[name]} AS {name}" for name in SEGMENTS)
    own = " UNION ALL ".join(
        f"SELECT unit, {cut}::INT AS cut, count(*) AS people FROM counting WHERE {cut} IS NOT NULL GROUP BY ALL"
        for cut in GROUPINGS.values()
    )
    places = ", ".join(f"target_{name}.place AS in_{name}" for name in GROUPINGS)
    joins = " ".join(
        f"LEFT JOIN target AS target_{name} ON target_{name}.own = counting.unit * {CUTS} + {cut}"
        for name, cut in GROUPINGS.items()
    )
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
        CREATE TABLE counting AS
        WITH submissions AS (
            SELECT respondent, file_row_number AS number, submitted, source, record,
                coalesce({", ".join((*ITEMS, INDEX))}) IS NOT NULL AS answered
            FROM read_parquet('{folder}/responses.parquet', file_row_number = true)
        ),
        once AS (
            SELECT respondent, any_value(number) AS number, any_value(answered) AS answered
            FROM submissions GROUP BY respondent HAVING count(*) = 1
        ),
        again AS (
            SELECT respondent, arg_max(number, (submitted, source, record)) AS number,
                arg_max(answered, (submitted, source, record)) AS answered
            FROM submissions ANTI JOIN once USING (respondent) GROUP BY respondent
        )
        SELECT latest.number, people.unit::INT AS unit, {segments}
        FROM (FROM once UNION ALL FROM again) AS latest
        INNER JOIN '{folder}/people.parquet' AS people USING (respondent)
        WHERE latest.answered;
        CREATE TABLE own AS {own};
        CREATE TABLE kept AS
        WITH enough AS (
            SELECT closure.above AS unit, own.cut, sum(own.people)::BIGINT AS people
            FROM own INNER JOIN closure USING (unit) GROUP BY ALL HAVING sum(own.people) >= {MINIMUM}
        )
        SELECT enough.*, tree.depth, unit * {CUTS} + cut AS place, tree.parent * {CUTS} + cut AS above
        FROM enough INNER JOIN tree USING (unit);
        CREATE TABLE target AS
        SELECT own.unit * {CUTS} + own.cut AS own, arg_max(kept.place, closure.depth) AS place,
            any_value(own.people) AS people
        FROM own INNER JOIN closure USING (unit)
        INNER JOIN kept ON closure.above = kept.unit AND own.cut = kept.cut GROUP BY ALL;
        CREATE TABLE places AS SELECT number, unit, {places} FROM counting {joins};
    """)
    most = database.sql("SELECT max(people) FROM kept GROUP BY depth ORDER BY depth").fetchall()
    groups = database.sql("SELECT sum(people)::BIGINT AS n FROM target GROUP BY place ORDER BY n DESC LIMIT 1")
    (largest,) = groups.fetchone() or (0,)
    return [max(int(people), int(largest)) for (people,) in most]


def read(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Table `placed`: rows in the order of the tree, with their place in every segment and a code of each measure."""
    scores = []
    for scale in SCALES:
        own = [f"{scale}_{one}" for one in CODES]
        moved = [f"coalesce({one} - 1, 0)" for one in own[:-1]] + [f"coalesce(5 - {own[-1]}, 0)"]
        answered = " + ".join(f"({one} IS NOT NULL)::TINYINT" for one in own)
        times = " ".join(f"WHEN {some} THEN {STEPS // some}" for some in (5, 4, 3))
        scores.append(f"CASE {answered} {times} END * ({' + '.join(moved)}) AS {scale}")
    code_of = [SCORES.index(score) + 1 if score in SCORES else 0 for score in range(MOST + 1)]
    database.execute(f"""
        CREATE TABLE placed AS
        WITH scored AS (
            SELECT *, {", ".join(scores)}
            FROM read_parquet('{folder}/responses.parquet', file_row_number = true)
        )
        SELECT {", ".join(f"in_{name}" for name in GROUPINGS)}, {", ".join(ITEMS)},
            CASE WHEN {INDEX} >= 9 THEN 5 WHEN {INDEX} >= 7 THEN 3 ELSE {INDEX} * 0 + 1 END AS {INDEX},
            {", ".join(f"({code_of})[{scale} + 1] AS {scale}" for scale in SCALES)}
        FROM scored INNER JOIN places ON scored.file_row_number = places.number
        ORDER BY unit;
    """)


def counted(
    database: duckdb.DuckDBPyConnection, most: list[int], codes: dict[str, int]
) -> Iterator[tuple[Numbers, Numbers, str, Numbers]]:
    """Unit and cut of the places of each level, from below; a column, and how often each of its codes was given."""
    deepest = len(most) - 1
    packed = Packed(codes, most[deepest].bit_length())
    sums = ", ".join(f"sum(w{word}) AS w{word}" for word in range(packed.words))
    groups = " UNION ALL ".join(
        f"SELECT in_{name} AS place, {sums} FROM packed WHERE in_{name} IS NOT NULL GROUP BY in_{name}"
        for name in GROUPINGS
    )
    whole = ", ".join(f"groups.w{word}::BIGINT AS w{word}" for word in range(packed.words))
    database.execute(f"""
        CREATE OR REPLACE TABLE packed AS SELECT COLUMNS('in_.*'), {", ".join(packed.of_answers())} FROM placed;
        CREATE OR REPLACE TABLE own AS
        SELECT kept.depth, kept.place, kept.above, {whole} FROM ({groups}) AS groups INNER JOIN kept USING (place);
        DROP TABLE packed;
    """)
    here, level = packed, f"own WHERE depth = {deepest}"
    for depth in range(deepest, -1, -1):
        if depth < deepest:
            wide = Packed(codes, most[depth].bit_length())
            sums = ", ".join(f"sum(w{word}::DOUBLE) AS w{word}" for word in range(wide.words))
            whole = ", ".join(f"sums.w{word}::BIGINT AS w{word}" for word in range(wide.words))
            database.execute(f"""
                CREATE OR REPLACE TABLE level_{depth} AS
                WITH parts AS (
                    SELECT above AS place, {", ".join(here.wider(wide.bits))} FROM {level}
                    UNION ALL
                    SELECT place, {", ".join(packed.wider(wide.bits))} FROM own WHERE depth = {depth}
                ),
                sums AS (SELECT place, {sums} FROM parts GROUP BY place)
                SELECT place, kept.above, {whole} FROM sums INNER JOIN kept USING (place);
            """)
            here, level = wide, f"level_{depth}"
        found = fetched(database, f"FROM {level}")
        unit, cut = np.divmod(found["place"], CUTS)
        for name, given in here.counts([found[f"w{word}"].astype(np.int64, copy=False) for word in range(here.words)]):
            yield unit, cut, name, given


def fetched(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, Numbers]:
    """What a query finds, as NumPy columns; 0 where there is nothing."""
    found = database.sql(query).fetchnumpy()
    return {name: np.ma.filled(cast("Numbers", values), 0) for name, values in found.items()}


def main() -> None:
    """Prints both checksums."""
    checksum, folder = Checksum(), Path(sys.argv[1])
    with duckdb.connect() as database:
        most = place(database, folder)
        read(database, folder)
        people = fetched(database, "SELECT unit, cut, people FROM kept")
        checksum.add(people["unit"], people["cut"], [RATE], of_rate(people["people"]))
        for codes in TOGETHER:
            for unit, cut, name, given in counted(database, most, codes):
                if name in SCALES:
                    figures = of_steps(given, np.array(SCORES), np.array(SIDES))
                else:
                    figures = of_answers(MEASURE.get(name, name), [*given])
                checksum.add(unit, cut, [MEASURE.get(name, name)], figures)
    print(json.dumps(checksum.answer()))


if __name__ == "__main__":
    main()
