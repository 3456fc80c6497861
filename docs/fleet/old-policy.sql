-- Which machines' last run went by another content of a policy layer than the newest, and
-- how many days older that content is; a machine without the layer comes first.
-- Another layer than the system's: SET VARIABLE layer = 'user';
WITH layers AS (
    SELECT machine, time, layer.sha256, layer.changed
    FROM runs, unnest(policy) AS layers(layer)
    WHERE layer.layer = coalesce(getvariable('layer'), 'system')
), contents AS ( -- a content is as old as the machine that had it first
    SELECT sha256, min(changed) AS first FROM layers GROUP BY sha256
), newest AS (
    SELECT sha256, first FROM contents ORDER BY first DESC LIMIT 1
), last AS (
    SELECT machine, max(time) AS last_run FROM runs GROUP BY machine
), now AS (
    SELECT machine, sha256 FROM layers
    QUALIFY row_number() OVER (PARTITION BY machine ORDER BY time DESC) = 1
)
SELECT machine, last_run, left(now.sha256, 12) AS has, date_diff('day', contents.first, newest.first) AS days_behind
FROM last
CROSS JOIN newest
LEFT JOIN now USING (machine)
LEFT JOIN contents ON contents.sha256 = now.sha256
WHERE now.sha256 IS DISTINCT FROM newest.sha256
ORDER BY days_behind DESC NULLS FIRST, machine;
