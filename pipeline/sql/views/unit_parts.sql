SELECT
    parts.survey,
    parts.wave,
    parts.parent AS unit,
    parts.measure,
    parts.kind,
    count(*) AS parts,
    count(CASE parts.status WHEN 'C' THEN 1 END) AS parts_withheld,
    CASE WHEN count(*) = count(parts.answered) THEN cast(sum(parts.answered) AS bigint) END AS answered
FROM facts_labelled AS parts
WHERE parts.segment = 'all' AND parts.parent IS NOT NULL
GROUP BY parts.survey, parts.wave, parts.parent, parts.measure, parts.kind
