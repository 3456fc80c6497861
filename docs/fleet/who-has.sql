-- Where one release stands: the last change of the package in each environment brought it.
-- Beforehand:
--   SET VARIABLE name = 'litellm'; SET VARIABLE version = '1.82.8';
WITH changes AS (
    SELECT machine, place, coalesce(target, environment) AS environment, time, change.after AS version
    FROM runs, unnest(changed) AS changes(change)
    WHERE lower(regexp_replace(change.name, '[-_.]+', '-', 'g'))
        = lower(regexp_replace(getvariable('name'), '[-_.]+', '-', 'g'))
)
SELECT machine, environment, place, version, time AS since
FROM changes
QUALIFY row_number() OVER (PARTITION BY machine, place ORDER BY time DESC) = 1 AND version = getvariable('version')
ORDER BY machine, environment, place;
