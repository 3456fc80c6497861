-- Refusals by week and rule: how many runs, and how many that only observe, of how many
-- machines, and about how many names.
SELECT date_trunc('week', time AT TIME ZONE 'UTC')::DATE AS week, verdict.rule,
       count(DISTINCT id) FILTER (verdict.observed IS NULL) AS refused,
       count(DISTINCT id) FILTER (verdict.observed IS NOT NULL) AS observed,
       count(DISTINCT machine) AS machines, count(DISTINCT verdict.subject) AS subjects
FROM runs, unnest(verdicts) AS verdicts_here(verdict)
WHERE status = 20 AND verdict.action IN ('block', 'ask') OR verdict.observed IN ('block', 'ask')
GROUP BY ALL
ORDER BY week, refused DESC, observed DESC, verdict.rule;
