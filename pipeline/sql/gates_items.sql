-- The items of one scale, moved so that 0 is the unfavourable end: counts, sums and bands of each, and how
-- it goes together with the mean of the other answered items of the scale (corrected item-total correlation).
-- One row, one struct an item, in the order of the columns; `total` and `answered` are of the whole record.
SELECT
    {
        'answered': count(COLUMNS(* EXCLUDE (total, answered))),
        'outside': count(*) FILTER (
            COLUMNS(* EXCLUDE (total, answered)) NOT BETWEEN 0 AND getvariable('width')
        ),
        'total': sum(COLUMNS(* EXCLUDE (total, answered))::BIGINT)::BIGINT,
        'squares': sum(
            COLUMNS(* EXCLUDE (total, answered))::BIGINT * COLUMNS(* EXCLUDE (total, answered))::BIGINT
        )::BIGINT,
        'favourable': count(*) FILTER (2 * COLUMNS(* EXCLUDE (total, answered)) > getvariable('above')),
        'unfavourable': count(*) FILTER (2 * COLUMNS(* EXCLUDE (total, answered)) < getvariable('below')),
        'rest': corr(
            COLUMNS(* EXCLUDE (total, answered)),
            (total - COLUMNS(* EXCLUDE (total, answered))) / (answered - 1)
        ) FILTER (answered > 1)
    }
FROM moved
