package cli

// What policy check and trust say.
const (
	messageIdleIgnore   = "the ignore of %s (%s) matches nothing in any environment that thresher knows: it can go"
	messageSeedStays    = "%s keeps the pip that came with its python: %v"
	messageNeverTrusted = "%s %s: it only tightens, and is never trusted%s"
)

// What is said of shared layers of the policy.
const (
	messageLayerShown   = "this is %s, of %s, %s"
	messageLayerStays   = "%s was not taken: %w; its version of %s counts on"
	messageLayerCurrent = "the shared policy %s is up to date, of %s"
	messageNotFollowed  = "%s is not named in %s; followed: %s; fix: thresher policy show"
)

// What policy suggest says.
const messageNoAnswerNeeded = "no run of the log needs an answer"

// What log --otlp says.
const (
	messageOTLPAlone = "--otlp sends what has not been sent, and goes with --since alone"
	messageSending   = "sending"
	messageSent      = "sent %s to %s"
	messageNotSent   = "%v; %s not sent yet, the next call goes on from there"
	messageRejected  = "%s were not taken by %s, which does not want them again: %s"
	messageLogGap    = "no run in the log was sent to %s before: those between may be gone, since the log keeps some " +
		"twenty thousand"
	messageSendingStopped = "stopped, %s not sent yet; the next call goes on from there"
)

// What look says.
const (
	messageLookWord   = "%q is neither a file nor the name of a package"
	messageLookSize   = "%s, %s of %s unpacked"
	messageLookSource = "it is source code: what its build makes is seen when pip has built it"

	lookSize        = "size"
	lookHooks       = "at every start of python"
	lookPaths       = "where python looks for modules"
	lookCommands    = "commands"
	lookNative      = "compiled code"
	lookOdd         = "unusual"
	lookBuild       = "installed from it"
	lookNew         = "new"
	lookSince       = "new since %s"
	lookNothing     = "nothing"
	lookNotCompared = "not known, it was compared with no earlier release"
)

// What setup says.
const (
	messageSetupData = "--data goes with --remove; fix: thresher setup --remove --data"
	messageSetupStep = "there is no step %q to leave out, the steps are %s; fix: thresher setup --help"
	messageSetupRoot = "--system changes what belongs to root; fix: sudo thresher setup --system"
	messageSetupHome = "%s belongs to another user, who could not change what setup places there; run it as " +
		"the user who will use pip, without sudo, or with --system"
	messageSetupElsewhere = "thresher is set up in %s already; take that away first; fix: %s setup --remove"

	messageSetupPlan      = "this will be changed:"
	messageSetupGoOn      = "go on"
	messageSetupNothing   = "everything is in place"
	messageSetupUnchanged = "nothing was changed; fix: %s"
	messageSetupStopped   = "setup stopped half-way; once that is out of the way, fix: %s"

	messageSetupProgram    = "the program, %s"
	messageSetupLink       = "names by which it is called"
	messageSetupLines      = "the lines that put thresher's pip first"
	messageSetupSearch     = "to the front of your PATH"
	messageSetupPolicy     = "the policy for all users, with everything in comments"
	messageSetupSchema     = "what editors complete and check it by"
	messageSetupGuard      = "a guard for %s (python %s), its python -m pip and the environments it makes"
	messageSetupAdvisories = "the known vulnerabilities and malware, fetched now"
	messageSetupNoPython   = "there is no python from 3.8 on here, so there is nothing to guard; install one, " +
		"then run setup again"

	messageSetupAskLines = "add two lines at the end of %s"
	messageSetupOwnLines = "left as it is. To have pip checked in new shells, put this at the end of %s:"

	messageSetupNotGuarded   = "%s is not guarded: %w"
	messageSetupOtherGuard   = "%s is guarded by another thresher already, %s"
	messageSetupNoAdvisories = "the known vulnerabilities are not here yet, and the first pip install fetches them: %v"
	messageSetupDoctor       = "tried %d routes to pip, and not one gets past the checks"
	messageSetupRoute        = "%s: %s %s"
	messageSetupDone         = "thresher %s is in place in %s"
	messageSetupNewShell     = "open a new shell to have it as pip there"
)

// What setup says when it takes things away.
const (
	messageRemoveNothing = "there is nothing that setup placed"
	messageRemovePlan    = "this will be taken away:"
	messageRemoveGuard   = "the guard"
	messageRemoveData    = "policy, log, data"
	messageRemoveGuards  = "some guards could not be taken out, so the program that they call stays too: %w"
	messageRemoveStopped = "not everything was taken away; once that is out of the way, fix: %s"
	messageRemoved       = "took away what setup had placed, and every guard"
	messageRemoveStays   = "policy, log and data stay; to remove them too: %s"
)

// What is said of answers.
const (
	messageMalwareEnd     = "malware is allowed for %s at most; give an earlier day with --expires"
	messageMalwareProject = "malware is allowed in your own policy alone; do the same without --project"
	messageNobodyAnswers  = "an answer is a person's to give, and no terminal is here; nothing was recorded; " +
		"type it at a terminal; where scripts are to answer, edit: %s, add the lines [answers] and " +
		"without-terminal = true"
)

// What is said of indexes that a scan asks.
const (
	messageAsking        = "asking the indexes"
	messageNotAsked      = "%v; whether the indexes still list what is installed is not known"
	messageIndexNotAsked = "%s could not be asked whether it still lists %s: %v"
)

// What is said where a run is undone.
const (
	messageUndoWords     = "undo takes the id of one run; fix: thresher log"
	messageUndoDays      = "--days takes a number from 0 on"
	messageUndoNoPip     = "find the environment that is meant: %w; fix: thresher undo RUN"
	messageUndoNothing   = "the log has no run that changed %s; fix: thresher log"
	messageUndoNoRun     = "the log has no run %q; fix: thresher log"
	messageUndoAmbiguous = "%q is the beginning of several runs, %s and %s; fix: thresher log"
	messageUndoUnchanged = "run %s changed nothing, so there is nothing to undo"
	messageUndoTarget    = "run %s installed into %s, of which no earlier state is known; remove what is there by hand"
	messageUndoOnly      = "run %s did not change %s; fix: thresher log --verdicts"
	messageUndoGone      = "the environment %s is gone, and what was in it with it"
	messageUndoRun       = "undo of run %s, %s: pip %s"
	messageUndoBack      = "  %s: %s → %s"
	messageUndoAbsent    = "gone"
	messageUndoRemove    = "  %s: %s → gone"
	messageUndoDone      = "everything is as it was before it"
	messageUndoLocal     = "  %s %s came from %s and is not put back; %s"
	messageUndoElsewhere = "  %s %s came from %s, which is not configured here, and is not put back; %s"
	messageUndoUnlisted  = "  %s %s is no longer on an index and is not put back"
	messageUndoNeeded    = "%s stays, since %s needs it"
	messageUndoStopped   = "the versions could not be put back, and nothing else was done; once that is out of the " +
		"way: thresher undo"
	messageUndoKept       = "recorded in %s: %s until %s"
	messageUndoNotKept    = "the bounds could not be recorded: %v"
	messageUndoChange     = "edit: %s (below = %q, expires = %s)"
	messageUndoBoundStays = "%s is above the bound %s of an earlier undo; %s"
	messageUndoTakeOut    = "take this table out"
	messageUndoAnyFile    = "requirements.txt"
)

// What is said where a bad release stands.
const (
	messageExposedWords  = "exposed takes the name of a package; fix: thresher exposed NAME==VERSION"
	messageExposedPartly = "not everything could be looked at, so this is no all-clear"
	messageNoLogs        = "there is no log (a file that ends in .jsonl) in %s"
	messageNowhere       = "%s: nowhere in %s, %s and %s of pip and uv"
	messageNotInLogs     = "%s: nowhere in %s, %s"
	messageExposedHead   = "%s: installed in %s, gone from %d"
	messageExposedCaches = "caches that hold it:"
	messageExposedRuns   = "runs that brought it:"
	messageStepsHead     = "what to do, in this order:"
	messageStepStay      = "do not start python there: no pip, no IDE, no notebook; put it away"
	messageStepHooks     = "remove what still runs at every start of python"
	messageStepDoubtful  = "look at these files, which run at every start of python and are as new as it"
	messageOfSystem      = "%s %s came with the system, whose package manager takes it away: %s"
	messageStepSecrets   = "change, on another machine, what whatever ran as this user could read:"
	messageStepCaches    = "take it out of these caches, or it is installed again from there"
	messageStepMachines  = "on each of these machines, run thresher exposed for what to do there"
	messageNoSecrets     = "nothing in the usual places"
)

// What report says.
const (
	messageReportWords   = "report takes directories behind --log alone, and not %q; fix: thresher report --help"
	messageReportWhere   = "report takes the file to write the page to; fix: thresher report --html packages.html"
	messageReportOther   = "%s is there already and is no report, so it is left as it is; give --html another name"
	messageReportWritten = "wrote %s: %s, %s"
)

// What is said while many logs or environments are read.
const messageReading = "reading"

// What is said of the words of a command line.
const (
	messageNoCommand    = "there is no command %q; fix: %s"
	messagePipCommand   = "%s is a command of pip; fix: %s"
	messageNoSubcommand = "%s has no command %q; fix: %s"
	messageNoOption     = "%s has no option %s; fix: %s"
	messageNoValue      = "%s: %s takes a value; fix: %s"
	messageWrongValue   = "%s: %s does not take %q; fix: %s"
	messageNoWords      = "%s takes options alone, and not %q; fix: %s"
	messageTooMany      = "%s: %q is one word too many; fix: %s"
	messageTooFew       = "%s takes %s; fix: %s"
	messageMissing      = "%s takes %s, too; fix: %s"
	messageTwoFormats   = "%s: one format at a time; fix: %s"
	messageNoID         = "%q is no id of a vulnerability, as CVE-2018-20225 is; fix: thresher scan"

	messageListAlone       = "--list goes without an environment and without -r; fix: thresher scan --help"
	messageNoFile          = "%s cannot be read: %v; fix: thresher scan --help"
	messageNoPins          = "no line of %s names an exact version, so there is nothing to scan; fix: thresher scan ."
	messageNotPinned       = "%s of %s without an exact version could not be scanned; fix: thresher scan ."
	messageNoInterpreter   = "there is no interpreter %s; fix: thresher scan --help"
	messageNoEnvironmentIn = "%s is no environment, and has none in .venv or venv; fix: thresher new"

	messageLookNoName    = "%v; fix: thresher check %s"
	messageLookNoRelease = "%v; fix: thresher look %s"

	messageNothingToTrust = "there is no %s here or above; fix: thresher policy init --project"
	messageNotThePolicy   = "%s is not the policy file that counts in its folder; fix: thresher trust"
	messageNoPolicyFile   = "%s cannot be read: %v; fix: thresher policy check"
	messageIsThere        = "%s is there already; fix: thresher guard %s"
	messageNoPython       = "there is no python %s here"
	messageOldPython      = "python %s is too old, 3.8 is the oldest that can be guarded"
	messageNamedBy        = "%s: "
	messageOtherPythons   = "%s; there are %s; fix: %s"
	messageNoPythonAtAll  = "%s, and no other on PATH; fix: thresher new --help"
	messageCheckFile      = "%s is a file, whose packages -r checks; fix: thresher check -r %s"
	messageCheckOption    = "line %d of standard input, %s, is no name; fix: thresher check --help"
	messageNoSuchPython   = "there is no interpreter %s here; fix: thresher new --python 3"
)

// What doctor says of tools that may install by uv.
const (
	messageToolRound     = "%s installs by uv here, and nothing of it is checked: %s"
	messageToolPip       = "%s installs by pip here"
	messageToolUv        = "%s: what it installs is not checked; thresher scan reads what is there"
	messageToolPipx      = "it takes uv where that is on PATH or beside it"
	messageToolTox       = "the plugin tox-uv is in its environment"
	messageToolPreCommit = "the plugin pre-commit-uv is in its environment"
	messageToolNox       = "NOX_DEFAULT_VENV_BACKEND says so"
	messageToolHatch     = "its environments hatch-test, hatch-static-analysis and hatch-build do, unless told otherwise"
)

// What is said of another tool's policy.
const (
	messageNoForeignPolicy = "%s cannot be read: %v; fix: thresher policy import --help"
	messageNotImported     = "%s: not taken over: %s"
	messageNothingImported = "%s has nothing that could be taken over"
	messageImported        = "%s of %s, to append to a policy file; fix: thresher policy import >> thresher.toml"
)
