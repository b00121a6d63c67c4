-- How people filled in one instrument: whoever gave one and the same answer to every question, and patterns
-- of answers that come up again. Only those are looked at who answered at least `least` of the questions.
WITH given AS (
    SELECT
        list_count([*COLUMNS(*)]) AS answered,
        least(*COLUMNS(*)) = greatest(*COLUMNS(*)) AS straight,
        hash(*COLUMNS(*)) AS pattern
    FROM answers
),

patterns AS (
    SELECT
        pattern,
        count(*) AS people
    FROM given
    WHERE answered >= getvariable('least') AND NOT straight
    GROUP BY pattern
)

SELECT
    count(*) AS people,
    coalesce(count(*) FILTER (given.straight), 0) AS straight,
    (
        SELECT coalesce(sum(patterns.people), 0)::BIGINT
        FROM patterns
        WHERE patterns.people > 1
    ) AS repeated
FROM given
WHERE given.answered >= getvariable('least')
