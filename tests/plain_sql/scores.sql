-- One row for every value that a submission has: its steps, and the side of the middle that it is on (1 for
-- favourable, 0 neutral, -1 unfavourable; null for a rate, which has no sides). pipeline/scoring.py says why.
WITH given AS (
    SELECT
        unpivoted.submission,
        unpivoted.item,
        unpivoted.answer::BIGINT AS answer
    FROM (
        UNPIVOT answers
        ON COLUMNS(* EXCLUDE (submission))
        INTO NAME item VALUE answer
    ) AS unpivoted
),

moved AS (
    SELECT
        given.submission,
        given.item,
        items.scale,
        items.score,
        items.good,
        given.answer,
        CASE WHEN items.reverse THEN items.high - given.answer ELSE given.answer - items.low END AS distance,
        items.high - items.low AS width
    FROM given
    INNER JOIN items ON given.item = items.item
),

of_items AS (
    SELECT
        submission,
        item AS measure,
        answer AS steps,
        good * sign(2 * distance - width) AS side
    FROM moved
    WHERE score = 'points'
),

sums AS (
    SELECT
        submission,
        scale,
        count(*) AS answered,
        sum(distance) AS distance
    FROM moved
    WHERE score = 'points'
    GROUP BY submission, scale
),

-- A scale with too few answered items has no row in scale_steps, and so no score.
whole AS (
    SELECT
        sums.submission,
        sums.scale AS measure,
        scale_steps.span,
        scale_steps.good,
        (sums.distance * scale_steps.factor)::BIGINT AS steps
    FROM sums
    INNER JOIN scale_steps ON sums.scale = scale_steps.scale AND sums.answered = scale_steps.answered
),

-- From 62.5 % of the range to its good end is favourable, from 37.5 % to the other not: beyond the answers
-- next to the middle of five.
of_scales AS (
    SELECT
        submission,
        measure,
        steps,
        good * CASE WHEN 8 * steps >= 5 * span THEN 1 WHEN 8 * steps <= 3 * span THEN -1 ELSE 0 END AS side
    FROM whole
),

of_indexes AS (
    SELECT
        submission,
        scale AS measure,
        CASE WHEN answer >= 9 THEN 1 WHEN answer >= 7 THEN 0 ELSE -1 END AS steps
    FROM moved
    WHERE score = 'nps'
),

-- Whoever answered anything at all has answered.
of_rates AS (
    SELECT DISTINCT
        given.submission,
        rates.measure
    FROM given
    CROSS JOIN rates
),

together AS (
    SELECT
        submission,
        measure,
        steps,
        side
    FROM of_items
    UNION ALL
    SELECT
        submission,
        measure,
        steps,
        side
    FROM of_scales
    UNION ALL
    SELECT
        submission,
        measure,
        steps,
        steps AS side
    FROM of_indexes
    UNION ALL
    SELECT
        submission,
        measure,
        1 AS steps,
        NULL AS side
    FROM of_rates
)

SELECT
    submission,
    measure,
    steps::BIGINT AS steps,
    side::BIGINT AS side
FROM together
