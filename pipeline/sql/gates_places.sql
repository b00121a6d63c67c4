-- People counted in one table, unit by unit and then up the tree: for each unit and category how many have a
-- value for each measure. `placed` has a row an answer record, and a column a measure, null for none.
WITH own AS (
    SELECT
        unit,
        category,
        count(*) AS people,
        count(COLUMNS(* EXCLUDE (unit, category))) AS '\0' -- noqa: RF05
    FROM placed
    WHERE category <> ''
    GROUP BY unit, category
),

counted AS (
    UNPIVOT own
    ON COLUMNS(* EXCLUDE (unit, category, people))
    INTO NAME measure VALUE answered
)

SELECT
    ancestors.ancestor AS unit,
    counted.category,
    counted.measure,
    sum(counted.answered)::BIGINT AS answered
FROM counted
INNER JOIN ancestors ON counted.unit = ancestors.unit
GROUP BY ancestors.ancestor, counted.category, counted.measure
