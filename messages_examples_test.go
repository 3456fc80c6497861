package main

// examples are what a value is shown as in the golden messages, by the last word
// of the expression that gives it, in lower case: entry.Subject and subject are one.
// Where a word means something else in a package, that stands before it.
var examples = map[string]string{
	// Packages, their releases and who has them.
	"removeall": "rm -rf ~/.config/thresher", "show": "cat /home/me/pip.conf",
	"name": "reqeusts", "package": "reqeusts", "canonical": "reqeusts", "subject": "reqeusts", "names": "alpha, beta",
	"target": "requests", "typed": "rn", "wanted": "m", "less": "python-", "use": "json", "parent": "acme-app",
	"policy/rules right": "opencv-python", "owner": "ada",
	"by": "acme-app", "declared": "beta @ git+https://host.example/beta", "requirement": "reqeusts<2",
	"version": "2.31.0", "release": "2.31.0", "before": "1.4.2", "after": "2.31.0", "fix": "2.32.4",
	"fixes":    "PYSEC-2026-7",
	"filename": "reqeusts-2.31.0.tar.gz", "fileof": "reqeusts-2.31.0.tar.gz", "trimspace": "reqeusts 2.31.0",
	"library": "json", "major": "3", "minor": "11", "rank": "12,345", "who": "the index", "what": "who maintains it",
	"others": "the public index", "packages": "3 packages", "counted": "6 maintainers", "addded": "12",

	"paths": "acme_init.pth", "runorruns": "runs", "compared": "2.30.0", "other": "2.30.0",
	"policy/rules deeds": "write over alpha/__init__.py of alpha", "policy/rules files": "alpha/__init__.py",
	"level": "critical", "workflow": "release.yml", "workflows": "the workflow release.yml",
	"policy/rules modules": "alpha/core.abi3.so", "policy/rules commands": "bin/git",
	"sizetext": "0.2 MB", "whose": "alpha", "total": "4,096",
	"rules filename": "reqeusts-2.31.0-py3-none-any.whl", "rules what": "a file of 7 MB",

	"command name": "prefer", "shim what": "acme-app", "shim place": " (requirements.txt:3)", "shim word": "refused",
	"shim where": " (requirements.txt:3)",
	"cli word":   "places with secrets", "cli counted": "8 places with secrets",
	"archive text": "a member is encrypted", "archive dir": "other-1.0.dist-info", "cli one": "place with secrets",

	// Places.
	"path": "/home/me/app/thresher.toml", "file": "requirements.txt", "line": "12", "place": "requirements.txt:3",
	"origin": "requirements.txt:3", "directory": "/home/me/app/.venv", "dir": "/home/me/app/.venv",
	"prefix": "/home/me/app/.venv", "root": "/usr/local", "home": "/home/me", "bin": "~/.local/bin",
	"interpreter": "/usr/bin/python3", "program": "/usr/local/bin/thresher", "log": "~/.local/state/thresher/log.jsonl",
	"url": "https://index.example/simple", "host": "files.example", "hostof": "index.example", "from": "popular.txt",
	"to": "block", "projectfilename": "thresher.toml", "list": "freeze.txt",
	"link":  "https://advisories.example/PYSEC-2026-7",
	"named": "/tmp/policy.toml", "own": "/home/me/.config/thresher/policy.toml",
	"ownlayers": "your own or the system's policy",
	"layers":    "your own or the system's policy", "scheme": "http", "extra": "~/data",
	"there": "/usr/local/bin/thresher",

	"cli collector": "https://collector.example:4318/v1/logs", "cli taken": "200 runs", "cli unsent": "12 runs",
	"cli refused": "3 runs", "cli reason": "the record is too old", "hostname": "collector.example",
	"otlp to": "https://collector.example:4318/v1/logs", "otlp reason": "Bad Gateway",
	"otlp redact": "collector.example", "otlp text": "collector.example",

	"below": "3.1", "build": "acme-app", "last": "acme-app", "allowed": "host:files.example",

	"bounded": "bounded", "argv": "install -U -r requirements.txt", "beforeurl": "file:///home/me/src",
	"day": "2026-11-26 17:41", "environment": "/home/me/app/.venv", "or": "2.2.0", "recorded": "pandas<2.2.0",

	"reference": "https://policy.example/pip.toml", "ending": ".sig", "lines": "line 3: unknown key \"denies\"",
	"object": "7c4a8d09ca37", "sum": "8d3fbd1c3a1f", "behind": "was last seen 4 days ago",
	"fingerprint": "SHA256:AbC (ops)", "message": "is not signed", "dayof": "2026-11-26", "layers date": "2026-11-26",
	"came": "12", "layers kept": "13", "cli date": "2026-11-26", "shim date": "2026-11-26", "largestlayer": "200",
	"vouchedby": "signed by SHA256:AbC (ops)", "namespace": "thresher-policy", "followed": "nothing",
	"layers problem": "problem", "layers counted": "3 problems",

	"wouldbe": "refused", "end": "; see it with: thresher log --last 1 --verdicts",
	"login": "requirements.txt:1", "unset": "TOKEN",
	"policy shared": "belongs to another user", "policy hint": "chmod go-w thresher.toml",

	// Amounts and days.
	"moment": "2026-11-29 15:00 UTC",
	"stays":  "12",
	"count":  "12", "counts": "2", "n": "3", "more": "4", "most": "512", "least": "2", "limit": "7 days", "age": "3 days",
	"second": "30s", "until": "2026-12-01", "expires": "2026-12-31", "latest": "2024-05-17", "first": "2031-01-01",
	"uploadtime": "2031-01-01", "longestmalware": "30 days", "affected": "2", "ignored": "1", "failing": "1",
	"vulnerabilities": "2 known vulnerabilities", "position": "14", "status": "503", "itoa": "503", "added": "12",
	"leaks": "2", "routes": "24", "untried": "1", "byname": "48", "read": "6", "broken": "2", "records": "21,000",
	"malware": "9,000", "changed": "300", "skipped": "2", "score": "9.8",

	// Reasons, rules and words.
	"err": "permission denied", "failure": "permission denied", "stateerr": "permission denied",
	"cause":       "connection refused",
	"errnotexist": "file does not exist", "errnostate": "HOME is not set", "problem": "it is cut off",
	"reason": "our own fork", "reasonof": "cannot be reached", "reasons": "requirements.txt:3 has reqeusts<2",
	"evidence": "may be meant for requests: one of two \"e\" left out", "why": "two letters swapped",
	"rule": "typosquat", "unvouched": "unvouched", "directurl": "direct-url", "joined": "typosquat, new-project",
	"kind": "a package", "action": "read", "severity": "high", "failon": "fixable", "id": "PYSEC-2026-7",
	"ids": "MAL-2026-1", "said": "in line 12 of thresher.toml", "expected": "no such option: --fo",
	"doing": "open the gate", "word": "held back", "label": "fix", "also": ", 1 ignored",
	"parts": "new-project 2, stale 1",
	"shown": "~/.ssh, ~/.aws and 9 more", "gaps": "signals", "open": "~/.npmrc", "one": "temporary folder of its own",
	"removed": "permission denied", "fixed": "fixed in 2.32.4", "table": "allow.reqeusts", "text": "3 fortnights",
	"quote": "\"frobnicate\"", "key": "cooldown.relese", "near": "cooldown.release",
	"didyoumean": ", did you mean \"cooldown.release\"",
	"value":      "ask", "choices": "off, note, hold, ask, block", "got": "a number", "codec": "utf-8",
	"tomlstring": "\"acme.app\"",
	"heading":    "the program", "net": "some", "step": "editors", "setupsteps": "shells, guard, advisories, schema",
	"state": "leaks", "route": "python -m pip", "detail": "another pip was started", "next": "thresher new .venv",
	"removal": "thresher setup --remove --data", "command": "python -m venv .venv", "out": "no module named venv",
	"activation": ". .venv/bin/activate", "note": "netrc is not used: permission denied", "contenttype": "text/plain",
	"args":   "install -U reqeusts",
	"quoted": "'our own fork'", "shellquoted": "'our own fork'", "pythonversion": "3.11", "words": "on", "c": "python3",
	"append": "this directory",
	"remedy": "fix: thresher new .venv", "prompt": "install reqeusts all the same", "again": "thresher setup",
	"rest": "", "trimprefix": "", "variable": "CLAUDECODE",

	"answer": "thresher allow reqeusts --reason 'our own fork'", "distribution": "pyyaml",
	"where": " (requirements.txt:3)", "places": "requirements.txt:3", "wrong": "requests",

	// Command lines of thresher's own.
	"given": "scann", "called": "allow", "help": "thresher allow --help", "cli typed": "--resaon",
	"instead": "thresher allow reqeusts --reason 'why it is right'", "cli takes": "NAME", "missing": "--reason",
	"commandline": "thresher scan", "cli chosen": "--json and --sarif", "cli join": "--json and --sarif",
	"files": "requirements.txt", "meant": "3.11", "listerr": "line 3 is no name==version: rich>=13",
	"cli listed": "3.12.3, 3.13.1", "cli others": "3.13.1", "cli v": "3.13.1",

	// What is inside archives and texts.
	"member": "reqeusts/data.bin", "members": "7", "maximalmembers": "200,000", "maximaldepth": "100", "size": "4,096",
	"number": "9", "start": "44", "offset": "1,024", "left": "a", "right": "b", "operator": "~=",
	"found":     "reqeusts-2.30.dist-info",
	"algorithm": "sha256", "digests": "sha256", "want": "0a1b2c", "rune": "\\x07", "shorten": "name = ...", "data": "7",
	"bare": "https://index.example/simple", "index": "https://index.example/simple", "candidate": "reqeusts-2.31.0.tar.gz",
	"listed": "acme, acme-tools", "project": "acme-tools", "tracked": "/home/me/app/.cache", "unreadable": "2",
	"thresher": "/usr/local/bin/thresher", "os": "/home/me/app/.venv/lib/python3.11/site-packages/thresher-guard.pth",
	"hops": "40", "error": "permission denied", "userpolicy": "/home/me/.config/thresher/policy.toml",
	"errnousersite": "it has no site-packages of the user's",
	"filepath":      "policy.toml", "int64": "12",
	"environments": "2", "hint": "thresher update", "hintof": "thresher update",
	"indexurl": "https://index.example/simple",
	"shared":   "/home/me/app",
	"earlier":  "github.com/acme/reqeusts", "repositories": "github.com/acme/reqeusts", "now": "github.com/other/reqeusts",
}
