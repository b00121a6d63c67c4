-- All columns of the view that it filters, also those that it gains.
SELECT facts_labelled.* -- noqa: AM04
FROM facts_labelled
WHERE
    facts_labelled.wave = (
        SELECT waves.wave
        FROM waves
        ORDER BY waves.closes DESC, waves.wave DESC
        LIMIT 1
    )
