-- Which ignores of known vulnerabilities end this month, where they last counted, and for
-- how many machines. Another month: SET VARIABLE today = DATE '2027-01-01';
WITH counted AS (
    SELECT machine, place, ignore.id, ignore.name, ignore.version, ignore.expires
    FROM runs, unnest(ignored) AS ignored_here(ignore)
    QUALIFY row_number() OVER (PARTITION BY machine, place, ignore.id, ignore.name ORDER BY time DESC) = 1
)
SELECT expires, id, name, count(DISTINCT machine) AS machines, count(*) AS environments
FROM counted
WHERE date_trunc('month', expires) = date_trunc('month', coalesce(getvariable('today'), current_date))
GROUP BY ALL
ORDER BY expires, id, name;
