-- The accepted records of a wave as a whole: who they are of, where they came from, and when.
WITH roster AS (
    SELECT DISTINCT respondent
    FROM people
),

told AS (
    SELECT DISTINCT respondent
    FROM records
),

files AS (
    SELECT count(*) AS taken
    FROM (
        SELECT DISTINCT
            source,
            record
        FROM records
    ) AS taken_from
)

SELECT
    count(*) AS answers,
    (SELECT count(*) FROM told) AS respondents,
    (SELECT count(*) FROM roster) AS invited,
    (SELECT count(*) FROM told SEMI JOIN roster ON told.respondent = roster.respondent) AS reached,
    count(*) FILTER (
        records.respondent IS NULL OR NOT regexp_matches(records.respondent, '^[0-9a-f]{32}$')
    ) AS no_pseudonym,
    count(DISTINCT records.key_id) AS key_ids,
    count(*) FILTER (
        records.source IS NULL OR NOT regexp_matches(records.source, '^[0-9a-f]{64}$')
    ) AS unsourced,
    count(*) - (SELECT files.taken FROM files) AS taken_twice,
    count(*) FILTER (records.unit IS NULL) AS without_unit,
    quantile_disc(records.days_early, 0.99) AS days_early,
    quantile_disc(records.days_late, 0.99) AS days_late
FROM records
