SELECT
    survey,
    wave,
    closes,
    unit,
    unit_name,
    parent,
    depth,
    path,
    segment,
    category,
    count(CASE status WHEN 'C' THEN 1 END) AS withheld
    -- and the mean of each measure
FROM facts_labelled
GROUP BY survey, wave, closes, unit, unit_name, parent, depth, path, segment, category
