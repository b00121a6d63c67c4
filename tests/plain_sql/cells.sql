-- Counts every unit x segment x category x measure, over the whole tree, from the values that count.
WITH attributes AS (
    SELECT
        unpivoted.origin,
        unpivoted.unit,
        unpivoted.segment,
        unpivoted.category
    FROM (
        UNPIVOT origins
        ON COLUMNS(* EXCLUDE (origin, unit))
        INTO NAME segment VALUE category
    ) AS unpivoted
    WHERE unpivoted.category <> ''
),

-- Where each origin is counted in its own unit: among everybody, in its categories, and in crossings of them.
-- Whoever is unknown in one segment of a crossing is in none of its cells. Only crossings are put together;
-- everybody and the single segments, which are most of the rows, go through as they are.
located AS (
    SELECT
        attributes.origin,
        attributes.unit,
        crossings.crossing AS segment,
        attributes.category
    FROM attributes
    INNER JOIN crossings ON attributes.segment = crossings.segment
    WHERE crossings.segments = 1
    UNION ALL
    SELECT
        attributes.origin,
        attributes.unit,
        crossings.crossing AS segment,
        string_agg(attributes.category, '*' ORDER BY crossings.position) AS category
    FROM attributes
    INNER JOIN crossings ON attributes.segment = crossings.segment
    WHERE crossings.segments > 1
    GROUP BY attributes.origin, attributes.unit, crossings.crossing
    HAVING count(*) = max(crossings.segments)
),

-- How often each value was given in a unit itself, then in every unit above it.
given AS (
    SELECT
        located.unit,
        located.segment,
        located.category,
        scores.measure,
        scores.steps,
        scores.side,
        count(*) AS answers
    FROM scores
    INNER JOIN counted ON scores.submission = counted.submission
    INNER JOIN located ON counted.origin = located.origin
    GROUP BY located.unit, located.segment, located.category, scores.measure, scores.steps, scores.side
),

histogram AS (
    SELECT
        ancestors.ancestor AS unit,
        given.segment,
        given.category,
        given.measure,
        given.steps,
        given.side,
        sum(given.answers) AS answers
    FROM given
    INNER JOIN ancestors ON given.unit = ancestors.unit
    GROUP BY ancestors.ancestor, given.segment, given.category, given.measure, given.steps, given.side
),

figures AS (
    SELECT
        unit,
        segment,
        category,
        measure,
        sum(answers) AS answered,
        sum(answers * steps) AS total,
        sum(answers * steps * steps) AS squares,
        max(answers) AS modal,
        coalesce(sum(answers) FILTER (WHERE side = 1), 0) AS favourable,
        coalesce(sum(answers) FILTER (WHERE side = 0), 0) AS neutral,
        coalesce(sum(answers) FILTER (WHERE side = -1), 0) AS unfavourable
    FROM histogram
    GROUP BY unit, segment, category, measure
),

-- People are fewer than answers where somebody answered more than once; only those are looked at one by one.
several AS (
    SELECT respondent
    FROM counted
    GROUP BY respondent
    HAVING count(*) > 1
),

again AS (
    SELECT
        ancestors.ancestor AS unit,
        located.segment,
        located.category,
        scores.measure,
        counted.respondent,
        count(*) - 1 AS answers
    FROM counted
    INNER JOIN several ON counted.respondent = several.respondent
    INNER JOIN scores ON counted.submission = scores.submission
    INNER JOIN located ON counted.origin = located.origin
    INNER JOIN ancestors ON located.unit = ancestors.unit
    GROUP BY ancestors.ancestor, located.segment, located.category, scores.measure, counted.respondent
),

repeated AS (
    SELECT
        unit,
        segment,
        category,
        measure,
        sum(answers) AS answers
    FROM again
    GROUP BY unit, segment, category, measure
),

-- Where somebody was invited; where nobody is invited by name, where somebody answered.
present AS (
    SELECT DISTINCT counted.origin
    FROM counted
    INNER JOIN scores ON counted.submission = scores.submission
),

present_at AS (
    SELECT
        located.unit,
        located.segment,
        located.category,
        count(*) AS people
    FROM located
    WHERE
        (SELECT collection.roster FROM collection)
        OR located.origin IN (SELECT present.origin FROM present)
    GROUP BY located.unit, located.segment, located.category
),

places AS (
    SELECT
        ancestors.ancestor AS unit,
        present_at.segment,
        present_at.category,
        sum(present_at.people)::BIGINT AS people
    FROM present_at
    INNER JOIN ancestors ON present_at.unit = ancestors.unit
    GROUP BY ancestors.ancestor, present_at.segment, present_at.category
),

-- A measure that nobody has a value for was not measured in this wave, and has no cells.
measured AS (
    SELECT DISTINCT measure
    FROM scores
)

SELECT
    places.unit,
    places.segment,
    places.category,
    measured.measure,
    (coalesce(figures.answered, 0) - coalesce(repeated.answers, 0))::BIGINT AS respondents,
    coalesce(figures.answered, 0)::BIGINT AS answered,
    CASE WHEN collection.roster THEN places.people END AS invited,
    coalesce(figures.total, 0)::BIGINT AS total,
    coalesce(figures.squares, 0)::BIGINT AS squares,
    (CASE WHEN rates.measure IS NULL THEN coalesce(figures.modal, 0) ELSE 0 END)::BIGINT AS modal,
    coalesce(figures.favourable, 0)::BIGINT AS favourable,
    coalesce(figures.neutral, 0)::BIGINT AS neutral,
    coalesce(figures.unfavourable, 0)::BIGINT AS unfavourable
FROM places
CROSS JOIN measured
CROSS JOIN collection
LEFT JOIN figures
    ON
        places.unit = figures.unit
        AND places.segment = figures.segment
        AND places.category = figures.category
        AND measured.measure = figures.measure
LEFT JOIN repeated
    ON
        places.unit = repeated.unit
        AND places.segment = repeated.segment
        AND places.category = repeated.category
        AND measured.measure = repeated.measure
LEFT JOIN rates ON measured.measure = rates.measure
ORDER BY places.unit, places.segment, places.category, measured.measure
