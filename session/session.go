// Package session reaches indexes as one pip command does: with its proxy, its
// certificates, its trusted hosts, its patience and its keyring.
package session

import (
	"time"

	"thresher/index"
	"thresher/internal/version"
	"thresher/pep"
	"thresher/pip"
)

// New makes the client of a command, as far as the command has been read: pip
// makes its session of the command line, the environment and the configuration,
// and fetches requirements files with it, too (pip 26.2 index_command.py,
// _build_session). environ is the user's, cacheDir where pages are kept, "" for
// nowhere. It returns an error where pip would fail as well.
func New(command *pip.Command, environ []string, cacheDir string) (*index.Client, error) {
	return NewKeeping(command, environ, cacheDir, 0)
}

// NewKeeping is New with pages that are not asked for again before they are as old
// as maxAge; 0 is what pip does.
func NewKeeping(command *pip.Command, environ []string, cacheDir string, maxAge time.Duration) (*index.Client, error) {
	config := configOf(command, environ, cacheDir)
	config.MaxAge = maxAge
	return index.New(config)
}

// NewOnce makes the client of a command for a place that is asked once, and not again
// where it does not answer: what comes from there can wait for the next run. Nobody is
// asked for a password.
func NewOnce(command *pip.Command, environ []string) (*index.Client, error) {
	config := configOf(command, environ, "")
	config.Retries, config.NoInput = 0, true
	config.Timeout = min(config.Timeout, oncePatience)
	return index.New(config)
}

// oncePatience is how long such a place may be silent.
const oncePatience = 10 * time.Second

func configOf(c *pip.Command, environ []string, cacheDir string) index.Config {
	config := index.Config{
		CacheDir: cacheDir, Environ: environ, UserAgent: "thresher/" + version.String(),
		Proxy: c.Proxy, NoProxyEnvironment: c.NoProxyEnvironment,
		CertFile: c.Cert, ClientCert: c.ClientCert, CertifiFile: certifiOf(c.Installation),
		CertAddsToSystem: isFrom(c.Installation.Version, "24.2") && isFrom(c.Installation.PythonVersion, "3.10"),
		Timeout:          time.Duration(c.Timeout * float64(time.Second)), Retries: c.Retries,
		KeyringProvider: c.KeyringProvider, NoInput: c.NoInput,
	}
	for _, host := range c.TrustedHosts {
		config.TrustedHosts = append(config.TrustedHosts, host.Value)
	}
	if !isFrom(c.Installation.Version, "26.2") {
		// Pips before 26.2 ask every time, so that what was published a minute
		// ago is found also where its page is still fresh.
		config.Revalidate = func(string) bool { return true }
	}
	return config
}

// isFrom says whether a version is another or later. One that is no version
// counts as the newest.
func isFrom(text, first string) bool {
	version, err := pep.ParseVersion(text)
	if err != nil {
		return true
	}
	from, err := pep.ParseVersion(first)
	return err == nil && version.Compare(from) >= 0
}
