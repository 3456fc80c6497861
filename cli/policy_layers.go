package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"thresher/index"
	"thresher/internal/statuses"
	"thresher/internal/words"
	"thresher/layers"
	"thresher/policy"
	"thresher/session"
	"thresher/venv"
)

// policyInput is what the layers are read by in a directory.
func (p *program) policyInput(dir string) (policy.LoadInput, error) {
	if err := venv.CheckRedirected(p.places.Redirected); err != nil {
		return policy.LoadInput{}, err
	}
	trust, err := policy.ReadTrust(p.places.Trusted())
	return policy.LoadInput{
		SystemPath: p.places.SystemPolicy, UserPath: p.places.UserPolicy, AccountPath: p.places.AccountPolicy, Dir: dir,
		Home: p.places.Home, Trusted: trust.Has, Now: p.now,
	}, err
}

// policy merges the layers for the working directory.
func (p *program) policy() (*policy.Policy, error) { return p.policyIn(p.dir) }

// policyIn merges the layers for a directory.
func (p *program) policyIn(dir string) (*policy.Policy, error) {
	loaded, err := p.layersIn(dir)
	if err != nil {
		return nil, err
	}
	return loaded.Policy, nil
}

// layers is policy, with how the shared layers stand.
func (p *program) layers() (*layers.Loaded, error) { return p.layersIn(p.dir) }

func (p *program) layersIn(dir string) (*layers.Loaded, error) {
	input, err := p.policyInput(dir)
	if err != nil {
		return nil, err
	}
	return p.loadLayers(input)
}

// loadLayers merges layers. Shared ones that were never fetched are fetched.
func (p *program) loadLayers(input policy.LoadInput) (*layers.Loaded, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return layers.Load(ctx, input, p.layerStore(), p.layerFetcher(), func(layer layers.Layer) {
		p.say("%s", layer.Arrived())
	})
}

func (p *program) layerStore() layers.Store { return layers.NewStore(p.places.Layers()) }

// layerFetcher reaches shared layers as the pip that would run here reaches its indexes;
// where there is none, as the environment says.
func (p *program) layerFetcher() layers.Fetcher {
	return layers.Fetcher{Environ: p.environ, Alone: !p.terminal, Client: func() (*index.Client, error) {
		if command, err := p.parsePip("", "install"); err == nil {
			return session.NewOnce(command, p.environ)
		}
		return index.New(index.Config{Environ: p.environ, UserAgent: "thresher/" + p.shim.Version, NoInput: true})
	}}
}

func dayOf(moment time.Time) string { return moment.UTC().Format(time.DateOnly) }

// updateLayers fetches the shared layers that count here once more.
func (p *program) updateLayers(ctx context.Context) error {
	loaded, err := p.layers()
	if err != nil {
		return err
	}
	var failures []error
	for _, layer := range loaded.Layers {
		if layer.Reference.Pinned() {
			continue
		}
		fetched, err := p.layerStore().Update(ctx, p.layerFetcher(), layer.SharedLayer, p.now, 0)
		if err != nil {
			failures = append(failures, fmt.Errorf(messageLayerStays, layer.Reference, err, dayOf(layer.Date)))
			continue
		}
		p.say(messageLayerCurrent, layer.Reference, dayOf(fetched.Date))
	}
	return errors.Join(failures...)
}

func (p *program) followCommand() *cli.Command {
	return &cli.Command{
		Name:      "follow",
		Usage:     "take a policy that others keep as a layer of your own, after showing it",
		ArgsUsage: "URL",
		Description: "URL is git+https://HOST/PATH@COMMIT-OR-TAG#FILE (git+ssh and git+file as well) or\n" +
			"https://HOST/PATH#sha256=HEX. What moves, a tag, a branch or a URL without a sha256, has to be\n" +
			"signed: say by whom with --signer or --minisign-key. It is fetched, checked and shown with the\n" +
			"fingerprint of the key, and written into your policy file once you say so.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "signer", Usage: "who may sign it: `LINE` is as in OpenSSH's allowed signers, " +
				"\"WHO ssh-ed25519 KEY\""},
			&cli.StringSliceFlag{Name: "minisign-key", Usage: "the public `KEY` of minisign that may sign it"},
			&cli.BoolFlag{Name: "system", Usage: "for all users of this machine"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "write it without asking"},
		},
		Action: func(c *cli.Context) error {
			return p.follow(c.Context, policy.Following{Reference: c.Args().First(), AllowedSigners: c.StringSlice("signer"),
				MinisignKeys: c.StringSlice("minisign-key")}, c.Bool("system"), c.Bool("yes"))
		},
	}
}

func (p *program) unfollowCommand() *cli.Command {
	return &cli.Command{
		Name:      "unfollow",
		Usage:     "take a layer that others keep out of your policy",
		ArgsUsage: "URL",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "system", Usage: "out of the policy of all users of this machine"},
		},
		Action: func(c *cli.Context) error { return p.unfollow(c.Args().First(), c.Bool("system")) },
	}
}

// followFile is the policy file that a layer is named in.
func (p *program) followFile(system bool) (string, error) {
	if system {
		return p.places.SystemPolicy, nil
	}
	if p.places.UserPolicy == "" {
		return "", errors.New("there is no home directory to keep a policy in: set HOME or XDG_CONFIG_HOME")
	}
	return p.places.UserPolicy, nil
}

// follow fetches a shared layer, shows it, asks, and names it in a policy file.
func (p *program) follow(ctx context.Context, following policy.Following, system, yes bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	path, err := p.followFile(system)
	if err != nil {
		return err
	}
	named, err := following.Named(path, system)
	if err != nil {
		return &exitError{statuses.Found, err.Error()}
	}
	fetched, err := p.layerFetcher().Fetch(ctx, named, p.now)
	if err != nil {
		return fmt.Errorf("%s: %w; nothing was written", named.Reference, err)
	}
	var shown strings.Builder // nobody has seen it yet
	for line := range strings.Lines(string(fetched.Content)) {
		shown.WriteString(harmless(strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "  ")) + "\n")
	}
	if err := p.printPage(shown.String()); err != nil {
		return err
	}
	p.say(messageLayerShown, named.Reference, dayOf(fetched.Date), fetched.VouchedBy())
	if err := p.mayAnswer(); err != nil {
		return err
	}
	if !yes && !p.confirm("take it as a layer of "+path) {
		return &exitError{statuses.Found, "not followed; fix: thresher policy follow --yes " + followWords(following, system)}
	}
	if err := following.Follow(path, system); err != nil {
		return err
	}
	p.say("recorded in %s", path)
	_, err = p.layers()
	return err
}

// followWords are the words of a command that follows a layer.
func followWords(following policy.Following, system bool) string {
	var line []string
	if system {
		line = append(line, "--system")
	}
	for _, signer := range following.AllowedSigners {
		line = append(line, "--signer", signer)
	}
	for _, key := range following.MinisignKeys {
		line = append(line, "--minisign-key", key)
	}
	return words.ShellWords(append(line, following.Reference))
}

// unfollow takes a shared layer out of a policy file, and what was kept of it.
func (p *program) unfollow(reference string, system bool) error {
	path, err := p.followFile(system)
	if err != nil {
		return err
	}
	loaded, err := p.layers()
	if err == nil {
		if err := p.mayAnswer(); err != nil {
			return err
		}
	} else if !p.terminal {
		return err // what permits an answer without a terminal is not known
	}
	found, err := policy.Unfollow(path, reference)
	if err != nil {
		return err
	}
	if !found {
		return &exitError{statuses.Found, fmt.Sprintf(messageNotFollowed, words.Printable(reference), path, followed(loaded))}
	}
	if err := p.layerStore().Forget(reference); err != nil {
		return err
	}
	p.say("taken out of %s", path)
	return nil
}

// followed lists the shared layers that count.
func followed(loaded *layers.Loaded) string {
	if loaded == nil || len(loaded.Layers) == 0 {
		return "nothing"
	}
	var names []string
	for _, layer := range loaded.Layers {
		names = append(names, layer.Reference.String())
	}
	return strings.Join(names, ", ")
}
