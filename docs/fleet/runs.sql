-- The runs of all collected logs as a table, each once: what the other queries read.
-- Beforehand, where the logs lie elsewhere:
--   SET VARIABLE logs = '/srv/collected/**/log.jsonl*';
CREATE OR REPLACE TEMP TABLE runs AS
SELECT * EXCLUDE (filename),
       -- A line of an older thresher does not say which machine it is of; its folder does.
       coalesce(host, parse_filename(parse_dirpath(filename))) AS machine,
       coalesce(target, environment_id, environment) AS place
FROM read_json(
    coalesce(getvariable('logs'), 'collected/**/log.jsonl*'),
    format = 'newline_delimited', filename = true,
    columns = {
        schema: 'INTEGER', words: 'VARCHAR', id: 'VARCHAR', time: 'TIMESTAMPTZ', host: 'VARCHAR', cwd: 'VARCHAR',
        environment: 'VARCHAR', environment_id: 'VARCHAR', target: 'VARCHAR', argv: 'VARCHAR[]',
        requested: 'VARCHAR[]',
        verdicts: 'STRUCT(subject VARCHAR, rule VARCHAR, action VARCHAR, observed VARCHAR, evidence VARCHAR)[]',
        changed: 'STRUCT(name VARCHAR, before VARCHAR, after VARCHAR, index VARCHAR, sha256 VARCHAR, url VARCHAR,
            before_url VARCHAR)[]',
        vulnerabilities: 'STRUCT(name VARCHAR, version VARCHAR, id VARCHAR)[]',
        ignored: 'STRUCT(name VARCHAR, version VARCHAR, id VARCHAR, expires DATE)[]',
        policy: 'STRUCT(layer VARCHAR, source VARCHAR, sha256 VARCHAR, changed TIMESTAMPTZ)[]',
        status: 'INTEGER', observed_status: 'INTEGER', pip: 'VARCHAR', thresher: 'VARCHAR', milliseconds: 'BIGINT',
        pip_ran: 'BOOLEAN', note: 'VARCHAR'
    })
QUALIFY row_number() OVER (PARTITION BY id, time ORDER BY filename) = 1;
