package policy

import (
	"strconv"
	"sync"

	"thresher/internal/journal"
	"thresher/policy/rules"
)

// fields gives every key of a policy file, in the order of docs/policy.md.
var fields = sync.OnceValue(buildFields)

func buildFields() []field {
	cooldown, _ := rules.InfoOf(rules.Cooldown)
	table := []field{
		scalar(KeyInfo{
			Key: "preset", Type: "relaxed, standard or strict", Layers: EveryLayer, Tighter: "a stricter one",
			Meaning: "the defaults of every key below",
		}, func(p *Policy) *rules.Sourced[Preset] { return &p.Preset },
			[3]Preset{Relaxed, Standard, Strict},
			readChoice(Relaxed, Standard, Strict), quote, byRank(Relaxed, Standard, Strict)),
		scalar(KeyInfo{
			Key: "allowlist", Type: "true or false", Layers: EveryLayer, Tighter: "true",
			Meaning: "only names in allow are installed, others are unapproved",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Allowlist },
			[3]bool{}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "mode", Type: "enforce or observe", Layers: OwnLayers,
			Meaning: "whether runs go by what the rules say, or only malware stops them and the rest is said",
		}, func(p *Policy) *rules.Sourced[rules.Mode] { return &p.Mode },
			[3]rules.Mode{rules.Enforce, rules.Enforce, rules.Enforce},
			readChoice(rules.Enforce, rules.Observe), quote, byRank(rules.Observe, rules.Enforce)),
		lockedField(),

		setField(KeyInfo{
			Key: "policy.from", Type: "list of URLs", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "shared layers of the policy, which lie elsewhere",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.From }, readFrom),
		setField(KeyInfo{
			Key: "policy.allowed-signers", Type: "list of lines", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "who may sign the layers that this file names, as OpenSSH writes allowed signers",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.AllowedSigners }, readSigner),
		setField(KeyInfo{
			Key: "policy.minisign-keys", Type: "list of keys", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "public keys of minisign that may sign the layers that this file names",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.MinisignKeys }, readMinisignKey),
		scalar(KeyInfo{
			Key: "policy.version", Type: "integer", Layers: SharedOnly,
			Meaning: "the number of this version of a shared layer, which only grows",
		}, func(p *Policy) *rules.Sourced[int] { return &p.Shared.Version },
			[3]int{}, readInteger(0, 1<<31-1), strconv.Itoa, bySize),
		scalar(KeyInfo{
			Key: "policy.refresh", Type: "length of time", Layers: OwnLayers,
			Meaning: "shared layers that were looked at longer ago are fetched again",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Shared.Refresh },
			[3]rules.Span{rules.Hour, rules.Hour, rules.Hour}, readSpan(rules.Minute), formatSpan, smallerIsStricter),
		scalar(KeyInfo{
			Key: "policy.grace", Type: "length of time", Layers: OwnLayers,
			Meaning: "for how long a shared layer counts that cannot be fetched again",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Shared.Grace },
			[3]rules.Span{3 * rules.Day, 3 * rules.Day, 3 * rules.Day}, readSpan(rules.Minute), formatSpan,
			smallerIsStricter),
		scalar(KeyInfo{
			Key: "policy.stale", Type: "note or block", Layers: EveryLayer, Tighter: "block",
			Meaning: "what an install meets after the grace of a shared layer",
		}, func(p *Policy) *rules.Sourced[rules.Action] { return &p.Shared.Stale },
			[3]rules.Action{rules.Note, rules.Note, rules.Block}, readChoice(rules.Note, rules.Block), quote, bySeverity),

		scalar(KeyInfo{
			Key: "upgrade.always", Type: "true or false", Layers: EveryLayer, Tighter: "true",
			Meaning: "add -U to every install",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Upgrade.Always },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "upgrade.strategy", Type: "only-if-needed or eager", Layers: EveryLayer, Tighter: "neither",
			Meaning: "whether -U lifts dependencies that need no lift",
		}, func(p *Policy) *rules.Sourced[Strategy] { return &p.Upgrade.Strategy },
			[3]Strategy{OnlyIfNeeded, OnlyIfNeeded, OnlyIfNeeded}, readChoice(OnlyIfNeeded, Eager), quote, neither),
		scalar(KeyInfo{
			Key: "upgrade.skip-when-current", Type: "true or false", Layers: EveryLayer, Tighter: "false",
			Meaning: "do not start pip where it would change nothing",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Upgrade.SkipWhenCurrent },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, falseIsStricter),
		scalar(KeyInfo{
			Key: "install.compile", Type: "parallel, pip or never", Layers: OwnLayers,
			Meaning: "who compiles what is installed to bytecode",
		}, func(p *Policy) *rules.Sourced[Compile] { return &p.Install.Compile },
			[3]Compile{CompileParallel, CompileParallel, CompileParallel},
			readChoice(CompileParallel, CompileByPip, CompileNever), quote, neither),
	}
	for _, info := range rules.All() {
		table = append(table, ruleField(info))
	}
	return append(table,
		scalar(KeyInfo{
			Key: "cooldown.release", Type: "length of time", Layers: EveryLayer, Tighter: "longer",
			Meaning: "files younger than this are held back",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Cooldown.Release },
			[3]rules.Span{rules.Day, 3 * rules.Day, 7 * rules.Day}, readSpan(0), formatSpan, bySize),
		scalar(KeyInfo{
			Key: "cooldown.project", Type: "length of time", Layers: EveryLayer, Tighter: "longer",
			Meaning: "a project whose first file is younger than this is a new-project",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Cooldown.Project },
			[3]rules.Span{3 * rules.Day, 7 * rules.Day, 30 * rules.Day}, readSpan(0), formatSpan, bySize),
		scalar(KeyInfo{
			Key: "cooldown.security-fixes", Type: "true or false", Layers: EveryLayer, Tighter: "false",
			Meaning: "a fix of a known vulnerability passes at once",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Cooldown.SecurityFixes },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, falseIsStricter),
		scalar(KeyInfo{
			Key: "cooldown.pins", Type: "hold or pass", Layers: EveryLayer, Tighter: "hold",
			Meaning: "whether an exact version in a file waits as long as any other, " +
				"or only for cooldown.pins-release",
		}, func(p *Policy) *rules.Sourced[rules.Pins] { return &p.Cooldown.Pins },
			[3]rules.Pins{rules.HoldPins, rules.HoldPins, rules.HoldPins}, readChoice(rules.HoldPins, rules.PassPins),
			quote, byRank(rules.PassPins, rules.HoldPins)),
		scalar(KeyInfo{
			Key: "cooldown.pins-release", Type: "length of time", Layers: EveryLayer, Tighter: "longer",
			Meaning: "files younger than this are held back although a lock names their hash, or a file their " +
				"exact version",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Cooldown.PinsRelease },
			[3]rules.Span{rules.Day, rules.Day, 7 * rules.Day}, readSpan(0), formatSpan, bySize),
		scalar(KeyInfo{
			Key: "cooldown.unknown-age", Type: "off, note, hold or block", Layers: EveryLayer,
			Tighter: "a harder action",
			Meaning: "what a file without an upload time meets",
		}, func(p *Policy) *rules.Sourced[rules.Action] { return &p.Cooldown.UnknownAge },
			[3]rules.Action{rules.Off, rules.Note, rules.Block}, readChoice(cooldown.Actions...), quote, bySeverity),
		setField(KeyInfo{
			Key: "cooldown.except", Type: "list of names, * for any characters", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "names without a cooldown, of files and of projects",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Cooldown.Except }, readPattern),

		scalar(KeyInfo{
			Key: "index.strategy", Type: "first-index or pip", Layers: EveryLayer, Tighter: "first-index",
			Meaning: "which indexes may answer for a name",
		}, func(p *Policy) *rules.Sourced[IndexStrategy] { return &p.Index.Strategy },
			[3]IndexStrategy{FirstIndex, FirstIndex, FirstIndex}, readChoice(FirstIndex, PipIndexes), quote,
			byRank(PipIndexes, FirstIndex)),
		scalar(KeyInfo{
			Key: "index.max-age", Type: "length of time", Layers: EveryLayer, Tighter: "shorter",
			Meaning: "a page that is younger than this is not asked for again",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Index.MaxAge },
			[3]rules.Span{}, readSpan(0), formatSpan, smallerIsStricter),
		pinField(),
		movedField(),
		ofIndexField(),

		scalar(KeyInfo{
			Key: "trust.maintainers.min", Type: "integer", Layers: EveryLayer, Tighter: "more",
			Meaning: "fewer maintainers are worth a word",
		}, func(p *Policy) *rules.Sourced[int] { return &p.Trust.MinMaintainers },
			[3]int{1, 2, 2}, readInteger(0, 1000), strconv.Itoa, bySize),
		scalar(KeyInfo{
			Key: "trust.maintainers.max", Type: "integer", Layers: EveryLayer, Tighter: "fewer",
			Meaning: "more maintainers are worth a word",
		}, func(p *Policy) *rules.Sourced[int] { return &p.Trust.MaxMaintainers },
			[3]int{10, 5, 5}, readInteger(0, 1000), strconv.Itoa, smallerIsStricter),
		scalar(KeyInfo{
			Key: "trust.stale-after", Type: "length of time", Layers: EveryLayer, Tighter: "shorter",
			Meaning: "a project without a new file for longer is stale",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Trust.StaleAfter },
			[3]rules.Span{36 * rules.Month, 18 * rules.Month, 12 * rules.Month}, readSpan(rules.Day), formatSpan,
			smallerIsStricter),
		scalar(KeyInfo{
			Key: "trust.popular-rank", Type: "integer", Layers: EveryLayer, Tighter: "smaller",
			Meaning: "names ranked behind this on the list of popular names are unpopular",
		}, func(p *Policy) *rules.Sourced[int] { return &p.Trust.PopularRank },
			[3]int{15000, 15000, 5000}, readInteger(0, 1000000), strconv.Itoa, smallerIsStricter),
		setField(KeyInfo{
			Key: "trust.organisations", Type: "list of names", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "organisations whose projects need no further questions",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Trust.Organisations }, readOrganisation),

		scalar(KeyInfo{
			Key: "evidence.online", Type: "true or false", Layers: OwnLayers,
			Meaning: "ask the index about new names before pip starts",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Evidence.Online },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "evidence.deadline", Type: "length of time", Layers: OwnLayers,
			Meaning: "how long asking may take; what is not learned by then is said",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Evidence.Deadline },
			[3]rules.Span{2 * rules.Second, 2 * rules.Second, 5 * rules.Second}, readSpan(0), formatSpan, bySize),

		scalar(KeyInfo{
			Key: "venv.require", Type: "true or false", Layers: OwnLayers,
			Meaning: "refuse to install outside a virtual environment",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Venv.Require },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "venv.seed", Type: "bundled or newest", Layers: OwnLayers,
			Meaning: "which pip and setuptools a new environment begins with",
		}, func(p *Policy) *rules.Sourced[Seed] { return &p.Venv.Seed },
			[3]Seed{SeedBundled, SeedBundled, SeedBundled}, readChoice(SeedBundled, SeedNewest), quote, neither),
		scalar(KeyInfo{
			Key: "guard.automatic", Type: "true or false", Layers: OwnLayers,
			Meaning: "guard every environment on first sight",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Guard.Automatic },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "gate.fallback", Type: "true or false", Layers: EveryLayer, Tighter: "false",
			Meaning: "a pip that cannot be followed gets the gate as its index instead of being stopped",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Gate.Fallback },
			[3]bool{true, true, false}, readBoolean, strconv.FormatBool, falseIsStricter),
		scalar(KeyInfo{
			Key: "switch-off.without-terminal", Type: "true or false", Layers: OwnLayers,
			Meaning: "THRESHER=off counts without a question, and without a terminal, too",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.SwitchOff.WithoutTerminal },
			[3]bool{}, readBoolean, strconv.FormatBool, falseIsStricter),

		scalar(KeyInfo{
			Key: "sandbox.enabled", Type: "true or false", Layers: EveryLayer, Tighter: "true",
			Meaning: "keep secrets from pip and from what it starts",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Sandbox.Enabled },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "sandbox.require", Type: "true or false", Layers: EveryLayer, Tighter: "true",
			Meaning: "hold source distributions back, and refuse `thresher run`, " +
				"where files cannot be kept from programs",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Sandbox.Require },
			[3]bool{}, readBoolean, strconv.FormatBool, trueIsStricter),
		wordsField(KeyInfo{
			Key: "sandbox.secrets", Type: "list of paths", Layers: EveryLayer, Tighter: "more of them",
			Meaning: "further files and directories that cannot be read",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Sandbox.Secrets }, readPlace, false),
		setField(KeyInfo{
			Key: "sandbox.write", Type: "list of paths", Layers: EveryLayer, Tighter: "nothing",
			Meaning: "further directories that a program in the sandbox may write to",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Sandbox.Write }, readPlace),
		wordsField(KeyInfo{
			Key: "sandbox.environment.add", Type: "list of variables, * for any characters", Layers: EveryLayer,
			Tighter: "more of them",
			Meaning: "further variables that are kept back",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Sandbox.Add }, readVariable, false),
		setField(KeyInfo{
			Key: "sandbox.environment.free", Type: "list of variables, * for any characters", Layers: EveryLayer,
			Tighter: "nothing",
			Meaning: "variables that are not kept back, whatever they look like",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Sandbox.Free }, readVariable),

		scalar(KeyInfo{
			Key: "answers.without-terminal", Type: "true or false", Layers: OwnLayers,
			Meaning: "thresher allow, ignore and trust record an answer without a terminal, too",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Answers.WithoutTerminal },
			[3]bool{}, readBoolean, strconv.FormatBool, falseIsStricter),
		wordsField(KeyInfo{
			Key: "agents.variables", Type: "list of variables, * for any characters", Layers: EveryLayer,
			Tighter: "more of them",
			Meaning: "further variables by which a coding agent says that it runs a command",
		}, func(p *Policy) *[]rules.Sourced[string] { return &p.Agents.Variables }, readVariable, false),
		allowField(),
		denyField(),
		preferField(),
		boundField(),

		scalar(KeyInfo{
			Key: "scan.fail-on", Type: "fixable, any, low, medium, high, critical or none", Layers: EveryLayer,
			Tighter: "any, a lower severity, or anything after none",
			Meaning: "which known vulnerabilities end a run with status 21",
		}, func(p *Policy) *rules.Sourced[FailOn] { return &p.Scan.FailOn },
			[3]FailOn{FailOnNone, FailOnFixable, FailOnAny},
			readChoice(FailOnFixable, FailOnAny, FailOnLow, FailOnMedium, FailOnHigh, FailOnCritical, FailOnNone),
			quote, stricterFailOn),
		scalar(KeyInfo{
			Key: "scan.scope", Type: "touched or all", Layers: EveryLayer, Tighter: "all",
			Meaning: "which distributions may fail a run",
		}, func(p *Policy) *rules.Sourced[Scope] { return &p.Scan.Scope },
			[3]Scope{ScopeTouched, ScopeTouched, ScopeAll}, readChoice(ScopeTouched, ScopeAll), quote,
			byRank(ScopeTouched, ScopeAll)),
		scalar(KeyInfo{
			Key: "scan.ignore-forever", Type: "true or false", Layers: EveryLayer, Tighter: "false",
			Meaning: "an ignore needs no expires",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Scan.IgnoreForever },
			[3]bool{}, readBoolean, strconv.FormatBool, falseIsStricter),
		ignoreField(),

		scalar(KeyInfo{
			Key: "update.automatic", Type: "true or false", Layers: OwnLayers,
			Meaning: "refresh the data beside pip's run",
		}, func(p *Policy) *rules.Sourced[bool] { return &p.Update.Automatic },
			[3]bool{true, true, true}, readBoolean, strconv.FormatBool, trueIsStricter),
		scalar(KeyInfo{
			Key: "update.max-age", Type: "length of time", Layers: OwnLayers,
			Meaning: "data older than this is refreshed",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Update.MaxAge },
			[3]rules.Span{rules.Day, rules.Hour, rules.Hour}, readSpan(rules.Minute), formatSpan, smallerIsStricter),
		scalar(KeyInfo{
			Key: "update.missing", Type: "note or block", Layers: EveryLayer, Tighter: "block",
			Meaning: "what a run meets for which no advisories came",
		}, func(p *Policy) *rules.Sourced[rules.Action] { return &p.Update.Missing },
			[3]rules.Action{rules.Note, rules.Note, rules.Block}, readChoice(rules.Note, rules.Block), quote, bySeverity),
		scalar(KeyInfo{
			Key: "update.patience", Type: "length of time", Layers: OwnLayers,
			Meaning: "how long a run waits for its first advisories while nothing of them arrives",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Update.Patience },
			[3]rules.Span{10 * rules.Second, 10 * rules.Second, 30 * rules.Second}, readSpan(0), formatSpan, bySize),
		scalar(KeyInfo{
			Key: "update.stale-after", Type: "length of time", Layers: EveryLayer, Tighter: "shorter",
			Meaning: "advisories of which the newest is older than this are told of",
		}, func(p *Policy) *rules.Sourced[rules.Span] { return &p.Update.StaleAfter },
			[3]rules.Span{7 * rules.Day, 7 * rules.Day, 7 * rules.Day}, readSpan(rules.Hour), formatSpan, smallerIsStricter),
		scalar(KeyInfo{
			Key: "update.advisories", Type: "URL or path", Layers: OwnLayers,
			Meaning: "where the OSV export comes from; empty for the built-in address",
		}, func(p *Policy) *rules.Sourced[string] { return &p.Update.Advisories },
			[3]string{}, readText, quote, neither),
		scalar(KeyInfo{
			Key: "update.popular-names", Type: "URL or path", Layers: OwnLayers,
			Meaning: "where the list of popular names comes from; empty for the embedded one",
		}, func(p *Policy) *rules.Sourced[string] { return &p.Update.PopularNames },
			[3]string{}, readText, quote, neither),
		scalar(KeyInfo{
			Key: "log.words", Type: "all or names", Layers: EveryLayer, Tighter: "names",
			Meaning: "whether lines of the log have paths, addresses and free text, or names alone",
		}, func(p *Policy) *rules.Sourced[journal.Words] { return &p.Log.Words },
			[3]journal.Words{journal.AllWords, journal.AllWords, journal.AllWords},
			readChoice(journal.AllWords, journal.Names), quote, byRank(journal.AllWords, journal.Names)),
		scalar(KeyInfo{
			Key: "message.refused", Type: "text", Layers: OwnLayers,
			Meaning: "your team's own words, shown below what a refused run says; empty for none",
		}, func(p *Policy) *rules.Sourced[string] { return &p.Message.Refused },
			[3]string{}, readShown, quote, neither),
	)
}

func ruleField(info rules.Info) field {
	return scalar(KeyInfo{
		Key: "rules." + string(info.Rule), Type: choices(info.Actions), Layers: EveryLayer, Tighter: "a harder action",
		Meaning: info.Looks,
	},
		func(p *Policy) *rules.Sourced[rules.Action] { return p.Actions[info.Rule] },
		[3]rules.Action{info.Relaxed, info.Standard, info.Strict},
		readChoice(info.Actions...), quote, bySeverity)
}
