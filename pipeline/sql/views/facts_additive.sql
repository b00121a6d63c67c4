-- A unit is opened when each of its parts states a figure and together they are as many as it is. A row is of
-- a unit that is not opened, under units that all are: no row holds another, and all rows are everybody.
WITH weighed AS (
    SELECT
        *,
        CASE kind WHEN 'rate' THEN invited ELSE answered END AS weight
    FROM facts_labelled
    WHERE segment = 'all'
),

opened AS (
    SELECT
        whole.wave,
        whole.unit,
        whole.measure
    FROM weighed AS whole
    INNER JOIN weighed AS parts
        ON whole.wave = parts.wave AND whole.measure = parts.measure AND whole.unit = parts.parent
    GROUP BY whole.wave, whole.unit, whole.measure, whole.weight
    HAVING count(*) = count(parts.weight) AND sum(parts.weight) = whole.weight
),

reached AS (
    SELECT
        unit_path.wave,
        unit_path.unit,
        opened.measure,
        count(*) AS opened_above
    FROM unit_path
    INNER JOIN opened ON unit_path.wave = opened.wave AND unit_path.ancestor = opened.unit
    WHERE unit_path.distance > 0
    GROUP BY unit_path.wave, unit_path.unit, opened.measure
)

SELECT
    weighed.survey,
    weighed.wave,
    weighed.wave_nb,
    weighed.wave_en,
    weighed.closes,
    weighed.unit,
    weighed.unit_name,
    weighed.depth,
    weighed.path,
    weighed.measure,
    weighed.measure_nb,
    weighed.measure_en,
    weighed.kind,
    weighed.weight,
    round(weighed.mean * weighed.weight, 2) AS points
FROM weighed
LEFT JOIN reached
    ON weighed.wave = reached.wave AND weighed.unit = reached.unit AND weighed.measure = reached.measure
LEFT JOIN opened
    ON weighed.wave = opened.wave AND weighed.unit = opened.unit AND weighed.measure = opened.measure
WHERE weighed.weight IS NOT NULL AND opened.unit IS NULL AND coalesce(reached.opened_above, 0) = weighed.depth
