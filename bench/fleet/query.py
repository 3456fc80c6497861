"""Runs docs/fleet/*.sql with DuckDB: the words are the folder of the queries, the
pattern of the logs, and VARIABLE=VALUE; prints the answers and times as JSON."""

import datetime
import json
import pathlib
import sys
import time

import duckdb

folder, logs = pathlib.Path(sys.argv[1]), sys.argv[2]
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
database.execute("SET enable_progress_bar = false")
database.execute("SET VARIABLE logs = '%s'" % logs.replace("'", "''"))
for word in sys.argv[3:]:
    name, value = word.split("=", 1)
    database.execute("SET VARIABLE %s = %s" % (name, value))
answers = {}
names = sorted(path.stem for path in folder.glob("*.sql"))
names.remove("runs")
for name in ["runs"] + names:
    began = time.perf_counter()
    database.execute((folder / (name + ".sql")).read_text())
    rows = [] if name == "runs" else database.fetchall()
    answers[name] = {
        "seconds": time.perf_counter() - began,
        "rows": [[str(value) if isinstance(value, (datetime.date, datetime.datetime)) else value for value in row]
                 for row in rows],
    }
json.dump(answers, sys.stdout)
