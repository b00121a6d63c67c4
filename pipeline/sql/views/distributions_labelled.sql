-- Every answer of every published distribution, with the names of what it speaks of.
SELECT
    distributions.*, -- noqa: AM04
    waves.name_nb AS wave_nb,
    waves.name_en AS wave_en,
    waves.closes,
    units.parent,
    units.depth,
    units.path,
    segments.segment_nb,
    segments.segment_en,
    segments.category_nb,
    segments.category_en,
    measures.name_nb AS measure_nb,
    measures.name_en AS measure_en,
    measures.scale,
    measures.low,
    measures.high,
    coalesce(units.name, units.unit) AS unit_name
FROM distributions
INNER JOIN waves ON distributions.wave = waves.wave
INNER JOIN units ON distributions.wave = units.wave AND distributions.unit = units.unit
INNER JOIN segments ON distributions.segment = segments.segment AND distributions.category = segments.category
INNER JOIN measures ON distributions.measure = measures.measure
