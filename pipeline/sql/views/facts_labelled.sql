-- Every column of the facts, also those that they gain, with the names of what they speak of.
SELECT
    facts.*, -- noqa: AM04
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
    measures.factor,
    coalesce(units.name, units.unit) AS unit_name,
    CASE facts.status WHEN 'F' THEN 'vist' WHEN 'C' THEN 'tilbakeholdt' ELSE 'ikke målt' END AS status_nb,
    CASE facts.status WHEN 'F' THEN 'shown' WHEN 'C' THEN 'withheld' ELSE 'not measured' END AS status_en
FROM facts
INNER JOIN waves ON facts.wave = waves.wave
INNER JOIN units ON facts.wave = units.wave AND facts.unit = units.unit
INNER JOIN segments ON facts.segment = segments.segment AND facts.category = segments.category
INNER JOIN measures ON facts.measure = measures.measure
