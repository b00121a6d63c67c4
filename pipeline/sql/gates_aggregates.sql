-- The protected rows of a wave against what was specified and counted again from people: a row a table
-- (segment), everything in it a number of rows that are not as they should be, but for `rows`, `expected` and
-- `free`.
WITH stated AS (
    SELECT
        protected.*,
        kept.unit IS NOT NULL AS stays
    FROM protected
    LEFT JOIN kept
        ON
            protected.unit = kept.unit
            AND protected.segment = kept.segment
            AND protected.category = kept.category
            AND protected.measure = kept.measure
),

present AS (
    SELECT
        unit,
        segment,
        category,
        measure,
        count(*) AS times
    FROM protected
    GROUP BY unit, segment, category, measure
),

repeated AS (
    SELECT
        segment,
        sum(times - 1) AS repeated
    FROM present
    GROUP BY segment
),

missing AS (
    SELECT
        expected.segment,
        count(*) AS expected,
        count(*) FILTER (WHERE present.unit IS NULL) AS missing
    FROM expected
    LEFT JOIN present
        ON
            expected.unit = present.unit
            AND expected.segment = present.segment
            AND expected.category = present.category
            AND expected.measure = present.measure
    GROUP BY expected.segment
),

-- What is stated, and what was counted for it, against the people themselves.
against AS (
    SELECT
        coalesce(cells.segment, expected.segment) AS segment,
        count(*) FILTER (WHERE cells.answered IS DISTINCT FROM expected.answered) AS totals_off
    FROM cells
    FULL JOIN expected
        ON
            cells.unit = expected.unit
            AND cells.segment = expected.segment
            AND cells.category = expected.category
            AND cells.measure = expected.measure
    GROUP BY coalesce(cells.segment, expected.segment)
),

unlike AS (
    SELECT
        stated.segment,
        count(*) FILTER (
            WHERE stated.status = 'F' AND NOT stated.stays AND stated.answered IS DISTINCT FROM cells.answered
        ) AS unlike_counted
    FROM stated
    LEFT JOIN cells
        ON
            stated.unit = cells.unit
            AND stated.segment = cells.segment
            AND stated.category = cells.category
            AND stated.measure = cells.measure
    GROUP BY stated.segment
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
            WHERE getvariable('roster') = 1 AND measure = 'response_rate' AND status = 'F' AND invited IS NULL
        ) AS rate_alone,
        avg((status = 'F')::INTEGER) AS free
    FROM stated
    GROUP BY segment
)

SELECT
    judged.free,
    coalesce(judged.segment, missing.segment, against.segment) AS subject,
    coalesce(judged.stated_rows, 0) AS rows, -- noqa: RF04
    coalesce(missing.expected, 0) AS expected,
    coalesce(missing.missing, 0) AS missing,
    coalesce(judged.stated_rows, 0) - coalesce(repeated.repeated, 0)
    - (coalesce(missing.expected, 0) - coalesce(missing.missing, 0)) AS unexpected,
    coalesce(repeated.repeated, 0) AS repeated,
    coalesce(judged.unknown_status, 0) AS unknown_status,
    coalesce(judged.below_minimum, 0) AS below_minimum,
    coalesce(judged.finer_below_minimum, 0) AS finer_below_minimum,
    coalesce(judged.withheld_with_figures, 0) AS withheld_with_figures,
    coalesce(judged.negative, 0) AS negative,
    coalesce(judged.shares_off, 0) AS shares_off,
    coalesce(judged.spread_off, 0) AS spread_off,
    coalesce(against.totals_off, 0) AS totals_off,
    coalesce(unlike.unlike_counted, 0) AS unlike_counted,
    coalesce(judged.more_than_invited, 0) AS more_than_invited,
    coalesce(judged.rate_alone, 0) AS rate_alone
FROM judged
FULL JOIN missing ON judged.segment = missing.segment
FULL JOIN against ON coalesce(judged.segment, missing.segment) = against.segment
LEFT JOIN repeated ON judged.segment = repeated.segment
LEFT JOIN unlike ON judged.segment = unlike.segment
ORDER BY subject
