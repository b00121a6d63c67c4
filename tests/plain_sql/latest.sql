-- Of several submissions of one respondent (about one unit, where one answers about several) the latest
-- counts. One without a time is older than any with one; ties go by the file's hash and the record's number,
-- so that the order in which files landed decides nothing.
WITH numbered AS (
    SELECT
        submissions.submission,
        submissions.respondent,
        submissions.about,
        submissions.origin,
        row_number() OVER (
            PARTITION BY submissions.respondent, submissions.about
            ORDER BY
                submissions.submitted DESC NULLS LAST,
                submissions.source DESC,
                submissions.record DESC
        ) AS age
    FROM submissions
)

SELECT
    submission,
    respondent,
    about,
    origin
FROM numbered
WHERE age = 1
ORDER BY submission
