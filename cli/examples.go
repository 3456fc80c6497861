package cli

// examplesOf are lines to type for each command, which its --help shows. A test
// holds that each is taken.
var examplesOf = map[string][]string{
	"setup":      {"thresher setup", "thresher setup --remove"},
	"doctor":     {"thresher doctor"},
	"update":     {"thresher update"},
	"new":        {"thresher new", "thresher new --python 3.11 .venv"},
	"guard":      {"thresher guard .venv", "thresher guard --base"},
	"init":       {`eval "$(thresher init bash)"`},
	"completion": {"thresher completion fish"},
	"manual":     {"thresher manual tutorial", "thresher manual --man | man -l -"},
	"pip":        {"thresher pip install -r requirements.txt"},

	"plan":    {"thresher plan -- install -r requirements.txt"},
	"check":   {"thresher check nunpy", "thresher check -r requirements.txt"},
	"explain": {"thresher explain requests"},
	"look": {"thresher look requests", "thresher look requests==2.32.3 --json",
		"thresher look dist/acme-1.0-py3-none-any.whl"},
	"scan":      {"thresher scan", "thresher scan -r requirements.txt --sarif"},
	"log":       {"thresher log --last 5 --verdicts", "thresher log --since 2d"},
	"inventory": {"thresher inventory"},
	"report":    {"thresher report --html packages.html", "thresher report --html team.html --log logs"},
	"exposed":   {"thresher exposed litellm==1.82.8"},
	"run":       {"thresher run -- python notebook.py"},

	"allow": {
		"thresher allow acme-charts --reason 'our own'",
		"thresher allow acme-charts --reason 'until 2.0' --expires 2099-12-31",
	},
	"deny":   {"thresher deny colourama --reason 'imitates colorama'"},
	"prefer": {"thresher prefer simplejson json"},
	"ignore": {"thresher ignore CVE-2018-20225 --reason 'no extra index is used here' --days 30"},
	"undo":   {"thresher undo", "thresher undo --only pandas 3fa9c1d2"},
	"trust":  {"thresher trust"},
	"policy": {"thresher policy show"},

	"policy show":    {"thresher policy show"},
	"policy check":   {"thresher policy check", "thresher policy check thresher.toml"},
	"policy import":  {"thresher policy import >> thresher.toml"},
	"policy init":    {"thresher policy init --project"},
	"policy try":     {"thresher policy try new-policy.toml --since 30d"},
	"policy suggest": {"thresher policy suggest > answers.toml"},
	"policy follow": {"thresher policy follow 'git+https://git.example/pip-policy@stable#policy.toml' " +
		"--signer 'platform@acme.example ssh-ed25519 AAAA…'"},
	"policy unfollow": {"thresher policy unfollow 'git+https://git.example/pip-policy@stable#policy.toml'"},
	"policy schema":   {"thresher policy schema > thresher.schema.json"},

	"init bash":       {shellUse["bash"]},
	"init zsh":        {shellUse["zsh"]},
	"init fish":       {shellUse["fish"]},
	"init cmd":        {shellUse[cmd]},
	"init powershell": {shellUse[powershell]},
	"init vscode":     {"thresher init vscode"},

	"completion bash":       {`eval "$(thresher completion bash)"`},
	"completion zsh":        {`eval "$(thresher completion zsh)"`},
	"completion fish":       {"thresher completion fish | source"},
	"completion powershell": {"thresher completion powershell | Out-String | Invoke-Expression"},
}
