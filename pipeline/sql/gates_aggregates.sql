-- The protected rows of a wave against what was specified and counted again from people: a row a table
-- (segment, by number), everything in it a number of rows that are not as they should be, but for `rows`,
-- `expected` and `free`. An address (unit, segment, category, measure) is one number here, `place`;
-- `repeated` has a row for each row of `protected` but the first at its place.
WITH counted AS (
    SELECT
        expected.answered AS people,
        cells.answered,
        expected.place IS NOT NULL AS asked,
        coalesce(expected.place, cells.place) AS place,
        coalesce(expected.segment, cells.segment) AS segment
    FROM expected
    FULL JOIN cells ON expected.place = cells.place
),

-- What was counted, against the people themselves.
against AS (
    SELECT
        segment,
        count(*) FILTER (WHERE people IS DISTINCT FROM answered) AS totals_off
    FROM counted
    GROUP BY segment
),

specified AS (
    SELECT
        segment,
        count(*) AS expected
    FROM expected
    GROUP BY segment
),

-- What is stated, against what was counted for it; rows that stay as they were published are about others.
stated AS (
    SELECT
        protected.segment,
        count(*) FILTER (WHERE counted.asked) AS asked,
        count(*) FILTER (
            WHERE protected.status = 'F'
            AND kept.place IS NULL
            AND protected.answered IS DISTINCT FROM counted.answered
        ) AS unlike_counted
    FROM protected
    LEFT JOIN counted ON protected.place = counted.place
    LEFT JOIN kept ON protected.place = kept.place
    GROUP BY protected.segment
),

again AS (
    SELECT
        repeated.segment,
        count(*) AS repeated,
        count(expected.place) AS asked
    FROM repeated
    LEFT JOIN expected ON repeated.place = expected.place
    GROUP BY repeated.segment
),

judged AS (
    SELECT
        segment,
        count(*) AS stated_rows,
        count(*) FILTER (WHERE status IS NULL OR status NOT IN ('F', 'C', 'N')) AS unknown_status,
        count(*) FILTER (
            WHERE status = 'F' AND (answered IS NULL OR answered < getvariable('mean'))
        ) AS below_minimum,
        count(*) FILTER (
            WHERE coalesce(squares, favourable, neutral, unfavourable) IS NOT NULL
            AND (answered IS NULL OR answered < getvariable('distribution'))
        ) AS finer_below_minimum,
        count(*) FILTER (
            WHERE status IS DISTINCT FROM 'F'
            AND coalesce(answered, invited, total, squares, favourable, neutral, unfavourable) IS NOT NULL
        ) AS withheld_with_figures,
        count(*) FILTER (WHERE least(answered, invited, favourable, neutral, unfavourable) < 0) AS negative,
        count(*) FILTER (
            WHERE favourable IS NOT NULL AND favourable + neutral + unfavourable IS DISTINCT FROM answered
        ) AS shares_off,
        -- In exact integers: n * sum of squares is never less than the square of the sum.
        count(*) FILTER (WHERE squares::HUGEINT * answered < total::HUGEINT * total) AS spread_off,
        count(*) FILTER (WHERE invited < answered) AS more_than_invited,
        count(*) FILTER (
            WHERE getvariable('roster') = 1 AND rate AND status = 'F' AND invited IS NULL
        ) AS rate_alone,
        avg((status = 'F')::INTEGER) AS free
    FROM protected
    GROUP BY segment
)

SELECT
    judged.free,
    coalesce(judged.segment, specified.segment, against.segment) AS segment,
    coalesce(judged.stated_rows, 0) AS rows, -- noqa: RF04
    coalesce(specified.expected, 0) AS expected,
    coalesce(specified.expected, 0) - (coalesce(stated.asked, 0) - coalesce(again.asked, 0)) AS missing,
    coalesce(judged.stated_rows, 0) - coalesce(again.repeated, 0)
    - (coalesce(stated.asked, 0) - coalesce(again.asked, 0)) AS unexpected,
    coalesce(again.repeated, 0) AS repeated,
    coalesce(judged.unknown_status, 0) AS unknown_status,
    coalesce(judged.below_minimum, 0) AS below_minimum,
    coalesce(judged.finer_below_minimum, 0) AS finer_below_minimum,
    coalesce(judged.withheld_with_figures, 0) AS withheld_with_figures,
    coalesce(judged.negative, 0) AS negative,
    coalesce(judged.shares_off, 0) AS shares_off,
    coalesce(judged.spread_off, 0) AS spread_off,
    coalesce(against.totals_off, 0) AS totals_off,
    coalesce(stated.unlike_counted, 0) AS unlike_counted,
    coalesce(judged.more_than_invited, 0) AS more_than_invited,
    coalesce(judged.rate_alone, 0) AS rate_alone
FROM judged
FULL JOIN specified ON judged.segment = specified.segment
FULL JOIN against ON coalesce(judged.segment, specified.segment) = against.segment
LEFT JOIN stated ON judged.segment = stated.segment
LEFT JOIN again ON judged.segment = again.segment
