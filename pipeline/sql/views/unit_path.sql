SELECT
    below.wave,
    below.unit,
    above.unit AS ancestor,
    above.depth AS ancestor_depth,
    coalesce(below.name, below.unit) AS unit_name,
    coalesce(above.name, above.unit) AS ancestor_name,
    below.depth - above.depth AS distance
FROM units AS below
INNER JOIN units AS above
    ON below.wave = above.wave AND starts_with(concat(below.path, '/'), concat(above.path, '/'))
