package shim

import (
	"errors"
	"strings"

	"thresher/address"
	"thresher/index"
	"thresher/internal/statuses"
	"thresher/pip"
	"thresher/pip/source"
	"thresher/session"
	"thresher/venv"
)

// readCommand chooses the pip that is meant, and reads the command line and all
// it names as that pip would.
func (in *invocation) readCommand() (*pip.Command, *ending) {
	installation, err := pip.Find(pip.FindInput{
		Name: in.program, Environ: in.environ, Dir: in.dir, Self: in.self,
		Interpreter: in.interpreter, Python: "", CacheDir: in.places.Cache,
	})
	switch {
	case errors.Is(err, pip.ErrNoPip) && in.wouldInstall() && in.requiresEnvironment():
		return nil, in.noEnvironmentHere()
	case errors.Is(err, pip.ErrNoPip):
		return nil, &ending{status: statuses.NotFound, tell: func(m *messenger) { m.noPip(err) }}
	case err != nil:
		return nil, &ending{status: statuses.CannotRun, tell: func(m *messenger) { m.cannotRun(err) }}
	}
	return pip.Parse(pip.Input{
		Args: in.args, Environ: in.environ, Dir: in.dir, Installation: installation,
		Fetch: in.fetch, Stdin: in.streams.In, CacheDir: in.places.Cache,
	}), nil
}

// wouldInstall says, where no pip is there to read the words by, whether they are
// those of a command that installs or removes, outside of any environment.
func (in *invocation) wouldInstall() bool {
	word := ""
	for _, arg := range in.args {
		if !strings.HasPrefix(arg, "-") {
			word = arg
			break
		}
	}
	return in.environment["VIRTUAL_ENV"] == "" && in.interpreter == "" && (word == "uninstall" || pip.Installs(word))
}

// requiresEnvironment says whether policy wants one. One that cannot be read does.
func (in *invocation) requiresEnvironment() bool {
	loaded, err := in.loadPolicy()
	return err != nil || loaded.Venv.Require.Value
}

// fetch gets a requirements file that is a URL, for a command as far as it has
// been read.
func (in *invocation) fetch(command *pip.Command, url string) (source.Page, error) {
	client, err := session.New(command, in.environ, "")
	if err != nil {
		return source.Page{}, err
	}
	defer client.Close()
	defer func() { in.say.notes(client.Notes()) }()
	document, err := client.Get(in.untilInterrupted(), url)
	var status *index.StatusError
	switch {
	case errors.Is(err, index.ErrNotFound):
		return source.Page{}, &source.StatusError{URL: address.Redact(url), Status: 404, Reason: "Not Found"}
	case errors.As(err, &status):
		return source.Page{}, &source.StatusError{URL: status.URL, Status: status.Status, Reason: status.Reason}
	case err != nil:
		return source.Page{}, err
	}
	return source.Page{Body: document.Body, ContentType: document.ContentType}, nil
}

// passThrough hands over to pip as it is, on the descriptors it inherits. Pip
// takes the place of this process, unless the environment's guard would not let
// it go on by itself: `pip install --help`, `pip --version install`. What only
// looks as if it installed comes from a process that could not.
func (in *invocation) passThrough(command *pip.Command) *ending {
	direct := pip.Direct(command, in.environ, in.dir)
	if !pip.Installs(command.Name) && venv.GuardLetsPass(command.Args) {
		err := direct.Exec() // which returns only where it failed
		in.say.cannotRun(err)
		return &ending{status: statuses.CannotRun}
	}
	if command.Name == "" {
		direct = pip.Refusal(command, in.environ, in.dir)
	}
	return in.handOver(direct)
}

// handOver runs pip as it is and waits for its end.
func (in *invocation) handOver(run pip.Run) *ending {
	ended, err := run.Start()
	if err != nil {
		end := notRun(err)
		end.tell(in.say)
		return end
	}
	return outcome{pip: ended}.ending()
}
