-- Every answer of every published distribution, with the names that its figure has.
SELECT
    distributions.*, -- noqa: AM04
    facts_labelled.wave_nb,
    facts_labelled.wave_en,
    facts_labelled.closes,
    facts_labelled.parent,
    facts_labelled.depth,
    facts_labelled.path,
    facts_labelled.segment_nb,
    facts_labelled.segment_en,
    facts_labelled.category_nb,
    facts_labelled.category_en,
    facts_labelled.measure_nb,
    facts_labelled.measure_en,
    facts_labelled.scale,
    facts_labelled.low,
    facts_labelled.high,
    facts_labelled.unit_name
FROM distributions
INNER JOIN facts_labelled
    ON
        distributions.wave = facts_labelled.wave
        AND distributions.unit = facts_labelled.unit
        AND distributions.segment = facts_labelled.segment
        AND distributions.category = facts_labelled.category
        AND distributions.measure = facts_labelled.measure
